"""Which objects and fields are asked for, held against what the org has."""

"""Who an entry is of: what other records of the person add to it, and what is taken out of it again."""

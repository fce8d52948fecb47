"""What an entry comes to: a conversion, its value, its consent, and the gates that it must pass."""

"""The code that one would use instead of ours, called as its own documentation calls it."""

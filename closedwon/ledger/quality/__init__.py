"""Histories of leads, out of which values are learned, and the versions of these values."""

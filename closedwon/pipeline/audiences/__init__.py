"""Audiences: who of what is read belongs to one, and the difference that a platform is told."""

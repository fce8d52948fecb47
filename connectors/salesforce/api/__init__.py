"""Talking to one org: signing in, asking, and what each failure means."""

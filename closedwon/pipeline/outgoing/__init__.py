"""A lane out: batches are sent, every answer is committed, and what follows from a platform's later word."""

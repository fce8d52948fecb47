"""Pull: one module a system; out come batches of stage entries."""

"""Push: one module a platform; in go conversions ready to send, out comes an outcome for each."""

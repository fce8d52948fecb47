"""How requirements are measured: small functions from what is known of a client to figures."""

"""A source into the ledger: read batch by batch, judged, and stored together with its cursor."""

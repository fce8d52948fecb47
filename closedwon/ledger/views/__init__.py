"""What the ledger tells a person who asks: how a client stands, and what became of a record."""

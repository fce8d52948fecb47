"""Migrations of the ledger; each runs inside one transaction."""

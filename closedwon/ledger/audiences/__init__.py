"""Audiences in the ledger: what speaks for a membership, who is a member, and what each platform was told."""

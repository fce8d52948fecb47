"""What reading a source leaves in the ledger: batches, positions, rejects, refunds, and records that are gone."""

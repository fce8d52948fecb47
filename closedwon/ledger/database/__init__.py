"""Where the ledger lies: opening it, its migrations, the lease on a client, and going on when it goes away."""

"""What the ledger knows of people, all of it hashed: the identity map, what deliveries carry, who is kept out."""

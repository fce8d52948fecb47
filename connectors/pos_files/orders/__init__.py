"""How rows become purchases and refunds, one an order."""

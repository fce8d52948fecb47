"""How the text of a cell becomes an amount, a moment, a currency or a name."""

"""Where results go: standard output, as tables for people or JSON for programs."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

_PLAIN_WIDTH = 120


def console() -> Console:
    """A console on standard output; wide enough for tables where no terminal gives a width."""
    plain = not sys.stdout.isatty()
    return Console(width=_PLAIN_WIDTH if plain else None, highlight=False)


def print_json(data: Any) -> None:
    """Print ``data`` as JSON."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, default=str) + "\n")


def money(amounts: dict[str, float]) -> str:
    """Amounts by currency, such as ``12,400.00 EUR``."""
    return ", ".join(f"{amount:,.2f} {currency}" for currency, amount in sorted(amounts.items())) or "–"


def minute(moment: str) -> str:
    """An RFC 3339 time of the ledger for reading: ``2026-11-20 10:15 UTC``."""
    return f"{moment[:10]} {moment[11:16]} UTC"

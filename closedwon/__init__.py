"""Closedwon closes the loop between the sale and the ad: what CRMs and tills know, told to Meta and Google once each.

The public API is what this module names; everything else may change between versions. Names are imported when they
are first asked for, so that the command line starts fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from closedwon.ledger import Ledger, LedgerError
    from closedwon.pipeline.report import RunReport
    from closedwon.pipeline.run import RunOptions, run_client
    from config import load_client

__all__ = ["Ledger", "LedgerError", "RunOptions", "RunReport", "load_client", "run_client"]

_HOMES = {
    "Ledger": "closedwon.ledger",
    "LedgerError": "closedwon.ledger",
    "RunOptions": "closedwon.pipeline.run",
    "RunReport": "closedwon.pipeline.report",
    "load_client": "config",
    "run_client": "closedwon.pipeline.run",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)

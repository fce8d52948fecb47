"""A till's file to events accepted by Meta, beside facebook-business's own ``EventRequest``."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.case import Contender
from benchmarks.cases.end_to_end import SLICE, WHOLE, Sale, arrived, case, run, to_meta, to_meta_unstitched
from benchmarks.cases.reading import itself
from benchmarks.sink import counted


@dataclass(frozen=True)
class _Script:
    path: Path
    url: str


def _put_right(sale: Sale) -> _Script:
    return _Script(sale.till.right, sale.url)


def _sdk(script: _Script) -> int:
    """A script by somebody who wrote down what Meta's guide shows: rows to events, a thousand a request."""
    from benchmarks.peers import facebook

    before = counted(script.url)
    facebook.send_events(script.url, _rows(script.path))
    return counted(script.url) - before


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            # The SDK takes None for what is not known, and refuses an empty text.
            person = {name: value or None for name, value in row.items()}
            yield person | {
                "name": "Purchase",
                "event_id": row["order_id"],
                "event_time": int(datetime.fromisoformat(row["entered_at"]).timestamp()),
                "value": float(row["amount"]),
                "currency": "EUR",
            }


CASE = case(
    "end_to_end.meta",
    "A till's file to events accepted (Meta)",
    to_meta,
    Contender("Closedwon, stitch: false", run, to_meta_unstitched, arrived, only_part=WHOLE),
    Contender("facebook-business, rows put right", _sdk, _put_right, itself, only_part=SLICE),
)

"""What deliveries carried of a record is taken out of them when its person refuses, or is deleted with it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from closedwon.ledger.carried import LIGHTENED
from closedwon.ledger.intake import Intake
from uploads.base import Uploader

Values = dict[str, list[int]]
"""Identifier to the places of its values in an event."""


def lightened(records: pl.DataFrame, intake: Intake, uploaders: Mapping[str, Uploader]) -> pl.DataFrame:
    """The deliveries that carry something of ``records`` (``source``, ``object``, ``record_id``), without it.

    They are a handful: what waits is sent by the end of a run, and few people take something back.
    """
    found = intake.carrying(records)
    theirs = set(records.select("source", "object", "record_id").iter_rows())
    rows = [
        _lightened(row, theirs, uploaders[row["destination"]])
        for row in found.iter_rows(named=True)
        if row["destination"] in uploaders
    ]
    return pl.DataFrame(rows, schema=LIGHTENED)


def _lightened(
    row: dict[str, Any], theirs: Collection[tuple[str, ...]], uploader: Uploader
) -> dict[str, Any]:
    origins = json.loads(row["carried"])
    taken: Values = defaultdict(list)
    kept = []
    for origin in origins:
        if (origin["source"], origin["object"], origin["record_id"]) in theirs:
            name, place = _split(origin["identifier"])
            taken[name].append(place)
        else:
            kept.append(origin)
    moved = [{**origin, "identifier": _moved(origin["identifier"], taken)} for origin in kept]
    left = uploader.without(json.loads(row["payload"]), taken)
    names = [] if left is None else uploader.named(left)
    return row | {
        "payload": None if left is None else json.dumps(left, separators=(",", ":"), ensure_ascii=False),
        "identifiers": " ".join(names) or None,
        "carried": json.dumps(moved, separators=(",", ":")) if moved and left is not None else None,
    }


def _split(identifier: str) -> tuple[str, int]:
    """``em[1]`` as the name and the place; what an event has one of is at place 0."""
    name, _, place = identifier.partition("[")
    return name, int(place.removesuffix("]")) if place else 0


def _moved(identifier: str, taken: Values) -> str:
    """``identifier`` at its place once what stood before it is gone."""
    name, place = _split(identifier)
    before = sum(one < place for one in taken.get(name, ()))
    return f"{name}[{place - before}]" if "[" in identifier else identifier

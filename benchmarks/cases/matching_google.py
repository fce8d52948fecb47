"""Four Google fields, normalised and hashed."""

from __future__ import annotations

from typing import Any

import polars as pl

from benchmarks import people_rows
from benchmarks.case import Case, Contender
from benchmarks.cases.rows_as_dicts import as_written, with_any_value
from benchmarks.people_rows import GOOGLE_COLUMNS


def _ours_columns(frame: pl.DataFrame) -> pl.DataFrame:
    # A number cannot be read without its country, so ours takes one column more than it is compared on.
    return frame.select(*GOOGLE_COLUMNS, "country")


def _columns(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(GOOGLE_COLUMNS)


def _ours(frame: pl.DataFrame) -> pl.DataFrame:
    from matching import identifiers

    return identifiers(frame, "google", "FR")


def _util(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    from benchmarks.peers import google_util

    return [hashes for row in rows if (hashes := google_util.hashed(row))]


def _loop(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    from benchmarks.peers import plain

    return [hashes for row in rows if (hashes := plain.hashed(row, GOOGLE_COLUMNS))]


def _floor(frame: pl.DataFrame) -> pl.DataFrame:
    from benchmarks.peers import plain

    return plain.sha256_alone(frame)


_PEERS_ROWS = 200_000
"""For which one of their laps takes as long as one of ours, about."""

CASE = Case(
    name="matching.google",
    title="Four Google fields, hashed",
    provide=people_rows.written,
    parts=people_rows.parts,
    contenders=(
        Contender("Closedwon", _ours, _ours_columns, with_any_value),
        Contender(
            "google-ads-datamanager-util",
            _util,
            as_written,
            rows=_PEERS_ROWS,
            distribution="google-ads-datamanager-util",
        ),
        Contender("loop: hashlib.sha256(strip, lower)", _loop, as_written, rows=_PEERS_ROWS),
        Contender("floor: SHA-256 alone (polars-hash)", _floor, _columns),
    ),
    rows=1_000_000,
)

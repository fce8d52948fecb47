"""Nine Meta fields and the country, normalised and hashed."""

from __future__ import annotations

from typing import Any

import polars as pl

from benchmarks import people_rows
from benchmarks.case import Case, Contender
from benchmarks.cases.rows_as_dicts import as_asked_for, as_written, with_any_value
from benchmarks.people_rows import META_COLUMNS, gender_by_letter


def _columns(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(META_COLUMNS)


def _ours(frame: pl.DataFrame) -> pl.DataFrame:
    from matching import identifiers

    return identifiers(frame, "meta", "FR")


def _for_the_sdk(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(gender_by_letter(), event_time=pl.col("entered_at").dt.epoch("s"))


def _sdk_rows_as_written(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return as_written(_for_the_sdk(frame))


def _sdk_rows_as_asked_for(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return as_asked_for(_for_the_sdk(frame))


def _sdk(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    from benchmarks.peers import facebook

    return [payload for row in rows if (payload := facebook.normalized(row)) is not None]


def _loop(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    from benchmarks.peers import plain

    return [hashes for row in rows if (hashes := plain.hashed(row, META_COLUMNS))]


def _floor(frame: pl.DataFrame) -> pl.DataFrame:
    from benchmarks.peers import plain

    return plain.sha256_alone(frame)


_SDK_ROWS = 60_000
_LOOP_ROWS = 200_000

CASE = Case(
    name="matching.meta",
    title="Nine Meta fields and country, hashed",
    provide=people_rows.written,
    parts=people_rows.parts,
    contenders=(
        Contender("Closedwon", _ours, _columns, with_any_value),
        Contender("facebook-business, rows as written", _sdk, _sdk_rows_as_written, rows=_SDK_ROWS),
        Contender("facebook-business, rows put right", _sdk, _sdk_rows_as_asked_for, rows=_SDK_ROWS),
        Contender("loop: hashlib.sha256(strip, lower)", _loop, as_written, rows=_LOOP_ROWS),
        Contender("floor: SHA-256 alone (polars-hash)", _floor, _columns),
    ),
    rows=1_000_000,
)

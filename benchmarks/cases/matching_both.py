"""Both platforms at once, as the pipeline asks for them, and one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from benchmarks import people_rows
from benchmarks.case import Case, Contender
from benchmarks.cases.rows_as_dicts import with_any_value
from benchmarks.people_rows import GOOGLE_COLUMNS, META_COLUMNS

if TYPE_CHECKING:
    from matching import Platform

PLATFORMS: tuple[Platform, ...] = ("meta", "google")

Identifiers = dict["Platform", pl.DataFrame]


def columns(frame: pl.DataFrame) -> pl.DataFrame:
    """What either platform takes of a person."""
    return frame.select(META_COLUMNS)


def at_once(frame: pl.DataFrame) -> Identifiers:
    """The identifiers of both platforms, what they have in common worked out once."""
    from matching import identifiers_of

    return identifiers_of(frame, PLATFORMS, "FR")


def with_any_value_for_meta(found: Identifiers) -> int:
    """How many rows have an identifier that Meta takes."""
    return with_any_value(found["meta"])


def _one_by_one(frame: pl.DataFrame) -> Identifiers:
    from matching import identifiers

    return {platform: identifiers(frame, platform, "FR") for platform in PLATFORMS}


def _floor(frame: pl.DataFrame) -> list[pl.DataFrame]:
    from benchmarks.peers import plain

    return [plain.sha256_alone(frame.select(names)) for names in (META_COLUMNS, GOOGLE_COLUMNS)]


def _rows_of_first(hashed: list[pl.DataFrame]) -> int:
    return hashed[0].height


CASE = Case(
    name="matching.both",
    title="Both platforms' fields, hashed",
    provide=people_rows.written,
    parts=people_rows.parts,
    contenders=(
        Contender("Closedwon, both at once", at_once, columns, with_any_value_for_meta),
        Contender("Closedwon, one after the other", _one_by_one, columns, with_any_value_for_meta),
        Contender("floor: SHA-256 alone (polars-hash)", _floor, columns, _rows_of_first),
    ),
    rows=300_000,
)

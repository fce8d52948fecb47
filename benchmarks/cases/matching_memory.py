"""How much memory ten million people take, and whether that is more than a million take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import polars as pl

from benchmarks import people_rows
from benchmarks.case import Case, Contender, Part
from benchmarks.cases.matching_both import at_once, columns, with_any_value_for_meta

_INVENTED = 1_000_000
"""Rows that are invented; more than these are the same again, with other addresses and numbers."""


class _Rows(NamedTuple):
    """Where the rows are, and how often they are to be read."""

    written: Path
    times: int


@contextmanager
def _provided(folder: Path, rows: int) -> Iterator[_Rows]:
    invented = min(rows, _INVENTED)
    with people_rows.written(folder, invented) as written:
        yield _Rows(written, round(rows / invented))


def _parts(rows: _Rows) -> Iterator[Part]:
    for time in range(rows.times):
        for part in people_rows.parts(rows.written):
            yield Part(_as_others(part.data, time), part.rows)


def _as_others(people: pl.DataFrame, time: int) -> pl.DataFrame:
    """``people``, nine times over with an e-mail address and a number that nobody before them has had."""
    if not time:
        return people
    phone = pl.col("phone")
    last = (phone.str.tail(1).str.to_integer(strict=False) + time) % 10
    return people.with_columns(
        email=pl.col("email").str.replace("@", f"{time}@", literal=True),
        phone=pl.coalesce(pl.concat_str(phone.str.head(-1), last.cast(pl.String)), phone),
    )


CASE = Case(
    name="matching.memory",
    title="Both platforms: peak memory",
    provide=_provided,
    parts=_parts,
    contenders=(
        Contender("Closedwon, all rows", at_once, columns, with_any_value_for_meta),
        Contender("Closedwon, the first million", at_once, columns, with_any_value_for_meta, rows=_INVENTED),
    ),
    rows=10_000_000,
    laps=1,
)

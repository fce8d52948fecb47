"""Invented people as a CRM holds them, mess included: the rows on which matching and payloads are measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.case import Part
from benchmarks.invented.as_typed import GARBAGE_PHONES, typed
from benchmarks.invented.people import Crowd
from closedwon.sandbox.invented.people import GARBAGE_EMAILS

PREPARED = "prepared."
"""Prefix of the columns that hold a cell as the peers ask for it: a real address, E.164, an ISO code."""

META_COLUMNS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "date_of_birth",
    "gender",
    "city",
    "state",
    "postal_code",
    "country",
)
"""The nine fields of the comparison, and the country."""

GOOGLE_COLUMNS = ("email", "phone", "first_name", "last_name")

BATCH_ROWS = 20_000
"""What the pipeline takes at once by default: ``batch_rows`` of a POS source."""

_SEED = 20_260
_FIRST_ORDER = datetime(2026, 1, 1, 9, tzinfo=UTC)
_LEAST_AMOUNT, _MEAN_ABOVE = 5.0, 55.0


@contextmanager
def written(folder: Path, rows: int) -> Iterator[Path]:
    """Write ``rows`` rows below ``folder``, the same each time, unless they lie there already; yields where."""
    target = folder / f"people-{rows}"
    if not target.exists():
        _write(target, rows)
    yield target


def parts(target: Path) -> Iterator[Part]:
    """The batches that :func:`written` wrote, as frames."""
    for path in sorted(target.glob("*.parquet")):
        frame = pl.read_parquet(path)
        yield Part(frame, frame.height)


def gender_by_letter() -> pl.Expr:
    """``f`` or ``m``: the SDK takes an enumeration of its own, which its caller must choose."""
    return pl.col("gender").str.slice(0, 1).str.to_lowercase()


def _write(target: Path, rows: int) -> None:
    target.mkdir(parents=True)
    crowd, rng = Crowd(_SEED), np.random.default_rng(_SEED)
    for number, start in enumerate(range(0, rows, BATCH_ROWS)):
        people = crowd.come(min(BATCH_ROWS, rows - start))
        _frame(rng, people, start).write_parquet(target / f"{number:05d}.parquet")


def _frame(rng: np.random.Generator, people: pl.DataFrame, start: int) -> pl.DataFrame:
    cells, count = typed(rng, people), people.height
    return pl.concat([cells, _prepared(cells, people)], how="horizontal").with_columns(
        order_id=pl.format("T{}", pl.int_range(start, start + count).cast(pl.String).str.zfill(9)),
        entered_at=pl.lit(_FIRST_ORDER) + pl.duration(seconds=pl.int_range(start, start + count)),
        amount=pl.Series(_LEAST_AMOUNT + rng.exponential(_MEAN_ABOVE, count)).round(2),
    )


def _prepared(cells: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """What the peers ask for where anything of use was typed."""
    email, phone = pl.col("email"), pl.col("phone")
    right = people.select("phone", "country")
    return cells.select(
        pl.when(~email.is_in(GARBAGE_EMAILS)).then(email).alias(f"{PREPARED}email"),
        pl.when(~phone.is_in(GARBAGE_PHONES)).then(right["phone"]).alias(f"{PREPARED}phone"),
        pl.when(pl.col("country").is_not_null()).then(right["country"]).alias(f"{PREPARED}country"),
    )

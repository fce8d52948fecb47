"""What a normaliser is given and what it answers; and how stage entries become what normalisers are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import polars as pl

from matching import countries
from matching.cleaning import clean
from matching.placeholders import is_placeholder

COUNTRY = "row.country"
CLICKED_MS = "row.clicked_ms"

CLICK_TIMES = ("lead_created_at", "entered_at")
"""When the click happened, best witness first: nothing later than the lead's own creation is closer to it."""


_ADDRESS = ("city", "state", "postal_code")
EXACT_IN_FLOAT = 2**53
"""From here on a whole number may have lost digits on its way through a float."""


class Cell(NamedTuple):
    """One column as expressions over a prepared frame: its clean text, and what else of the row decides."""

    text: pl.Expr
    country: pl.Expr
    clicked_ms: pl.Expr


class Outcome(NamedTuple):
    """A normaliser's answer: the normal form, null where refused, and the reason, to be read only there.

    A reason says what was expected and never repeats the value.
    """

    value: pl.Expr
    reason: pl.Expr


Normalizer = Callable[[Cell], Outcome]


def cell(column: str) -> Cell:
    """The cell of ``column`` in a frame that :func:`prepare` made."""
    return Cell(pl.col(column), pl.col(COUNTRY), pl.col(CLICKED_MS))


def prepare(frame: pl.DataFrame, columns: tuple[str, ...], default_country: str | None) -> pl.DataFrame:
    """Clean ``columns`` of ``frame`` and add what every rule may need of the row.

    The result has the rows of ``frame`` in their order, and as columns:
    the cleaned text, null where empty; ``country`` always, which an address without one has from the client;
    :data:`COUNTRY`, the row's own country as ISO 3166-1 alpha-2, else ``default_country``; null where the row
    names one that is not understood, since a guess would make a foreign number somebody else's;
    :data:`CLICKED_MS`, Unix milliseconds.
    """
    default = pl.lit(default_country.upper() if default_country else None, dtype=pl.String)
    present = [name for name in columns if name in frame.columns]
    texts = frame.select(
        pl.repeat(None, pl.len(), dtype=pl.String).alias("country"),
        _clicked_ms(frame.schema).alias(CLICKED_MS),
    ).with_columns(frame.select(clean(_as_text(pl.col(name), frame.schema[name])) for name in present))
    own = pl.col("country")
    absent = own.is_null() | is_placeholder("country", own)
    given = (pl.col(name).is_not_null() for name in _ADDRESS if name in present)
    addressed = pl.any_horizontal(pl.lit(value=False), *given)
    return texts.with_columns(
        pl.when(absent).then(default).otherwise(countries.to_alpha2(own)).alias(COUNTRY),
        pl.when(own.is_null() & addressed).then(default).otherwise(own).alias("country"),
    )


def _as_text(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if not dtype.is_float():
        return column.cast(pl.String)
    whole = column.cast(pl.Int64, strict=False)
    exact = (whole.cast(dtype) == column) & (column.abs() < EXACT_IN_FLOAT)
    return pl.when(exact).then(whole.cast(pl.String)).otherwise(column.cast(pl.String))


def _clicked_ms(schema: pl.Schema) -> pl.Expr:
    times = []
    for name in CLICK_TIMES:
        dtype = schema.get(name, pl.Null())
        if isinstance(dtype, pl.Datetime):
            times.append(pl.col(name).dt.epoch("ms"))
        elif dtype != pl.Null():
            raise TypeError(f"{name} must be a Datetime column, not {dtype}")
    return pl.coalesce(*times, pl.lit(None, dtype=pl.Int64))

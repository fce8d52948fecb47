"""Stage entries as rules read them: clean text, the row's country, the time of the click."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import polars as pl

from matching import countries
from matching.cells import CLICKED_MS, COUNTRY
from matching.cleaning import clean
from matching.placeholders import is_placeholder
from matching.repeats import Coded, coded

CLICK_TIMES = ("lead_created_at", "entered_at")
"""When the click happened, best witness first: nothing later than the lead's own creation is closer to it."""

EXACT_IN_FLOAT = 2**53
"""From here on a whole number may have lost digits on its way through a float."""

_ADDRESS = ("city", "state", "postal_code")


def prepare(frame: pl.DataFrame, names: Iterable[str], default_country: str | None) -> dict[str, Coded]:
    """Clean the columns ``names`` of ``frame`` and add what else of a row may decide.

    Args:
        frame: stage entries; columns that it lacks are left out.
        names: columns that rules take.
        default_country: ISO 3166-1 alpha-2 for rows that name no country.

    Returns:
        By name, each with the rows of ``frame`` in their order: the cleaned text, null where empty; ``country``
        always; and what :class:`matching.cells.Cell` calls the row's ``country`` and ``clicked_ms``, as
        :data:`~matching.cells.COUNTRY` and :data:`~matching.cells.CLICKED_MS`.

    Raises:
        TypeError: a time column is not Datetime.
    """
    texts = {name: coded(_as_text(frame[name])).mapped(clean) for name in names if name in frame.columns}
    own = texts.get("country") or coded(pl.repeat(None, frame.height, dtype=pl.String, eager=True))
    return texts | {
        "country": own,
        COUNTRY: own.mapped(lambda names: _alpha2(names, default_country)),
        CLICKED_MS: coded(frame.select(_clicked_ms(frame.schema)).to_series()),
    }


def country_of_addresses(
    columns: Mapping[str, Coded], taken: Collection[str], default_country: str | None
) -> Coded:
    """The ``country`` of what :func:`prepare` made, where an address without one has the client's.

    An address is what a platform takes of it: ``taken`` are the columns of its rules.
    """
    country = columns["country"]
    address = [columns[name] for name in _ADDRESS if name in columns and name in taken]
    if not address or not country.values.null_count():
        return country
    given = {str(place): part.mapped(pl.Series.is_not_null).rows() for place, part in enumerate(address)}
    own = pl.col("country")
    without = own.is_null() & pl.any_horizontal(*given)
    filled = pl.when(without).then(_default(default_country)).otherwise(own)
    rows = pl.DataFrame({"country": country.rows(), **given})
    return coded(rows.select(filled.alias("country")).to_series())


def _as_text(column: pl.Series) -> pl.Series:
    if not column.dtype.is_float():
        return column.cast(pl.String)
    whole = column.cast(pl.Int64, strict=False)
    exact = (whole.cast(column.dtype) == column) & (column.abs() < EXACT_IN_FLOAT)
    return whole.cast(pl.String).zip_with(exact, column.cast(pl.String))


def _alpha2(names: pl.Series, default_country: str | None) -> pl.Series:
    name = pl.col("country")
    absent = name.is_null() | is_placeholder("country", name.str.to_lowercase())
    own = pl.when(absent).then(_default(default_country)).otherwise(countries.to_alpha2(name))
    return pl.DataFrame({"country": names}).select(own.alias(COUNTRY)).to_series()


def _default(country: str | None) -> pl.Expr:
    return pl.lit(country.upper() if country else None, pl.String)


def _clicked_ms(schema: pl.Schema) -> pl.Expr:
    times = []
    for name in CLICK_TIMES:
        dtype = schema.get(name, pl.Null())
        if isinstance(dtype, pl.Datetime):
            times.append(pl.col(name).dt.epoch("ms"))
        elif dtype != pl.Null():
            raise TypeError(f"{name} must be a Datetime column, not {dtype}")
    return pl.coalesce(*times, pl.repeat(None, pl.len(), dtype=pl.Int64)).alias(CLICKED_MS)

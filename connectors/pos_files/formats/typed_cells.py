"""Writes the typed cells of workbooks and Parquet files as text that has one reading only.

Times become ISO 8601, so that no order of day and month applies, and numbers never end in three decimals, which
would read as thousands where the other decimal mark holds. What a float cannot hold exactly is written with an
exponent: it is no id any more (:mod:`connectors.pos_files.orders.typed_rows`). A time at midnight is a date alone,
since many systems keep the time of day in a column of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from connectors.pos_files.values.money import Decimal

_EXACT = 2.0**53
_BIG = 1e15

_Writer = Callable[[pl.Expr], pl.Expr]


def is_written(dtype: pl.DataType) -> bool:
    """Whether cells of ``dtype`` can be written: lists, structures and bytes cannot."""
    return _writer(dtype) is not None


def written(cells: pl.Series, mark: Decimal = ".") -> pl.Series:
    """``cells`` as text, null where there is nothing; ``mark`` is the decimal mark that the amounts are read with."""
    writer = _writer(cells.dtype)
    if writer is None:
        raise TypeError(f"{cells.dtype} cannot be written as text")
    text = cells.to_frame("cell").select(writer(pl.col("cell"))).to_series().alias(cells.name)
    if mark == "," and (cells.dtype.is_float() or cells.dtype.is_decimal()):
        text = text.str.replace(".", ",", literal=True)
    return text


def _writer(dtype: pl.DataType) -> _Writer | None:
    if isinstance(dtype, pl.Datetime):
        return _local if dtype.time_zone is None else _zoned
    if dtype.is_integer():
        return _plain
    return _WRITERS.get(dtype.base_type())


def _plain(cells: pl.Expr) -> pl.Expr:
    return cells.cast(pl.String)


def _float(cells: pl.Expr) -> pl.Expr:
    number = cells.cast(pl.Float64).fill_nan(None)
    whole = (number == number.round()) & (number.abs() <= _EXACT)
    text = number.cast(pl.String)
    tiny = number.cast(pl.Decimal(38, 12), strict=False).cast(pl.String)
    return (
        pl.when(number.abs() > _EXACT)
        .then(pl.format("{}E+15", number / _BIG))
        .when(whole)
        .then(number.cast(pl.Int64, strict=False).cast(pl.String))
        .when(text.str.contains("e", literal=True))
        .then(tiny)
        .otherwise(_beyond_thousandths(text))
    )


def _decimal(cells: pl.Expr) -> pl.Expr:
    return _beyond_thousandths(cells.cast(pl.String))


def _beyond_thousandths(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(r"\.[0-9]{3}$")).then(text + "0").otherwise(text)


def _local(cells: pl.Expr) -> pl.Expr:
    return cells.dt.strftime("%Y-%m-%d %H:%M:%S%.6f").str.strip_suffix(" 00:00:00.000000")


def _zoned(cells: pl.Expr) -> pl.Expr:
    return cells.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%d %H:%M:%S%.6f+00:00")


def _date(cells: pl.Expr) -> pl.Expr:
    return cells.dt.strftime("%Y-%m-%d")


def _time(cells: pl.Expr) -> pl.Expr:
    return cells.dt.strftime("%H:%M:%S")


def _duration(cells: pl.Expr) -> pl.Expr:
    """Hours, minutes and seconds: what a workbook shows of a time of day in a column of hours."""
    seconds = cells.dt.total_seconds()
    clock = (seconds // 3600, seconds // 60 % 60, seconds % 60)
    return pl.concat_str((part.cast(pl.String).str.zfill(2) for part in clock), separator=":")


_WRITERS: dict[type[pl.DataType], _Writer] = {
    pl.String: _plain,
    pl.Categorical: _plain,
    pl.Enum: _plain,
    pl.Boolean: _plain,
    pl.Float32: _float,
    pl.Float64: _float,
    pl.Decimal: _decimal,
    pl.Date: _date,
    pl.Time: _time,
    pl.Duration: _duration,
    pl.Null: _plain,
}

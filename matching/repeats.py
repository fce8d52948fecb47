"""Each different cell once: names, towns and countries repeat within a batch, and a rule costs more than a look-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import polars as pl

_SAMPLE_ROWS = 2_000
_MOSTLY_DIFFERENT = 0.85
"""Share of different cells in the sample above which finding the repeated ones costs more than it saves."""


class Coded(NamedTuple):
    """A column as its different values, null among them, and for every row the place of its own.

    With ``codes`` None hardly any value repeats, and ``values`` are the rows as they stand.
    """

    values: pl.Series
    codes: pl.Series | None

    def mapped(self, change: Callable[[pl.Series], pl.Series]) -> Coded:
        """The column with each value changed; two that become the same stay two."""
        return Coded(change(self.values), self.codes)

    def rows(self) -> pl.Series:
        """The column itself."""
        return self.values if self.codes is None else self.values.gather(self.codes)


class Distinct(NamedTuple):
    """The different combinations of some columns' values, and for every row the place of its own."""

    frame: pl.DataFrame
    codes: pl.Series | None

    def spread(self, answers: pl.DataFrame) -> pl.DataFrame:
        """An answer for each combination becomes one for each row."""
        return answers if self.codes is None else answers[self.codes]


def coded(column: pl.Series) -> Coded:
    """Find the different values of ``column``, unless a sample says that it has few others."""
    if column.null_count() == len(column):
        return Coded(column.head(1), pl.zeros(len(column), dtype=pl.UInt32, eager=True))
    sample = column.gather_every(max(1, len(column) // _SAMPLE_ROWS))
    if sample.n_unique() > _MOSTLY_DIFFERENT * len(sample):
        return Coded(column, None)
    values, codes = _dictionary(column)
    return Coded(values, codes)


def combined(columns: Mapping[str, Coded]) -> Distinct:
    """Bring columns of one height together; rows as they stand where one of them hardly repeats."""
    codes = [column.codes for column in columns.values()]
    if any(each is None for each in codes):
        return Distinct(pl.DataFrame({name: column.rows() for name, column in columns.items()}), None)
    if len(columns) == 1:
        return Distinct(pl.DataFrame({name: column.values for name, column in columns.items()}), codes[0])
    return _pairs(columns)


def _pairs(columns: Mapping[str, Coded]) -> Distinct:
    """Several codes of a row as the digits of one number, which is coded in turn."""
    sizes = {name: len(column.values) for name, column in columns.items()}
    number = pl.lit(0, pl.Int64)
    for name, size in sizes.items():
        number = number * size + pl.col(name)
    codes = pl.DataFrame({name: column.codes for name, column in columns.items()})
    numbers, places = _dictionary(codes.select(number).to_series())
    values = {}
    for name, size in reversed(sizes.items()):
        values[name] = columns[name].values.gather(numbers % size)
        numbers //= size
    return Distinct(pl.DataFrame(values), places)


def _dictionary(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The different values of ``column``, and for every row the place of its own."""
    # Arrow's dictionary ends with the batch; what Polars' categories are kept in is shared by the process.
    encoded = column.to_arrow(compat_level=pl.CompatLevel.oldest()).dictionary_encode("encode")
    return pl.Series(column.name, encoded.dictionary, dtype=column.dtype), pl.Series(encoded.indices).cast(
        pl.UInt32
    )

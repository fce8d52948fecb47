"""Stage entries as the rules of a client's file see them: their columns, custom fields included, and their currency.

A custom field that a batch has nothing of is there all the same, as null: which columns an expression may name must not
depend on what was read.
"""

from __future__ import annotations

import polars as pl

from config.columns import EXTRA_PREFIX, STAGE_ENTRY_COLUMNS, TIME_COLUMNS
from config.settings import ClientSettings


class RuleColumns:
    """The columns that expressions of one client may name."""

    def __init__(self, settings: ClientSettings) -> None:
        self._extras = sorted(name for name in settings.mapped_columns() if name.startswith(EXTRA_PREFIX))

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Each with its type."""
        return {
            **{name: pl.String() for name in (*STAGE_ENTRY_COLUMNS, *self._extras)},
            **{name: pl.Datetime("us", "UTC") for name in TIME_COLUMNS},
            "amount": pl.Float64(),
        }

    def completed(self, entries: pl.DataFrame) -> pl.DataFrame:
        """``entries`` with the custom fields that they lack."""
        absent = [name for name in self._extras if name not in entries.columns]
        return entries.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)


def currency_code() -> pl.Expr:
    """``currency`` as a code in capitals; null where an entry names none."""
    return pl.col("currency").str.strip_chars().str.to_uppercase().replace("", None)

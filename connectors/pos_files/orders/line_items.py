"""Puts the lines of an order together where an export has a row a line item, whichever blocks they are read in.

Lines that follow each other are held back only where a block may have cut an order; those of orders that stand apart
in the file (:mod:`connectors.pos_files.orders.scattered`) are held until its end.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from connectors.pos_files.errors import FileError
from connectors.pos_files.formats.table import ROW, Place, Rows
from connectors.pos_files.meaning import Meaning
from connectors.pos_files.orders.scattered import MOST_SCATTERED_LINES, order_hashes
from connectors.pos_files.orders.typed_rows import DATED, MARKED, PRICED, PROBLEM
from connectors.pos_files.values.money import Decimal, amounts

LINE, TEXT = "line", "text"
"""Where an order's first row stands and what it says, if it was read in an earlier block; then :data:`ROW` is null."""

_ITEMS = "items"
_MOST_LINES = MOST_SCATTERED_LINES
_PLACES = 6


@dataclass(frozen=True)
class Folded:
    """Whole orders, and how many of them give different totals on different lines."""

    orders: pl.DataFrame
    unlike_totals: int


class LineItems:
    """Takes the lines of one file, block by block, and gives out whole orders."""

    def __init__(self, meaning: Meaning, decimal: Decimal, scattered: pl.Series) -> None:
        self._adds_up = meaning.adds_up
        self._decimal = decimal
        self._scattered = scattered
        self._held: pl.DataFrame | None = None
        self._apart: list[pl.DataFrame] = []
        self._last_order: Place | None = None

    def take(self, lines: pl.DataFrame, rows: Rows) -> Folded:
        """Take the typed lines of ``rows``; return the orders that are known to be whole, and lines without an order.

        Raises:
            FileError: so many lines have one order id that it can be none.
        """
        lines = lines.with_columns(
            pl.lit(None, pl.Int64).alias(LINE),
            pl.lit(None, pl.String).alias(TEXT),
            _units(lines, self._decimal),
        )
        nameless = lines.filter(pl.col("order_id").is_null())
        lines = self._without_scattered(lines.filter(pl.col("order_id").is_not_null()), rows)
        self._mark_last_order(lines, rows)
        together = lines if self._held is None else pl.concat([self._held, lines])
        if rows.last and not rows.waiting:
            whole, self._held = pl.concat([together, *self._apart]), None
        else:
            start = _start_of_last(together)
            whole, self._held = together.head(start), _detached(together.slice(start), rows)
            if len(self._held) > _MOST_LINES:
                raise FileError(
                    f"more than {_MOST_LINES:,} lines have the same order id",
                    "Map order_id to the column that numbers the orders.",
                )
        folded = self._folded(whole)
        return Folded(pl.concat([nameless, folded.orders], how="diagonal_relaxed"), folded.unlike_totals)

    def place(self, rows: Rows) -> Place | None:
        """Where the next run can go on behind ``rows`` without losing a line; ``None`` for the file's beginning.

        That is never behind the last order: only what follows it shows that it is whole.
        """
        return (self._last_order or rows.next) if self._scattered.is_empty() else None

    def _without_scattered(self, lines: pl.DataFrame, rows: Rows) -> pl.DataFrame:
        if self._scattered.is_empty():
            return lines
        apart = order_hashes(lines["order_id"]).is_in(self._scattered.implode())
        if apart.any():
            self._apart.append(_detached(lines.filter(apart), rows))
        return lines.filter(~apart)

    def _mark_last_order(self, lines: pl.DataFrame, rows: Rows) -> None:
        if lines.is_empty():
            return
        start = _start_of_last(lines)
        held = None if self._held is None or self._held.is_empty() else self._held["order_id"][0]
        if start > 0 or held != lines["order_id"][0]:
            self._last_order = rows.place(lines[ROW][start])

    def _folded(self, lines: pl.DataFrame) -> Folded:
        """One row an order: of each column the first cell that is filled, of amounts and units what the rules say."""
        keys = ["order_id", MARKED]
        # The line to name is the one that cannot be read.
        named = pl.col(PROBLEM).is_not_null().cast(pl.UInt8).arg_max()
        faultless = lines[PROBLEM].null_count() == len(lines)
        rules = {
            DATED: pl.col(DATED).any(),
            PRICED: pl.col(PRICED).any(),
            _ITEMS: pl.col(_ITEMS).sum(),
            **{
                column: pl.col(column).first() if faultless else pl.col(column).get(named)
                for column in (ROW, LINE, TEXT)
            },
        }
        if self._adds_up:
            rules["amount"] = pl.col("amount").sum().round(_PLACES)
        first = [
            pl.col(column).first(ignore_nulls=True)
            for column in lines.columns
            if column not in rules and column not in keys
        ]
        unlike = pl.col("amount").max() != pl.col("amount").min()
        orders = lines.group_by(keys, maintain_order=True).agg(
            *first, *(rule.alias(column) for column, rule in rules.items()), unlike.alias("unlike")
        )
        unlike_totals = 0 if self._adds_up else int(orders["unlike"].sum())
        return Folded(orders.drop("unlike").with_columns(_as_text(_ITEMS)), unlike_totals)


def _units(lines: pl.DataFrame, decimal: Decimal) -> pl.Series:
    """How many units each line has; one where the file does not say."""
    if _ITEMS not in lines.columns:
        return pl.repeat(1.0, len(lines), eager=True).alias(_ITEMS)
    return amounts(lines[_ITEMS], decimal)["amount"].alias(_ITEMS)


def _start_of_last(lines: pl.DataFrame) -> int:
    """Where the lines at the end begin that belong to one order."""
    if lines.is_empty():
        return 0
    others = (lines["order_id"] != lines["order_id"][-1]).arg_true()
    return int(others[-1]) + 1 if len(others) else 0


def _as_text(column: str) -> pl.Expr:
    """A number of units as text, whole where it is."""
    units = pl.col(column)
    whole = units.cast(pl.Int64, strict=False).cast(pl.String)
    return pl.when(units.round(0) == units).then(whole).otherwise(units.cast(pl.String)).alias(column)


def _detached(lines: pl.DataFrame, rows: Rows) -> pl.DataFrame:
    """``lines`` that know by themselves where they stand and what they say, for when their block is gone."""
    fresh = lines[ROW].is_not_null().arg_true()
    if fresh.is_empty():
        return lines
    written = [rows.refuse(row, "") for row in lines[ROW][fresh]]
    return lines.with_columns(
        lines[LINE].scatter(fresh, [row.line for row in written]),
        lines[TEXT].scatter(fresh, [row.text for row in written]),
        pl.lit(None, lines.schema[ROW]).alias(ROW),
    )

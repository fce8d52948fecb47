"""Tells which orders of a file of line items have lines that stand apart, so that they can be put together."""

from __future__ import annotations

import polars as pl

from connectors.pos_files.errors import FileError

MOST_SCATTERED_LINES = 200_000
"""How many lines of such orders are held in memory until the file has been read to its end."""


class Scatter:
    """Goes over a file's order ids once; keeps twelve bytes for each run of lines with the same id."""

    def __init__(self) -> None:
        self._runs: list[pl.DataFrame] = []
        self._open = pl.DataFrame(schema={"order": pl.UInt64, "lines": pl.UInt32})

    def add(self, order_ids: pl.Series) -> None:
        """Take in the ids of the next lines, in the file's order."""
        lines = (
            order_hashes(order_ids.drop_nulls()).to_frame("order").with_columns(lines=pl.lit(1, pl.UInt32))
        )
        runs = _runs(pl.concat([self._open, lines]))
        # The last run may go on in the next block.
        self._open, whole = runs.tail(1), runs.head(-1)
        self._runs.append(whole)

    def orders(self) -> pl.Series:
        """The hashes (:func:`order_hashes`) of orders whose lines stand apart.

        Raises:
            FileError: they are so many that they cannot be held together.
        """
        runs = (
            pl.concat([*self._runs, self._open])
            .group_by("order")
            .agg(pl.len().alias("runs"), pl.sum("lines"))
        )
        apart = runs.filter(pl.col("runs") > 1)
        lines = int(apart["lines"].sum())
        if lines > MOST_SCATTERED_LINES:
            raise FileError(
                f"the lines of {len(apart):,} orders stand apart from each other, {lines:,} lines in all",
                "Sort the export by order id.",
            )
        return apart["order"]


def order_hashes(order_ids: pl.Series) -> pl.Series:
    """Order ids as 64-bit numbers, the same for the same id within a process."""
    return order_ids.hash()


def _runs(lines: pl.DataFrame) -> pl.DataFrame:
    run = (pl.col("order") != pl.col("order").shift()).fill_null(value=True).cum_sum()
    return (
        lines.with_columns(run=run)
        .group_by("run", maintain_order=True)
        .agg(pl.first("order"), pl.sum("lines"))
        .select("order", "lines")
    )

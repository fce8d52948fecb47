"""What tables of typed cells have in common: rows that are counted, not bytes, and cells that become text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from connectors.pos_files.formats.table import ROW, Columns, Place, Refused
from connectors.pos_files.formats.text_columns import text_columns


@dataclass(frozen=True)
class GridRows:
    """A block of rows (:class:`connectors.pos_files.formats.table.Rows`).

    Attributes:
        cells: the cells that were read, as text.
        at: where the first of them stands.
    """

    frame: pl.DataFrame
    blanked: Mapping[str, int]
    cells: pl.DataFrame
    at: Place
    last: bool
    refused: tuple[Refused, ...] = ()
    waiting: bool = False
    continues: bool = False

    @property
    def next(self) -> Place:
        """Where the following rows start."""
        return self.place(len(self.cells))

    def refuse(self, row: int, reason: str) -> Refused:
        """A row as one that cannot be read."""
        shown = ";".join(cell or "" for cell in self.cells.row(row))
        return Refused(self.at.line + row, shown, reason)

    def place(self, row: int) -> Place:
        """Where a row starts."""
        return Place(self.at.offset + row, self.at.line + row)


def grid_rows(
    cells: pl.DataFrame, columns: Columns, at: Place, *, last: bool, blank: pl.Series | None = None
) -> GridRows:
    """The rows whose ``cells`` (text, one column a position, named by it) start at ``at``, without ``blank`` ones."""
    found = text_columns(cells, columns)
    frame = found.frame.with_columns(pl.Series(ROW, np.arange(len(cells), dtype=np.int64)))
    return GridRows(frame if blank is None else frame.filter(~blank), found.blanked, cells, at, last)

"""What every file form is to the rest of the package: a table with headers, read as rows of text from any place on.

Whether a till writes delimited text, a workbook or Parquet, its rows are judged by the same survey and turned into
the same entries. A typed cell becomes text that can be read in one way only
(:mod:`connectors.pos_files.formats.typed_cells`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import polars as pl

ROW = "row"
"""The column of :attr:`Rows.frame` that says which row of its block a row is."""

Columns = Mapping[str, tuple[int, ...]]
"""The columns that are wanted, and the positions of the headers that feed each; several are joined."""


@dataclass(frozen=True)
class Place:
    """A row to go on with.

    Attributes:
        offset: where it starts, in what its table counts by: bytes of text, rows of all else.
        line: the physical line, or the row of its sheet, counted from 1.
        crc: CRC-32 of all bytes of text before it; tells a file that has grown from one that was replaced.
    """

    offset: int
    line: int
    crc: int = 0


@dataclass(frozen=True)
class Refused:
    """A line or row that cannot be read: where it stands, what stands there (personal data in clear), and why."""

    line: int
    text: str
    reason: str


class Rows(Protocol):
    """Consecutive rows of a table.

    Attributes:
        frame: trimmed text, null where empty: one column a key of the wanted columns, and :data:`ROW`.
        refused: the lines that are no rows.
        blanked: how many numbers that a spreadsheet has rounded were left empty, by column.
        next: where the following rows start.
        last: whether the table ends here.
        waiting: whether it ends before a row that is left for a later run, because its end is still missing.
        continues: whether what may be added to the file later starts at ``next``.
    """

    @property
    def frame(self) -> pl.DataFrame: ...  # noqa: D102
    @property
    def refused(self) -> tuple[Refused, ...]: ...  # noqa: D102
    @property
    def blanked(self) -> Mapping[str, int]: ...  # noqa: D102
    @property
    def next(self) -> Place: ...  # noqa: D102
    @property
    def last(self) -> bool: ...  # noqa: D102
    @property
    def waiting(self) -> bool: ...  # noqa: D102
    @property
    def continues(self) -> bool: ...  # noqa: D102

    def refuse(self, row: int, reason: str) -> Refused:
        """A row of the frame (by its :data:`ROW`) as one that cannot be read."""
        ...

    def place(self, row: int) -> Place:
        """Where a row of the frame (by its :data:`ROW`) starts: reading can go on with it."""
        ...


class Table(Protocol):
    """One table of one file.

    Attributes:
        headers: as written, trimmed.
        form: how it is written, in a form of its own; rows read under another one are not comparable.
        sniffed: what was found out of the file rather than set, in words.
        first: where its first row starts.
    """

    @property
    def headers(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def form(self) -> str: ...  # noqa: D102
    @property
    def sniffed(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def first(self) -> Place: ...  # noqa: D102

    def rows(self, columns: Columns, *, count: int, start: Place | None = None) -> Iterator[Rows]:
        """Yield blocks of at most ``count`` rows from ``start`` on, from the first row by default: at least one.

        Raises:
            FileError: the file is no table from here on.
            OSError: the file system failed.
        """
        ...

    def confirms(self, place: Place) -> bool:
        """Whether what stands before ``place`` is what stood there when it was reached."""
        ...


TableOpener = Callable[[Collection[str]], Table | None]
"""Opens a file's table; among several readings of its first lines, the one in which most of the given headers stand
is taken. ``None`` for a file without any content."""

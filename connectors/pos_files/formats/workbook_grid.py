"""Refuses a workbook that takes too much memory: what it unpacks to, and how far its cells reach.

Its reader makes a full grid of a sheet's cells, from the first to the last, and ends the whole process where there is
no memory for it. A space that somebody left at the far corner of a sheet is enough for that.
"""

from __future__ import annotations

import re
from typing import BinaryIO

from connectors.pos_files.errors import FileError
from connectors.pos_files.storage.unpacking import unpacked_pieces

_CELL_BYTES = 32

# A row or a cell says where it stands: r="7", r="XFD1048576" (ECMA-376 part 1, 18.3.1.4 and 18.3.1.73).
_COLUMN = re.compile(rb"""\sr=["']([A-Z]{1,3})[0-9]""")
_ROW = re.compile(rb"""\sr=["'][A-Z]{0,3}([0-9]{1,7})["']""")
_LONGEST_REFERENCE = 16


def check_grid(handle: BinaryIO, limit: int) -> None:
    """Unpack all of a workbook once and keep nothing.

    Of ``.xlsb`` and ``.ods`` only what they unpack to is checked.

    Raises:
        DamagedError: it is no whole zip file.
        FileError: it unpacks to more than ``limit`` bytes, or the grid of a sheet takes more.
    """
    part, width, row, carried = "", b"", 0, b""
    for name, piece in unpacked_pieces(handle, limit):
        if name != part:
            part, width, row, carried = name, b"", 0, b""
        text = carried + piece
        carried = piece[-_LONGEST_REFERENCE:]
        width = max({width, *_COLUMN.findall(text)}, key=_number)
        row = max(row, max(map(int, _ROW.findall(text)), default=0))
        if _number(width) * row * _CELL_BYTES > limit:
            raise _too_far(width.decode(), row, limit)


def _number(letters: bytes) -> int:
    """Which column its letters mean, counted from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _too_far(column: str, row: int, limit: int) -> FileError:
    return FileError(
        f"its cells reach to column {column} and row {row:,}: reading them takes more than {limit >> 20:,} MB",
        "Delete what stands far from the table, or save it as CSV (UTF-8).",
    )

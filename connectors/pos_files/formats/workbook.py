"""Workbooks of Excel and LibreOffice (``.xlsx``, ``.xlsb``, ``.xls``, ``.ods``) as tables: one sheet each.

A workbook cannot be read piece by piece: its sheet is held in memory, about 100 bytes a cell (1.1 GB for ten full
columns), and what it unpacks to is bounded. Any change makes it another file, since an earlier cell may have changed.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO

import polars as pl
import python_calamine as calamine

from config.sources import PosFilesSettings
from connectors.pos_files.errors import DamagedError, FileError
from connectors.pos_files.formats.grid import GridRows, grid_rows
from connectors.pos_files.formats.table import Columns, Place
from connectors.pos_files.formats.typed_cells import written
from connectors.pos_files.headers import HEADER_ROWS, header_row
from connectors.pos_files.values.money import Decimal

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_LOCKED = ("is protected with a password", "Save it without one, or export it as CSV (UTF-8).")


class WorkbookTable:
    """One sheet of a workbook (:class:`connectors.pos_files.formats.table.Table`)."""

    def __init__(
        self, sheet: calamine.CalamineSheet, settings: PosFilesSettings, wanted: Collection[str]
    ) -> None:
        self._sheet = sheet
        self._mark: Decimal = settings.decimal or "."
        row, self.headers = _headers(sheet, wanted)
        top = sheet.start[0] if sheet.start else 0
        self.first = Place(row + 1, top + row + 2)
        self.form = f"sheet {sheet.name!r}"
        self.sniffed = () if settings.sheet else (f'sheet "{sheet.name}"',)

    def rows(self, columns: Columns, *, count: int, start: Place | None = None) -> Iterator[GridRows]:
        """Yield the sheet's rows from ``start`` on."""
        at = start or self.first
        rows = islice(self._sheet.iter_rows(), at.offset, None)
        block = list(islice(rows, count))
        while True:
            following = list(islice(rows, count))
            read = self._read(block, columns, at, last=not following)
            yield read
            if not following:
                return
            block, at = following, read.next

    def confirms(self, place: Place) -> bool:  # noqa: ARG002
        """No place outlives a change."""
        return False

    def _read(self, block: list[list[Any]], columns: Columns, at: Place, *, last: bool) -> GridRows:
        by_column = list(zip(*block, strict=True))
        places = sorted({place for places in columns.values() for place in places})
        cells = (
            pl.DataFrame({str(place): text_of(by_column[place], self._mark) for place in places})
            if block
            else (pl.DataFrame(schema={str(place): pl.String for place in places}))
        )
        blank = pl.Series([not any(cell != "" for cell in row) for row in block], dtype=pl.Boolean)
        return grid_rows(cells, columns, at, last=last, blank=blank)


def open_workbook(
    handle: BinaryIO, settings: PosFilesSettings, wanted: Collection[str]
) -> WorkbookTable | None:
    """The sheet that ``settings.sheet`` names, else the first that is shown; ``None`` where it is empty.

    Raises:
        FileError: the workbook is damaged or protected, or has no such sheet.
    """
    handle.seek(0)
    content = handle.read()
    if _ENCRYPTED in content:
        raise FileError(*_LOCKED)
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = book.get_sheet_by_name(_sheet_name(book, settings.sheet))
    except calamine.PasswordError:
        raise FileError(*_LOCKED) from None
    except calamine.CalamineError as error:
        raise DamagedError(
            f"is a workbook that cannot be read: {error}", "Export it again, or as CSV (UTF-8)."
        ) from None
    return WorkbookTable(sheet, settings, wanted) if sheet.height else None


def text_of(cells: Sequence[Any], mark: Decimal) -> pl.Series:
    """A sheet's cells as text: each type is written as a column of its own."""
    kinds = [type(cell) for cell in cells]
    text = pl.Series([None] * len(cells), dtype=pl.String)
    for kind in dict.fromkeys(kinds):
        places = [place for place, other in enumerate(kinds) if other is kind]
        text = text.scatter(places, written(pl.Series([cells[place] for place in places]), mark))
    return text


def _sheet_name(book: calamine.CalamineWorkbook, wanted: str | None) -> str:
    shown = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.typ is calamine.SheetTypeEnum.WorkSheet
        and (wanted or sheet.visible is calamine.SheetVisibleEnum.Visible)
    ]
    for name in shown:
        if wanted is None or name.strip().casefold() == wanted.strip().casefold():
            return name
    names = ", ".join(f'"{name}"' for name in shown)
    raise FileError(
        f'sheet: no sheet "{wanted}"; sheets there: {names}' if wanted else "has no sheet that is shown",
        "Name the sheet as the workbook does.",
    )


def _headers(sheet: calamine.CalamineSheet, wanted: Collection[str]) -> tuple[int, tuple[str, ...]]:
    """Which row has the headers, and these."""
    rows = [_names(row) for row in islice(sheet.iter_rows(), HEADER_ROWS)]
    best = header_row(wanted, rows)
    return best, rows[best]


def _names(row: Sequence[Any]) -> tuple[str, ...]:
    """A row's cells as headers, without the empty ones at its end."""
    names = [cell.strip() if isinstance(cell, str) else str(cell) for cell in row]
    while names and not names[-1]:
        names.pop()
    return tuple(names)

"""Tells by a file's first bytes, not by its name, what kind of table it is.

Workbooks and Parquet are opened by modules that are imported only where there is one.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from typing import BinaryIO

from config.sources import PosFilesSettings
from connectors.pos_files.errors import DamagedError, FileError
from connectors.pos_files.formats.delimited import DelimitedTable
from connectors.pos_files.formats.kinds import OLD_WORKBOOK, PARQUET, kind_of
from connectors.pos_files.formats.layout import layout_of
from connectors.pos_files.formats.records import Extent
from connectors.pos_files.formats.table import Table, TableOpener
from connectors.pos_files.storage.exports import Opened
from connectors.pos_files.storage.unpacking import GZIP, ZIP, gunzipped, in_memory, too_large

# What every workbook in a zip has, by the standards for .xlsx and .xlsb, and for .ods.
_WORKBOOK_PARTS = {"[Content_Types].xml", "META-INF/manifest.xml"}


def table_opener(opened: Opened, settings: PosFilesSettings, *, settled: bool) -> TableOpener:
    """What opens the table of an open file; ``settled`` says that nobody is writing the file any more.

    Opening raises FileError, a DamagedError among them where more of the file may be still to come.
    """

    def open_table(wanted: Collection[str]) -> Table | None:
        limit = settings.max_unpacked_mb << 20
        kind = kind_of(opened.handle)
        plain = opened
        if kind == GZIP and not opened.unpacked:
            plain = gunzipped(opened, limit)
            kind = kind_of(plain.handle)
        if kind == GZIP or (kind == ZIP and not _is_workbook(plain.handle)):
            raise _archive(plain)
        if kind in {ZIP, OLD_WORKBOOK}:
            return _workbook(plain, settings, wanted, limit, packed=kind == ZIP)
        if kind == PARQUET:
            from connectors.pos_files.formats.parquet import ParquetTable

            return ParquetTable(in_memory(plain).handle, settings)
        extent = Extent(plain.length, closed=settled)
        layout = layout_of(plain.handle, settings, wanted, extent)
        return None if layout is None else DelimitedTable(plain.handle, layout, extent)

    return open_table


def _is_workbook(handle: BinaryIO) -> bool:
    try:
        with zipfile.ZipFile(handle) as archive:
            return not _WORKBOOK_PARTS.isdisjoint(archive.namelist())
    except zipfile.BadZipFile:
        raise DamagedError("is a damaged or incomplete workbook", "Export or copy it again.") from None


def _workbook(
    opened: Opened, settings: PosFilesSettings, wanted: Collection[str], limit: int, *, packed: bool
) -> Table | None:
    from connectors.pos_files.formats.workbook import open_workbook
    from connectors.pos_files.formats.workbook_grid import check_grid

    if opened.size > limit:
        raise too_large(limit)
    whole = in_memory(opened)
    if packed:
        check_grid(whole.handle, limit)
    return open_workbook(whole.handle, settings, wanted)


def _archive(opened: Opened) -> FileError:
    if opened.unpacked:
        return FileError("is an archive within an archive", "Unpack the outer one.")
    return FileError("is a zip archive by another name", "Give it a name that ends in .zip.")

"""The same invented receipts in every form that a till's file can have."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

HEADERS = ("Ticket", "Date", "Total")
Row = Sequence[Any]


def receipts(count: int) -> list[Row]:
    """``count`` rows: id, time, and an amount whose decimals say nothing of the decimal mark."""
    return [(f"T{n}", datetime(2026, 5, 1 + n % 28, 10, n % 60), n / 8) for n in range(count)]


def delimited(rows: Sequence[Row], headers: Row = HEADERS, delimiter: str = ";") -> bytes:
    """CSV with times in ISO form and decimal points."""
    return "".join(delimiter.join(map(str, row)) + "\n" for row in (headers, *rows)).encode()


def workbook(
    rows: Sequence[Row], headers: Row = HEADERS, *, above: Sequence[Row] = (), **sheets: Any
) -> bytes:
    """An Excel workbook with typed cells; ``above`` stands over the headers.

    ``sheets`` are further ones by their names, in front of this one where the name begins with ``a``.
    """
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "dd/mm/yyyy hh:mm"}) as book:
        for name in [name for name in sheets if name.startswith("a")]:
            _fill(book.add_worksheet(name), sheets[name])
        _fill(book.add_worksheet("Receipts"), [*above, headers, *rows])
        for name in [name for name in sheets if not name.startswith("a")]:
            _fill(book.add_worksheet(name), sheets[name])
    return file.getvalue()


def _fill(sheet: Any, rows: Sequence[Row]) -> None:
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            write = sheet.write_string if isinstance(cell, str) else sheet.write
            if cell is not None:
                write(number, column, cell)


def parquet(columns: Mapping[str, Any], **options: Any) -> bytes:
    """A Parquet file of ``columns``."""
    file = io.BytesIO()
    pq.write_table(pa.table(dict(columns)), file, **options)
    return file.getvalue()


def receipts_as_parquet(rows: Sequence[Row], **options: Any) -> bytes:
    """A Parquet file of receipts."""
    return parquet(dict(zip(HEADERS, zip(*rows, strict=True), strict=True)), **options)


def zipped(members: Mapping[str, bytes], **options: Any) -> bytes:
    """A zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 5, 1, 10, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def in_form(name: str, rows: Sequence[Row]) -> bytes:
    """Receipts in the form that the end of ``name`` says."""
    if name.endswith(".xlsx"):
        return workbook(rows)
    if name.endswith(".parquet"):
        return receipts_as_parquet(rows)
    if name.endswith(".zip"):
        return zipped({"may.csv": delimited(rows)})
    text = delimited(rows)
    return gzip.compress(text, mtime=0) if name.endswith(".gz") else text

"""Finds out how a file is written: its encoding, its delimiter and its headers.

Evidence comes from the file itself and a setting wins over it; content that is no delimited text is refused by name.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import BinaryIO

from config.sources import PosFilesSettings
from connectors.pos_files.errors import FileError, UnfinishedError
from connectors.pos_files.formats.encoding import sniffed_encoding
from connectors.pos_files.formats.records import Block, Extent, Form, blocks
from connectors.pos_files.headers import HEADER_ROWS, count_found, header_row

_HEAD_BYTES = 1 << 16
_BOM = b"\xef\xbb\xbf"
_DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}

# Excel's own first line in files whose delimiter differs from the reader's locale.
_SEPARATOR_LINE = re.compile(rb"sep=([,;\t|])(?:\r\n|\n|\r)", re.IGNORECASE)

_NOT_TEXT = (
    (b"%PDF", "is a PDF document, not delimited text"),
    (b"<", "is HTML or XML, not delimited text"),
    (b"\xff\xfe", "is UTF-16 text"),
    (b"\xfe\xff", "is UTF-16 text"),
)


@dataclass(frozen=True)
class Layout:
    """How a file is written, and where its first row starts.

    Attributes:
        encoding: ``utf-8`` or ``cp1252``; a byte order mark is never part of the first header.
        data_offset: the byte behind the headers.
        data_line: the physical line behind the headers.
        sniffed: what was found out rather than set, in words.
    """

    encoding: str
    form: Form
    headers: tuple[str, ...]
    data_offset: int
    data_line: int
    sniffed: tuple[str, ...]


@dataclass(frozen=True)
class _Header:
    form: Form
    names: tuple[str, ...]
    offset: int
    line: int


def layout_of(
    handle: BinaryIO, settings: PosFilesSettings, wanted: Collection[str], extent: Extent
) -> Layout | None:
    """Read how the file is written; ``None`` for a file without any content.

    The delimiter is the one that makes most of the ``wanted`` headers appear, then the one with most cells.

    Raises:
        FileError: no delimited text, an encoding that cannot be decided, or no delimiter in the first line.
        UnfinishedError: the headers may not be complete yet.
    """
    handle.seek(0)
    head = handle.read(_HEAD_BYTES)
    _refuse_other_formats(head)
    start = len(_BOM) if head.startswith(_BOM) else 0
    if not head[start:].strip():
        return None
    newline = b"\r" if b"\r" in head and b"\n" not in head else b"\n"
    if not extent.closed and newline not in head:
        raise UnfinishedError("the headers are still being written", "Try again once the file is complete.")
    encoding, sniffed = _encoding(handle, settings, newline, marked=start > 0)
    separator = _SEPARATOR_LINE.match(head, start)
    start, line = (separator.end(), 2) if separator else (start, 1)
    delimiter = settings.delimiter or (separator[1].decode() if separator else None)
    header = _header(handle, delimiter, newline, (start, line), encoding, wanted)
    if delimiter is None:
        sniffed = (*sniffed, f"delimiter {_DELIMITER_NAMES[header.form.delimiter]}")
    return Layout(encoding, header.form, header.names, header.offset, header.line, sniffed)


def _refuse_other_formats(head: bytes) -> None:
    for magic, what in _NOT_TEXT:
        if head.startswith(magic):
            raise FileError(what, "Export it as CSV (UTF-8).")
    if b"\0" in head.partition(b"\n")[0]:
        raise FileError("holds binary data or UTF-16 text, not delimited text", "Export it as CSV (UTF-8).")


def _encoding(
    handle: BinaryIO, settings: PosFilesSettings, newline: bytes, *, marked: bool
) -> tuple[str, tuple[str, ...]]:
    if settings.encoding is not None:
        return settings.encoding.removesuffix("-sig"), ()
    if marked:
        return "utf-8", ("utf-8-sig",)
    encoding = sniffed_encoding(handle, newline)
    return encoding, (encoding,)


def _header(
    handle: BinaryIO,
    delimiter: str | None,
    newline: bytes,
    start: tuple[int, int],
    encoding: str,
    wanted: Collection[str],
) -> _Header:
    forms = [Form(option, newline) for option in ([delimiter] if delimiter else _DELIMITER_NAMES)]
    headers = [header for form in forms if (header := _header_as(handle, form, start, encoding, wanted))]
    if not headers:
        raise FileError("the quotes of the first line do not match", "Export the file again.")
    best = max(headers, key=lambda header: (count_found(wanted, header.names), len(header.names)))
    if len(best.names) == 1:
        raise FileError(
            "no comma, semicolon, tab or pipe parts the first line into headers",
            "Set delimiter, or export it as CSV.",
        )
    return best


def _header_as(
    handle: BinaryIO, form: Form, start: tuple[int, int], encoding: str, wanted: Collection[str]
) -> _Header | None:
    """The headers, if they stand in one of the first records under this form, and nothing above them is broken."""
    offset, line = start
    for block in blocks(handle, form, offset=offset, line=line, rows=HEADER_ROWS):
        if not len(block.starts) and not block.broken:
            offset = block.next_offset
            continue
        rows = [_names(block, row, form, encoding) for row in range(len(block.starts))]
        best = header_row(wanted, rows) if rows else 0
        if not rows or any(broken.line < block.lines[best] for broken in block.broken):
            return None
        record = block.data[block.starts[best] : block.ends[best]]
        lines = record.count(form.newline) + (not record.endswith(form.newline))
        return _Header(form, rows[best], offset + int(block.ends[best]), int(block.lines[best]) + lines)
    return None


def _names(block: Block, row: int, form: Form, encoding: str) -> tuple[str, ...]:
    text = block.data[block.starts[row] : block.ends[row]].decode(encoding, "replace").strip("\r\n")
    return tuple(name.strip() for name in next(csv.reader([text], delimiter=form.delimiter)))

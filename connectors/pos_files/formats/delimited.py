"""Delimited text as a table: any byte that starts a record is a place to go on from, also after the file has grown."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import polars as pl

from connectors.pos_files.formats.layout import Layout
from connectors.pos_files.formats.records import Block, Broken, Extent, blocks
from connectors.pos_files.formats.rows import record, text_rows
from connectors.pos_files.formats.table import Columns, Place, Refused

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class TextRows:
    """A block of records (:class:`connectors.pos_files.formats.table.Rows`)."""

    frame: pl.DataFrame
    refused: tuple[Refused, ...]
    blanked: Mapping[str, int]
    next: Place
    block: Block
    encoding: str
    before: Place

    @property
    def last(self) -> bool:
        """Whether the extent ends here."""
        return self.block.last

    @property
    def waiting(self) -> bool:
        """Whether a row without its end was left alone."""
        return self.block.waiting

    @property
    def continues(self) -> bool:
        """Whether the last record has its line end: else what is added later is more of that record."""
        return self.block.complete

    def refuse(self, row: int, reason: str) -> Refused:
        """A record as one that cannot be read."""
        text = record(self.block, row).decode(self.encoding, "replace")
        return Refused(int(self.block.lines[row]), text.strip("\r\n"), reason)

    def place(self, row: int) -> Place:
        """Where a record starts."""
        start = int(self.block.starts[row])
        crc = zlib.crc32(memoryview(self.block.data)[:start], self.before.crc)
        return Place(self.before.offset + start, int(self.block.lines[row]), crc)


class DelimitedTable:
    """A CSV or TSV file (:class:`connectors.pos_files.formats.table.Table`)."""

    def __init__(self, handle: BinaryIO, layout: Layout, extent: Extent) -> None:
        self._handle = handle
        self._layout = layout
        self._extent = extent
        self.headers = layout.headers
        self.form = f"{layout.encoding} {layout.form}"
        self.sniffed = layout.sniffed
        self.first = Place(layout.data_offset, layout.data_line, _checksum(handle, layout.data_offset) or 0)

    def rows(self, columns: Columns, *, count: int, start: Place | None = None) -> Iterator[TextRows]:
        """Yield the records from ``start`` on."""
        before = start or self.first
        for block in blocks(
            self._handle,
            self._layout.form,
            offset=before.offset,
            line=before.line,
            rows=count,
            extent=self._extent,
        ):
            read = memoryview(block.data)[: block.next_offset - before.offset]
            after = Place(block.next_offset, block.next_line, zlib.crc32(read, before.crc))
            parsed = text_rows(block, self._layout, columns)
            refused = tuple(self._refused(line) for line in parsed.broken)
            yield TextRows(parsed.frame, refused, parsed.blanked, after, block, self._layout.encoding, before)
            before = after

    def confirms(self, place: Place) -> bool:
        """Whether the bytes before ``place`` are those that stood there when it was reached."""
        return _checksum(self._handle, place.offset) == place.crc

    def _refused(self, line: Broken) -> Refused:
        text = line.content.decode(self._layout.encoding, "replace").strip("\r\n")
        return Refused(line.line, text, line.reason)


def _checksum(handle: BinaryIO, size: int) -> int | None:
    """CRC-32 of the first ``size`` bytes; ``None`` where there are fewer."""
    handle.seek(0)
    crc = 0
    while size:
        piece = handle.read(min(size, _CHUNK_BYTES))
        if not piece:
            return None
        crc = zlib.crc32(piece, crc)
        size -= len(piece)
    return crc

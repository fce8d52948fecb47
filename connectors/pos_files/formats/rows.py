"""Parses a block's records into text columns: pandas reads the cells, and never infers a type."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from connectors.pos_files.formats.layout import Layout
from connectors.pos_files.formats.records import Block, Broken, Positions
from connectors.pos_files.formats.table import ROW, Columns
from connectors.pos_files.formats.text_columns import text_columns

_TEXT = pd.ArrowDtype(pa.string())

# The last of them is the end of a file to programs that come from DOS.
_NOTHING = b'" \t\r\n\x1a'


@dataclass(frozen=True)
class Parsed:
    """What a block of records became.

    Attributes:
        frame: trimmed text, null where empty: one column a key of the wanted columns, and :data:`ROW`.
        broken: the lines that are no rows.
        blanked: how many rounded numbers were left empty, by column.
    """

    frame: pl.DataFrame
    broken: list[Broken]
    blanked: Mapping[str, int]


def text_rows(block: Block, layout: Layout, columns: Columns) -> Parsed:
    """The rows of ``block``. Rows of nothing but delimiters, which spreadsheets leave behind, are left
    out, and so are headers that files bring along when they are put one behind the other."""
    width = len(layout.headers)
    keep, broken = np.flatnonzero(block.cells == width), list(block.broken)
    for row in np.flatnonzero(block.cells != width).tolist():
        if _is_blank(block, row, layout):
            continue
        count = int(block.cells[row])
        reason = f"{count} {'cell' if count == 1 else 'cells'} where the header has {width}"
        broken.append(_broken(block, row, reason))
    text, keep, undecodable = _decoded(block, keep, layout)
    cells = _cells(text, layout, sorted({place for places in columns.values() for place in places}))
    found = text_columns(cells, columns)
    frame = found.frame.with_columns(pl.Series(ROW, keep))
    again = _headers_again(cells, layout)
    if len(again):
        frame = frame.filter(~pl.col(ROW).is_in(keep[again]))
    unmapped = frame.filter(pl.all_horizontal(pl.exclude(ROW).is_null()))[ROW].to_list()
    blank = [row for row in unmapped if _is_blank(block, row, layout)]
    kept = frame.filter(~pl.col(ROW).is_in(blank)) if blank else frame
    return Parsed(kept, broken + undecodable, found.blanked)


def record(block: Block, row: int) -> bytes:
    """The bytes of one record."""
    return block.data[block.starts[row] : block.ends[row]]


def _broken(block: Block, row: int, reason: str) -> Broken:
    return Broken(int(block.lines[row]), record(block, row), reason)


def _is_blank(block: Block, row: int, layout: Layout) -> bool:
    return not record(block, row).strip(_NOTHING + layout.form.delimiter.encode())


def _headers_again(cells: pl.DataFrame, layout: Layout) -> Positions:
    """The rows that are the headers once more, with or without a byte order mark in front."""
    found = np.arange(len(cells), dtype=np.int64)
    for cell in cells:
        name = layout.headers[int(cell.name)]
        same = cell.gather(found).str.strip_chars().str.strip_prefix("\ufeff") == name
        found = found[same.fill_null(value=False).to_numpy()]
    return found


def _decoded(block: Block, keep: Positions, layout: Layout) -> tuple[str, Positions, list[Broken]]:
    """The text of the kept records, without those that are not in the file's encoding."""
    try:
        return _concatenated(block, keep).decode(layout.encoding), keep, []
    except UnicodeDecodeError:
        bad = {row for row in keep.tolist() if not _decodes(record(block, row), layout.encoding)}
    reason = f"bytes that are not {layout.encoding}"
    broken = [_broken(block, row, reason) for row in sorted(bad)]
    keep = np.array([row for row in keep.tolist() if row not in bad], np.int64)
    return _concatenated(block, keep).decode(layout.encoding), keep, broken


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _concatenated(block: Block, keep: Positions) -> bytes:
    """The bytes of the kept records, copied run by run."""
    if not len(keep):
        return b""
    starts, ends = block.starts[keep], block.ends[keep]
    breaks = np.flatnonzero(starts[1:] != ends[:-1])
    first, last = np.append(0, breaks + 1), np.append(breaks, len(keep) - 1)
    runs = zip(starts[first].tolist(), ends[last].tolist(), strict=True)
    return b"".join(block.data[start:end] for start, end in runs)


def _cells(text: str, layout: Layout, places: list[int]) -> pl.DataFrame:
    """The cells at ``places``, one column each, named by its place."""
    if not text:
        return pl.DataFrame(schema={str(place): pl.String for place in places})
    frame = pd.read_csv(
        io.StringIO(text),
        sep=layout.form.delimiter,
        lineterminator=layout.form.newline.decode(),
        header=None,
        names=range(len(layout.headers)),
        usecols=places,
        dtype=_TEXT,
        na_filter=False,
        skip_blank_lines=False,
        engine="c",
    )
    return pl.from_pandas(frame.rename(columns=str))

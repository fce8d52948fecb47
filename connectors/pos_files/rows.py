"""Parses a block's records into text columns: pandas reads the cells, and never infers a type."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from connectors.pos_files.layout import Layout
from connectors.pos_files.records import Block, Broken, Positions

ROW = "row"
"""The column that says which record of its block a row is."""

_TEXT = pd.ArrowDtype(pa.string())

# An order is known by all its parts: with one of them empty, different orders would share an id.
_ORDER_ID, _ORDER_ID_SIGN = "order_id", "-"

# Spreadsheets write an apostrophe before what must stay text; a name such as 't Hart begins with one of its own.
_TEXT_MARK = r"^'([-+=@(0-9])"


def text_rows(
    block: Block, layout: Layout, positions: Mapping[str, tuple[int, ...]]
) -> tuple[pl.DataFrame, list[Broken]]:
    """The rows of ``block`` as trimmed text, null where empty, and the lines that are no rows.

    The frame has one column a key of ``positions`` and :data:`ROW`. Rows of nothing but delimiters, which
    spreadsheets leave behind, are neither.
    """
    width = len(layout.headers)
    keep, broken = np.flatnonzero(block.cells == width), list(block.broken)
    for row in np.flatnonzero(block.cells != width).tolist():
        if _is_blank(block, row, layout):
            continue
        count = int(block.cells[row])
        reason = f"{count} {'cell' if count == 1 else 'cells'} where the header has {width}"
        broken.append(Broken(int(block.lines[row]), record(block, row), reason))
    text, keep, undecodable = _decoded(block, keep, layout)
    cells = _cells(text, layout, sorted({place for places in positions.values() for place in places}))
    columns = {name: _joined(name, places) for name, places in positions.items()}
    frame = (
        pl.DataFrame([_cleaned(column) for column in cells])
        .select(**columns)
        .with_columns(pl.Series(ROW, keep))
    )
    unmapped = frame.filter(pl.all_horizontal(pl.exclude(ROW).is_null()))[ROW].to_list()
    blank = [row for row in unmapped if _is_blank(block, row, layout)]
    return (frame.filter(~pl.col(ROW).is_in(blank)) if blank else frame), broken + undecodable


def record(block: Block, row: int) -> bytes:
    """The bytes of one record."""
    return block.data[block.starts[row] : block.ends[row]]


def _is_blank(block: Block, row: int, layout: Layout) -> bool:
    return not record(block, row).strip(b'" \t\r\n' + layout.form.delimiter.encode())


def _decoded(block: Block, keep: Positions, layout: Layout) -> tuple[str, Positions, list[Broken]]:
    """The text of the kept records, without those that are not in the file's encoding."""
    try:
        return _concatenated(block, keep).decode(layout.encoding), keep, []
    except UnicodeDecodeError:
        bad = {row for row in keep.tolist() if not _decodes(record(block, row), layout.encoding)}
    reason = f"bytes that are not {layout.encoding}"
    broken = [Broken(int(block.lines[row]), record(block, row), reason) for row in sorted(bad)]
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


def _cleaned(cells: pl.Series) -> pl.Series:
    trimmed = cells.str.strip_chars()
    if trimmed.str.starts_with("'").any():
        trimmed = trimmed.str.replace(_TEXT_MARK, "$1")
    return trimmed.set(trimmed == "", None)


def _joined(name: str, places: tuple[int, ...]) -> pl.Expr:
    cells = [pl.col(str(place)) for place in places]
    if len(cells) == 1:
        return cells[0]
    if name == _ORDER_ID:
        return pl.concat_str(cells, separator=_ORDER_ID_SIGN)
    joined = pl.concat_str(cells, separator=" ", ignore_nulls=True)
    return pl.when(joined != "").then(joined)

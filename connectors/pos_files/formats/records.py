"""Splits the bytes of a CSV file into records, so that every row has its physical line and a byte to resume from.

CSV parsers hide both, and let one stray quote swallow the rest of a file. Blocks whose quotes all stand where RFC
4180 puts them are split by arithmetic on the whole block; only the others are walked line by line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from connectors.pos_files.errors import FileError

Positions = NDArray[np.int64]

_READ_BYTES = 1 << 20
_BLOCK_BYTES = 8 << 20
_LONGEST_RECORD = 1 << 20
_QUOTE, _CR = ord('"'), ord("\r")
_QUOTE_REASONS = {
    True: "a quote opens here and is never closed",
    False: "a quote stands where none may: double it, or quote the whole cell",
}


@dataclass(frozen=True)
class Form:
    """The bytes that part cells and lines."""

    delimiter: str
    newline: bytes = b"\n"


@dataclass(frozen=True)
class Extent:
    """How much of a file is read.

    Attributes:
        size: bytes from here on are left alone.
        closed: whether the end also ends a last line that has no line end, or a quote that is still open. Else
            that record is left alone, because the first half of an amount reads like a whole one.
    """

    size: int = sys.maxsize
    closed: bool = True


WHOLE = Extent()


@dataclass(frozen=True)
class Broken:
    """A line that is no record."""

    line: int
    content: bytes
    reason: str


@dataclass(frozen=True)
class Block:
    """Consecutive records of a file; arrays have one element a record, blank lines are left out.

    Attributes:
        data: the bytes that the positions point into.
        starts, ends: where each record lies in ``data``, its line end included.
        lines: the physical line on which each record starts, counted from 1.
        cells: how many cells each record has.
        next_offset, next_line: where the next block starts in the file.
        last: whether the extent ends here; ``next_offset`` then lies before a record that was left alone.
        waiting: whether a record was left alone.
        complete: whether the last record has its line end.
    """

    data: bytes
    starts: Positions
    ends: Positions
    lines: Positions
    cells: Positions
    broken: tuple[Broken, ...]
    next_offset: int
    next_line: int
    last: bool
    waiting: bool
    complete: bool


@dataclass(frozen=True)
class _Split:
    starts: Positions
    ends: Positions
    lines: Positions
    cells: Positions
    broken: tuple[Broken, ...]
    consumed: int
    line_count: int


def blocks(
    handle: BinaryIO, form: Form, *, offset: int, line: int, rows: int, extent: Extent = WHOLE
) -> Iterator[Block]:
    """Yield blocks of at most ``rows`` records from the byte ``offset`` on, which is the start of line ``line``.

    There is always at least one block, and the last one says so. Memory is bounded by ``rows``, by 8 MiB a block
    and by 1 MiB a record.

    Raises:
        FileError: a line is so long that the file cannot be a table.
    """
    handle.seek(offset)
    data, ended, wanted = b"", False, rows
    while True:
        data, ended = _fill(handle, data, ended, form.newline, wanted, extent.size)
        end = len(data) if extent.closed or not ended else data.rfind(form.newline) + 1
        cut = min(_cut(data, form.newline, wanted, ended), end)
        at_end = ended and cut == end
        # Where a file is still being written, what comes may close a quote that is open.
        whole = _split(data[:cut], form, line, closes=at_end and extent.closed)
        split = _first(whole, rows, line)
        if split.consumed == 0 and not at_end:
            if len(data) >= _BLOCK_BYTES:
                raise FileError(
                    f"line {line} is longer than {_BLOCK_BYTES >> 20} MiB", "Check that it is a CSV file."
                )
            wanted *= 2
            continue
        offset += split.consumed
        line += split.line_count
        last = at_end and split.consumed == whole.consumed
        yield Block(
            data,
            split.starts,
            split.ends,
            split.lines,
            split.cells,
            split.broken,
            next_offset=offset,
            next_line=line,
            last=last,
            waiting=last and split.consumed < len(data),
            complete=split.consumed == 0 or data.startswith(form.newline, split.consumed - 1),
        )
        if last:
            return
        data, wanted = data[split.consumed :], rows


def _fill(
    handle: BinaryIO, data: bytes, ended: bool, newline: bytes, lines: int, file_size: int
) -> tuple[bytes, bool]:
    """Read until ``data`` holds more than ``lines`` lines, the extent ends, or the block is as large as it may be."""
    pieces, count, size = [data], data.count(newline), len(data)
    while not ended and count <= lines and size < _BLOCK_BYTES:
        piece = handle.read(max(0, min(_READ_BYTES, file_size - handle.tell())))
        ended = not piece
        pieces.append(piece)
        count += piece.count(newline)
        size += len(piece)
    return b"".join(pieces), ended


def _cut(data: bytes, newline: bytes, lines: int, ended: bool) -> int:
    """Where the first ``lines`` lines end; without a line end in sight, the data's end or nothing."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == newline[0])
    if len(ends) >= lines:
        return int(ends[lines - 1]) + 1
    if ended:
        return len(data)
    return int(ends[-1]) + 1 if len(ends) else 0


def _first(split: _Split, rows: int, line: int) -> _Split:
    """The split without the records behind the first ``rows``, which long records can bring along."""
    if len(split.starts) <= rows:
        return split
    following = int(split.lines[rows])
    return _Split(
        split.starts[:rows],
        split.ends[:rows],
        split.lines[:rows],
        split.cells[:rows],
        tuple(broken for broken in split.broken if broken.line < following),
        consumed=int(split.starts[rows]),
        line_count=following - line,
    )


def _split(data: bytes, form: Form, line: int, *, closes: bool) -> _Split:
    """Split ``data``, whose last record may lie only partly in it unless ``closes``."""
    regular = None if b"\0" in data else _split_regular(data, form, line, closes=closes)
    return _split_by_line(data, form, line, closes=closes) if regular is None else regular


def _split_regular(data: bytes, form: Form, line: int, *, closes: bool) -> _Split | None:
    """Split by the parity of the quotes before each line end; ``None`` where a quote stands out of place."""
    codes = np.frombuffer(data, np.uint8)
    line_ends = np.flatnonzero(codes == form.newline[0])
    delimiters = np.flatnonzero(codes == ord(form.delimiter))
    indexes = np.arange(len(line_ends))
    quotes = np.flatnonzero(codes == _QUOTE)
    if len(quotes):
        if not _in_place(codes, quotes, form):
            return None
        delimiters = delimiters[_outside(quotes, delimiters)]
        indexes = np.flatnonzero(_outside(quotes, line_ends))
    ends = line_ends[indexes] + 1
    following = indexes + 1
    consumed = int(ends[-1]) if len(ends) else 0
    rest = len(data) - consumed
    if rest and (closes or rest > _LONGEST_RECORD):
        if len(quotes) % 2:
            return None
        ends = np.append(ends, len(data))
        following = np.append(following, len(line_ends) + 1)
        consumed = len(data)
    starts = np.concatenate(([0], ends[:-1])) if len(ends) else ends
    lines = line + np.concatenate(([0], following[:-1])) if len(ends) else ends
    cells = np.searchsorted(delimiters, ends) - np.searchsorted(delimiters, starts) + 1
    filled = _content_lengths(codes, starts, ends, form) > 0
    return _Split(
        starts[filled],
        ends[filled],
        lines[filled],
        cells[filled],
        (),
        consumed,
        int(following[-1]) if len(ends) else 0,
    )


def _outside(quotes: Positions, positions: Positions) -> NDArray[np.bool_]:
    """Whether an even number of quotes stands before each position."""
    outside: NDArray[np.bool_] = np.searchsorted(quotes, positions) % 2 == 0
    return outside


def _in_place(codes: NDArray[np.uint8], quotes: Positions, form: Form) -> bool:
    """Whether every quote opens a cell, closes one, or is one half of a doubled quote."""
    opening, closing = quotes[0::2], quotes[1::2]
    before = _one_of(form.delimiter.encode() + form.newline + b'"')
    after = _one_of(form.delimiter.encode() + form.newline + b'"')
    opening = opening[opening > 0]
    behind = closing[closing < len(codes) - 1] + 1
    returned = _returns(codes, behind, form)
    return bool(before[codes[opening - 1]].all() and (after[codes[behind]] | returned).all())


def _returns(codes: NDArray[np.uint8], positions: Positions, form: Form) -> NDArray[np.bool_]:
    """Whether a carriage return stands at each position that belongs to a line end, or to the end of the data."""
    following = np.minimum(positions + 1, len(codes) - 1)
    ends = (codes[following] == form.newline[0]) | (positions == len(codes) - 1)
    returned: NDArray[np.bool_] = (codes[positions] == _CR) & ends
    return returned


def _one_of(characters: bytes) -> NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    table[list(characters)] = True
    return table


def _content_lengths(codes: NDArray[np.uint8], starts: Positions, ends: Positions, form: Form) -> Positions:
    """Bytes of each record without its line end."""
    closed = codes[ends - 1] == form.newline[0]
    lengths = ends - starts - closed
    returned = (codes[np.maximum(ends - 1 - closed, 0)] == _CR) & (lengths > 0)
    content: Positions = lengths - returned
    return content


@dataclass(frozen=True)
class _Patterns:
    """What a record looks like from its first byte; ``unclosed`` matches one that runs past the end of the data."""

    record: re.Pattern[bytes]
    unclosed: re.Pattern[bytes]
    quoted_cell: re.Pattern[bytes]


@cache
def _patterns(form: Form) -> _Patterns:
    delimiter, newline = re.escape(form.delimiter.encode()), re.escape(form.newline)
    body = rb'"[^"]*+(?:""[^"]*+)*+'
    cell = rb'(?:%s"|[^"%s%s][^%s%s]*+|)' % (body, delimiter, newline, delimiter, newline)
    return _Patterns(
        record=re.compile(rb"%s(?:%s%s)*+\r?(?:%s|\Z)" % (cell, delimiter, cell, newline)),
        unclosed=re.compile(rb"(?:%s%s)*+%s\Z" % (cell, delimiter, body)),
        quoted_cell=re.compile(rb'(?:\A|(?<=%s))%s"' % (delimiter, body)),
    )


def _split_by_line(data: bytes, form: Form, line: int, *, closes: bool) -> _Split:
    """Split line by line, setting aside each line that is no record and going on with the next."""
    patterns = _patterns(form)
    found: list[tuple[int, int, int, int]] = []
    broken: list[Broken] = []
    position, passed = 0, 0
    while position < len(data):
        line_end = data.find(form.newline, position) + 1 or len(data)
        end = line_end
        if data.find(b'"', position, line_end) >= 0:
            match = patterns.record.match(data, position)
            unclosed = match is None and patterns.unclosed.match(data, position) is not None
            if unclosed and not closes and len(data) - position <= _LONGEST_RECORD:
                break
            end = match.end() if match else line_end
            reason = "" if match else _QUOTE_REASONS[unclosed]
        else:
            reason = ""
        content = data[position:end]
        if b"\0" in content:
            reason = "NUL bytes: the file was cut or overwritten here"
        if reason:
            broken.append(Broken(line + passed, content, reason))
        elif content.removesuffix(form.newline).removesuffix(b"\r"):
            cells = patterns.quoted_cell.sub(b"", content).count(form.delimiter.encode()) + 1
            found.append((position, end, line + passed, cells))
        passed += content.count(form.newline) or 1
        position = end
    starts, ends, lines, cells_found = np.array(found, np.int64).reshape(-1, 4).T
    return _Split(starts, ends, lines, cells_found, tuple(broken), position, passed)

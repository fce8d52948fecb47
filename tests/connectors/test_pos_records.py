"""A file is split into records as a CSV parser would, each with its physical line and the byte to resume from."""

from __future__ import annotations

import csv
import io
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.pos_files.errors import FileError
from connectors.pos_files.formats import records
from connectors.pos_files.formats.records import WHOLE, Block, Extent, Form, blocks

CELLS = st.text(alphabet='ab,;" \n\té', max_size=6)
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=12)


WRITTEN = st.text(alphabet='ab,"\n\r', max_size=60).map(str.encode)


def split(data: bytes, *, rows: int = 1000, newline: bytes = b"\n", extent: Extent = WHOLE) -> list[Block]:
    return list(blocks(io.BytesIO(data), Form(",", newline), offset=0, line=1, rows=rows, extent=extent))


def found(parts: list[Block]) -> list[tuple[int, bytes]]:
    return [
        (line, part.data[start:end])
        for part in parts
        for line, start, end in zip(
            part.lines.tolist(), part.starts.tolist(), part.ends.tolist(), strict=True
        )
    ]


def broken(parts: list[Block]) -> list[tuple[int, bytes]]:
    return [(line.line, line.content) for part in parts for line in part.broken]


@given(
    table=TABLES,
    rows=st.integers(1, 5),
    ending=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_records_lines_and_cells_are_those_that_were_written(
    table: list[list[str]], rows: int, ending: str, quoting: Literal[0, 1]
) -> None:
    text, expected, line = "", [], 1
    for row in table:
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator=ending, quoting=quoting).writerow(row)
        written = out.getvalue()
        expected.append((line, written.encode(), len(row)))
        line += written.count("\n")
        text += written
    parts = split(text.encode(), rows=rows)
    counted = [count for part in parts for count in part.cells.tolist()]
    assert [(*record, cells) for record, cells in zip(found(parts), counted, strict=True)] == expected
    assert not any(part.broken for part in parts)
    assert all(len(part.starts) <= rows for part in parts)


@given(table=TABLES, rows=st.integers(1, 4))
def test_every_block_says_where_the_next_one_starts(table: list[list[str]], rows: int) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(table)
    data = out.getvalue().encode()
    parts = split(data, rows=rows)
    whole = found(parts)
    done = 0
    for part in parts:
        done += len(part.starts)
        handle = io.BytesIO(data)
        rest = list(blocks(handle, Form(","), offset=part.next_offset, line=part.next_line, rows=rows))
        assert found(rest) == whole[done:]
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]


@given(data=st.binary(max_size=60), rows=st.integers(1, 3))
def test_no_byte_of_any_file_is_lost_or_read_twice(data: bytes, rows: int) -> None:
    parts = split(data, rows=rows)
    pieces = [
        *(content for _, content in found(parts)),
        *(line.content for part in parts for line in part.broken),
    ]
    assert sum(map(len, pieces)) == len(data) - _blank_bytes(data, pieces)
    assert parts[-1].next_offset == len(data)


@given(data=WRITTEN, cut=st.integers(0, 60), rows=st.integers(1, 3))
def test_a_file_that_is_read_while_it_is_written_has_the_records_of_the_whole_one(
    data: bytes, cut: int, rows: int
) -> None:
    so_far = split(data[:cut], rows=rows, extent=Extent(closed=False))
    assert [part.last for part in so_far] == [False] * (len(so_far) - 1) + [True]
    assert so_far[-1].waiting == (so_far[-1].next_offset < len(data[:cut]))
    reached = so_far[-1]
    handle = io.BytesIO(data)
    rest = list(blocks(handle, Form(","), offset=reached.next_offset, line=reached.next_line, rows=rows))
    whole = split(data, rows=rows)
    assert found(so_far) + found(rest) == found(whole)
    assert broken([*so_far, *rest]) == broken(whole)


def test_a_quote_that_is_open_at_the_end_may_be_closed_by_what_is_still_to_come() -> None:
    parts = split(b'a,1\nb,"two\n', extent=Extent(closed=False))
    assert found(parts) == [(1, b"a,1\n")]
    assert (parts[-1].next_offset, parts[-1].next_line, parts[-1].waiting) == (4, 2, True)
    assert broken(parts) == []


@given(data=st.binary(max_size=60), size=st.integers(0, 60), rows=st.integers(1, 3))
def test_what_was_added_behind_an_extent_is_as_if_it_were_not_there(
    data: bytes, size: int, rows: int
) -> None:
    assert found(split(data, rows=rows, extent=Extent(size))) == found(split(data[:size], rows=rows))


def _blank_bytes(data: bytes, pieces: list[bytes]) -> int:
    """Line ends of blank lines, which are neither records nor broken."""
    kept = sum(map(len, pieces))
    left = len(data) - kept
    assert left <= data.count(b"\n") + data.count(b"\r")
    return left


def test_blank_lines_are_passed_over_and_counted() -> None:
    assert found(split(b"a,b\n\n\r\nc,d\n")) == [(1, b"a,b\n"), (4, b"c,d\n")]


def test_a_quote_inside_an_unquoted_cell_is_a_character() -> None:
    parts = split(b'12" pizza,5\nx,"a,b"\n7" disc,1')
    assert [line for line, _ in found(parts)] == [1, 2, 3]
    assert parts[0].cells.tolist() == [2, 2, 2]


def test_a_stray_quote_costs_its_own_line_only() -> None:
    parts = split(b'a,1\n"b,2\nc,3\n"d",4\ne,5\n')
    assert [line for line, _ in found(parts)] == [1, 3, 4, 5]
    assert broken(parts) == [(2, b'"b,2\n')]


def test_a_quote_left_open_at_the_end_costs_its_own_line_only() -> None:
    parts = split(b'a,1\nb,"cut he')
    assert [line for line, _ in found(parts)] == [1]
    assert [(line.line, line.reason) for part in parts for line in part.broken] == [
        (2, "a quote opens here and is never closed")
    ]


def test_a_quote_that_never_closes_does_not_hold_the_rest_of_a_large_file() -> None:
    rows = b"".join(b"T%07d,1\n" % number for number in range(200_000))
    parts = split(b'a,"x\n' + rows, rows=10_000)
    assert sum(len(part.starts) for part in parts) == 200_000
    assert max(len(part.data) for part in parts) < len(rows)
    assert [line.line for part in parts for line in part.broken] == [1]


def test_lines_that_end_in_a_carriage_return_alone_are_lines() -> None:
    assert found(split(b"a,b\rc,d\r", newline=b"\r")) == [(1, b"a,b\r"), (2, b"c,d\r")]


def test_nul_bytes_cost_their_own_line_only() -> None:
    parts = split(b"a,1\n\0\0\0\nb,2\n")
    assert [line for line, _ in found(parts)] == [1, 3]
    assert [line.line for part in parts for line in part.broken] == [2]


def test_a_file_without_line_ends_is_refused_before_it_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(records, "_BLOCK_BYTES", 3 << 20)
    with pytest.raises(FileError, match="longer than 3 MiB"):
        split(b"x" * (5 << 20))

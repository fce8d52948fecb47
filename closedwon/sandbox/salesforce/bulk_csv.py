"""Query results as the CSV of Bulk API 2.0: every cell in quotes, nulls empty, numbers as Java writes them.

Page: datafiles_csv_valid_record_rows of the Bulk API 2.0 guide. Rows are turned column by column and leave in
pieces, so that a page of 50,000 wide rows is neither slow nor held in memory.
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from closedwon.sandbox.soql import Column
from closedwon.sandbox.world import Record

_ROWS_A_PIECE = 1_000
"""Few enough for the processor's cache: each piece is walked once a column."""

_GZIP = zlib.MAX_WBITS | 16
_FAST = 1


def pieces(
    columns: Sequence[Column], rows: Sequence[Record], delimiter: str, line_ending: str
) -> Iterator[bytes]:
    """The header and ``rows`` as UTF-8, a thousand rows at a time."""
    yield _written([[column.name for column in columns]], delimiter, line_ending)
    for start in range(0, len(rows), _ROWS_A_PIECE):
        part = rows[start : start + _ROWS_A_PIECE]
        cells = [_cells(column, part) for column in columns]
        yield _written(zip(*cells, strict=True), delimiter, line_ending)


def compressed(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes as one gzip stream."""
    compressor = zlib.compressobj(_FAST, zlib.DEFLATED, _GZIP)
    for part in parts:
        if packed := compressor.compress(part):
            yield packed
    yield compressor.flush()


def _written(rows: Iterable[Sequence[Any]], delimiter: str, line_ending: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_ending, quoting=csv.QUOTE_ALL)
    writer.writerows(rows)
    return text.getvalue().encode()


def _cells(column: Column, rows: Sequence[Record]) -> list[Any]:
    write = _WRITERS.get(column.type)
    values = map(column.read, rows)
    if write is None:
        return list(values)
    return [None if value is None else write(value) for value in values]


def _boolean(value: object) -> str:
    return "true" if value else "false"


def _datetime(value: str) -> str:
    """REST writes UTC as ``+0000``, Bulk as ``Z``."""
    return value.removesuffix("+0000").removesuffix("Z") + "Z"


def _double(value: float) -> str:
    """As Java's ``Double.toString``: ``9000.0``, but ``1.0E7`` from ten million on."""
    number = float(value)
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        return repr(number) if "e" not in repr(number) else f"{Decimal(repr(number)):f}"
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    text = "".join(map(str, digits))
    power = len(text) - 1 + int(exponent)
    return f"{'-' * sign}{text[0]}.{text[1:] or '0'}E{power}"


_WRITERS: dict[str, Callable[[Any], str]] = {
    "boolean": _boolean,
    "datetime": _datetime,
    "double": _double,
    "currency": _double,
    "percent": _double,
}
"""By field type; other values are texts, dates and whole numbers, which stand as they are."""

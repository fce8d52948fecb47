"""Parquet files as tables, read column by column and piece by piece; their columns say what type they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from config.sources import PosFilesSettings
from connectors.pos_files.errors import DamagedError, FileError
from connectors.pos_files.formats.grid import GridRows, grid_rows
from connectors.pos_files.formats.table import Columns, Place
from connectors.pos_files.formats.typed_cells import is_written, written

_BUFFER_BYTES = 1 << 20


class ParquetTable:
    """A Parquet file (:class:`connectors.pos_files.formats.table.Table`). Rows are counted from 1."""

    first = Place(0, 1)
    sniffed = ()

    def __init__(self, handle: BinaryIO, settings: PosFilesSettings) -> None:
        """Raises FileError: the file is damaged or protected."""
        try:
            # Without a buffer, a column of a whole row group would be read at once.
            self._file = pq.ParquetFile(handle, buffer_size=_BUFFER_BYTES, pre_buffer=False)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(error) from None
        self._mark = settings.decimal or "."
        self.headers = tuple(name.strip() for name in self._file.schema_arrow.names)
        self.form = f"parquet {self._file.schema_arrow.types}"

    @property
    def height(self) -> int:
        """How many rows there are."""
        return int(self._file.metadata.num_rows)

    def rows(self, columns: Columns, *, count: int, start: Place | None = None) -> Iterator[GridRows]:
        """Yield the rows from ``start`` on."""
        at = start or self.first
        places = sorted({place for places in columns.values() for place in places})
        yielded = False
        for batch in self._batches(places, count, at.offset):
            cells = pl.DataFrame([self._text(place, batch.column(n)) for n, place in enumerate(places)])
            last = at.offset + len(cells) >= self.height
            read = grid_rows(cells, columns, at, last=last)
            yield read
            at, yielded = read.next, True
        if not yielded:
            empty = pl.DataFrame(schema={str(place): pl.String for place in places})
            yield grid_rows(empty, columns, at, last=True)

    def confirms(self, place: Place) -> bool:  # noqa: ARG002
        """No place outlives a change: row groups are written anew."""
        return False

    def _batches(self, places: list[int], count: int, skipped: int) -> Iterator[pa.RecordBatch]:
        """The wanted columns, from row ``skipped`` on."""
        groups: list[int] = []
        rest = skipped
        for group in range(self._file.metadata.num_row_groups):
            size = self._file.metadata.row_group(group).num_rows
            if not groups and rest >= size:
                rest -= size
            else:
                groups.append(group)
        names = [self._file.schema_arrow.names[place] for place in places]
        try:
            for batch in self._file.iter_batches(count, row_groups=groups, columns=names, use_threads=False):
                kept = batch.slice(min(rest, len(batch))).select(names)
                rest -= len(batch) - len(kept)
                if len(kept):
                    yield kept
        except (pa.ArrowException, OSError) as error:
            raise _damaged(error) from None

    def _text(self, place: int, column: pa.Array) -> pl.Series:
        if pa.types.is_decimal256(column.type):
            # Polars has no number that wide, and ends the whole process over one.
            column = column.cast(pa.float64())
        series = pl.Series(str(place), column)
        if not is_written(series.dtype):
            raise FileError(
                f'the column "{self.headers[place]}" holds {column.type}, not one value a row',
                "Map another column.",
            )
        return written(series, self._mark)


def _damaged(error: Exception) -> DamagedError:
    return DamagedError(
        f"is a Parquet file that cannot be read ({type(error).__name__})", "Write the file again."
    )

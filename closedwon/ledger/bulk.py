"""Many rows into one statement, and many values out of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Row, Select
from sqlalchemy.dialects.sqlite import Insert

AT_ONCE = 5_000
"""How many values one statement names: databases bound it, and a longer one is no faster."""


def look_up(
    connection: Connection, query: Select[Any], column: ColumnElement[Any], values: Iterable[Any]
) -> Iterator[Row[Any]]:
    """The rows of ``query`` whose ``column`` has one of ``values``, however many."""
    for part in parts(values):
        yield from connection.execute(query.where(column.in_(part)))


def parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    """``values`` in lists of :data:`AT_ONCE` at most."""
    every = list(values)
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]


def insert_rows(connection: Connection, statement: Insert, frame: pl.DataFrame, **constants: Any) -> None:
    """Execute ``statement`` once for every row of ``frame``, whose columns are named as the table's.

    It is compiled once and handed to the driver as the tuples that it takes: SQLAlchemy's own path builds and checks a
    dictionary of parameters for every row, which costs more than the insert.
    ``constants`` are columns that are alike in every row.
    """
    if frame.is_empty():
        return
    rows = frame.with_columns(pl.lit(value).alias(name) for name, value in constants.items())
    compiled = statement.compile(dialect=connection.dialect, column_keys=rows.columns)
    order = list(compiled.positiontup or ())
    connection.exec_driver_sql(str(compiled), rows.select(order).rows())

"""Many rows into one statement: compiled once, and handed to the driver as the tuples that it takes.

SQLAlchemy's own path builds and checks a dictionary of parameters for every row, which costs more than the insert.
"""

from __future__ import annotations

from typing import Any

import polars as pl
from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import Insert


def insert_rows(connection: Connection, statement: Insert, frame: pl.DataFrame, **constants: Any) -> None:
    """Execute ``statement`` once for every row of ``frame``, whose columns are named as the table's.

    ``constants`` are columns that are alike in every row.
    """
    if frame.is_empty():
        return
    rows = frame.with_columns(pl.lit(value).alias(name) for name, value in constants.items())
    compiled = statement.compile(dialect=connection.dialect, column_keys=rows.columns)
    order = list(compiled.positiontup or ())
    connection.exec_driver_sql(str(compiled), rows.select(order).rows())

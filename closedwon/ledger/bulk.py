"""Many rows into one statement, and many values out of a table.

Polars and the words of PostgreSQL are imported where they are used: every command opens a ledger, and few need these.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    Text,
    any_,
    column,
    func,
    literal,
    select,
    table,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    import polars as pl
    from sqlalchemy.dialects import postgresql

AT_ONCE = 5_000
"""How many values one statement names: databases bound it, and a longer one is no faster."""

# PostgreSQL has no NUL in its texts.
_NUL, _INSTEAD = "\0", "\N{REPLACEMENT CHARACTER}"

_INCOMING = "closedwon_incoming"
_MANY = 1_000
"""Rows from which on a table of their own is worth its making."""

Upsert: TypeAlias = "sqlite.Insert | postgresql.Insert"
"""An insert that can say what becomes of a row that is there already."""


def upsert(connection: Connection, into: Table) -> Upsert:
    """An insert ``into`` a table as the connection's database words it, to which ``on_conflict_do_update`` is added."""
    if connection.dialect.name != "postgresql":
        return sqlite.insert(into)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(into)


def look_up(
    connection: Connection, query: Select[Any], of: ColumnElement[Any], values: Iterable[str]
) -> Iterator[Row[Any]]:
    """The rows of ``query`` in which ``of`` is one of ``values``, however many."""
    for part in parts(values):
        yield from connection.execute(query.where(among(connection, of, part)))


def among(connection: Connection, of: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """That ``of`` is one of ``values``, which travel as one parameter: SQLAlchemy takes its time for each."""
    return _one_of(connection, of, [value.replace(_NUL, _INSTEAD) for value in values if value is not None])


def _one_of(connection: Connection, of: ColumnElement[Any], texts: list[str]) -> ColumnElement[bool]:
    if connection.dialect.name == "postgresql":
        return of == any_(literal(texts, ARRAY(Text)))
    return of.in_(select(func.json_each(json.dumps(texts)).table_valued("value").c.value))


def frame(rows: Iterable[Sequence[Any]], schema: Mapping[str, Any]) -> pl.DataFrame:
    """``rows`` of a query as a frame of ``schema``, which names its columns in their order."""
    import polars as pl

    columns = zip(schema.items(), list(zip(*rows, strict=True)) or [()] * len(schema), strict=True)
    # SQLite has no booleans, and gives numbers for them.
    return pl.DataFrame(
        [pl.Series(name, values, kind, strict=kind != pl.Boolean) for (name, kind), values in columns]
    )


def read_frame(connection: Connection, query: Select[Any], schema: Mapping[str, Any]) -> pl.DataFrame:
    """The rows of ``query`` as a frame of ``schema``.

    They are taken from the driver, since SQLAlchemy makes an object of each, which costs as much as reading it.
    """
    result = connection.execute(query)
    cursor: Any = result.cursor
    driver: Any = connection.dialect.loaded_dbapi
    try:
        rows = cursor.fetchall()
    except driver.Error as error:
        raise DBAPIError.instance(
            None, None, error, driver.Error, hide_parameters=True, dialect=connection.dialect
        ) from error
    result.close()
    return frame(rows, schema)


def look_up_frame(
    connection: Connection,
    query: Select[Any],
    of: ColumnElement[Any],
    values: pl.Series,
    schema: Mapping[str, Any],
) -> pl.DataFrame:
    """The rows of ``query`` in which ``of`` is one of ``values``, however many, as a frame of ``schema``."""
    import polars as pl

    texts = values.drop_nulls().cast(pl.String).str.replace_all(_NUL, _INSTEAD, literal=True)
    found = [
        read_frame(connection, query.where(_one_of(connection, of, part.to_list())), schema)
        for part in (texts.slice(start, AT_ONCE) for start in range(0, len(texts), AT_ONCE))
    ]
    return pl.concat([pl.DataFrame(schema=schema), *found])


def frames(connection: Connection, query: Select[Any], schema: Mapping[str, Any]) -> Iterator[pl.DataFrame]:
    """The rows of ``query`` in frames of ``schema``, of :data:`AT_ONCE` rows at most, however many there are."""
    for rows in connection.execution_options(yield_per=AT_ONCE).execute(query).partitions():
        yield frame(rows, schema)


def parts(values: Iterable[str]) -> Iterator[list[str]]:
    """``values`` in lists of :data:`AT_ONCE` at most."""
    every = list(values)
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]


def insert_rows(connection: Connection, statement: Upsert, frame: pl.DataFrame, **constants: Any) -> None:
    """Execute ``statement`` for every row of ``frame``, whose columns are named as the table's.

    ``constants`` are columns that are alike in every row.
    """
    import polars as pl

    if frame.is_empty():
        return
    rows = frame.with_columns(
        pl.col(pl.String).str.replace_all(_NUL, _INSTEAD, literal=True),
        *(pl.lit(value).alias(name) for name, value in constants.items()),
    )
    if connection.dialect.name == "postgresql" and rows.height >= _MANY:
        _copy(connection, statement, rows)
    else:
        _execute_each(connection, statement, rows)


def _execute_each(connection: Connection, statement: Upsert, rows: pl.DataFrame) -> None:
    """Compile ``statement`` once and hand the driver tuples, some at a time, since they take more room than the frame.

    SQLAlchemy's own path builds and checks a dictionary of parameters for every row, which costs more than the insert.
    """
    compiled = statement.compile(dialect=connection.dialect, column_keys=rows.columns)
    order = list(compiled.positiontup or ())
    for part in rows.select(order).iter_slices(AT_ONCE):
        connection.exec_driver_sql(str(compiled), list(zip(*map(_cells, part), strict=True)))


def _cells(column: pl.Series) -> Iterable[Any]:
    """The cells of ``column``; one value over and over where all are the same, as they often are."""
    first = column[0]
    same = column.null_count() == len(column) if first is None else column.eq_missing(first).all()
    return repeat(first, len(column)) if same else column.to_list()


def _copy(connection: Connection, statement: Upsert, rows: pl.DataFrame) -> None:
    """Copy ``rows`` into a table of this session and insert them from there: a fifth of the work for this process.

    https://www.postgresql.org/docs/current/sql-copy.html: in its CSV, what is empty is null unless it is quoted.
    """
    target = statement.table
    names = ", ".join(rows.columns)
    # A single statement must not meet one row twice.
    each_once = rows.unique([key.name for key in target.primary_key], keep="last", maintain_order=True)
    like = f"SELECT {names} FROM {target.name}"  # noqa: S608 (the schema's own names)
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {_INCOMING} AS {like} WITH NO DATA")
    driver: Any = connection.connection.dbapi_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {_INCOMING} ({names}) FROM STDIN (FORMAT csv)") as copy,
    ):
        copy.write(each_once.write_csv(include_header=False, quote_style="non_numeric"))
    incoming = table(_INCOMING, *map(column, rows.columns))
    connection.execute(statement.from_select(rows.columns, select(incoming)))
    connection.exec_driver_sql(f"DROP TABLE {_INCOMING}")

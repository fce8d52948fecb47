"""Leaves nothing of deleted rows in a database's files.

A database keeps what was deleted for a while: SQLite in pages that it has not rebuilt and in the write-ahead log,
although ``secure_delete`` overwrites most of it, and PostgreSQL as dead rows. https://www.sqlite.org/lang_vacuum.html,
https://www.postgresql.org/docs/current/sql-vacuum.html
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from closedwon.ledger.schema import metadata


def scrub(engine: Engine) -> bool:
    """Rewrite what holds deleted rows; returns whether nothing of them is left in the database's own files.

    It needs as much free disk as an SQLite ledger has, for a moment, and nobody else who writes. On a server rows
    stay that an older transaction still sees, and what its own log holds stays until that is recycled.
    """
    rewrite = _vacuum_tables if engine.dialect.name == "postgresql" else _rebuild
    connection = engine.raw_connection()
    # Its settings are of this alone.
    connection.detach()
    try:
        return rewrite(connection.dbapi_connection)
    except engine.dialect.loaded_dbapi.Error:
        return False
    finally:
        connection.close()


def _rebuild(driver: Any) -> bool:
    driver.execute("VACUUM")
    # Somebody who reads an older state keeps the log from being emptied.
    busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _vacuum_tables(driver: Any) -> bool:
    driver.autocommit = True
    driver.execute("SET statement_timeout = 0")
    driver.execute(f"VACUUM {', '.join(table.name for table in metadata.sorted_tables)}")
    return True

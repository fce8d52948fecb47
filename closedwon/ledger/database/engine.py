"""Opening a ledger: the database that its address names, and its migrations."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from closedwon.ledger.errors import LedgerError, explained

HEAD = "0007"
WRITES = "closedwon_writes"
_OLDEST_POSTGRESQL = 13
_MIGRATING = 0x636C6F736564776F
"""Key of the advisory lock that is held while a database is migrated; clients' keys are digests."""


def address(url: str | URL) -> URL:
    """The ledger's address, in one form for every way to write it.

    Raises:
        LedgerError: it is none of SQLite or PostgreSQL; it is not quoted, for it may hold a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise LedgerError(
            "ledger: the address cannot be read; expected postgresql://user:password@host/database or"
            " sqlite:////path/to/ledger.db (signs such as @ : / in a password are written %40 %3A %2F)"
        ) from None
    backend = parsed.get_backend_name()
    if backend in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite" or not parsed.database:
        raise LedgerError(
            f"ledger: expected postgresql://… or sqlite:////path/to/ledger.db, got a {backend} address"
        )
    return parsed


def place_of(url: URL) -> str:
    """``url`` for people, without user and password."""
    if url.get_backend_name() == "sqlite":
        return str(Path(url.database or ""))
    from closedwon.ledger.database.postgresql import place_of as of_server

    return of_server(url)


def open_engine(url: URL) -> Engine:
    """Connect to the database at ``url``, an :func:`address`, and bring its schema up to date.

    Raises:
        LedgerError: it cannot be opened or written, or was written by a newer Closedwon.
    """
    place = place_of(url)
    if url.get_backend_name() == "sqlite":
        from closedwon.ledger.database.sqlite import connect
    else:
        from closedwon.ledger.database.postgresql import connect
    engine = connect(url, WRITES)
    with explained(place):
        _migrate(engine, place)
    return engine


def _migrate(engine: Engine, place: str) -> None:
    with engine.connect() as connection:
        version = connection.dialect.server_version_info or ()
        if connection.dialect.name == "postgresql" and version < (_OLDEST_POSTGRESQL,):
            raise LedgerError(f"ledger {place}: PostgreSQL {version[0]} is too old: use 13 or newer")
        if _revision(connection) == HEAD:
            return
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            # Another process that migrates is waited for, as SQLite does by itself, and large tables take their time.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        _upgrade(connection, place)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _upgrade(connection: Connection, place: str) -> None:
    # Alembic costs a fifth of a second to import, which only a ledger that is behind should pay.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "closedwon.ledger.database:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, HEAD)
    except CommandError:
        raise LedgerError(
            f"ledger {place}: written by a newer Closedwon (schema {_revision(connection)}, this one knows {HEAD}):"
            " upgrade Closedwon"
        ) from None

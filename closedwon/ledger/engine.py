"""Opening a ledger: the engine, its safety settings, and its migrations.

SQLite runs in WAL mode with ``synchronous=FULL``, because a delivery that was acknowledged and then forgotten would
be sent again: https://www.sqlite.org/pragma.html#pragma_synchronous. Write transactions begin immediate, so that
two lanes wait for each other instead of failing on the upgrade of a read lock.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL

from closedwon.ledger.errors import LedgerError, explained

HEAD = "0003"
WRITES = "closedwon_writes"
_BUSY_MILLISECONDS = 30_000


def open_engine(url: URL) -> Engine:
    """Connect to the SQLite database at ``url`` and bring its schema up to date.

    Raises:
        LedgerError: it cannot be opened or written, or was written by a newer Closedwon.
    """
    place = url.database or str(url)
    if not place.startswith("file:"):
        _prepare_file(Path(place))
    engine = create_engine(url, hide_parameters=True)
    _configure(engine)
    with explained(place):
        _migrate(engine, place)
    return engine


def _prepare_file(path: Path) -> None:
    """Create the file for this user alone before SQLite would create it for everybody."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        mode = path.stat().st_mode
    except OSError as error:
        raise LedgerError(
            f"ledger {path}: {error.strerror}: its folder must be writable for this user"
        ) from None
    # Root is not held back by the file's mode, so the owner's wish is read from it.
    if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise LedgerError(f"ledger {path}: it is read-only: make the file writable (chmod 600) and run again")


def _configure(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself: _on_begin chooses how.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(engine: Engine, place: str) -> None:
    with engine.connect() as connection:
        known = inspect(connection).has_table("alembic_version")
        revision = (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if known else None
        )
    if revision == HEAD:
        return
    # Alembic costs a fifth of a second to import, which only a ledger that is behind should pay.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "closedwon.ledger:migrations")
    config.set_main_option("path_separator", "os")
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, HEAD)
        except CommandError:
            raise LedgerError(
                f"ledger {place}: written by a newer Closedwon (schema {revision}, this one knows {HEAD}):"
                " upgrade Closedwon"
            ) from None

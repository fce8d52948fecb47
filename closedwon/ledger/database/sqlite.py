"""A ledger in an SQLite file, for this user alone.

It runs in WAL mode with ``synchronous=FULL``, because a delivery that was acknowledged and then forgotten would be sent
again: https://www.sqlite.org/pragma.html#pragma_synchronous. Write transactions begin immediate, so that two lanes
wait for each other instead of failing on the upgrade of a read lock.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from closedwon.ledger.errors import LedgerError

_BUSY_MILLISECONDS = 30_000
_CACHE_KIB = 64 * 1024
"""Memory for pages of a connection: ids are digests, so a batch of them touches pages all over an index.

It holds what one batch of 20,000 purchases writes: with half of it, pages go to the log and back before its commit.
"""

_BESIDE = ("-wal", "-shm")
"""Endings of the files that SQLite keeps beside the ledger's: https://www.sqlite.org/tempfiles.html."""

_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def connect(url: URL, writes: str) -> Engine:
    """The engine of the file at ``url``, made if need be; ``writes`` names the option of connections that write.

    Raises:
        LedgerError: the file cannot be made or written.
    """
    if url.database and not url.database.startswith("file:"):
        _prepare_file(Path(url.database))
    # A connection's pages are of no use to it once another has written, so the last one is taken again.
    engine = create_engine(url, hide_parameters=True, pool_use_lifo=True)

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself: _on_begin chooses how.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get(writes, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

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
    for one in (path, *(path.with_name(f"{path.name}{end}") for end in _BESIDE)):
        _keep_others_out(one)


def _keep_others_out(path: Path) -> None:
    """Take from others what a restored backup or another program gave them."""
    with suppress(FileNotFoundError):
        mode = stat.S_IMODE(path.stat().st_mode)
        try:
            if mode & _OF_OTHERS:
                path.chmod(mode & ~_OF_OTHERS)
        except OSError as error:
            raise LedgerError(
                f"ledger {path}: other users can read it, and that cannot be changed ({error.strerror}): have its owner"
                " run chmod 600 on it"
            ) from None

"""The lease of a client: a lock that dies with its holder, and a number that tells an old holder from the new one.

The lock alone does not do on a server. A holder whose connection was cut lost it without noticing and would write on
beside the next one; so each taking of a lease raises the client's *epoch*, and every transaction of a holder makes sure
that the epoch is still its own, keeping it from being raised until it is done.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError

from closedwon.ledger.bulk import upsert
from closedwon.ledger.errors import LeaseLostError, LedgerError
from closedwon.ledger.schema import leases

_LOCK_NOT_AVAILABLE = "55P03"
# The server takes a moment to notice that a process was killed, and a scheduler may start the next at once.
_WAIT_FOR_THE_DEAD = text("SET lock_timeout = '2s'")


@contextmanager
def file_lock(path: Path) -> Iterator[bool]:
    """Try to lock the file ``path``, which the operating system frees when its holder dies; yields whether it is held.

    Raises:
        LedgerError: the file cannot be made.
    """
    lock = FileLock(path, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    except OSError as error:
        raise LedgerError(f"ledger: {path} cannot be locked: {error.strerror}") from None
    try:
        yield True
    finally:
        lock.release()


@contextmanager
def session_lock(engine: Engine, client: str) -> Iterator[bool]:
    """Try to lock ``client`` on a connection of its own, with which the server frees it; yields whether it is held.

    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """
    digest = hashlib.blake2b(f"closedwon {client}".encode(), digest_size=8).digest()
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        connection.detach()
        connection.execute(_WAIT_FOR_THE_DEAD)
        yield _locked(connection, int.from_bytes(digest, signed=True))
    finally:
        # A connection that was cut has nothing left to close.
        with suppress(DBAPIError):
            connection.close()


def _locked(connection: Connection, key: int) -> bool:
    try:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": key})
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            return False
        raise
    return True


def take(connection: Connection, client: str, stamp: int) -> int:
    """Note this process as holder of the lease of ``client``, whose lock it has; returns the new epoch."""
    new = upsert(connection, leases).values(client=client, epoch=1, holder=_myself(), taken_at=stamp)
    taken = new.on_conflict_do_update(
        index_elements=["client"],
        set_={
            "epoch": leases.c.epoch + 1,
            "holder": new.excluded.holder,
            "taken_at": new.excluded.taken_at,
        },
    )
    return int(connection.execute(taken.returning(leases.c.epoch)).scalar_one())


def confirm(connection: Connection, epochs: Mapping[str, int]) -> None:
    """Make sure that the leases ``epochs``, by client, are still those that count, and stay so for the transaction.

    Raises:
        LeaseLostError: one was taken by another run.
    """
    mine = (
        select(leases).where(leases.c.client.in_(epochs)).order_by(leases.c.client).with_for_update(read=True)
    )
    for row in connection.execute(mine):
        if row.epoch != epochs[row.client]:
            raise LeaseLostError(
                f"client {row.client}: another run took over ({row.holder}), as this one's connection to the ledger"
                " was lost: it stops here; what it sent unrecorded is sent again under the same ids"
            )


def holder(connection: Connection, client: str) -> tuple[str, int] | None:
    """Who took the lease of ``client`` last, and when; None if nobody ever did."""
    row = connection.execute(
        select(leases.c.holder, leases.c.taken_at).where(leases.c.client == client)
    ).first()
    return None if row is None else (row.holder, row.taken_at)


def _myself() -> str:
    return f"{socket.gethostname()}, process {os.getpid()}"

"""One open ledger: transactions, the lease that keeps a client's runs apart, and the record of runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, CursorResult, insert, update
from sqlalchemy.engine import URL, make_url

from closedwon.ledger.engine import WRITES, open_engine
from closedwon.ledger.errors import LedgerError, RunInProgressError, explained
from closedwon.ledger.schema import runs


def microseconds(moment: datetime) -> int:
    """``moment`` (aware) as the ledger stores it."""
    return round(moment.timestamp() * 1_000_000)


def moment(stored: int) -> datetime:
    """A stored time as an aware UTC datetime."""
    return datetime.fromtimestamp(stored / 1_000_000, UTC)


def inserted_id(result: CursorResult[Any]) -> int:
    """The id that the database gave to the one row that ``result`` inserted."""
    key = result.inserted_primary_key
    if key is None:
        raise LedgerError("ledger: the database gave no id to a new row")
    return int(key[0])


class Ledger:
    """A ledger at an SQLAlchemy URL (``sqlite:///path``); opening it creates and migrates it.

    Raises:
        LedgerError: on every failure of the database, with what to do about it.
    """

    def __init__(self, url: str | URL) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite" or not parsed.database:
            raise LedgerError(
                f"ledger: expected sqlite:///path/to/ledger.db, got a {parsed.get_backend_name()} address"
            )
        self.path = Path(parsed.database)
        self._engine = open_engine(parsed)

    @classmethod
    def at(cls, path: Path) -> Ledger:
        """The SQLite ledger in the file ``path``."""
        return cls(URL.create("sqlite", database=str(path)))

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads; it does not wait for writers."""
        with explained(str(self.path)), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes, committed at the end of the block or not at all."""
        with (
            explained(str(self.path)),
            self._engine.connect().execution_options(**{WRITES: True}) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def lease(self, client: str) -> Iterator[None]:
        """Keep other runs of ``client`` out; the operating system frees it when its holder dies.

        Raises:
            RunInProgressError: another process holds it.
        """
        lock = FileLock(self.path.with_name(f"{self.path.name}.{client}.lock"), timeout=0, mode=0o600)
        try:
            lock.acquire()
        except Timeout:
            raise RunInProgressError(
                f"client {client}: another run is in progress; wait for it to end"
            ) from None
        except OSError as error:
            raise LedgerError(f"ledger {self.path}: cannot lock it: {error.strerror}") from None
        try:
            yield
        finally:
            lock.release()

    def start_run(self, client: str, now: datetime) -> int:
        """Record that a run began; returns its id."""
        with self.writing() as connection:
            result = connection.execute(
                insert(runs).values(client=client, started_at=microseconds(now), outcome="running")
            )
            return inserted_id(result)

    def finish_run(self, run_id: int, now: datetime, *, outcome: str, report: Mapping[str, Any]) -> None:
        """Record how a run ended, with the report that was shown."""
        with self.writing() as connection:
            connection.execute(
                update(runs)
                .where(runs.c.id == run_id)
                .values(finished_at=microseconds(now), outcome=outcome, report=json.dumps(report))
            )

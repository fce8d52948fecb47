"""One open ledger: transactions, the lease that keeps a client's runs apart, and the record of runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, insert, update
from sqlalchemy.engine import URL

from closedwon.ledger.database import leases
from closedwon.ledger.database.engine import WRITES, address, open_engine, place_of
from closedwon.ledger.database.persisting import Once, patiently
from closedwon.ledger.database.scrubbing import scrub
from closedwon.ledger.errors import LedgerError, RunInProgressError, explained
from closedwon.ledger.schema import runs

_T = TypeVar("_T")

PATIENCE = 60.0
"""Seconds for which a run waits for a database that went away."""


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
    """A ledger at ``sqlite:///path`` or ``postgresql://user:password@host/database``, created and migrated when opened.

    Attributes:
        place: where it is, for people: without user and password.
        folder: where files that belong to it are written; the file's own for SQLite.

    Raises:
        LedgerError: on every failure of the database, with what to do about it.
    """

    def __init__(
        self, url: str | URL, *, folder: Path = Path(".closedwon"), patience: float = PATIENCE
    ) -> None:
        parsed = address(url)
        self._file = Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None
        self.place = place_of(parsed)
        self.folder = self._file.parent if self._file else folder
        self._patience = patience
        self._epochs: dict[str, int] = {}
        self._engine = open_engine(parsed)

    @classmethod
    def at(cls, path: Path) -> Ledger:
        """The SQLite ledger in the file ``path``."""
        return cls(URL.create("sqlite", database=str(path)))

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()

    def scrub(self) -> bool:
        """Leave nothing of deleted rows in the database's files; returns whether that could be done now."""
        return scrub(self._engine)

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that only reads, all of one moment; it does not wait for writers."""
        return self._transaction(writes=False)

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that writes, committed at the end of the block or not at all.

        Raises:
            LeaseLostError: another run took a lease that this ledger holds.
        """
        return self._transaction(writes=True)

    def persistently(self, work: Callable[[Connection], _T]) -> _T:
        """Commit what ``work`` writes, again for a minute while the database is gone or busy; returns what it returns.

        It is for what must not be lost, such as a platform's answer. ``work`` may run more than once, but only one
        of its transactions is committed.
        """
        return patiently(Once(work, reading=self.reading, writing=self.writing), self._patience)

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        with explained(self.place), ExitStack() as stack:
            # Somebody who asks how things stand is told at once that the server is down.
            yield patiently(lambda: self._begin(stack, writes), self._patience if self._epochs else 0)

    def _begin(self, stack: ExitStack, writes: bool) -> Connection:
        with explained(self.place), ExitStack() as opened:
            connection = opened.enter_context(self._engine.connect().execution_options(**{WRITES: writes}))
            opened.enter_context(connection.begin())
            if writes and self._epochs:
                leases.confirm(connection, dict(self._epochs))
            stack.enter_context(opened.pop_all())
        return connection

    @contextmanager
    def lease(self, client: str) -> Iterator[None]:
        """Keep other runs of ``client`` out; it is free again when its holder dies.

        Raises:
            RunInProgressError: another process holds it.
        """
        with explained(self.place), self._lock(client) as locked:
            if not locked:
                raise RunInProgressError(self._in_progress(client))
            with self.writing() as connection:
                epoch = leases.take(connection, client, microseconds(datetime.now(UTC)))
            self._epochs[client] = epoch
            try:
                yield
            finally:
                del self._epochs[client]

    def _lock(self, client: str) -> AbstractContextManager[bool]:
        if self._file is None:
            return leases.session_lock(self._engine, client)
        return leases.file_lock(self._file.with_name(f"{self._file.name}.{client}.lock"))

    def _in_progress(self, client: str) -> str:
        with self.reading() as connection:
            holder = leases.holder(connection, client)
        who = f" ({holder[0]}, since {moment(holder[1]):%Y-%m-%d %H:%M:%S} UTC)" if holder else ""
        return f"client {client}: another run is in progress{who}; wait for it to end"

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

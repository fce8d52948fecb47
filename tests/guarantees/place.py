"""A client, its platforms and its ledger, which can be put back to how they were before a death."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, select, text
from sqlalchemy.engine import make_url

from closedwon.ledger import Ledger
from closedwon.ledger.schema import metadata
from closedwon.sandbox.faults import Fault
from tests.guarantees.child import Task
from tests.guarantees.clients import PURCHASES, Client
from tests.guarantees.processes import At, Ended, Processes
from tests.guarantees.sandboxes import Stand
from tests.servers import PostgresServer

_CHANGES_WITH_A_COMMIT = {"sqlite": "PRAGMA data_version", "postgresql": "SELECT pg_current_snapshot()::text"}


@dataclass
class Place:
    """One client on one of the databases.

    Attributes:
        file: the client's.
        ledger: the ledger's address.
        server: that of PostgreSQL; None where the ledger is a file.
    """

    file: Path
    client: Client
    stand: Stand
    processes: Processes
    ledger: str
    server: PostgresServer | None = None
    _start: dict[str, Any] = field(default_factory=dict)

    def start_here(self) -> None:
        """Take how things are now for the start of every further :meth:`again`."""
        self._start = {
            "platforms": self.stand.sandbox.remembered(),
            "rows": self.rows(),
            "rejects": self.rejects(),
        }

    def again(self, *faults: Fault) -> None:
        """Put everything back to the start, and arm ``faults``."""
        self.stand.sandbox.again(self._start["platforms"])
        self.fail(*faults)
        shutil.rmtree(self._rejects, ignore_errors=True)
        for name, content in self._start["rejects"].items():
            self._rejects.mkdir(exist_ok=True)
            (self._rejects / name).write_bytes(content)
        with self._engine.begin() as connection:
            for table in metadata.sorted_tables:
                connection.execute(table.delete())
                if rows := self._start["rows"][table.name]:
                    connection.execute(table.insert(), rows)

    def fail(self, *faults: Fault) -> None:
        """Arm ``faults``."""
        self.stand.sandbox.state.faults.add(*faults)

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """All that the ledger holds as committed."""
        with self._engine.connect() as connection:
            return {
                table.name: [
                    dict(row._mapping)
                    for row in connection.execute(select(table).order_by(*table.primary_key))
                ]
                for table in metadata.sorted_tables
            }

    def rejects(self) -> dict[str, bytes]:
        """The files of rejected rows."""
        return {path.name: path.read_bytes() for path in self._rejects.glob("*")}

    def files_of_ledger(self) -> list[Path]:
        """The database's own; none of a server's."""
        return [] if self.server else sorted((self.file.parent / ".closedwon").glob("ledger.db*"))

    @contextmanager
    def changes(self) -> Iterator[Callable[[], object]]:
        """Yields what returns something else once anybody has committed something."""
        query = text(_CHANGES_WITH_A_COMMIT[self._engine.dialect.name])
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield lambda: connection.execute(query).scalar()

    def counted(self) -> dict[str, dict[str, float | None]]:
        """What each platform counted: ids and values; fails where one id was counted twice."""
        systems = self.stand.sandbox.state.systems
        found = {
            lane: [
                (event.get("event_id") or event.get("transaction_id"), event["value"])
                for event in systems[self.client.lanes[lane]].counted(account)
            ]
            for lane, account in self.client.accounts(self.stand.scenario).items()
        }
        for name, events in found.items():
            assert len(dict(events)) == len(events), f"{name} counted an id twice"
        return {name: dict(events) for name, events in found.items()}

    @property
    def tills(self) -> Path:
        """The folder of the tills' files."""
        return self.file.parent / "pos"

    def sell(self, amounts: Sequence[str] = PURCHASES) -> None:
        """See :meth:`tests.guarantees.clients.Client.sell`."""
        self.client.sell(self.tills, self.stand.scenario, amounts)

    def do(
        self, task: Task, at: At = lambda *_: None, *, meanwhile: Callable[[], None] = lambda: None
    ) -> Ended:
        """See :meth:`tests.guarantees.processes.Processes.do`."""
        return self.processes.do(task, at, meanwhile)

    def task(self, **what: Any) -> Task:
        return Task(self.file, self.ledger, imports=self.client.imports, **what)

    @property
    def _rejects(self) -> Path:
        return self.file.parent / ".closedwon" / "rejects"

    @cached_property
    def _engine(self) -> Engine:
        url = make_url(self.ledger)
        return create_engine(
            url.set(drivername="postgresql+psycopg") if self.server else url, poolclass=NullPool
        )


def opened(
    folder: Path,
    stand: Stand,
    client: Client,
    processes: Processes,
    ledger: str,
    server: PostgresServer | None = None,
) -> Place:
    """The place, its tills full, nothing read yet."""
    stand.write(folder)
    file = folder / "clients" / f"{client.name}.yaml"
    client.mended(file, stand.scenario)
    Ledger(ledger).close()
    place = Place(file, client, stand, processes, ledger, server)
    place.sell()
    place.start_here()
    return place

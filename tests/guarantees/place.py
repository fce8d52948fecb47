"""A small client of two sources and both platforms, whose world can be put back to how it was before a death."""

from __future__ import annotations

import copy
import copyreg
import csv
import multiprocessing
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, select
from sqlalchemy.engine import make_url
from starlette.applications import Starlette

from closedwon.ledger import Ledger
from closedwon.ledger.schema import metadata
from closedwon.sandbox.app import create_app
from closedwon.sandbox.faults import Fault, Faults
from closedwon.sandbox.scenario import Scenario, generate
from closedwon.sandbox.server import serve_in_thread
from tests.end_to_end.stage import SCHOOL
from tests.end_to_end.test_changes import edit
from tests.guarantees.child import DIED, Task, perform
from tests.servers import PostgresServer

PURCHASES = ("12.00", "8.50", "20.00", "31.00", "5.25", "44.40")
_CHANGING = ("hubspot", "meta", "google")
"""The platforms that remember what a client told them, or could be told of."""
_PATIENCE = 60.0
_A_MOMENT = 0.3

# A copy of a platform has locks of its own.
for _lock in (threading.Lock, threading.RLock):
    copyreg.pickle(type(_lock()), lambda _, made=_lock: (made, ()))  # type: ignore[misc]

_children = multiprocessing.get_context("forkserver")
_children.set_forkserver_preload(
    ["tests.guarantees.child", "connectors.hubspot", "connectors.pos_files", "closedwon.cli"]
)


class Interchangeable(Starlette):
    """A sandbox whose platforms can be exchanged while it serves, for others or for what they were before."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__()
        self._world = scenario.world
        self.put(create_app(self._world))

    def put(self, app: Starlette) -> None:
        self._app = app
        self.state.systems, self.state.faults = app.state.systems, app.state.faults

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)

    def remembered(self) -> dict[str, Any]:
        """The platforms as they are now, to be put back with :meth:`again`."""
        return self._copied(self.state.systems, self.state.faults)

    def again(self, systems: dict[str, Any]) -> None:
        """Put back what was :meth:`remembered`, with nothing to fail at."""
        faults = Faults()
        self.put(create_app(self._world, faults, self._copied(systems, faults)))

    def _copied(self, systems: dict[str, Any], faults: Faults) -> dict[str, Any]:
        memo: dict[int, Any] = {id(self._world): self._world}
        memo |= {id(vars(systems[name])["_faults"]): faults for name in _CHANGING}
        return {
            name: copy.deepcopy(system, memo) if name in _CHANGING else system
            for name, system in systems.items()
        }


@dataclass
class Place:
    """The client's file, its tills, its platforms, and its ledger on one of the databases.

    Attributes:
        ledger: the ledger's address.
        server: that of PostgreSQL; None where the ledger is a file.
    """

    file: Path
    sandbox: Interchangeable
    scenario: Scenario
    ledger: str
    server: PostgresServer | None = None
    _start: dict[str, Any] = field(default_factory=dict)

    def start_here(self) -> None:
        """Take how things are now for the start of every further :meth:`again`."""
        self._start = {"platforms": self.sandbox.remembered(), "rows": self.rows()}

    def again(self, *faults: Fault) -> None:
        """Put everything back to the start, and arm ``faults``."""
        self.sandbox.again(self._start["platforms"])
        self.sandbox.state.faults.add(*faults)
        shutil.rmtree(self.file.parent / ".closedwon" / "rejects", ignore_errors=True)
        with self._engine.begin() as connection:
            for table in metadata.sorted_tables:
                connection.execute(table.delete())
                if rows := self._start["rows"][table.name]:
                    connection.execute(table.insert(), rows)

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

    @cached_property
    def _engine(self) -> Engine:
        url = make_url(self.ledger)
        return create_engine(
            url.set(drivername="postgresql+psycopg") if self.server else url, poolclass=NullPool
        )

    def counted(self) -> dict[str, dict[str, float | None]]:
        """What each platform counted: ids and values; fails where one id was counted twice."""
        destinations = self._settings()["destinations"]
        systems = self.sandbox.state.systems
        found = {
            "meta": [
                (event["event_id"], event["value"]) for event in systems["meta"].counted(destinations["meta"])
            ],
            "google": [
                (event["transaction_id"], event["value"])
                for event in systems["google"].counted(destinations["google"])
            ],
        }
        for name, events in found.items():
            assert len(dict(events)) == len(events), f"{name} counted an id twice"
        return {name: dict(events) for name, events in found.items()}

    def _settings(self) -> dict[str, Any]:
        client = next(client for client in self.scenario.clients if client.name == SCHOOL)
        return {"destinations": {"meta": client.dataset.id, "google": client.account.customer_id}}

    def sell(self, amounts: Sequence[str] = PURCHASES) -> None:
        """Write the till's files anew: three purchases a file, with these amounts."""
        folder = self.file.parent / "pos"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        day = self.scenario.world.now.strftime("%Y-%m-%d")
        for start in range(0, len(amounts), 3):
            with (folder / f"till-{start}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(["Order", "Date", "Total", "Email", "Consent"])
                for nth, amount in enumerate(amounts[start : start + 3], start):
                    writer.writerow(
                        [f"A{nth}", f"{day} 00:1{nth}:00", amount, f"buyer{nth}@courriel.example", "yes"]
                    )

    def do(
        self,
        task: Task,
        at: Callable[[str, int], None] = lambda *_: None,
        *,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Ended:
        """Have a process of its own do ``task``.

        Args:
            at: is told of every point of a watched one, and of its process's id.
            meanwhile: called again and again while the process is busy, or waits for something.
        """
        ours, theirs = _children.Pipe()
        process = _children.Process(target=perform, args=(task, theirs))
        process.start()
        theirs.close()
        said: list[tuple[str, Any]] = []
        try:
            while True:
                kind, what = _heard(ours, meanwhile)
                if kind == "at":
                    assert process.pid is not None
                    at(what, process.pid)
                    ours.send(None)
                else:
                    said.append((kind, what))
        except (EOFError, ConnectionError):
            pass
        finally:
            process.join(_PATIENCE)
            ours.close()
        return Ended(process.exitcode, said)

    def task(self, **what: Any) -> Task:
        return Task(self.file, self.ledger, **what)


def _heard(channel: Connection, meanwhile: Callable[[], None]) -> tuple[str, Any]:
    until = time.monotonic() + _PATIENCE
    while not channel.poll(_A_MOMENT):
        assert time.monotonic() < until, "the run does not end"
        meanwhile()
    kind, what = channel.recv()
    return kind, what


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said before."""

    code: int | None
    said: list[tuple[str, Any]]

    @property
    def died(self) -> bool:
        return self.code == DIED

    @property
    def reports(self) -> list[dict[str, Any]]:
        assert self.code == 0, self
        failed = [what for kind, what in self.said if kind == "failed"]
        assert not failed, failed
        return [what for _, what in self.said]

    @property
    def failure(self) -> str:
        (failed,) = (what for kind, what in self.said if kind == "failed")
        return str(failed)


@contextmanager
def opened(folder: Path, ledger: str, server: PostgresServer | None = None) -> Iterator[Place]:
    """The place, its tills full, nothing read yet."""
    scenario = generate(3, leads=10, purchases=1, now=datetime.now(UTC))
    app = Interchangeable(scenario)
    with serve_in_thread(app) as running:
        scenario.write(folder, running.url)
        clients = folder / "clients"
        file = clients / f"{SCHOOL}.yaml"
        client = next(one for one in scenario.clients if one.name == SCHOOL)
        _add_tills(file, client.account.conversion_actions[1])
        app.state.systems["google"].statuses.processing_time *= 0
        Ledger(ledger).close()
        place = Place(file, app, scenario, ledger, server)
        place.sell()
        place.start_here()
        yield place


def _add_tills(file: Path, action: str) -> None:
    edit(
        file,
        "\nfunnel: [lead,",
        "  shops:\n    type: pos_files\n    path: pos/*.csv\n    columns:\n      order_id: Order\n"
        "      entered_at: Date\n      amount: Total\n      email: Email\n      ad_user_data: Consent\n\n"
        "funnel: [purchase, lead,",
    )
    edit(
        file,
        "conversions:\n",
        f'conversions:\n  purchase: {{value: amount, meta: Purchase, google: "{action}",'
        " google_event_source: IN_STORE}\n",
    )
    edit(file, "  meta:\n    dataset_id", "  meta:\n    max_attempts: 1\n    dataset_id")
    edit(
        file,
        "  google:\n    customer_id",
        "  google:\n    max_attempts: 1\n    status_after_minutes: 0\n    restate_after_hours: 0\n    customer_id",
    )

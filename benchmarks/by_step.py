"""`python -m benchmarks.by_step`: where a run's time goes, from the till's file to the platform's answer.

CPU time of all threads is given to the innermost step that is under way. That is exact as long as steps follow one
another, as they do with one destination.
"""

from __future__ import annotations

import argparse
import importlib
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from inspect import isgeneratorfunction
from pathlib import Path
from threading import RLock
from time import process_time
from typing import Any, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.cases.end_to_end import (
    WARM_UP,
    WHOLE,
    arrived,
    provided,
    run,
    to_google,
    to_meta,
    to_meta_unstitched,
)
from benchmarks.report import WIDTH, machine_line

_ELSE = "everything else"


class Step(NamedTuple):
    """What a step is called, and the methods that it consists of, as ``module:Class``."""

    name: str
    owner: str
    methods: tuple[str, ...]


STEPS = (
    Step("read the file", "connectors.pos_files.connector:PosFiles", ("read", "total")),
    Step("make entries, judge, build payloads", "closedwon.pipeline.incoming.taking:Taker", ("take",)),
    Step("hash and stitch people", "closedwon.pipeline.people.acquaintance:Acquaintance", ("meet",)),
    Step(
        "ledger: look up what is known",
        "closedwon.ledger.incoming.intake:Intake",
        ("known", "remembered", "refunds", "sightings_of", "carrying", "holding"),
    ),
    Step("ledger: insert", "closedwon.ledger.incoming.intake:Intake", ("store",)),
    Step(
        "ledger: claim",
        "closedwon.ledger.outgoing.outbox:Outbox",
        ("claim", "expire", "due", "waiting", "reopen"),
    ),
    Step("ledger: settle", "closedwon.ledger.outgoing.outbox:Outbox", ("settle",)),
    Step("send by the SDK", "uploads.meta:MetaUploader", ("send",)),
    Step("send by the SDK", "uploads.google_data_manager:GoogleDataManagerUploader", ("send",)),
)
"""The innermost of those that are under way is the one whose time runs."""


class Stopwatch:
    """CPU seconds by step, each without those inside it."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._lock = RLock()
        self._under_way = [_ELSE]
        self._since = process_time()

    def begin(self, step: str) -> None:
        """From here on, time is that of ``step``."""
        with self._lock:
            self._account()
            self._under_way.append(step)

    def end(self) -> None:
        """The innermost step is over; time is that of the one around it again."""
        with self._lock:
            self._account()
            self._under_way.pop()

    def _account(self) -> None:
        now = process_time()
        self.seconds[self._under_way[-1]] += now - self._since
        self._since = now


def watch(stopwatch: Stopwatch) -> None:
    """Time every step of :data:`STEPS` from now on, in this process.

    Raises:
        AttributeError: a step names a class or a method that is no longer there.
    """
    for step in STEPS:
        module, _, name = step.owner.partition(":")
        owner = getattr(importlib.import_module(module), name)
        for method in step.methods:
            setattr(owner, method, _timed(getattr(owner, method), step.name, stopwatch))


def _timed(method: Callable[..., Any], step: str, stopwatch: Stopwatch) -> Callable[..., Any]:
    @wraps(method)
    def once(*arguments: Any, **named: Any) -> Any:
        stopwatch.begin(step)
        try:
            return method(*arguments, **named)
        finally:
            stopwatch.end()

    @wraps(method)
    def each(*arguments: Any, **named: Any) -> Iterator[Any]:
        items = method(*arguments, **named)
        while True:
            stopwatch.begin(step)
            try:
                item = next(items)
            except StopIteration:
                return
            finally:
                stopwatch.end()
            yield item

    return each if isgeneratorfunction(method) else once


def table(seconds: Mapping[str, float], rows: int) -> Table:
    """A row a step, in the order of :data:`STEPS`."""
    total = sum(seconds.values())
    shown = Table(title="CPU time of a run, by step", title_justify="left", box=SIMPLE_HEAD)
    shown.add_column("")
    for heading in ("µs a row", "share"):
        shown.add_column(heading, justify="right")
    for name in (*dict.fromkeys(step.name for step in STEPS), _ELSE):
        shown.add_row(name, f"{seconds.get(name, 0) * 1e6 / rows:.1f}", f"{seconds.get(name, 0) / total:.0%}")
    shown.add_section()
    shown.add_row("together", f"{total * 1e6 / rows:.1f}", "100%")
    return shown


def main() -> None:
    """Run a client to its end, and print where the time went."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.by_step", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="purchases in the till's file")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--google", action="store_true", help="to Google's Data Manager API instead of to Meta"
    )
    which.add_argument("--no-stitch", action="store_true", help="without the identity map")
    options = parser.parse_args()
    prepare = to_google if options.google else to_meta_unstitched if options.no_stitch else to_meta
    with (
        tempfile.TemporaryDirectory(prefix="closedwon-bench-") as name,
        provided(Path(name), options.rows) as sales,
    ):
        arrived(run(prepare(sales[WARM_UP])))
        prepared, stopwatch = prepare(sales[WHOLE]), Stopwatch()
        watch(stopwatch)
        arrived(run(prepared))
    console = Console(width=WIDTH, highlight=False)
    console.print(table(stopwatch.seconds, options.rows))
    console.print(f"[dim]{machine_line()}[/]")


if __name__ == "__main__":
    main()

"""Runs the contenders of a case in turn, each in a process of its own, and takes time, CPU time and memory."""

from __future__ import annotations

import gc
import re
import resource
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

from benchmarks.case import Case, Contender, Part
from benchmarks.processes import child

_STATUS = Path("/proc/self/status")


class MeasuringError(Exception):
    """A contender, or what serves its input, failed; its process has said why on standard error."""


class Lap(NamedTuple):
    """One run over the input: wall and CPU seconds of the work alone, rows taken, rows that came out."""

    seconds: float
    cpu_seconds: float
    rows: int
    rows_out: int


@dataclass(frozen=True)
class Figure:
    """What was measured of one contender.

    Attributes:
        rows_per_second: of wall time, the median of all laps.
        rows_per_cpu_second: of CPU time over all threads, the median of all laps.
        spread: slowest lap minus fastest, as a share of the median.
        peak_mb: the most memory its process ever held, in MB (10⁶ bytes): interpreter, imports and input included.
        rows: that it took.
        rows_out: of these, how many came out with something to send.
        laps: how many runs over the input these are the medians of.
    """

    name: str
    laps: int
    rows: int
    rows_out: int
    rows_per_second: float
    rows_per_cpu_second: float
    spread: float
    peak_mb: float


def lap(contender: Contender, parts: Iterable[Part]) -> Lap:
    """Let ``contender`` do ``parts`` once, or as many as it takes; only its ``work`` is on the clock."""
    seconds = cpu_seconds = 0.0
    rows = rows_out = 0
    for part in parts:
        ready = contender.prepare(part.data)
        gc.collect()
        cpu_start, start = process_time(), perf_counter()
        result = contender.work(ready)
        seconds += perf_counter() - start
        cpu_seconds += process_time() - cpu_start
        rows += part.rows
        rows_out += contender.count(result)
        if contender.rows is not None and rows >= contender.rows:
            break
    return Lap(seconds, cpu_seconds, rows, rows_out)


def measure(case: Case, given: Any, *, on_lap: Callable[[], None] = lambda: None) -> list[Figure]:
    """Measure every contender of ``case`` that is installed, lap by lap in turn.

    Args:
        case: what is to be done, by whom and in how many laps, besides a run over the first part to warm up.
        given: what the case's ``provide`` gave.
        on_lap: called after every lap.

    Raises:
        MeasuringError: a contender's process ended before it answered.
    """
    contenders = [contender for contender in case.contenders if not contender.missing()]
    with ExitStack() as stack:
        runners = [stack.enter_context(_runner(contender, case, given)) for contender in contenders]
        done: list[list[Lap]] = [[] for _ in runners]
        for _ in range(case.laps):
            for runner, own in zip(runners, done, strict=True):
                own.append(runner.lap())
                on_lap()
        return [
            _figure(contender.name, own, runner.peak_mb())
            for contender, runner, own in zip(contenders, runners, done, strict=True)
        ]


def _figure(name: str, laps: list[Lap], peak_mb: float) -> Figure:
    seconds = [each.seconds for each in laps]
    median = statistics.median(seconds)
    last = laps[-1]
    return Figure(
        name=name,
        laps=len(laps),
        rows=last.rows,
        rows_out=last.rows_out,
        rows_per_second=last.rows / median,
        rows_per_cpu_second=last.rows / statistics.median(each.cpu_seconds for each in laps),
        spread=(max(seconds) - min(seconds)) / median,
        peak_mb=peak_mb,
    )


class _Runner:
    """A contender's process, which runs a lap when asked and is idle else."""

    def __init__(self, name: str, connection: Connection) -> None:
        self._name = name
        self._connection = connection

    def wait_until_warm(self) -> None:
        """Return once it has imported and done what only the first run does, so that none warms up in another's lap."""
        self._receive()

    def lap(self) -> Lap:
        answer = self._ask("lap")
        assert isinstance(answer, Lap)
        return answer

    def peak_mb(self) -> float:
        answer = self._ask("peak")
        assert isinstance(answer, float)
        return answer

    def _ask(self, question: str) -> object:
        self._connection.send(question)
        return self._receive()

    def _receive(self) -> object:
        try:
            return self._connection.recv()
        except (EOFError, OSError):
            raise MeasuringError(f"{self._name} failed: see its own message above") from None


@contextmanager
def _runner(contender: Contender, case: Case, given: Any) -> Iterator[_Runner]:
    with child(_run, contender, case.parts, given) as connection:
        runner = _Runner(contender.name, connection)
        runner.wait_until_warm()
        yield runner


def _run(
    connection: Connection, contender: Contender, parts: Callable[[Any], Iterator[Part]], given: Any
) -> None:
    lap(contender, islice(parts(given), 1))
    # What is imported by now stays: to look through it before every part would take longer than many a part.
    gc.freeze()
    connection.send("warm")
    while True:
        try:
            question = connection.recv()
        except EOFError:
            return
        connection.send(lap(contender, contender.taken(parts(given))) if question == "lap" else _peak_mb())


def _peak_mb() -> float:
    # Linux counts the parent's peak into a child's ru_maxrss, across exec; VmHWM is the process's own.
    if _STATUS.exists() and (found := re.search(r"VmHWM:\s*(\d+) kB", _STATUS.read_text(encoding="utf-8"))):
        return int(found[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6

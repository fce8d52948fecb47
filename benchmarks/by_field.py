"""`python -m benchmarks.by_field`: where our time goes, field by field, beside SHA-256 alone.

A field's time is that of a frame with it and the country, which decides how others are read, less that of the
country alone. What fields share is thus counted for each of them: together they take less than the sum.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from time import process_time

import polars as pl
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks import people_rows
from benchmarks.cases.matching_both import PLATFORMS
from benchmarks.peers import plain
from benchmarks.people_rows import META_COLUMNS
from benchmarks.report import WIDTH, machine_line
from matching import FIELDS, identifiers

_COUNTRY = "country"
_TOGETHER = "all of these"
_FLOOR = "floor"

Times = Mapping[tuple[str, str], float]
"""CPU µs a row, over all threads, by who (a platform, or the floor) and by field (or all of them)."""


def measured(frame: pl.DataFrame, laps: int) -> Times:
    """The median of ``laps`` runs over ``frame``, column by column in turn."""
    works = _works(frame)
    runs: dict[tuple[str, str], list[float]] = {key: [] for key in works}
    for _ in range(laps):
        for key, work in works.items():
            start = process_time()
            work()
            runs[key].append((process_time() - start) * 1e6 / frame.height)
    taken = {key: statistics.median(times) for key, times in runs.items()}
    return {
        (who, name): time if who == _FLOOR or name in {_COUNTRY, _TOGETHER} else time - taken[who, _COUNTRY]
        for (who, name), time in taken.items()
    }


def _works(frame: pl.DataFrame) -> dict[tuple[str, str], Callable[[], object]]:
    """What is timed, by the keys of :data:`Times`."""
    works: dict[tuple[str, str], Callable[[], object]] = {}
    taken = {(rule.platform, rule.column) for rule in FIELDS}
    for name, columns in (
        {column: [column] for column in META_COLUMNS} | {_TOGETHER: [*META_COLUMNS]}
    ).items():
        works[_FLOOR, name] = partial(plain.sha256_alone, frame.select(columns))
        for platform in PLATFORMS:
            own = [column for column in columns if (platform, column) in taken]
            if own:
                given = frame.select(*dict.fromkeys([*own, _COUNTRY]))
                works[platform, name] = partial(identifiers, given, platform, "FR")
    return works


def table(times: Times) -> Table:
    """A row for each field; a platform that does not take it has nothing to show."""
    shown = Table(title="CPU µs a row", title_justify="left", box=SIMPLE_HEAD)
    shown.add_column("")
    for who in (*PLATFORMS, _FLOOR):
        shown.add_column(who, justify="right")
    for name in (*META_COLUMNS, _TOGETHER):
        cells = (times.get((who, name)) for who in (*PLATFORMS, _FLOOR))
        shown.add_row(name, *("" if cell is None else f"{cell:.2f}" for cell in cells))
    return shown


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.by_field", description=__doc__)
    parser.add_argument("--rows", type=int, default=people_rows.BATCH_ROWS, help="of input, in one frame")
    parser.add_argument("--repeat", type=int, default=9, help="laps, whose median counts")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="closedwon-bench-") as name,
        people_rows.written(Path(name), options.rows) as written,
    ):
        frame = pl.concat([part.data for part in people_rows.parts(written)])
    console = Console(width=WIDTH, highlight=False)
    console.print(table(measured(frame, options.repeat)))
    console.print(f"[dim]{machine_line()}[/]")


if __name__ == "__main__":
    main()

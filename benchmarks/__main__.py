"""`python -m benchmarks [CASE …]`: measure, and print one table."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from benchmarks.case import Case
from benchmarks.cases import CASES
from benchmarks.measuring import Figure, MeasuringError, measure
from benchmarks.report import WIDTH, document, machine_line, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen cases; 0 when all were measured, 1 when a contender failed, 2 for wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        results = _measured(_chosen(options))
    except MeasuringError as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(document(results), indent=2))
        return 0
    console = Console(width=WIDTH, highlight=False)
    console.print(table(results))
    console.print(f"[dim]{machine_line()}[/]")
    return 0


def _measured(cases: Sequence[Case]) -> dict[Case, list[Figure]]:
    results = {}
    laps = sum(case.laps for case in cases for contender in case.contenders if not contender.missing())
    with (
        tempfile.TemporaryDirectory(prefix="closedwon-bench-") as name,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        task = progress.add_task("", total=laps)
        for case in cases:
            progress.update(task, description=f"{case.name}: inventing rows")
            with case.provide(Path(name), case.rows) as given:
                progress.update(task, description=f"{case.name}: measuring")
                results[case] = measure(case, given, on_lap=lambda: progress.advance(task))
    return results


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "cases", nargs="*", metavar="CASE", type=_case_name, help=f"any of {_names()}; all by default"
    )
    parser.add_argument("--rows", type=_at_least_one, help="rows of input, instead of each case's own number")
    parser.add_argument(
        "--repeat", type=_at_least_one, help="laps of each contender, instead of each case's own number"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    return parser


def _names() -> str:
    groups = {case.name.split(".")[0] for case in CASES}
    return ", ".join(sorted({case.name for case in CASES} | groups))


def _chosen(options: argparse.Namespace) -> list[Case]:
    """The cases that are asked for, with as many rows and laps."""
    names = options.cases
    return [
        replace(case, rows=options.rows or case.rows, laps=options.repeat or case.laps)
        for case in CASES
        if not names or any(_matches(case, name) for name in names)
    ]


def _matches(case: Case, name: str) -> bool:
    return case.name == name or case.name.startswith(f"{name}.")


def _case_name(name: str) -> str:
    if not any(_matches(case, name) for case in CASES):
        raise argparse.ArgumentTypeError(f"no case {name!r}: expected any of {_names()}")
    return name


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("expected a whole number above 0")
    return number


if __name__ == "__main__":
    sys.exit(main())

"""The table, the machine's line and the JSON of a benchmark run."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from benchmarks.case import Case
from benchmarks.measuring import Figure

WIDTH = 100
"""Columns that the table may take, so that it can be pasted anywhere."""

_DISTRIBUTIONS = (
    "polars",
    "polars-hash",
    "pandas",
    "rphonenumbers",
    "facebook-business",
    "simple-salesforce",
    "hubspot-api-client",
    "google-ads-datamanager-util",
)

Results = Mapping[Case, Sequence[Figure]]


def machine() -> dict[str, Any]:
    """What the figures were measured on and with."""
    return {
        "cores": _cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: found for name in _DISTRIBUTIONS if (found := _version(name))},
    }


def machine_line() -> str:
    """:func:`machine` in a sentence."""
    about = machine()
    versions = ", ".join(f"{name} {found}" for name, found in about["versions"].items())
    return f"{about['cores']} cores, {about['system']}, Python {about['python']}; {versions}"


def table(results: Results) -> Table:
    """One table for all cases, each a section, ours first."""
    shown = Table(
        title="Medians of laps in turn",
        title_justify="left",
        width=WIDTH,
        box=SIMPLE_HEAD,
        padding=(0, 0, 0, 1),
    )
    shown.add_column("", ratio=1)
    for heading in ("rows/s", "±", "ours is", "rows/CPU s", "peak MB", "rows", "out"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for case, figures in results.items():
        shown.add_section()
        laps = "1 lap" if case.laps == 1 else f"{case.laps} laps"
        shown.add_row(f"[bold]{case.title}[/]", laps)
        for figure in figures:
            shown.add_row(*_cells(figure, figures[0]))
        for contender in case.contenders:
            if contender.missing():
                shown.add_row(f"  [dim]{contender.name}[/]", "[dim]absent[/]")
    return shown


def _cells(figure: Figure, ours: Figure) -> tuple[str, ...]:
    return (
        f"  {figure.name}",
        f"{figure.rows_per_second:,.0f}",
        f"{figure.spread / 2:.0%}",
        "" if figure is ours else f"{ours.rows_per_second / figure.rows_per_second:.2f} ×",
        f"{figure.rows_per_cpu_second:,.0f}",
        f"{figure.peak_mb:,.0f}",
        _short(figure.rows),
        f"{figure.rows_out / figure.rows:.1%}",
    )


def _short(rows: int) -> str:
    """Three digits and the unit: ``400``, ``20.2 k``, ``1.03 M``."""
    for unit, name in ((1_000_000, " M"), (1_000, " k")):
        if rows >= unit:
            return f"{rows / unit:.3g}{name}"
    return str(rows)


def document(results: Results) -> dict[str, Any]:
    """The same as one JSON object; ``ours_is`` is how many times as many rows a second ours does."""
    return {
        "machine": machine(),
        "cases": {
            case.name: [
                {**asdict(figure), "ours_is": figures[0].rows_per_second / figure.rows_per_second}
                for figure in figures
            ]
            for case, figures in results.items()
        },
    }


def _cores() -> int:
    """Cores that this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None

"""``closedwon sync``: run clients, some at once; one client's failure neither stops nor delays another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Event

import typer

from closedwon.cli.clients import usable
from closedwon.cli.each_client import by_ledger, for_each_client
from closedwon.cli.failures import FAILED
from closedwon.cli.output import console, print_json
from closedwon.cli.summary import show_run
from closedwon.cli.value_mistakes import value_mistakes
from closedwon.pipeline.observer import Observer
from closedwon.pipeline.opening import utc_now
from closedwon.pipeline.report import RunReport
from closedwon.pipeline.run import RunOptions, run_client
from config import ClientFile

Lanes = set[str] | None


def run_sync(
    names: Sequence[str],
    everything: bool,
    folder: Path,
    *,
    only: Sequence[str],
    dry_run: bool,
    reread: bool,
    jobs: int,
    as_json: bool,
) -> None:
    """Run the chosen clients and show what each did; exit 1 when any run is incomplete, 2 when a file has mistakes."""
    with usable(names, everything, folder, value_mistakes) as files:
        sources, destinations = _lanes(only, files)
        options = RunOptions(sources=sources, destinations=destinations, dry_run=dry_run, reread=reread)
        reports = for_each_client(partial(sync_client, options=options), files, jobs=jobs)
        if as_json:
            print_json([report.as_json() for report in reports])
        else:
            for report in reports:
                show_run(console(), report)
        if not all(report.complete for report in reports):
            raise typer.Exit(FAILED)


def sync_client(
    file: ClientFile, watching: Observer, stop: Event | None = None, *, options: RunOptions | None = None
) -> RunReport:
    """Run one client; a ledger that fails is an incomplete run, not the end of the command."""
    settings, started = file.settings, utc_now()
    return by_ledger(
        file,
        lambda ledger: run_client(
            settings, ledger, observer=watching, options=options or RunOptions(), stop=stop
        ),
        failed=lambda problem: RunReport(settings.client, started, finished_at=utc_now(), errors=[problem]),
    )


def _lanes(only: Sequence[str], files: Sequence[ClientFile]) -> tuple[Lanes, Lanes]:
    """Sources and destinations that ``--only`` names; None where it names none of the kind.

    A name that no client has is refused: a typo would silently do nothing.
    """
    sources = {name for file in files for name in file.settings.sources}
    destinations = {name for file in files for name in file.settings.destinations.configured()}
    for name in only:
        if name not in sources | destinations:
            known = ", ".join(sorted(sources | destinations))
            raise typer.BadParameter(
                f"--only {name}: no source or destination of that name; there are {known}"
            )
    return sources & set(only) or None, destinations & set(only) or None

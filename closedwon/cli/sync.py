"""``closedwon sync``: run clients one after another; one client's failure never stops the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

from closedwon.cli.clients import chosen, open_ledger
from closedwon.cli.failures import FAILED
from closedwon.cli.output import console, print_json
from closedwon.cli.progress import observer
from closedwon.cli.summary import show_run
from closedwon.cli.values import check_values
from closedwon.ledger import LedgerError
from closedwon.pipeline.observer import Observer
from closedwon.pipeline.report import RunReport
from closedwon.pipeline.run import RunOptions, run_client, utc_now
from config import ClientFile


def run_sync(
    names: Sequence[str], everything: bool, folder: Path, options: RunOptions, *, as_json: bool
) -> None:
    """Run the chosen clients and show what each did; exit 1 when any run is incomplete."""
    files = chosen(names, everything, folder)
    _check_names(options.only, files)
    check_values(files)
    with observer() as watching:
        reports = [sync_client(file, watching, options) for file in files]
    if as_json:
        print_json([report.as_json() for report in reports])
    else:
        for report in reports:
            show_run(console(), report)
    if not all(report.complete for report in reports):
        raise typer.Exit(FAILED)


def sync_client(file: ClientFile, watching: Observer, options: RunOptions | None = None) -> RunReport:
    """Run one client; a ledger that fails is an incomplete run, not the end of the command."""
    started = utc_now()
    try:
        with open_ledger(file) as ledger:
            return run_client(file.settings, ledger, observer=watching, options=options or RunOptions())
    except LedgerError as error:
        return RunReport(file.settings.client, started, finished_at=utc_now(), errors=[str(error)])


def _check_names(only: Iterable[str], files: Sequence[ClientFile]) -> None:
    """Names of ``--only``, each of which some client must have: a typo would silently do nothing."""
    lanes = {
        name for file in files for name in (*file.settings.sources, *file.settings.destinations.configured())
    }
    for name in only:
        if name not in lanes:
            raise typer.BadParameter(
                f"--only {name}: no source or destination of that name; there are {', '.join(sorted(lanes))}"
            )

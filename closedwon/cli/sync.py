"""``closedwon sync``: run clients one after another; one client's failure never stops the next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from closedwon.cli.clients import chosen, open_ledger
from closedwon.cli.failures import FAILED
from closedwon.cli.output import console, print_json
from closedwon.cli.progress import observer
from closedwon.cli.summary import show_run
from closedwon.ledger import LedgerError
from closedwon.pipeline.observer import Observer
from closedwon.pipeline.report import RunReport
from closedwon.pipeline.run import RunOptions, run_client, utc_now
from closedwon.pipeline.values import ValueExpressionError
from config import ClientFile, ConfigurationError, Problem


def run_sync(
    names: Sequence[str], everything: bool, folder: Path, *, only: Sequence[str], dry_run: bool, as_json: bool
) -> None:
    """Run the chosen clients and show what each did; exit 1 when any run is incomplete."""
    files = chosen(names, everything, folder)
    options = RunOptions(only=_known(only, files), dry_run=dry_run)
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
    except ValueExpressionError as error:
        raise ConfigurationError([value_problem(file, error)]) from None
    except LedgerError as error:
        return RunReport(file.settings.client, started, finished_at=utc_now(), errors=[str(error)])


def value_problem(file: ClientFile, error: ValueExpressionError) -> Problem:
    """A ``value`` that cannot be computed, at its line."""
    key = f"conversions.{error.stage}.value"
    place, _, line = file.where(key).rpartition(":")
    return Problem(Path(place), int(line), key, error.expected, error.suggestion, error.got)


def _known(only: Sequence[str], files: Sequence[ClientFile]) -> list[str]:
    """Names of ``--only``, each of which some client must have: a typo would silently do nothing."""
    lanes = {
        name for file in files for name in (*file.settings.sources, *file.settings.destinations.configured())
    }
    for name in only:
        if name not in lanes:
            raise typer.BadParameter(
                f"--only {name}: no source or destination of that name; there are {', '.join(sorted(lanes))}"
            )
    return list(only)

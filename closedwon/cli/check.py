"""``closedwon check``: the client's file, and whether its credentials reach what it names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from closedwon.cli.clients import chosen, open_ledger
from closedwon.cli.failures import FAILED
from closedwon.cli.output import console, print_json
from closedwon.cli.value_mistakes import check_values
from closedwon.ledger import Ledger, LedgerError
from closedwon.ledger.quality.versions import newest_version
from closedwon.pipeline.audiences.rules import terms_of
from closedwon.pipeline.judging.consent import without_consent
from closedwon.pipeline.opening import open_audience_uploader, open_connector, open_uploader
from closedwon.quality.scope import uses_learned_values
from config import ClientFile
from config.redaction import redact
from connectors.base import SourceError


def run_check(
    names: Sequence[str], everything: bool, folder: Path, *, offline: bool, details: bool, as_json: bool
) -> None:
    """Check the chosen clients; exit 2 for mistakes in files, 1 when something cannot be reached.

    JSON always has the details of what was found; people see them where they ask for ``details``.
    """
    files = chosen(names, everything, folder)
    check_values(files)
    found = [
        {"client": file.settings.client, **check}
        for file in files
        for check in _checks(file, offline=offline)
    ]
    if as_json:
        print_json(found)
    else:
        _show(console(), found, details=details)
    if not all(one["ok"] for one in found):
        raise typer.Exit(FAILED)


def _show(screen: Console, found: Sequence[Mapping[str, Any]], *, details: bool) -> None:
    for one in found:
        mark = "[yellow]![/]" if one.get("warning") else "[green]✓[/]" if one["ok"] else "[red]✗[/]"
        screen.print(f"{mark} {one['client']} {one['where']}: {escape(redact(one['message']))}")
        for table in one.get("details", ()) if details else ():
            screen.print(_table(table))
    if not details and any(one.get("details") for one in found):
        screen.print("[dim]--details shows what was found in each source[/]")


def _table(found: Mapping[str, Any]) -> Table:
    table = Table(*found["headers"], title=escape(found["title"]), title_justify="left", box=SIMPLE)
    for row in found["rows"]:
        # Cells are masked where they are made: redacted once more, a masked address would say nothing at all.
        table.add_row(*map(escape, row))
    return table


def _checks(file: ClientFile, *, offline: bool) -> Iterator[dict[str, Any]]:
    yield {"where": "file", "ok": True, "message": f"{file.path} is in order"}
    yield from _consent(file)
    if offline:
        return
    try:
        with open_ledger(file) as ledger:
            yield {"where": "ledger", "ok": True, "message": ledger.place}
            yield from _learned(file, ledger)
    except LedgerError as error:
        yield {"where": "ledger", "ok": False, "message": str(error)}
    for name in file.settings.sources:
        try:
            for check in open_connector(file.settings, name).check():
                yield {
                    "where": f"{name} {check.name}",
                    "ok": check.ok,
                    "message": check.message,
                    "details": [asdict(table) for table in check.details],
                }
        except SourceError as error:
            yield {"where": name, "ok": False, "message": f"{error} {error.advice}".strip()}
    for name in file.settings.destinations.configured():
        for answer in open_uploader(file.settings, name).check():
            yield {"where": f"{name} {answer.name}", "ok": answer.ok, "message": answer.message}
    for name in sorted({destination for destination, _ in terms_of(file.settings)}):
        for answer in open_audience_uploader(file.settings, name).check():
            yield {"where": f"{name} {answer.name}", "ok": answer.ok, "message": answer.message}


def _learned(file: ClientFile, ledger: Ledger) -> Iterator[dict[str, Any]]:
    client = file.settings.client
    if uses_learned_values(file.settings) and newest_version(ledger, client) is None:
        message = (
            "conversions with value: learned wait until there are learned values: closedwon sync reads the history,"
            f" then closedwon values {client} --freeze"
        )
        yield {"where": "values", "ok": True, "warning": True, "message": message}


def _consent(file: ClientFile) -> Iterator[dict[str, Any]]:
    silent = without_consent(file.settings)
    if silent:
        message = (
            f"nothing of {', '.join(silent)} will be sent, since nothing says that people agreed: name the field under"
            " consent.fields, or, where all agreed, write consent: {default: granted}"
        )
        yield {"where": "consent", "ok": True, "warning": True, "message": message}

"""``closedwon check``: the client's file, and whether its credentials reach what it names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape

from closedwon.cli.clients import chosen, open_ledger
from closedwon.cli.failures import FAILED
from closedwon.cli.output import console, print_json
from closedwon.cli.values import check_values
from closedwon.ledger import LedgerError
from closedwon.pipeline.run import open_connector, open_uploader
from config import ClientFile
from config.redaction import redact
from connectors.base import SourceError


def run_check(names: Sequence[str], everything: bool, folder: Path, *, offline: bool, as_json: bool) -> None:
    """Check the chosen clients; exit 2 for mistakes in files, 1 when something cannot be reached."""
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
        for one in found:
            mark = "[green]✓[/]" if one["ok"] else "[red]✗[/]"
            console().print(f"{mark} {one['client']} {one['where']}: {escape(redact(one['message']))}")
    if not all(one["ok"] for one in found):
        raise typer.Exit(FAILED)


def _checks(file: ClientFile, *, offline: bool) -> Iterator[dict[str, Any]]:
    yield {"where": "file", "ok": True, "message": f"{file.path} is in order"}
    if offline:
        return
    try:
        with open_ledger(file) as ledger:
            yield {"where": "ledger", "ok": True, "message": str(ledger.path)}
    except LedgerError as error:
        yield {"where": "ledger", "ok": False, "message": str(error)}
    for name in file.settings.sources:
        try:
            for check in open_connector(file.settings, name).check():
                yield {"where": f"{name} {check.name}", "ok": check.ok, "message": check.message}
        except SourceError as error:
            yield {"where": name, "ok": False, "message": f"{error} {error.advice}".strip()}
    for name in file.settings.destinations.configured():
        for answer in open_uploader(file.settings, name).check():
            yield {"where": f"{name} {answer.name}", "ok": answer.ok, "message": answer.message}

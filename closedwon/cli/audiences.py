"""``closedwon audiences``: tell platforms who joined clients' audiences and who left, and show how each stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from closedwon.cli.audience_table import audience_remarks, audience_table
from closedwon.cli.clients import usable
from closedwon.cli.each_client import by_ledger, for_each_client
from closedwon.cli.failures import FAILED
from closedwon.cli.output import console, print_json
from closedwon.cli.value_mistakes import value_mistakes
from closedwon.ledger import Ledger
from closedwon.pipeline.audiences.report import AudienceReport
from closedwon.pipeline.audiences.syncing import sync_audiences
from closedwon.pipeline.observer import Observer
from config import ClientFile
from config.redaction import redact


@dataclass(frozen=True)
class _Kept:
    """What became of one client's audiences; ``error`` says why they could not be looked at."""

    client: str
    audiences: Sequence[AudienceReport] = field(default_factory=list)
    error: str | None = None

    @property
    def complete(self) -> bool:
        return self.error is None and all(one.complete for one in self.audiences)

    def as_json(self) -> dict[str, Any]:
        found = [one.as_json() for one in self.audiences]
        return {"client": self.client, "audiences": found, "error": self.error}


def run_audiences(
    names: Sequence[str], everything: bool, folder: Path, *, dry_run: bool, jobs: int, as_json: bool
) -> None:
    """Bring the chosen clients' audiences up to date; exit 1 when any could not be, 2 when a file has mistakes."""
    with usable(names, everything, folder, value_mistakes) as files:
        every = for_each_client(partial(_keep, dry_run=dry_run), files, jobs=jobs)
        if as_json:
            print_json([one.as_json() for one in every])
        else:
            for one in every:
                _show(console(), one, dry_run=dry_run)
        if not all(one.complete for one in every):
            raise typer.Exit(FAILED)


def _keep(file: ClientFile, watching: Observer, stop: Event, *, dry_run: bool) -> _Kept:
    """One client's audiences; a ledger that fails is that client's failure, not the end of the command."""
    settings = file.settings

    def keep(ledger: Ledger) -> _Kept:
        found = sync_audiences(settings, ledger, observer=watching, stop=stop, dry_run=dry_run)
        return _Kept(settings.client, found)

    return by_ledger(file, keep, failed=lambda problem: _Kept(settings.client, error=problem))


def _show(screen: Console, kept: _Kept, *, dry_run: bool) -> None:
    verdict = "[green]complete[/]" if kept.complete else "[red]incomplete[/]"
    dry = " (dry run: nobody was told)" if dry_run else ""
    screen.rule(f"[bold]{escape(kept.client)}[/]: {verdict}{dry}", align="left")
    if kept.error:
        screen.print(f"[red]✗[/] {escape(redact(kept.error))}")
    elif not kept.audiences:
        screen.print("no audiences; declare them under audiences in the client's file")
    else:
        screen.print(audience_table(kept.audiences, dry_run=dry_run))
        for line in audience_remarks(kept.audiences):
            screen.print(line)
        if not any(one.members or one.joining for one in kept.audiences):
            screen.print(
                "  nobody belongs to any of them yet; people come in as closedwon sync reads their records"
            )
    screen.print()

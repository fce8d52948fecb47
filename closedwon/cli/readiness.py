"""``closedwon check --readiness``: what the platforms require for each goal, and how the client stands to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from closedwon.cli.clients import chosen, open_existing
from closedwon.cli.failures import FAILED
from closedwon.cli.output import console, print_json
from closedwon.ledger.views.standing import has_run
from closedwon.pipeline.opening import utc_now
from closedwon.readiness.figures import Verdict
from closedwon.readiness.judging import Result, failed, readiness
from closedwon.readiness.platforms import asked, not_asked
from config.redaction import redact

MARKS: Mapping[Verdict, str] = {
    Verdict.PASS: "[green]✓[/]",
    Verdict.WARN: "[yellow]![/]",
    Verdict.FAIL: "[red]✗[/]",
}
"""What stands before a requirement, by its verdict."""


def run_readiness(
    names: Sequence[str], everything: bool, folder: Path, *, offline: bool, as_json: bool
) -> None:
    """Measure the chosen clients; exit 1 where a requirement is not met, or nothing was read yet. A warning is none.

    With ``offline`` the ledger alone is looked at, and no platform is asked.
    """
    found: dict[str, list[Result]] = {}
    unread: list[str] = []
    for file in chosen(names, everything, folder):
        with open_existing(file) as ledger:
            if not has_run(ledger, file.settings.client):
                unread.append(file.settings.client)
                continue
            heard = not_asked(file.settings) if offline else asked(file.settings)
            found[file.settings.client] = readiness(file.settings, ledger, utc_now(), heard)
    if as_json:
        print_json(
            [{"client": client} | one.as_json() for client, results in found.items() for one in results]
        )
    else:
        for client, results in found.items():
            show_readiness(console(), client, results)
    for client in unread:
        typer.echo(f"{client}: nothing has been read yet: closedwon sync {client} first", err=True)
    if unread or any(failed(results) for results in found.values()):
        raise typer.Exit(FAILED)


def show_readiness(screen: Console, client: str, results: Iterable[Result]) -> None:
    """A table a goal, and below it what to do about what is not met, with who says so."""
    for goal, group in groupby(results, key=lambda one: one.requirement.goal):
        of_goal = list(group)
        screen.rule(f"[bold]{escape(client)}[/] – {goal}", align="left")
        screen.print(_table(of_goal))
        _show_unmet(screen, of_goal)
        _show_not_measured(screen, of_goal)
        screen.print()


def _table(results: Iterable[Result]) -> Table:
    table = Table("", "requirement", "of", "last 28 days", "last 90 days", "asked for", box=SIMPLE)
    for one in results:
        cells = (one.requirement.says, one.figure.subject, one.recent, one.longer, one.threshold)
        table.add_row(MARKS[one.verdict], *(escape(redact(cell)) for cell in cells))
    return table


def _show_unmet(screen: Console, results: Iterable[Result]) -> None:
    """For each requirement that some subject does not meet: what to do, and who asks for it."""
    for requirement, group in groupby(results, key=lambda one: one.requirement):
        unmet = [one for one in group if one.verdict is not Verdict.PASS and not one.figure.missing]
        if unmet:
            mark = MARKS[Verdict.FAIL if failed(unmet) else Verdict.WARN]
            screen.print(f"{mark} {escape(requirement.says)}: {escape(requirement.next_step)}")
            screen.print(f"  [dim]{escape(requirement.source)}[/]", soft_wrap=True)


def _show_not_measured(screen: Console, results: Iterable[Result]) -> None:
    """Why requirements were not measured, each reason once."""
    reasons: dict[str, dict[str, str]] = {}
    for one in results:
        if one.figure.missing:
            requirement = one.requirement
            reasons.setdefault(one.figure.missing, {})[requirement.says] = requirement.next_step
    for reason, requirements in reasons.items():
        names = "; ".join(requirements)
        screen.print(f"{MARKS[Verdict.WARN]} not measured, since {escape(redact(reason))}: {escape(names)}")
        if len(requirements) == 1:
            (next_step,) = requirements.values()
            screen.print(f"  {escape(next_step)}")

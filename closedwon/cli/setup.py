"""``closedwon setup google``: create the conversion actions that a client's file needs and its account lacks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from closedwon.cli.clients import chosen
from closedwon.cli.failures import FAILED, MISUSED
from closedwon.cli.output import console
from closedwon.readiness.actions import Missing, missing_actions
from config import ClientFile
from uploads.errors import PlatformError
from uploads.google_ads.account import Account
from uploads.google_ads.conversion_actions import Creation, NewAction


def run_setup_google(name: str, folder: Path, *, stages: Sequence[str], yes: bool) -> None:
    """Show what is missing, ask, create it, and print the lines for the client's file.

    Exit 1 where Google refuses, 2 where nobody can be asked and ``yes`` is not given. What exists already under the
    name that a new action would get is found again, so that running it twice creates nothing twice.
    """
    (file,) = chosen([name], everything=False, folder=folder)
    _check(file, stages)
    screen = console()
    try:
        created = _set_up(screen, file, stages, yes=yes)
    except PlatformError as error:
        typer.echo(f"closedwon: {name}: {error}", err=True)
        raise typer.Exit(FAILED) from None
    if any(one.refusal for one in created):
        raise typer.Exit(FAILED)


def _check(file: ClientFile, stages: Sequence[str]) -> None:
    if file.settings.destinations.google is None:
        raise typer.BadParameter(f"{file.path} has no destination google")
    for stage in stages:
        if stage not in file.settings.conversions:
            known = ", ".join(file.settings.conversions)
            raise typer.BadParameter(
                f"--stage {stage}: no such stage under conversions; expected one of {known}"
            )


def _set_up(screen: Console, file: ClientFile, stages: Sequence[str], *, yes: bool) -> list[Creation]:
    google = file.settings.destinations.google
    assert google is not None  # noqa: S101 (checked before)
    account = Account(google)
    owner = account.tracking().owner
    # An account without any conversion action has no owner yet.
    if owner not in (None, google.customer_id):
        typer.echo(
            f"closedwon: conversions of {google.customer_id} are managed in account {owner}:"
            " set customer_id to that one",
            err=True,
        )
        raise typer.Exit(FAILED)
    missing = missing_actions(file.settings, account.conversion_actions(), stages)
    if not missing:
        screen.print("Every conversion has its action in the account: there is nothing to create.")
        return []
    new = [one for one in missing if one.found is None]
    _show(screen, google.customer_id, missing)
    created: list[Creation] = []
    if new:
        wanted = [one.wanted for one in new]
        _refuse_what_google_would(account.create(wanted, validate_only=True))
        _agree(len(new), yes=yes)
        created = account.create(wanted)
    _show_lines(screen, file, missing, created)
    return created


def _show(screen: Console, account: str, missing: Sequence[Missing]) -> None:
    screen.print(f"These conversions name no action of account {account}:")
    for one in missing:
        screen.print(f"  [bold]{escape(one.stage)}[/]{escape(_remark(one))}")
        screen.print(f"    {escape(one.wanted.name)}: {escape(_settings(one.wanted))}", soft_wrap=True)


def _settings(action: NewAction) -> str:
    default = (
        "" if action.default_value is None else f", else {action.default_value:g} {action.currency or ''}"
    )
    parts = (
        "UPLOAD_CLICKS",
        action.category,
        action.counting_type,
        f"values as sent{default}".strip(),
        "primary" if action.primary_for_goal else "secondary: no campaign bids on it yet",
        f"for {action.click_window_days} days after the click",
    )
    return "; ".join(parts)


def _remark(missing: Missing) -> str:
    if missing.found is not None:
        return f" (is there already, as {missing.found})"
    return f" ({missing.named} does not exist)" if missing.named else ""


def _refuse_what_google_would(validated: Sequence[Creation]) -> None:
    refusals = [f"{one.action.name}: {one.refusal}" for one in validated if one.refusal]
    if refusals:
        for refusal in refusals:
            typer.echo(f"closedwon: {refusal}", err=True)
        typer.echo("closedwon: nothing was created", err=True)
        raise typer.Exit(FAILED)


def _agree(count: int, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        typer.echo("closedwon: nobody can be asked here: run it in a terminal, or with --yes", err=True)
        raise typer.Exit(MISUSED)
    if not typer.confirm(
        "Create this conversion action?" if count == 1 else f"Create {count} conversion actions?"
    ):
        typer.echo("nothing was created")
        raise typer.Exit


def _show_lines(
    screen: Console, file: ClientFile, missing: Sequence[Missing], created: Sequence[Creation]
) -> None:
    """The ids by stage, as lines to paste: writing them would lose the comments of the file."""
    ids = {one.action.name: one.id for one in created if one.id}
    screen.print(f"Add these ids to the conversions of {escape(str(file.path))}:", soft_wrap=True)
    screen.print("conversions:")
    for one in missing:
        number = one.found or ids.get(one.wanted.name)
        if number is not None:
            screen.print(f'  {escape(one.stage)}: {{google: "{number}"}}')
    for refused in (one for one in created if one.refusal):
        typer.echo(f"closedwon: {refused.action.name}: {refused.refusal}", err=True)
    if ids:
        screen.print("[dim]Google takes conversions of a new action six hours after its creation.[/]")

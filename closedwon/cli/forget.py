"""``closedwon forget``: erase a person from the ledgers of clients, and print a receipt without anything of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import typer
from rich.console import Console

from closedwon.cli.clients import chosen, open_ledger
from closedwon.cli.failures import FAILED
from closedwon.cli.output import console, minute, print_json
from closedwon.pipeline.forgetting.forget import Asked, NotAgreedError, NotForgottenError, forget, keys_of
from closedwon.pipeline.forgetting.receipts import Preview, Receipt
from closedwon.pipeline.opening import utc_now

_STANDARD_INPUT = "-"
_TABLES = {
    "identities": "entries of the identity map",
    "stage_entries": "stage entries",
    "deliveries": "deliveries",
    "merges": "merges",
    "rejects": "rejected rows",
    "audiences": "entries and members of audiences",
}


def run_forget(
    names: Sequence[str],
    everything: bool,
    folder: Path,
    *,
    email: str | None,
    phone: str | None,
    record: str | None,
    source: str | None,
    country: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Forget the person in every chosen client, or say which option is wrong before anything is erased (exit 2).

    Where that may concern several people, what would be erased is shown first, and asked for unless ``yes``.
    Exit code 0 means that nothing of the person is left, or that there was nothing: later runs leave them out.
    """
    if country is not None and not re.fullmatch(r"[A-Za-z]{2}", country):
        raise typer.BadParameter("--country: expected two letters (ISO 3166-1 alpha-2), such as FR")
    email, phone, record = _read(email, phone, record)
    asked = Asked(email, phone, record, source, country and country.upper())
    files = chosen(names, everything, folder)
    agreed = _asked_to_agree(yes=yes)
    receipts = []
    try:
        for file in files:
            keys_of(asked, file.settings)
        for file in files:
            with open_ledger(file) as ledger:
                receipts.append(forget(file.settings, ledger, asked, now=utc_now(), agreed=agreed))
    except NotForgottenError as error:
        raise typer.BadParameter(f"--{error.option}: {error}") from None
    except NotAgreedError as error:
        typer.echo(f"closedwon: nothing was erased in {error.preview.client}", err=True)
        raise typer.Exit(FAILED) from None
    finally:
        # What was erased is erased, also where a later client could not be.
        _show(receipts, as_json=as_json)


def _asked_to_agree(*, yes: bool) -> Callable[[Preview], bool]:
    """Who is asked: nobody with ``yes``, else who sits at the terminal."""

    def agreed(preview: Preview) -> bool:
        if yes:
            return True
        if not sys.stdin.isatty():
            raise NotForgottenError("yes", f"needed here: {preview.words}")
        typer.echo(preview.words, err=True)
        return typer.confirm("Erase them all?", err=True)

    return agreed


def _read(*values: str | None) -> list[str | None]:
    """``values``, one of which may stand on standard input."""
    if all(value is None for value in values):
        raise typer.BadParameter("say who: --email, --phone or --record")
    if values.count(_STANDARD_INPUT) > 1:
        raise typer.BadParameter("only one value can come from standard input")
    read = [sys.stdin.readline() if value == _STANDARD_INPUT else value for value in values]
    stripped = [value if value is None else value.strip() for value in read]
    if "" in stripped:
        raise typer.BadParameter("the value is empty")
    return stripped


def _show(receipts: Sequence[Receipt], *, as_json: bool) -> None:
    if as_json:
        print_json([receipt.as_json() for receipt in receipts])
        return
    for receipt in receipts:
        _show_one(console(), receipt)


def _show_one(screen: Console, receipt: Receipt) -> None:
    verdict = "forgotten" if receipt.known else "nothing was known, kept out from now on"
    screen.rule(f"[bold]{receipt.client}[/]: {verdict}", align="left")
    asked = ", ".join(receipt.asked_by)
    screen.print(f"Receipt {receipt.id}, {minute(receipt.at.isoformat())}, asked for by: {asked}")
    erased = [f"{_TABLES[name]} {count:,}" for name, count in receipt.erased.items() if count]
    screen.print(f"Erased: {', '.join(erased) or 'nothing'}")
    kept_out = ", ".join(f"{kind.replace('_', ' ')} {count:,}" for kind, count in receipt.kept_out.items())
    screen.print(f"Kept out by digests of: {kept_out}")
    for name, told in receipt.destinations.items():
        screen.print(
            f"{name}: {told.accepted:,} conversions accepted before, {told.withdrawn:,} not sent any more"
            + (f", {told.tried:,} that it was sent and did not accept" if told.tried else "")
        )
        if told.to_do:
            screen.print(f"  {told.to_do}")
    for name, own in receipt.memberships.items():
        screen.print(
            f"{name}: {own.ended:,} memberships of audiences ended, {own.waiting:,} still to end"
            + (f", {own.unconfirmed:,} to be confirmed" if own.unconfirmed else "")
        )
    for one in receipt.stays:
        screen.print(f"  stays: {one}")
    for one in receipt.notes:
        screen.print(f"[yellow]![/] {one}")
    screen.print()

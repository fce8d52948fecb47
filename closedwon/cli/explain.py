"""``closedwon explain``: one record's stages and what became of each, with nothing that identifies the person."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy.engine import URL

from closedwon.cli.clients import ledger_of, usable
from closedwon.cli.failures import FAILED
from closedwon.cli.output import console, minute, print_json
from closedwon.ledger import Ledger, State
from closedwon.ledger.views.records import explain
from closedwon.pipeline.judging.gates import MEANING

_SHOWN = 4
_IDENTIFIERS = ("user_data", "ad_identifiers")
_BY = {"external_id": "id of the person", "email": "e-mail address", "phone": "phone number"}


def run_explain(record: str, folder: Path, *, as_json: bool) -> None:
    """Show the record from every ledger of the folder's clients; exit 1 when none knows it."""
    with usable([], everything=True, folder=folder) as files:
        found = [entry for url in dict.fromkeys(map(ledger_of, files)) for entry in _entries(url, record)]
        if as_json:
            print_json(found)
        elif found:
            _show(console(), found)
        else:
            typer.echo(
                f"{record}: no stage entry of that record has been read; check the id as the source shows it",
                err=True,
            )
        if not found:
            raise typer.Exit(FAILED)


def _entries(url: URL, record: str) -> list[dict[str, Any]]:
    with closing(Ledger(url)) as ledger:
        found = explain(ledger, record)
    for entry in found:
        for delivery in entry["deliveries"]:
            delivery["payload"] = masked(delivery["payload"])
            delivery["because"] = because(delivery)
    return found


def masked(payload: dict[str, Any] | None) -> dict[str, Any] | None:
    """``payload`` with every identifier cut to its first characters: enough to compare, too little to match."""
    if payload is None:
        return None
    return {key: _cut(value) if key in _IDENTIFIERS else value for key, value in payload.items()}


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cut(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cut(inner) for inner in value]
    text = str(value)
    return f"{text[: min(_SHOWN, len(text) // 3)]}…"


def _money(value: float | None) -> str:
    return "no value" if value is None else f"{value:,.2f}"


def because(delivery: dict[str, Any]) -> str:
    """One sentence that says why the conversion was or was not sent."""
    name, reason = delivery["destination"], delivery["reason"]
    match delivery["state"]:
        case State.ACCEPTED:
            changed = f"; it was told of {_money(delivery['told_value'])}" if delivery["changed_at"] else ""
            return f"sent, and {name} accepted it at {minute(delivery['answered_at'])}{changed}"
        case State.SKIPPED:
            return f"not sent to {name}: {MEANING.get(reason, reason)}"
        case State.REJECTED:
            return f"{name} refused it for good: {delivery['message'] or reason}"
        case State.HELD:
            return f"held until the configuration is mended: {delivery['message'] or reason}"
        case State.EXPIRED:
            return f"not sent to {name}: {MEANING['expired_before_sent']}"
        case State.SENDING:
            return f"being sent to {name}, or cut off while it was; the next run settles it"
        case _:
            waits = f" ({delivery['message']})" if delivery["message"] else ""
            return f"waits for the next run to {name}{waits}; {name} takes it until {minute(delivery['expires_at'])}"


def _show(screen: Console, entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        amount = (
            f", {entry['amount']:,.2f} {entry['currency'] or ''}".rstrip()
            if entry["amount"] is not None
            else ""
        )
        raw = f" ({escape(entry['stage_raw'])})" if entry["stage_raw"] else ""
        screen.print(
            f"[bold]{minute(entry['entered_at'])}  {entry['stage']}[/]{raw}{amount}"
            f"   {entry['client']} / {entry['source']} / {entry['object']}"
        )
        if not entry["deliveries"]:
            screen.print("    no destination is to hear of this stage")
        for delivery in entry["deliveries"]:
            _show_delivery(screen, delivery)


def _show_delivery(screen: Console, delivery: dict[str, Any]) -> None:
    value = "no value" if delivery["value"] is None else f"{delivery['value']:,.2f} {delivery['currency']}"
    if delivery["full_value"] not in {None, delivery["value"]}:
        value += f" of {delivery['full_value']:,.2f}, less what was given back"
    screen.print(
        f"    → {delivery['destination']} [bold]{escape(delivery['name'])}[/], {value}: {escape(delivery['because'])}"
    )
    if delivery["platform_request_id"]:
        screen.print(f"      request {delivery['platform_request_id']}, attempt {delivery['attempts']}")
    if delivery["consent"]:
        screen.print(f"      consent: {delivery['consent'].replace('=', ' ')}")
    for told in delivery["restatements"]:
        screen.print(f"      {restated(told)}")
    if delivery["payload"]:
        screen.print(f"      identifiers (masked): {escape(_names(delivery['payload']))}")
    elif delivery["identifiers"]:
        screen.print(f"      identifiers: {', '.join(delivery['identifiers'])}")
    for line in origins(delivery["identifiers"], delivery["carried"]):
        screen.print(f"      {escape(line)}")


def restated(told: dict[str, Any]) -> str:
    """What became of telling the platform of another value."""
    before, after = _money(told["from"]), _money(told["to"])
    verdict = "told" if told["outcome"] == State.ACCEPTED else f"refused ({told['reason']})"
    return f"{minute(told['answered_at'])}: its new value, {after} instead of {before}, was {verdict}"


def origins(identifiers: list[str], carried: list[dict[str, str]]) -> list[str]:
    """Where a conversion's ``identifiers`` came from: a line for each record, where any was ``carried`` over."""
    if not carried:
        return []
    taken = {one["identifier"].removesuffix("[0]") for one in carried}
    own = [name for name in identifiers if name not in taken]
    records: dict[tuple[str, ...], list[str]] = {}
    for one in carried:
        origin = tuple(one[key] for key in ("source", "object", "record_id", "by", "known_at"))
        records.setdefault(origin, []).append(one["identifier"].removesuffix("[0]"))
    of_itself = [f"from the record itself: {', '.join(own)}"] if own else []
    return of_itself + [
        f"from {source} / {of_object} {record} of {minute(known_at)}, which has the same {_BY[by]}: {', '.join(names)}"
        for (source, of_object, record, by, known_at), names in records.items()
    ]


def _names(payload: dict[str, Any]) -> str:
    parts = []
    for group in _IDENTIFIERS:
        value = payload.get(group) or {}
        if "user_identifiers" in value:
            parts += [
                f"{key} {_text(inner)}" for one in value["user_identifiers"] for key, inner in one.items()
            ]
        else:
            parts += [f"{key} {_text(inner)}" for key, inner in value.items()]
    return ", ".join(parts) or "none"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "/".join(str(part) for part in value.values())
    return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)

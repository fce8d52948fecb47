"""``closedwon explain``: a record's timeline, and what became of its conversions; nothing there identifies anyone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy.engine import URL

from closedwon.cli.clients import ledger_of, require_existing, usable
from closedwon.cli.explanation import because, identifiers_in, masked, origins, timeline, worth
from closedwon.cli.failures import FAILED
from closedwon.cli.output import console, minute, print_json
from closedwon.ledger import Ledger
from closedwon.ledger.views.records import explain
from closedwon.pipeline.judging.verdicts import verdicts

_MARKS = {"passed": "[green]✓[/]", "blocked": "[red]✗[/]", "not asked": "[dim]·[/]"}
_LONGEST_ANSWER = 300


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
    require_existing(url)
    with closing(Ledger(url)) as ledger:
        found = explain(ledger, record)
    for entry in found:
        for delivery in entry["deliveries"]:
            delivery["payload"] = masked(delivery["payload"])
            delivery["because"] = because(delivery)
            delivery["gates"] = [asdict(verdict) for verdict in verdicts(entry, delivery)]
    return found


def _show(screen: Console, entries: Sequence[Mapping[str, Any]]) -> None:
    for client, of_client in groupby(entries, key=lambda entry: entry["client"]):
        theirs = list(of_client)
        screen.rule(f"[bold]{client}: what happened[/]", align="left")
        for happening in timeline(theirs):
            screen.print(f"{minute(happening.at)}  {escape(happening.what)}")
        screen.print()
        screen.rule(f"[bold]{client}: what was sent, and why[/]", align="left")
        for entry in theirs:
            if not entry["deliveries"]:
                screen.print(f"{entry['stage']}: no destination is to hear of this stage")
            for delivery in entry["deliveries"]:
                _show_delivery(screen, entry, delivery)


def _show_delivery(screen: Console, entry: Mapping[str, Any], delivery: Mapping[str, Any]) -> None:
    screen.print(
        f"{entry['stage']} → {delivery['destination']} [bold]{escape(delivery['name'])}[/], {worth(delivery)}:"
        f" {escape(delivery['because'])}"
    )
    for verdict in delivery["gates"]:
        screen.print(f"    {_MARKS[verdict['answer']]} {verdict['gate']}: {escape(verdict['figures'])}")
    if delivery["payload"]:
        screen.print(f"    identifiers (masked): {escape(identifiers_in(delivery['payload']))}")
    for line in origins(delivery["identifiers"], delivery["carried"]):
        screen.print(f"    {escape(line)}")
    if delivery["platform_request_id"]:
        screen.print(f"    request {delivery['platform_request_id']}, attempt {delivery['attempts']}")
    if delivery["answer"]:
        answer = json.dumps(delivery["answer"], ensure_ascii=False)
        screen.print(f"    answer: {escape(answer[:_LONGEST_ANSWER])}")

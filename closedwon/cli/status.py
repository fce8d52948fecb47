"""``closedwon status``: how every lane stands, from the ledger alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from closedwon.cli.clients import open_ledger, usable
from closedwon.cli.output import console, minute, money, print_json
from closedwon.ledger.states import State
from closedwon.ledger.views import ClientStatus, LaneStatus, status
from closedwon.pipeline.gates import MEANING


def run_status(names: Sequence[str], folder: Path, *, as_json: bool) -> None:
    """Show how the chosen clients, or all, stand."""
    with usable(names, not names, folder) as files:
        found = []
        for file in files:
            with open_ledger(file) as ledger:
                found.append(status(ledger, file.settings.client))
        if as_json:
            print_json([asdict(client) for client in found])
            return
        for client in found:
            _show(console(), client)


def _show(screen: Console, client: ClientStatus) -> None:
    when = _when(client.last_run)
    screen.rule(f"[bold]{client.client}[/]: {when}", align="left")
    for source, count in client.set_aside.items():
        screen.print(f"  [yellow]{source}: {count:,} rows are set aside in .closedwon/rejects/[/]")
    if client.lanes:
        screen.print(_lanes(list(client.lanes.values())))
    for lane in client.lanes.values():
        for reason, count in sorted(lane.skipped.items(), key=lambda item: -item[1]):
            screen.print(f"  {lane.destination}: {count:,} skipped: {MEANING.get(reason, reason)} ({reason})")
        for reason, count in sorted(lane.reasons.items(), key=lambda item: -item[1]):
            screen.print(
                f"  [yellow]{lane.destination}: {count:,} not accepted: {MEANING.get(reason, reason)}[/]"
            )
    screen.print()


def _when(last: dict[str, Any] | None) -> str:
    if last is None:
        return "never run"
    outcome = "under way, or cut off before its end" if last["outcome"] == "running" else last["outcome"]
    return f"last run {minute(last['started_at'])}, {outcome}"


def _lanes(lanes: list[LaneStatus]) -> Table:
    shown = (
        State.ACCEPTED,
        State.QUEUED,
        State.SENDING,
        State.HELD,
        State.REJECTED,
        State.EXPIRED,
        State.SKIPPED,
    )
    table = Table(
        "Destination",
        *(state.capitalize() for state in shown),
        "Value accepted",
        "Next to expire",
        box=None,
        pad_edge=False,
    )
    for lane in lanes:
        counts = (f"{lane.states.get(state, 0):,}" for state in shown)
        table.add_row(
            lane.destination,
            *counts,
            money(lane.value),
            minute(lane.next_to_expire) if lane.next_to_expire else "–",
        )
    return table

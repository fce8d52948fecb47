"""``closedwon status``: how every lane stands, from the ledger; with ``--refresh``, asked of the platforms anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from closedwon.cli.clients import open_ledger, usable
from closedwon.cli.output import console, minute, money, print_json
from closedwon.ledger import Ledger, RunInProgressError
from closedwon.ledger.processing import RECENT, Processed
from closedwon.ledger.standing import ClientStatus, LaneStatus, status
from closedwon.ledger.states import State
from closedwon.pipeline.afterwards import Afterwards, warnings
from closedwon.pipeline.gates import MEANING
from closedwon.pipeline.opening import open_uploader, utc_now
from closedwon.pipeline.report import DestinationReport
from config import ClientFile
from config.redaction import redact
from uploads.base import Polled, Restating, Uploader


def run_status(names: Sequence[str], folder: Path, *, refresh: bool, as_json: bool) -> None:
    """Show how the chosen clients, or all, stand; ``refresh`` asks the platforms first what they counted."""
    with usable(names, not names, folder) as files:
        found = []
        for file in files:
            with open_ledger(file) as ledger:
                notes = _refresh(file, ledger) if refresh else []
                found.append((file, status(ledger, file.settings.client, utc_now()), notes))
        if as_json:
            print_json([asdict(client) | {"notes": notes} for _, client, notes in found])
            return
        for file, client, notes in found:
            _show(console(), file, client, notes)


def _refresh(file: ClientFile, ledger: Ledger) -> list[str]:
    """Ask every platform of the client what became of its requests; returns what the user should know."""
    notes = []
    client = file.settings.client
    try:
        with ledger.lease(client):
            for name in file.settings.destinations.configured():
                report = DestinationReport(name)
                Afterwards(ledger, client, open_uploader(file.settings, name), report).ask(utc_now())
                notes += [f"{name}: {note}" for note in report.notes]
    except RunInProgressError:
        notes.append("a run is in progress, which asks the platforms itself")
    return notes


def _show(screen: Console, file: ClientFile, client: ClientStatus, notes: Sequence[str]) -> None:
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
        for line in _remarks(file, lane):
            screen.print(f"  {lane.destination}: {line}")
    for note in notes:
        screen.print(f"  [yellow]{escape(redact(note))}[/]")
    screen.print()


def _remarks(file: ClientFile, lane: LaneStatus) -> list[str]:
    remarks = []
    if lane.expiring and lane.next_to_expire:
        first = minute(lane.next_to_expire)
        remarks.append(
            f"[yellow]{lane.expiring:,} wait and are too old within a day: run sync before {first}[/]"
        )
    if lane.destination not in file.settings.destinations.configured():
        return remarks
    if lane.processed is not None:
        remarks.append(_later_word(lane.processed))
    if lane.changed or (lane.processed is not None and lane.processed.says_more):
        uploader = open_uploader(file.settings, lane.destination)
        if lane.changed:
            remarks.append(_changed(lane, uploader))
        if lane.processed is not None and isinstance(uploader, Polled):
            remarks += _reasons(lane.processed, uploader)
    return remarks


def _changed(lane: LaneStatus, uploader: Uploader) -> str:
    if isinstance(uploader, Restating):
        return f"{lane.changed:,} are worth something else now, of which it is still to be told, or can be no more"
    return (
        f"{lane.changed:,} are worth something else now. {getattr(uploader, 'cannot_restate', '')}".rstrip()
    )


def _later_word(said: Processed) -> str:
    """What a platform said later of what it had accepted."""
    return (
        f"{said.accepted:,} accepted by the API in the last {RECENT.days} days:"
        f" {said.processed:,} processed, {said.failed.total():,} not counted, {said.pending:,} not known yet"
        + (f", {said.unknown:,} never told" if said.unknown else "")
    )


def _reasons(said: Processed, uploader: Polled) -> list[str]:
    """Why it did not count some, with a warning where that is too many."""
    lines = [
        *(
            f"{count:,} not counted: {_meaning(reason, uploader)}"
            for reason, count in said.failed.most_common()
        ),
        *(
            f"{count:,} counted with a remark: {_meaning(reason, uploader)}"
            for reason, count in said.warnings.most_common()
        ),
    ]
    return lines + [f"[yellow]{warning}[/]" for warning in warnings(said, uploader)]


def _meaning(reason: str, uploader: Polled) -> str:
    return f"{escape(uploader.meaning(reason))} ({reason})"


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

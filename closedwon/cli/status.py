"""``closedwon status``: how every lane stands, from the ledger; with ``--refresh``, asked of the platforms anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from closedwon.cli.clients import open_existing, usable
from closedwon.cli.output import console, minute, money, print_json
from closedwon.ledger import Ledger
from closedwon.ledger.audiences.standing import Standing
from closedwon.ledger.audiences.states import Membership
from closedwon.ledger.outgoing.processing import RECENT, Processed
from closedwon.ledger.states import State
from closedwon.ledger.views.standing import ClientStatus, LaneStatus, status
from closedwon.ledger.views.words import words
from closedwon.pipeline.judging.meanings import MEANING
from closedwon.pipeline.opening import open_uploader, utc_now
from config import ClientFile
from config.redaction import redact
from uploads.base import Diagnosing, Restating, Unchanging, Uploader


@dataclass(frozen=True)
class _Standing:
    """What is shown of one client.

    Attributes:
        notes: what was heard when the platforms were asked.
        words: by lane, what its platform said for each reason of its own.
    """

    file: ClientFile
    status: ClientStatus
    notes: Sequence[str]
    words: Mapping[str, Mapping[str, str]]


def run_status(names: Sequence[str], folder: Path, *, refresh: bool, as_json: bool) -> None:
    """Show how the chosen clients, or all, stand; ``refresh`` asks the platforms first what they counted."""
    with usable(names, not names, folder) as files:
        found = [_standing(file, refresh=refresh) for file in files]
        if as_json:
            print_json([one.status.as_json() | {"notes": one.notes} for one in found])
            return
        for one in found:
            _show(console(), one)


def _standing(file: ClientFile, *, refresh: bool) -> _Standing:
    name = file.settings.client
    with open_existing(file) as ledger:
        notes = _heard(file, ledger) if refresh else []
        stands = status(ledger, name, utc_now())
        said = {
            lane.destination: words(ledger, name, lane.destination, lane.reasons)
            for lane in stands.lanes.values()
        }
    return _Standing(file, stands, notes, said)


def _heard(file: ClientFile, ledger: Ledger) -> list[str]:
    from closedwon.cli.refreshing import ask_platforms

    return ask_platforms(file, ledger)


def _show(screen: Console, one: _Standing) -> None:
    client = one.status
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
            why = _why(reason, one.words[lane.destination])
            screen.print(f"  [yellow]{lane.destination}: {count:,} not accepted: {why}[/]")
        for line in _remarks(one.file, lane):
            screen.print(f"  {lane.destination}: {line}")
    for audience in client.audiences:
        screen.print(f"  {_audience(audience)}")
    for note in one.notes:
        screen.print(f"  [yellow]{escape(redact(note))}[/]")
    screen.print()


def _why(reason: str, said: Mapping[str, str]) -> str:
    """A reason in words, with itself, by which it is found in the platform's documentation."""
    meaning = MEANING.get(reason) or redact(said.get(reason, reason))
    return escape(meaning if reason in meaning else f"{meaning} ({reason})")


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
        if lane.processed is not None and isinstance(uploader, Diagnosing):
            remarks += _reasons(lane.processed, uploader)
    return remarks


def _changed(lane: LaneStatus, uploader: Uploader) -> str:
    if isinstance(uploader, Restating):
        return f"{lane.changed:,} are worth something else now, of which it is still to be told, or can be no more"
    told = f"{lane.changed:,} are worth something else now"
    return f"{told}. {uploader.cannot_restate}" if isinstance(uploader, Unchanging) else told


def _later_word(said: Processed) -> str:
    """What a platform said later of what it had accepted."""
    return (
        f"{said.accepted:,} accepted by the API in the last {RECENT.days} days:"
        f" {said.processed:,} processed, {said.failed.total():,} not counted, {said.pending:,} not known yet"
        + (f", {said.unknown:,} never told" if said.unknown else "")
        + (f", {said.taken_back:,} not counted and held or to be sent again" if said.taken_back else "")
    )


def _reasons(said: Processed, uploader: Diagnosing) -> list[str]:
    """Why it did not count some, with a warning where that is too many."""
    from closedwon.pipeline.outgoing.afterwards import warnings

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


def _meaning(reason: str, uploader: Diagnosing) -> str:
    return f"{escape(uploader.meaning(reason))} ({reason})"


def _audience(one: Standing) -> str:
    counts = ", ".join(_people(count, state) for state, count in sorted(one.states.items())) or "nobody yet"
    held = f" [yellow]({one.held:,} told of in vain: closedwon audiences says why)[/]" if one.held else ""
    return f"audience {one.audience} at {one.destination}: {counts}{held}"


def _people(count: int, state: str) -> str:
    if state == Membership.LEFT:
        return f"{count:,} taken out, to be confirmed"
    plural = "s" if state == Membership.MEMBER and count != 1 else ""
    return f"{count:,} {state}{plural}"


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

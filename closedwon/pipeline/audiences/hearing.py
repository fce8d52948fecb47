"""Hears what became of the members that platforms had accepted: of whom one took nothing, it is told again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Event

from closedwon.ledger import Ledger
from closedwon.ledger.audiences.confirming import PendingMembers
from closedwon.ledger.audiences.standing import lanes_of
from closedwon.ledger.states import Kind, State
from closedwon.pipeline.audiences.report import AudienceReport
from closedwon.pipeline.outgoing.asking import Asking
from uploads.audiences.base import AudienceUploader
from uploads.base import Polled
from uploads.errors import PlatformError

_UNSURE = "the platform did not say that all of it was done"


def hear(
    pending: PendingMembers,
    uploader: AudienceUploader,
    report: AudienceReport,
    now: datetime,
    *,
    stop: Event | None = None,
) -> str | None:
    """Ask what became of an audience's earlier requests, and note it in ``report``.

    Returns:
        Why the platform took nothing, where that has to be mended.
    """
    to_mend = None
    if not isinstance(uploader, Polled):
        return to_mend
    for heard in Asking(pending, uploader, report.note, stop or Event()).ask(now):
        refused = heard.request.kind is Kind.JOIN and heard.answer.state is State.REJECTED
        report.refused_now += heard.again if refused else 0
        report.told_again += 0 if refused else heard.again
        if heard.answer.state is State.HELD or (heard.answer.state is State.REJECTED and not refused):
            to_mend = heard.answer.message
        elif heard.answer.message:
            report.note(heard.answer.message)
        elif heard.again:
            report.note(f"{heard.again:,} people of an earlier request are told of again: {_UNSURE}")
    return to_mend


def hear_of_all(
    client: str,
    ledger: Ledger,
    destination: str,
    open_uploader: Callable[[], AudienceUploader],
    now: datetime,
) -> list[str]:
    """Ask ``destination`` what became of the requests of every audience; returns what the user should know.

    The client's lease must be held.
    """
    reports = [AudienceReport(audience, at) for at, audience in lanes_of(ledger, client) if at == destination]
    asked = {one.audience: PendingMembers(ledger, client, destination, one.audience) for one in reports}
    if not any(pending.exist() for pending in asked.values()):
        return []
    try:
        uploader = open_uploader()
    except PlatformError as error:
        return [f"{destination}: {error}"]
    said = []
    for report in reports:
        to_mend = hear(asked[report.audience], uploader, report, now)
        said += [f"{report.lane}: {one}" for one in (*filter(None, [to_mend]), *report.notes)]
    return said

"""Hears what became of the members that platforms had accepted: of whom one took nothing, it is told again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Event

from closedwon.ledger import Ledger
from closedwon.ledger.audiences.confirming import PendingMembers
from closedwon.ledger.audiences.standing import lanes_of
from closedwon.ledger.states import State
from closedwon.pipeline.audiences.report import AudienceReport
from closedwon.pipeline.outgoing.asking import Asking
from uploads.audiences.base import AudienceUploader
from uploads.base import Polled
from uploads.errors import PlatformError


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
        report.told_again += heard.again
        if heard.answer.state is State.HELD:
            to_mend = heard.answer.message
        elif heard.answer.message:
            report.note(heard.answer.message)
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
    said = []
    for at, audience in lanes_of(ledger, client):
        pending, report = PendingMembers(ledger, client, at, audience), AudienceReport(audience, at)
        if at != destination or not pending.exist():
            continue
        try:
            to_mend = hear(pending, open_uploader(), report, now)
        except PlatformError as error:
            to_mend = str(error)
        said += [f"{report.lane}: {one}" for one in (*filter(None, [to_mend]), *report.notes)]
    return said

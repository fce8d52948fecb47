"""Asks platforms what became of requests that they had accepted, of conversions or of an audience's members."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

from closedwon.ledger.outgoing.pending import UNKNOWN, Answer, PendingRequest, PendingRequests
from closedwon.ledger.outgoing.restating import COUNTED
from closedwon.ledger.reasons import NOT_COUNTED
from closedwon.pipeline.outgoing.settling import STATES
from uploads.base import Polled
from uploads.errors import Action, PlatformError

_log = logging.getLogger(__name__)

_PASSING = {Action.RETRY, Action.RETRY_ONCE}
"""What would befall the next question, too; any other refusal may be this request's own."""

ASKED_AGAIN_AFTER = timedelta(minutes=30)
MOST_ASKED = 200
"""Requests that one run asks for: what is left over is asked for by the next."""


@dataclass(frozen=True)
class Heard:
    """What a platform said of a request, and of how much it is told again for that."""

    request: PendingRequest
    answer: Answer
    again: int


@dataclass(frozen=True)
class Asking:
    """The requests of one lane, and the platform that is asked what became of them.

    Attributes:
        note: hears what the user should know.
        stop: once it is set, no further request is asked for.
    """

    pending: PendingRequests
    uploader: Polled
    note: Callable[[str], None]
    stop: Event = field(default_factory=Event)

    def ask(self, now: datetime) -> Iterator[Heard]:
        """Ask, and keep each answer; a platform that does not say is asked by the next run."""
        due = self.pending.due(
            now, ready_after=self.uploader.ready_after, again_after=ASKED_AGAIN_AFTER, most=MOST_ASKED
        )
        for request in due:
            if self.stop.is_set():
                return
            try:
                answer = self._answer(request, now)
            except PlatformError as error:
                where = f"{self.pending.client}/{self.pending.destination}"
                _log.warning("%s: status not told: %s", where, error)
                self.note(f"what became of earlier requests could not be asked: {error}")
                if error.policy.action in _PASSING:
                    return
                answer = Answer(None)
            yield Heard(request, answer, self.pending.record(request, answer, now))

    def _answer(self, request: PendingRequest, now: datetime) -> Answer:
        if now - request.accepted_at > self.uploader.asked_until:
            return Answer(UNKNOWN, leaves_open=True)
        said = self.uploader.processing(request.platform_request_id)
        if not said.final:
            return Answer(None)
        state = None if said.verdict is None else STATES[said.verdict]
        return Answer(
            said.state,
            said.failed,
            said.warnings,
            state,
            NOT_COUNTED if state else None,
            said.message,
            counted_none=said.state not in COUNTED,
            leaves_open=said.leaves_open,
        )

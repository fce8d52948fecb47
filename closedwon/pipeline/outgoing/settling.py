"""From an uploader's outcome to what the ledger keeps of it."""

from __future__ import annotations

from closedwon.ledger.outgoing.outbox import Settlement
from closedwon.ledger.states import Kind, State
from uploads.base import Outcome, Polled, Uploader, Verdict

STATES = {
    Verdict.ACCEPTED: State.ACCEPTED,
    Verdict.REJECTED: State.REJECTED,
    Verdict.LATER: State.QUEUED,
    Verdict.HOLD: State.HELD,
}
"""What a verdict makes of a delivery."""


def settlement_of(outcome: Outcome, uploader: Uploader, *, kind: Kind = Kind.SEND) -> Settlement:
    """What ``uploader`` brought about by a request of ``kind``."""
    return Settlement(
        outcome.event_ids,
        STATES[outcome.verdict],
        reason=outcome.reason,
        message=outcome.message,
        platform_request_id=outcome.platform_request_id,
        answer=outcome.answer,
        keep_payload=uploader.keeps_payloads,
        polled=outcome.verdict is Verdict.ACCEPTED and isinstance(uploader, Polled),
        set_apart=outcome.verdict is Verdict.LATER and outcome.lane_goes_on,
        kind=kind,
    )

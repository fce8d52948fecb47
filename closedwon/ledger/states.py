"""The states of a delivery, and which of them are final."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a delivery stands.

    ``queued → sending → accepted | rejected | expired``, or ``held`` where configuration must be mended first;
    ``skipped`` is not to be sent, for the reason beside it.
    """

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    HELD = "held"
    SKIPPED = "skipped"


class Kind(StrEnum):
    """What a request tells a platform of.

    Conversions; a few of those that it did not count, to see whether it does by now; new values; members of an audience
    who join or leave it.
    """

    SEND = "send"
    PROBE = "probe"
    RESTATE = "restate"
    JOIN = "join"
    LEAVE = "leave"


OPEN = (State.QUEUED, State.HELD, State.SKIPPED)
"""What no platform has heard of: judged anew, value and consent and all, when its record is read again."""

WAITING = (State.QUEUED, State.HELD)
"""What is still to be sent, now or when configuration is mended."""

UNANSWERED = (*WAITING, State.SENDING)
"""What the platform has not answered; of what a dead run was sending nobody knows whether it heard."""

FINAL = (State.ACCEPTED, State.REJECTED, State.EXPIRED)
"""What stays as it is, whatever its record says later."""

ERASED = ""
"""Stands for a record's id where it was erased; the entry is left, so that it is never judged anew."""

ERASED_ENTRY = {
    "record_id": ERASED,
    **dict.fromkeys(("order_id", "stage_raw", "amount", "person", "lead_source", "campaign", "form")),
}
"""What is left out of a stage entry then."""

"""The states of a delivery, and which of them are final."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a delivery stands.

    ``queued → sending → accepted | rejected | expired``, or ``held`` where configuration must be mended first;
    ``skipped`` never was to be sent, for the reason beside it, and is judged anew when its record is read again.
    """

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    HELD = "held"
    SKIPPED = "skipped"

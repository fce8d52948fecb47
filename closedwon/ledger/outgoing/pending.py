"""Requests that a platform has accepted and says more of later: which are to be asked for, and what it said."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, text, update

from closedwon.ledger.ledger import Ledger, microseconds, moment
from closedwon.ledger.reasons import PENDING
from closedwon.ledger.schema import IS_PENDING, requests
from closedwon.ledger.states import WAITING, Kind, State

UNKNOWN = "unknown"
"""Of a request that was asked for until the platform no longer knew it."""

FAILED = "failed later"
"""The outcome of a request that was accepted, and of which all that it told waits again."""


_LONGEST_RUN = timedelta(days=1)
"""A run takes its beginning for now, and what it notes itself lies ahead of that."""


@dataclass(frozen=True)
class PendingRequest:
    """A request of ``kind`` whose platform has not said yet what became of it."""

    id: int
    platform_request_id: str
    accepted_at: datetime
    kind: Kind = Kind.SEND


@dataclass(frozen=True)
class Answer:
    """What a platform says of a request, as the ledger keeps it.

    Attributes:
        processing: the platform's word; None while there is none.
        failed, warnings: events, or members, by the platform's reason.
        state: what becomes of its deliveries, or members, where they are not simply done; ``reason`` and ``message``
            say why.
        counted_none: whether none of them was counted; else some were, and sending them again is for the others.
        leaves_open: whether something of it may not have been done that should be.
    """

    processing: str | None
    failed: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)
    state: State | None = None
    reason: str | None = None
    message: str | None = None
    counted_none: bool = True
    leaves_open: bool = False


@dataclass(frozen=True)
class PendingRequests(ABC):
    """A client's requests to one destination of which more is to be heard: of deliveries, or of an ``audience``."""

    ledger: Ledger
    client: str
    destination: str
    audience: str | None = None

    @abstractmethod
    def record(self, request: PendingRequest, answer: Answer, now: datetime) -> int:
        """Keep ``answer`` and what follows from it; returns of how much the platform is told again."""

    def exist(self) -> bool:
        """Whether there is any, worth asking for by now or not."""
        with self.ledger.reading() as connection:
            return connection.execute(select(requests.c.id).where(self._own).limit(1)).first() is not None

    def due(
        self, now: datetime, *, ready_after: timedelta, again_after: timedelta, most: int
    ) -> list[PendingRequest]:
        """Up to ``most`` requests that are worth asking for, the oldest first.

        They were accepted ``ready_after`` ago and not asked for since ``again_after``. What lies days ahead of ``now``
        was noted by a clock that ran ahead, and says nothing.
        """
        query = (
            select(requests.c.id, requests.c.platform_request_id, requests.c.answered_at, requests.c.kind)
            .where(
                self._own,
                _is_past(requests.c.answered_at, now - ready_after, now),
                or_(requests.c.asked_at.is_(None), _is_past(requests.c.asked_at, now - again_after, now)),
            )
            # What was never asked for comes first, lest those that do not end keep the others waiting.
            .order_by(func.coalesce(requests.c.asked_at, 0), requests.c.answered_at)
            .limit(most)
        )
        with self.ledger.reading() as connection:
            return [
                PendingRequest(row.id, row.platform_request_id, moment(row.answered_at), Kind(row.kind))
                for row in connection.execute(query)
            ]

    @property
    def _own(self) -> ColumnElement[bool]:
        return and_(
            requests.c.client == self.client,
            requests.c.destination == self.destination,
            requests.c.audience.is_not_distinct_from(self.audience),
            text(IS_PENDING),
            requests.c.platform_request_id.is_not(None),
        )


def _is_past(time: ColumnElement[int], moment: datetime, now: datetime) -> ColumnElement[bool]:
    return or_(time <= microseconds(moment), time > microseconds(now + _LONGEST_RUN))


def keep_answer(connection: Connection, request: PendingRequest, answer: Answer, stamp: int) -> None:
    """Keep ``answer`` with its request."""
    values: dict[str, object] = {
        "processing": answer.processing or PENDING,
        "asked_at": stamp,
        "failed": _json(answer.failed),
        "warnings": _json(answer.warnings),
    }
    if answer.counted_none and answer.state in WAITING:
        values["outcome"] = FAILED
    connection.execute(update(requests).where(requests.c.id == request.id).values(**values))


def _json(counts: Mapping[str, int]) -> str | None:
    return json.dumps(dict(sorted(counts.items()))) if counts else None

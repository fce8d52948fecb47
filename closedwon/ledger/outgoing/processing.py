"""What platforms say later of conversions that they had accepted: kept with the request, acted on where all failed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, select, text, update

from closedwon.ledger.conditions import one_delivery
from closedwon.ledger.ledger import Ledger, microseconds
from closedwon.ledger.outgoing.pending import (
    FAILED,
    UNKNOWN,
    Answer,
    PendingRequest,
    PendingRequests,
    keep_answer,
)
from closedwon.ledger.reasons import NOT_COUNTED, PENDING, REFUNDED
from closedwon.ledger.schema import IS_SETTLED, IS_UNSETTLED, deliveries, requests, restatements
from closedwon.ledger.states import Kind, State

RECENT = timedelta(days=28)
"""How far back requests count when it is told what became of them."""

MOST_ATTEMPTS = 5
"""How often a conversion is sent for the sake of others of its request that were not counted."""


class PendingConversions(PendingRequests):
    """See :class:`closedwon.ledger.outgoing.pending.PendingRequests`."""

    def record(self, request: PendingRequest, answer: Answer, now: datetime) -> int:
        """Keep ``answer``; returns how many deliveries of the request it opened again, or gave up."""
        stamp = microseconds(now)
        with self.ledger.writing() as connection:
            keep_answer(connection, request, answer, stamp)
            self._take_back_restatements(connection, request, answer, stamp)
            if answer.state is None:
                return 0
            sent_by_it = and_(
                deliveries.c.client == self.client,
                deliveries.c.destination == self.destination,
                text(IS_SETTLED),
                deliveries.c.request_id == request.id,
                deliveries.c.state == State.ACCEPTED,
                # What is forgotten of a person who refused since cannot be sent again, nor is it to be.
                deliveries.c.payload.is_not(None),
            )
            if answer.counted_none:
                _skip_refunded(connection, sent_by_it, stamp)
            else:
                sent_by_it = and_(sent_by_it, deliveries.c.attempts < MOST_ATTEMPTS)
            return connection.execute(
                update(deliveries)
                .where(sent_by_it)
                .values(
                    state=answer.state,
                    reason=answer.reason,
                    message=answer.message,
                    told_value=None,
                    told_currency=None,
                    accepted_at=None,
                    changed_at=None,
                    updated_at=stamp,
                )
            ).rowcount

    def _take_back_restatements(
        self, connection: Connection, request: PendingRequest, answer: Answer, stamp: int
    ) -> None:
        """A new value that was not counted was not told: it is told again, unless the platform will never take it.

        Where another was told since, that one counts.
        """
        if answer.state is None:
            return
        later = restatements.alias("later")
        told_since = exists().where(
            later.c.client == restatements.c.client,
            later.c.event_id == restatements.c.event_id,
            later.c.destination == restatements.c.destination,
            later.c.outcome == State.ACCEPTED,
            later.c.id > restatements.c.id,
        )
        told = connection.execute(
            select(restatements.c.event_id, restatements.c.value_before).where(
                restatements.c.client == self.client, restatements.c.request_id == request.id, ~told_since
            )
        ).all()
        if not told:
            return
        again = None if answer.state is State.REJECTED else stamp
        connection.execute(
            update(deliveries)
            .where(one_delivery(self.client), deliveries.c.state == State.ACCEPTED)
            .values(told_value=bindparam("told"), changed_at=again),
            [{"at": self.destination, "of": of, "told": before} for of, before in told],
        )


def _skip_refunded(connection: Connection, sent_by_it: ColumnElement[bool], stamp: int) -> None:
    """Where a refund came after the request, there is nothing left to tell of."""
    connection.execute(
        update(deliveries)
        .where(sent_by_it, deliveries.c.value == 0, deliveries.c.told_value > 0)
        .values(
            state=State.SKIPPED,
            reason=REFUNDED,
            payload=None,
            told_value=None,
            told_currency=None,
            changed_at=None,
            updated_at=stamp,
        )
    )


@dataclass
class Processed:
    """What a platform said, all requests taken together.

    Attributes:
        accepted: events that it accepted, and says more of later.
        pending: those of them of which it has not said more yet; ``unknown``, of which it never did.
        failed: those of them that it did not count, by its reason.
        taken_back: those besides that it did not count, and that are held or to be sent again.
        warnings: those that it counted with a remark, by its reason.
    """

    accepted: int = 0
    pending: int = 0
    unknown: int = 0
    taken_back: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)

    @property
    def heard_of(self) -> int:
        """Events whose end is known."""
        return self.accepted - self.pending - self.unknown

    @property
    def processed(self) -> int:
        """Events that were counted."""
        return self.heard_of - self.failed.total() - self.taken_back

    @property
    def says_more(self) -> bool:
        """Whether the platform gave reasons."""
        return bool(self.failed or self.warnings)

    def as_json(self) -> dict[str, Any]:
        """The same as JSON-able data."""
        return {**vars(self), "failed": dict(self.failed), "warnings": dict(self.warnings)}


def processed(ledger: Ledger, client: str, *, since: datetime) -> dict[str, Processed]:
    """By destination, what its platform said of the requests that it has accepted ``since``."""
    query = select(
        requests.c.destination,
        requests.c.deliveries,
        requests.c.processing,
        requests.c.failed,
        requests.c.warnings,
    ).where(
        requests.c.client == client,
        requests.c.kind.in_([Kind.SEND, Kind.PROBE]),
        requests.c.answered_at >= microseconds(since),
        requests.c.outcome == State.ACCEPTED,
        requests.c.processing.is_not(None),
    )
    of_request = and_(requests.c.id == deliveries.c.request_id, requests.c.client == deliveries.c.client)
    again = (
        select(deliveries.c.destination, func.count().label("number"))
        .join(requests, of_request)
        .where(
            deliveries.c.client == client,
            text(IS_UNSETTLED),
            deliveries.c.reason == NOT_COUNTED,
            requests.c.outcome == FAILED,
            requests.c.answered_at >= microseconds(since),
        )
        .group_by(deliveries.c.destination)
    )
    found: dict[str, Processed] = {}
    with ledger.reading() as connection:
        for row in connection.execute(again):
            lane = found.setdefault(row.destination, Processed())
            lane.accepted += row.number
            lane.taken_back += row.number
        for row in connection.execute(query):
            lane = found.setdefault(row.destination, Processed())
            lane.accepted += row.deliveries
            lane.pending += row.deliveries if row.processing == PENDING else 0
            lane.unknown += row.deliveries if row.processing == UNKNOWN else 0
            lane.failed.update(json.loads(row.failed or "{}"))
            lane.warnings.update(json.loads(row.warnings or "{}"))
    return found

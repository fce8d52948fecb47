"""How a client stands: its last run, how far its sources are read, and what became of its deliveries so far."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, or_, select, text

from closedwon.ledger.audiences.standing import Standing, standings
from closedwon.ledger.bulk import look_up
from closedwon.ledger.ledger import Ledger, microseconds, moment
from closedwon.ledger.outgoing.claims import Claim
from closedwon.ledger.outgoing.processing import RECENT, Processed, processed
from closedwon.ledger.schema import IS_CHANGED, IS_SETTLED, IS_UNSETTLED, cursors, deliveries, rejects, runs
from closedwon.ledger.states import WAITING, State

SOON = timedelta(days=1)
"""What the platform takes no longer than this is warned of: the next run may be too late."""


@dataclass
class LaneStatus:
    """How the deliveries of one client to one destination stand.

    Attributes:
        value: what the platform was told of accepted deliveries, by currency.
        changed: accepted deliveries that are worth something else now, and of which it was not told.
        expiring: deliveries that wait and are soon too old; the first of them at ``next_to_expire``.
        processed: what the platform said later of the requests of the last weeks; None where it never does.
    """

    destination: str
    states: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    value: dict[str, float] = field(default_factory=dict)
    changed: int = 0
    expiring: int = 0
    next_to_expire: str | None = None
    processed: Processed | None = None

    def as_json(self) -> dict[str, Any]:
        """The same as JSON-able data."""
        return {**vars(self), "processed": self.processed.as_json() if self.processed else None}


@dataclass
class ClientStatus:
    """How one client stands: its last run, its sources' positions and its lanes."""

    client: str
    last_run: dict[str, Any] | None = None
    sources: dict[str, str] = field(default_factory=dict)
    set_aside: dict[str, int] = field(default_factory=dict)
    lanes: dict[str, LaneStatus] = field(default_factory=dict)
    audiences: list[Standing] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The same as JSON-able data."""
        lanes = {name: lane.as_json() for name, lane in self.lanes.items()}
        return {**vars(self), "lanes": lanes, "audiences": [asdict(one) for one in self.audiences]}


def status(ledger: Ledger, client: str, now: datetime) -> ClientStatus:
    """How ``client`` stands in ``ledger``."""
    result = ClientStatus(client)
    with ledger.reading() as connection:
        last = connection.execute(
            select(runs).where(runs.c.client == client).order_by(runs.c.id.desc()).limit(1)
        ).first()
        if last is not None:
            result.last_run = {
                "started_at": moment(last.started_at).isoformat(),
                "finished_at": moment(last.finished_at).isoformat() if last.finished_at else None,
                "outcome": last.outcome,
            }
        for row in connection.execute(
            select(cursors.c.source, cursors.c.saved_at).where(cursors.c.client == client)
        ):
            result.sources[row.source] = moment(row.saved_at).isoformat()
        for row in connection.execute(
            select(rejects.c.source, func.count().label("number"))
            .where(rejects.c.client == client)
            .group_by(rejects.c.source)
        ):
            result.set_aside[row.source] = row.number
        _count_lanes(connection, result, now)
    for name, said in processed(ledger, client, since=now - RECENT).items():
        result.lanes.setdefault(name, LaneStatus(name)).processed = said
    result.audiences = standings(ledger, client)
    return result


def has_run(ledger: Ledger, client: str) -> bool:
    """Whether anything was ever read for the client."""
    with ledger.reading() as connection:
        return (
            connection.execute(select(runs.c.id).where(runs.c.client == client).limit(1)).first() is not None
        )


def _count_lanes(connection: Connection, result: ClientStatus, now: datetime) -> None:
    """Count deliveries, each kind by the partial index that holds it, so that a million take a moment."""
    own = deliveries.c.client == result.client
    lane = deliveries.c.destination, deliveries.c.state, deliveries.c.reason, deliveries.c.told_currency
    counts = func.count().label("number"), func.sum(deliveries.c.told_value).label("told")
    for condition in (IS_SETTLED, IS_UNSETTLED):
        for row in connection.execute(select(*lane, *counts).where(own, text(condition)).group_by(*lane)):
            _count(result.lanes.setdefault(row.destination, LaneStatus(row.destination)), row)
    for claim in Claim.of_client(connection, result.client):
        _count_under_way(connection, result.lanes, claim)
    differs = or_(
        deliveries.c.value != deliveries.c.told_value, deliveries.c.currency != deliveries.c.told_currency
    )
    changed = select(deliveries.c.destination, func.count().label("number")).where(
        own, text(IS_CHANGED), differs
    )
    for row in connection.execute(changed.group_by(deliveries.c.destination)):
        result.lanes[row.destination].changed = row.number
    soon = case((deliveries.c.expires_at <= microseconds(now + SOON), 1), else_=0)
    waiting = select(
        deliveries.c.destination,
        func.min(deliveries.c.expires_at).label("soonest"),
        func.sum(soon).label("expiring"),
    ).where(own, text(IS_UNSETTLED), deliveries.c.state.in_(WAITING))
    for row in connection.execute(waiting.group_by(deliveries.c.destination)):
        result.lanes[row.destination].next_to_expire = moment(row.soonest).isoformat()
        result.lanes[row.destination].expiring = row.expiring


def _count_under_way(connection: Connection, lanes: dict[str, LaneStatus], claim: Claim) -> None:
    """Count as being sent what a run has under way, or had when it died, and what therefore no longer waits."""
    query = select(deliveries.c.state).where(
        deliveries.c.client == claim.client,
        deliveries.c.destination == claim.destination,
        deliveries.c.state.in_(WAITING),
    )
    for row in look_up(connection, query, deliveries.c.event_id, claim.event_ids(connection)):
        states = lanes[claim.destination].states
        states[row.state] -= 1
        states[State.SENDING] = states.get(State.SENDING, 0) + 1
        if not states[row.state]:
            del states[row.state]


def _count(lane: LaneStatus, row: Any) -> None:
    lane.states[row.state] = lane.states.get(row.state, 0) + row.number
    if row.state == State.SKIPPED:
        lane.skipped[row.reason] = lane.skipped.get(row.reason, 0) + row.number
    elif row.state == State.ACCEPTED:
        if row.told is not None and row.told_currency is not None:
            lane.value[row.told_currency] = round(lane.value.get(row.told_currency, 0.0) + row.told, 2)
    elif row.reason is not None:
        lane.reasons[row.reason] = lane.reasons.get(row.reason, 0) + row.number

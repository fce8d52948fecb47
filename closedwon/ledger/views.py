"""What a person asks the ledger: how the lanes stand, and what became of one record."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from closedwon.ledger.bulk import AT_ONCE
from closedwon.ledger.ledger import Ledger, moment
from closedwon.ledger.schema import cursors, deliveries, rejects, requests, runs, stage_entries
from closedwon.ledger.states import WAITING, State
from config.columns import REFUND_STAGE

_SHORT_SALESFORCE_ID = 15


@dataclass
class LaneStatus:
    """How the deliveries of one client to one destination stand."""

    destination: str
    states: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    value: dict[str, float] = field(default_factory=dict)
    next_to_expire: str | None = None


@dataclass
class ClientStatus:
    """How one client stands: its last run, its sources' positions and its lanes."""

    client: str
    last_run: dict[str, Any] | None = None
    sources: dict[str, str] = field(default_factory=dict)
    set_aside: dict[str, int] = field(default_factory=dict)
    lanes: dict[str, LaneStatus] = field(default_factory=dict)


def status(ledger: Ledger, client: str) -> ClientStatus:
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
        lane = deliveries.c.destination, deliveries.c.state, deliveries.c.reason, deliveries.c.currency
        for row in connection.execute(
            select(*lane, func.count().label("number"), func.sum(deliveries.c.value).label("value"))
            .where(deliveries.c.client == client)
            .group_by(*lane)
        ):
            _count(result.lanes.setdefault(row.destination, LaneStatus(row.destination)), row)
        for row in connection.execute(
            select(deliveries.c.destination, func.min(deliveries.c.expires_at).label("soonest"))
            .where(deliveries.c.client == client, deliveries.c.state.in_(WAITING))
            .group_by(deliveries.c.destination)
        ):
            result.lanes[row.destination].next_to_expire = moment(row.soonest).isoformat()
    return result


def _count(lane: LaneStatus, row: Any) -> None:
    lane.states[row.state] = lane.states.get(row.state, 0) + row.number
    if row.state == State.SKIPPED:
        lane.skipped[row.reason] = lane.skipped.get(row.reason, 0) + row.number
    elif row.state == State.ACCEPTED:
        if row.value is not None and row.currency is not None:
            lane.value[row.currency] = round(lane.value.get(row.currency, 0.0) + row.value, 2)
    elif row.reason is not None:
        lane.reasons[row.reason] = lane.reasons.get(row.reason, 0) + row.number


def explain(ledger: Ledger, record_id: str) -> list[dict[str, Any]]:
    """Every stage entry of the record or order ``record_id``, refunds too, each with its deliveries, by time."""
    with ledger.reading() as connection:
        entries = connection.execute(
            select(stage_entries)
            .where(_is_record(record_id.strip()))
            .order_by(stage_entries.c.client, stage_entries.c.entered_at)
        ).all()
        keys = [(entry.client, entry.event_id) for entry in entries]
        sent = connection.execute(
            select(deliveries, requests.c.platform_request_id, requests.c.answer, requests.c.answered_at)
            .outerjoin(requests, and_(requests.c.id == deliveries.c.request_id))
            .where(deliveries.c.event_id.in_([event_id for _, event_id in keys]))
            .order_by(deliveries.c.destination)
        ).all()
    return [
        {
            "client": entry.client,
            "source": entry.source,
            "object": entry.object,
            "record_id": entry.record_id,
            "stage": entry.stage,
            "stage_raw": entry.stage_raw,
            "entered_at": moment(entry.entered_at).isoformat(),
            "amount": entry.amount,
            "currency": entry.currency,
            "event_id": entry.event_id,
            "deliveries": [
                _delivery(row) for row in sent if (row.client, row.event_id) == (entry.client, entry.event_id)
            ],
        }
        for entry in entries
    ]


def _is_record(record_id: str) -> ColumnElement[bool]:
    """The record itself, and the refunds of an order.

    Salesforce shows the first 15 of an id's 18 characters in reports and addresses.
    """
    refund = and_(stage_entries.c.stage == REFUND_STAGE, stage_entries.c.order_id == record_id)
    exact = or_(stage_entries.c.record_id == record_id, refund)
    if len(record_id) == _SHORT_SALESFORCE_ID and record_id.isalnum():
        return or_(exact, stage_entries.c.record_id.startswith(record_id, autoescape=True))
    return exact


def _delivery(row: Any) -> dict[str, Any]:
    return {
        "destination": row.destination,
        "name": row.name,
        "state": row.state,
        "reason": row.reason,
        "message": row.message,
        "value": row.value,
        "full_value": row.full_value,
        "currency": row.currency,
        "attempts": row.attempts,
        "expires_at": moment(row.expires_at).isoformat(),
        "answered_at": moment(row.answered_at).isoformat() if row.answered_at else None,
        "platform_request_id": row.platform_request_id,
        "answer": json.loads(row.answer) if row.answer else None,
        "payload": json.loads(row.payload) if row.payload else None,
        "identifiers": row.identifiers.split() if row.identifiers else [],
        "carried": json.loads(row.carried) if row.carried else [],
    }


def carried(ledger: Ledger, client: str, destination: str) -> dict[str, frozenset[str]]:
    """Event id to the identifiers that came from another record, for conversions that carry any."""
    query = select(deliveries.c.event_id, deliveries.c.carried).where(
        deliveries.c.client == client,
        deliveries.c.destination == destination,
        deliveries.c.carried.is_not(None),
    )
    with ledger.reading() as connection:
        rows = connection.execution_options(yield_per=AT_ONCE).execute(query)
        return {
            row.event_id: frozenset(str(one["identifier"]) for one in json.loads(row.carried)) for row in rows
        }


def finished_record(ledger: Ledger, client: str) -> str | None:
    """A record of ``client`` that shows much when explained: with most accepted deliveries, and what they carry."""
    with ledger.reading() as connection:
        return connection.execute(
            select(stage_entries.c.record_id)
            .join(
                deliveries,
                and_(
                    deliveries.c.client == stage_entries.c.client,
                    deliveries.c.event_id == stage_entries.c.event_id,
                ),
            )
            .where(stage_entries.c.client == client, deliveries.c.state == State.ACCEPTED)
            .group_by(stage_entries.c.record_id)
            .order_by(func.count().desc(), func.count(deliveries.c.carried).desc(), stage_entries.c.record_id)
            .limit(1)
        ).scalar()

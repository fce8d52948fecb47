"""What a person asks the ledger of single records: what became of one, and what it carries of others."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, literal, select

from closedwon.ledger.bulk import AT_ONCE
from closedwon.ledger.ledger import Ledger, moment
from closedwon.ledger.outgoing.claims import Claim
from closedwon.ledger.people.record_ids import forms_of
from closedwon.ledger.schema import (
    cursors,
    deliveries,
    requests,
    restatements,
    stage_entries,
)
from closedwon.ledger.states import WAITING, State
from config.columns import REFUND_STAGE

_SENT = select(
    deliveries,
    requests.c.platform_request_id,
    requests.c.answer,
    requests.c.answered_at,
    requests.c.processing,
    requests.c.asked_at,
).outerjoin(requests, requests.c.id == deliveries.c.request_id)


def explain(ledger: Ledger, record_id: str) -> list[dict[str, Any]]:
    """Every stage entry of the record or order ``record_id``, refunds too, each with its deliveries, by time."""
    with ledger.reading() as connection:
        found = _entries_of(connection, record_id.strip())
        entries = sorted(found, key=lambda entry: (entry.client, entry.entered_at))
        sent = _of_entries(connection, entries, _SENT.order_by(deliveries.c.destination), deliveries)
        told_anew = _of_entries(
            connection, entries, select(restatements).order_by(restatements.c.id), restatements
        )
        under_way = {
            (claim.client, event_id, claim.destination)
            for client in dict.fromkeys(entry.client for entry in entries)
            for claim in Claim.of_client(connection, client)
            for event_id in claim.event_ids(connection)
        }
    return [
        {
            "client": entry.client,
            "source": entry.source,
            "object": entry.object,
            "record_id": entry.record_id,
            "stage": entry.stage,
            "stage_raw": entry.stage_raw,
            "entered_at": moment(entry.entered_at).isoformat(),
            "time_known": entry.time_known,
            "lead_created_at": _time(entry.lead_created_at),
            "read_at": moment(entry.read_at).isoformat(),
            "amount": entry.amount,
            "currency": entry.currency,
            "event_id": entry.event_id,
            "deliveries": [
                _delivery(row, told_anew, under_way)
                for row in sent
                if (row.client, row.event_id) == (entry.client, entry.event_id)
            ],
        }
        for entry in entries
    ]


def _of_entries(
    connection: Connection, entries: Sequence[Any], query: Select[Any], table: Table
) -> list[Any]:
    """The rows of ``query`` that belong to ``entries``: client by client, since only so an index finds them."""
    found: list[Any] = []
    for client in dict.fromkeys(entry.client for entry in entries):
        ids = [entry.event_id for entry in entries if entry.client == client]
        found += connection.execute(query.where(table.c.client == client, table.c.event_id.in_(ids)))
    return found


def _entries_of(connection: Connection, record_id: str) -> list[Any]:
    """The entries of the record itself, and the refunds of an order: two questions, each with an index of its own."""
    own = connection.execute(select(stage_entries).where(is_record(record_id))).all()
    # The index of refunds goes by client and source, and the cursors name all of them.
    of_source = and_(stage_entries.c.client == cursors.c.client, stage_entries.c.source == cursors.c.source)
    refunds = connection.execute(
        select(stage_entries)
        .select_from(cursors.join(stage_entries, of_source))
        .where(is_refund_of(record_id))
    ).all()
    known = {(entry.client, entry.event_id) for entry in own}
    return [*own, *(entry for entry in refunds if (entry.client, entry.event_id) not in known)]


def is_record(record_id: str) -> ColumnElement[bool]:
    """The entries of the record itself, which may be named by Salesforce's short id."""
    return stage_entries.c.record_id.in_(forms_of(record_id))


def is_refund_of(order_id: str) -> ColumnElement[bool]:
    """The refunds of an order, in the words of their index."""
    is_refund = stage_entries.c.stage == literal(REFUND_STAGE, literal_execute=True)
    return and_(is_refund, stage_entries.c.order_id == order_id)


def _delivery(
    row: Any, told_anew: Sequence[Any], under_way: Collection[tuple[str, str, str]]
) -> dict[str, Any]:
    of_it = (row.client, row.event_id, row.destination)
    being_sent = row.state in WAITING and of_it in under_way
    return {
        "destination": row.destination,
        "name": row.name,
        "state": State.SENDING.value if being_sent else row.state,
        "reason": row.reason,
        "message": row.message,
        "value": row.value,
        "full_value": row.full_value,
        "told_value": row.told_value,
        "value_version": row.value_version,
        "changed_at": _time(row.changed_at),
        "event_time": _time(row.event_time),
        "queued_at": _time(row.queued_at),
        "updated_at": _time(row.updated_at),
        "consent": row.consent,
        "currency": row.currency,
        "attempts": row.attempts,
        "expires_at": moment(row.expires_at).isoformat(),
        "answered_at": _time(row.answered_at),
        "platform_request_id": row.platform_request_id,
        "answer": json.loads(row.answer) if row.answer else None,
        "processing": row.processing,
        "processed_at": _time(row.asked_at),
        "restatements": [
            {
                "from": one.value_before,
                "to": one.value,
                "outcome": one.outcome,
                "reason": one.reason,
                "answered_at": moment(one.answered_at).isoformat(),
            }
            for one in told_anew
            if (one.client, one.event_id, one.destination) == of_it
        ],
        "payload": json.loads(row.payload) if row.payload else None,
        "identifiers": row.identifiers.split() if row.identifiers else [],
        "carried": json.loads(row.carried) if row.carried else [],
    }


def _time(microseconds: int | None) -> str | None:
    return None if microseconds is None else moment(microseconds).isoformat()


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

"""Erasing a person: what the ledger has of somebody is found by hashes and records, and taken out of every table.

What is left of a conversion is its id, its stage, its time and its state. Without them the next reading of the same
record could send it again, and nobody could tell how many conversions a platform was told of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Row,
    Select,
    and_,
    delete,
    func,
    or_,
    select,
    update,
)

from closedwon.ledger.audiences.forgetting import erase_members
from closedwon.ledger.bulk import among, frame, frames, look_up, parts
from closedwon.ledger.incoming.gone import PAIRS
from closedwon.ledger.ledger import Ledger, microseconds
from closedwon.ledger.outgoing.claims import Claim
from closedwon.ledger.people.identities import RECORDS, SIGHTINGS
from closedwon.ledger.people.keeping_out import keep_out
from closedwon.ledger.people.record_ids import forms_of
from closedwon.ledger.reasons import PERSON_FORGOTTEN
from closedwon.ledger.schema import deliveries, identities, merges, rejects, stage_entries
from closedwon.ledger.states import ERASED, ERASED_ENTRY, UNANSWERED, State
from closedwon.ledger.views.records import is_record, is_refund_of

ENTRIES = {**RECORDS, "order_id": pl.String, "event_id": pl.String}
"""Schema of stage entries: whose they are."""

_ERASED_OF_DELIVERIES = ("payload", "identifiers", "carried", "message", "changed_at", "request_id")
"""With its request a delivery would be queued again where the platform says later that all of the request failed."""


@dataclass(frozen=True)
class Traces:
    """What is to be erased.

    Attributes:
        identities: of sightings.
        events: whose deliveries lose what they are matched on, and whose entries lose the record.
        records: :data:`~closedwon.ledger.people.identities.RECORDS`; merges of them are deleted.
        texts: what no rejected row may show.
    """

    identities: Collection[str]
    events: Collection[str]
    records: pl.DataFrame
    texts: Collection[str]


@dataclass
class Erased:
    """How much was erased.

    Attributes:
        withdrawn: deliveries that waited and are not sent any more, by destination.
        told: deliveries that the platform had accepted; ``tried``, others that it was sent and may have kept.
        sources: whose lists of rejected rows are shorter now.
        members: under which keys audiences know the person, whom platforms are still to take out of them.
    """

    identities: int = 0
    stage_entries: int = 0
    deliveries: int = 0
    merges: int = 0
    rejects: int = 0
    audiences: int = 0
    withdrawn: dict[str, int] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)


def records_named(ledger: Ledger, client: str, record_id: str) -> pl.DataFrame:
    """Every record (:data:`RECORDS`) that has an id: of stages, of orders, of the identity map or of merges."""
    of_entries = select(*(stage_entries.c[name] for name in RECORDS)).where(
        stage_entries.c.client == client, or_(is_record(record_id), is_refund_of(record_id))
    )
    others = [
        select(*(table.c[name] for name in RECORDS)).where(
            table.c.client == client, table.c.record_id.in_(forms_of(record_id))
        )
        for table in (identities, merges)
    ]
    with ledger.reading() as connection:
        rows = [row for query in (of_entries, *others) for row in connection.execute(query)]
    return frame(rows, RECORDS).unique(maintain_order=True)


def sightings_of_records(ledger: Ledger, client: str, records: pl.DataFrame) -> pl.DataFrame:
    """What the identity map has of ``records``: a frame of ``SIGHTINGS``."""
    rows: list[Row[Any]] = []
    with ledger.reading() as connection:
        for (source,), part in records.group_by("source"):
            query = select(*(identities.c[name] for name in SIGHTINGS)).where(
                identities.c.client == client, identities.c.source == source
            )
            rows += look_up(connection, query, identities.c.record_id, part["record_id"])
    found = frame(rows, SIGHTINGS)
    return found.join(records, on=list(RECORDS), how="semi")


def with_merged(ledger: Ledger, client: str, records: pl.DataFrame) -> pl.DataFrame:
    """``records``, those that were merged into any of them, and those that they were merged into."""
    query = select(merges.c.source, *(merges.c[name] for name in PAIRS)).where(merges.c.client == client)
    ids = records["record_id"]
    with ledger.reading() as connection:
        rows = [
            tuple(row)
            for column in (merges.c.record_id, merges.c.merged_into)
            for row in look_up(connection, query, column, ids)
        ]
    found = set(records.select(*RECORDS).iter_rows())
    for source, of_object, loser, winner in rows:
        pair = {(source, of_object, loser), (source, of_object, winner)}
        found |= pair if pair & found else set()
    return frame(sorted(found), RECORDS)


def entries_of_records(ledger: Ledger, client: str, records: pl.DataFrame) -> pl.DataFrame:
    """The stage entries (:data:`ENTRIES`) of ``records``."""
    found = _entries(ledger, client, stage_entries.c.record_id, records["record_id"])
    return found.join(records, on=list(RECORDS), how="semi", nulls_equal=True)


def entries_of_events(ledger: Ledger, client: str, events: Collection[str]) -> pl.DataFrame:
    """The stage entries (:data:`ENTRIES`) of ``events``; those that were erased before are left out."""
    found = _entries(ledger, client, stage_entries.c.event_id, events)
    return found.filter(pl.col("record_id") != ERASED)


def _entries(
    ledger: Ledger, client: str, column: ColumnElement[str], values: Collection[str] | pl.Series
) -> pl.DataFrame:
    query = select(*(stage_entries.c[name] for name in ENTRIES)).where(stage_entries.c.client == client)
    with ledger.reading() as connection:
        return frame(look_up(connection, query, column, values), ENTRIES)


def payloads_of(ledger: Ledger, client: str, events: Collection[str]) -> list[str]:
    """What the deliveries of ``events`` are matched on, as JSON, where it is still kept."""
    query = select(deliveries.c.payload).where(
        deliveries.c.client == client, deliveries.c.payload.is_not(None)
    )
    with ledger.reading() as connection:
        return [row.payload for row in look_up(connection, query, deliveries.c.event_id, events)]


def events_with(ledger: Ledger, client: str, wanted: pl.Expr) -> set[str]:
    """The events of deliveries whose ``payload`` is as ``wanted`` says; every payload is looked through."""
    query = select(deliveries.c.event_id, deliveries.c.payload).where(
        deliveries.c.client == client, deliveries.c.payload.is_not(None)
    )
    return {event for rows in _frames(ledger, query) for event in rows.filter(wanted)["event_id"]}


def identities_with(ledger: Ledger, client: str, wanted: pl.Expr) -> set[str]:
    """The identities of sightings whose ``found`` is as ``wanted`` says; every sighting is looked through."""
    query = select(identities.c.identity, identities.c.found).where(
        identities.c.client == client, identities.c.found.is_not(None)
    )
    return {one for rows in _frames(ledger, query) for one in rows.filter(wanted)["identity"]}


def _frames(ledger: Ledger, query: Select[Any]) -> Iterator[pl.DataFrame]:
    with ledger.reading() as connection:
        yield from frames(connection, query, {column.name: pl.String for column in query.selected_columns})


def erase(
    ledger: Ledger,
    client: str,
    traces: Traces,
    *,
    key: str,
    kept_out: Mapping[str, Collection[str]],
    members: Collection[str] = (),
    now: datetime,
) -> Erased:
    """Erase ``traces`` and keep ``kept_out`` (values by kind) out from now on, both or neither.

    ``members`` are the person's keys in audiences, of which they are to be taken out.
    """
    stamp, erased = microseconds(now), Erased()
    with ledger.writing() as connection:
        keep_out(connection, client, key, kept_out, stamp)
        for part in parts(traces.identities):
            own = and_(identities.c.client == client, among(connection, identities.c.identity, part))
            erased.identities += _count(connection.execute(delete(identities).where(own)))
        for part in parts(traces.events):
            _erase_events(connection, client, part, erased, stamp)
        erased.merges = _erase_merges(connection, client, traces.records)
        _erase_rejects(connection, client, traces.texts, erased)
        erased.audiences = erase_members(connection, client, members, stamp)
    erased.members = sorted(members)
    return erased


def _erase_events(
    connection: Connection, client: str, events: Collection[str], erased: Erased, stamp: int
) -> None:
    own = and_(deliveries.c.client == client, among(connection, deliveries.c.event_id, events))
    _count_deliveries(connection, client, own, erased)
    connection.execute(
        update(deliveries)
        .where(own, deliveries.c.state.in_(UNANSWERED))
        .values(state=State.SKIPPED, reason=PERSON_FORGOTTEN, updated_at=stamp)
    )
    connection.execute(update(deliveries).where(own).values(**dict.fromkeys(_ERASED_OF_DELIVERIES)))
    entries = and_(stage_entries.c.client == client, among(connection, stage_entries.c.event_id, events))
    erased.stage_entries += _count(
        connection.execute(update(stage_entries).where(entries).values(**ERASED_ENTRY))
    )


def _count_deliveries(connection: Connection, client: str, own: ColumnElement[bool], erased: Erased) -> None:
    """Count what platforms have heard of ``own``, or may have, and what they will not hear."""
    under_way = {
        (claim.destination, event_id)
        for claim in Claim.of_client(connection, client)
        for event_id in claim.event_ids(connection)
    }
    of_each = select(
        deliveries.c.destination, deliveries.c.event_id, deliveries.c.state, deliveries.c.attempts
    ).where(own)
    for row in connection.execute(of_each):
        erased.deliveries += 1
        accepted, waited = row.state == State.ACCEPTED, row.state in UNANSWERED
        tried = row.attempts > 0 or (row.destination, row.event_id) in under_way
        for counts, counted in (
            (erased.told, accepted),
            (erased.tried, tried and not accepted),
            (erased.withdrawn, waited),
        ):
            if counted:
                counts[row.destination] = counts.get(row.destination, 0) + 1


def _erase_merges(connection: Connection, client: str, records: pl.DataFrame) -> int:
    count = 0
    for source, of_object, record_id in records.select(*RECORDS).iter_rows():
        own = and_(merges.c.client == client, merges.c.source == source, merges.c.object == of_object)
        either = or_(merges.c.record_id == record_id, merges.c.merged_into == record_id)
        count += _count(connection.execute(delete(merges).where(own, either)))
    return count


def _erase_rejects(connection: Connection, client: str, texts: Collection[str], erased: Erased) -> None:
    """Rejected rows show no more than their form, but a file may be named after a customer."""
    if not texts:
        return
    shown = [
        func.lower(rejects.c[name]).contains(text.lower(), autoescape=True)
        for text in texts
        for name in ("file", "reason", "masked")
    ]
    own = and_(rejects.c.client == client, or_(*shown))
    erased.sources = sorted(connection.scalars(select(rejects.c.source).where(own).distinct()))
    erased.rejects = _count(connection.execute(delete(rejects).where(own)))


def _count(result: CursorResult[Any]) -> int:
    return result.rowcount

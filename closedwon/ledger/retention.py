"""What each run deletes: hashes that nothing needs any more, and history from before its time.

Nothing is sent twice for want of its history. An event goes as a whole, when every platform has long stopped taking it,
so that reading the record again finds it too old; were one delivery to go before the others, its destination would
look new. That is sure of a till, whose receipts keep their times. The time of a CRM's stage may be edited to today, so
of its entries the id stays, with nothing beside it that leads to a record.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    and_,
    delete,
    exists,
    false,
    not_,
    or_,
    select,
    update,
)

from closedwon.ledger.bulk import among, parts
from closedwon.ledger.ledger import Ledger, microseconds
from closedwon.ledger.outgoing.outbox import give_up
from closedwon.ledger.schema import (
    deliveries,
    identities,
    merges,
    rejects,
    requests,
    restatements,
    runs,
    stage_entries,
)
from closedwon.ledger.states import ERASED, ERASED_ENTRY, FINAL, UNANSWERED, State

MARGIN = timedelta(days=30)
"""How long after its expiry a delivery is kept at least."""

DOUBT = timedelta(days=7)
"""How long the hashes of what expired are kept, should it turn out that our clock ran ahead."""

MOST = 100_000
"""How much is deleted of each kind in a day: the rest waits for the next, so that no run takes much longer for it."""

_DAY = round(timedelta(days=1).total_seconds()) * 1_000_000
_ENDED = ("complete", "incomplete")

_ENTRY_OF_DELIVERY = and_(
    deliveries.c.client == stage_entries.c.client, deliveries.c.event_id == stage_entries.c.event_id
)


@dataclass(frozen=True)
class Cutoffs:
    """What is older than these times is deleted: ``payloads``, ``history`` and ``rejects``."""

    payloads: datetime
    history: datetime
    rejects: datetime


def give_up_expired(ledger: Ledger, client: str, now: datetime) -> None:
    """Expire what is unanswered and can no longer be sent, at destinations too that the client's file no longer names.

    Nothing may be sending: what is said to be so was left by a run that died.
    """
    with ledger.writing() as connection:
        give_up(connection, deliveries.c.client == client, microseconds(now))


def retire_identities(ledger: Ledger, client: str, *, before: datetime) -> None:
    """Forget what was last seen before ``before``."""
    with ledger.writing() as connection:
        connection.execute(
            delete(identities).where(
                identities.c.client == client, identities.c.last_at < microseconds(before)
            )
        )


def is_due(ledger: Ledger, client: str, now: datetime, *, run_id: int) -> bool:
    """Whether no run that ended before ``run_id`` did so on this day (UTC): looking through a ledger takes its time."""
    query = (
        select(runs.c.finished_at)
        .where(runs.c.client == client, runs.c.id < run_id, runs.c.outcome.in_(_ENDED))
        .order_by(runs.c.id.desc())
        .limit(1)
    )
    with ledger.reading() as connection:
        last = connection.execute(query).scalar()
    return last is None or last // _DAY != microseconds(now) // _DAY


def retire(
    ledger: Ledger, client: str, cutoffs: Cutoffs, *, tills: Collection[str], now: datetime
) -> list[str]:
    """Delete what is older than ``cutoffs``, :data:`MOST` of each kind; returns the sources of rejects among it.

    ``tills`` are the sources whose stages never change their times. A destination that the client's file no longer
    names is no exception. The client's lease must be held.
    """
    history = microseconds(cutoffs.history)
    _retire_payloads(
        ledger, client, before=microseconds(cutoffs.payloads), expired_before=microseconds(now - DOUBT)
    )
    _retire_events(ledger, client, tills, before=history, now=now)
    _retire_unsent_entries(ledger, client, tills, before=history)
    with ledger.writing() as connection:
        _retire_records_of_runs(connection, client, before=history)
        old = and_(rejects.c.client == client, rejects.c.seen_at < microseconds(cutoffs.rejects))
        sources = sorted(connection.scalars(select(rejects.c.source).where(old).distinct()))
        connection.execute(delete(rejects).where(old))
    return sources


def _retire_payloads(ledger: Ledger, client: str, *, before: int, expired_before: int) -> None:
    expired = and_(deliveries.c.state == State.EXPIRED, deliveries.c.updated_at < expired_before)
    done = and_(
        deliveries.c.state.in_(FINAL),
        deliveries.c.payload.is_not(None),
        or_(expired, deliveries.c.updated_at < before),
    )

    def empty(connection: Connection, events: list[str]) -> None:
        these = among(connection, deliveries.c.event_id, events)
        connection.execute(
            update(deliveries).where(deliveries.c.client == client, done, these).values(payload=None)
        )

    _in_parts(ledger, select(deliveries.c.event_id).where(_scanned(deliveries, client), done), empty)


def _retire_events(
    ledger: Ledger, client: str, tills: Collection[str], *, before: int, now: datetime
) -> None:
    """Delete the deliveries of events that are due with all of them, and retire their entries with them."""
    expired_before = microseconds(now - MARGIN)
    others = deliveries.alias("others")
    of_event = and_(others.c.client == deliveries.c.client, others.c.event_id == deliveries.c.event_id)
    another_is_kept = exists().where(of_event, not_(_is_due(others, before, expired_before)))
    entry_is_kept = exists().where(_ENTRY_OF_DELIVERY, not_(_is_old(before)))
    due = select(deliveries.c.event_id).where(
        _scanned(deliveries, client),
        _is_due(deliveries, before, expired_before),
        ~another_is_kept,
        ~entry_is_kept,
    )

    def drop(connection: Connection, events: list[str]) -> None:
        these = among(connection, deliveries.c.event_id, events)
        connection.execute(delete(deliveries).where(deliveries.c.client == client, these))
        _retire_entries(connection, client, tills, events)

    _in_parts(ledger, due, drop)


def _is_due(of: FromClause, before: int, expired_before: int) -> ColumnElement[bool]:
    return and_(
        of.c.event_time < before,
        # What was read late is remembered as long: its time may be a slip that is mended yet.
        of.c.queued_at < before,
        of.c.updated_at < before,
        of.c.expires_at < expired_before,
        of.c.state.not_in(UNANSWERED),
    )


def _is_old(before: int) -> ColumnElement[bool]:
    return and_(stage_entries.c.entered_at < before, stage_entries.c.read_at < before)


def _retire_unsent_entries(ledger: Ledger, client: str, tills: Collection[str], *, before: int) -> None:
    """Retire entries of which no destination was to hear."""
    old = select(stage_entries.c.event_id).where(
        _scanned(stage_entries, client),
        _is_old(before),
        or_(stage_entries.c.source.in_(tills), stage_entries.c.record_id != ERASED),
        ~exists().where(_ENTRY_OF_DELIVERY),
    )
    _in_parts(ledger, old, lambda connection, events: _retire_entries(connection, client, tills, events))


def _retire_entries(connection: Connection, client: str, tills: Collection[str], events: list[str]) -> None:
    of_till = stage_entries.c.source.in_(tills)
    these = and_(stage_entries.c.client == client, among(connection, stage_entries.c.event_id, events))
    connection.execute(delete(stage_entries).where(these, of_till))
    connection.execute(update(stage_entries).where(these, ~of_till).values(**ERASED_ENTRY))


def _retire_records_of_runs(connection: Connection, client: str, *, before: int) -> None:
    of_winner = and_(
        stage_entries.c.client == merges.c.client,
        stage_entries.c.source == merges.c.source,
        stage_entries.c.object == merges.c.object,
        stage_entries.c.record_id == merges.c.merged_into,
    )
    for table, at, is_needed in (
        (restatements, restatements.c.answered_at, false()),
        (requests, requests.c.answered_at, false()),
        (runs, runs.c.started_at, false()),
        # Of a winner that is still read it must be known for whom it speaks.
        (merges, merges.c.seen_at, exists().where(of_winner)),
    ):
        connection.execute(delete(table).where(table.c.client == client, at < before, ~is_needed))


def _scanned(table: Table, client: str) -> ColumnElement[bool]:
    """The client's rows, in the order in which they lie: by the index of ids each would be looked up elsewhere."""
    return table.c.client + "" == client


def _in_parts(ledger: Ledger, query: Select[Any], work: Callable[[Connection, list[str]], None]) -> None:
    """Do ``work`` for the events of ``query``, some at a time, so that other clients' runs can write between."""
    with ledger.reading() as connection:
        found: list[str] = list(connection.scalars(query.limit(MOST)))
    for part in parts(found):
        with ledger.writing() as connection:
            work(connection, part)

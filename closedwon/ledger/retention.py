"""What each run deletes: hashes that nothing needs any more, and history from before its time.

Nothing is sent twice for want of its history. A delivery goes when every platform has long stopped taking its event,
so that reading the record again finds it too old. That is sure of a till, whose receipts keep their times. The time of
a CRM's stage may be edited to today, so of its entries the id stays, with nothing beside it that leads to a record.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    delete,
    exists,
    or_,
    select,
    text,
    update,
)

from closedwon.ledger.bulk import among, parts
from closedwon.ledger.ledger import Ledger, microseconds
from closedwon.ledger.outbox import TOO_OLD
from closedwon.ledger.schema import (
    IS_UNSETTLED,
    deliveries,
    identities,
    merges,
    rejects,
    requests,
    restatements,
    runs,
    stage_entries,
)
from closedwon.ledger.states import ERASED, ERASED_ENTRY, FINAL, UNANSWERED, WAITING, State

MARGIN = timedelta(days=30)
"""How long after its expiry a delivery is kept at least."""

DOUBT = timedelta(days=7)
"""How long the hashes of what expired are kept, should it turn out that our clock ran ahead."""

MOST = 100_000
"""How much is deleted of each kind in a day: the rest waits for the next, so that no run takes much longer for it."""

_DAY = round(timedelta(days=1).total_seconds()) * 1_000_000
_ENDED = ("complete", "incomplete")


@dataclass(frozen=True)
class Terms:
    """What is older than these times is deleted: ``payloads``, ``history`` and ``rejects``."""

    payloads: datetime
    history: datetime
    rejects: datetime


def give_up_expired(ledger: Ledger, client: str, now: datetime) -> None:
    """Expire what waits and can no longer be sent, at destinations too that the client's file no longer names."""
    stamp = microseconds(now)
    with ledger.writing() as connection:
        connection.execute(
            update(deliveries)
            .where(
                deliveries.c.client == client,
                text(IS_UNSETTLED),
                deliveries.c.state.in_(WAITING),
                deliveries.c.expires_at <= stamp,
            )
            .values(state=State.EXPIRED, reason=TOO_OLD, updated_at=stamp)
        )


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


def retire(ledger: Ledger, client: str, terms: Terms, *, tills: Collection[str], now: datetime) -> list[str]:
    """Delete what is older than ``terms``, :data:`MOST` of each kind; returns the sources of rejects among it.

    ``tills`` are the sources whose stages never change their times. A destination that the client's file no longer
    names is no exception.
    """
    _retire_payloads(
        ledger, client, before=microseconds(terms.payloads), expired_before=microseconds(now - DOUBT)
    )
    _retire_deliveries(ledger, client, before=microseconds(terms.history), now=now)
    _retire_entries(ledger, client, tills, before=microseconds(terms.history))
    with ledger.writing() as connection:
        _retire_records_of_runs(connection, client, before=microseconds(terms.history))
        old = and_(rejects.c.client == client, rejects.c.seen_at < microseconds(terms.rejects))
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

    def empty(connection: Connection, these: ColumnElement[bool]) -> None:
        connection.execute(
            update(deliveries).where(deliveries.c.client == client, done, these).values(payload=None)
        )

    _in_parts(
        ledger,
        deliveries.c.event_id,
        select(deliveries.c.event_id).where(_scanned(deliveries, client), done),
        empty,
    )


def _retire_deliveries(ledger: Ledger, client: str, *, before: int, now: datetime) -> None:
    old = and_(
        deliveries.c.event_time < before,
        # What was read late is remembered as long: its time may be a slip that is mended yet.
        deliveries.c.queued_at < before,
        deliveries.c.updated_at < before,
        deliveries.c.expires_at < microseconds(now - MARGIN),
        deliveries.c.state.not_in(UNANSWERED),
    )

    def drop(connection: Connection, these: ColumnElement[bool]) -> None:
        connection.execute(delete(deliveries).where(deliveries.c.client == client, old, these))

    _in_parts(
        ledger,
        deliveries.c.event_id,
        select(deliveries.c.event_id).where(_scanned(deliveries, client), old),
        drop,
    )


def _retire_entries(ledger: Ledger, client: str, tills: Collection[str], *, before: int) -> None:
    told = exists().where(
        deliveries.c.client == stage_entries.c.client, deliveries.c.event_id == stage_entries.c.event_id
    )
    own = stage_entries.c.client == client
    of_till = stage_entries.c.source.in_(tills)
    old = and_(
        stage_entries.c.entered_at < before,
        stage_entries.c.read_at < before,
        or_(of_till, stage_entries.c.record_id != ERASED),
        ~told,
    )

    def drop(connection: Connection, these: ColumnElement[bool]) -> None:
        connection.execute(delete(stage_entries).where(own, old, of_till, these))
        connection.execute(update(stage_entries).where(own, old, ~of_till, these).values(**ERASED_ENTRY))

    _in_parts(
        ledger,
        stage_entries.c.event_id,
        select(stage_entries.c.event_id).where(_scanned(stage_entries, client), old),
        drop,
    )


def _retire_records_of_runs(connection: Connection, client: str, *, before: int) -> None:
    for table, at in (
        (restatements, restatements.c.answered_at),
        (requests, requests.c.answered_at),
        (runs, runs.c.started_at),
        (merges, merges.c.seen_at),
    ):
        connection.execute(delete(table).where(table.c.client == client, at < before))


def _scanned(table: Table, client: str) -> ColumnElement[bool]:
    """The client's rows, in the order in which they lie: by the index of ids each would be looked up elsewhere."""
    return table.c.client + "" == client


def _in_parts(
    ledger: Ledger,
    column: ColumnElement[str],
    query: Select[Any],
    work: Callable[[Connection, ColumnElement[bool]], None],
) -> None:
    """Do ``work`` for what ``query`` finds, some at a time, so that other clients' runs can write between."""
    with ledger.reading() as connection:
        found: list[str] = list(connection.scalars(query.limit(MOST)))
    for part in parts(found):
        with ledger.writing() as connection:
            work(connection, among(connection, column, part))

"""Conversions whose value has changed since a platform was told of it, and what it answered when told anew.

Only what a platform has accepted stands here: of an id that it never accepted, a new value would be counted as a new
conversion.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from closedwon.ledger.bulk import frame
from closedwon.ledger.conditions import one_delivery
from closedwon.ledger.ledger import Ledger, microseconds
from closedwon.ledger.outgoing.outbox import BATCH_SCHEMA, Settlement, add_request
from closedwon.ledger.schema import IS_CHANGED, deliveries, requests, restatements
from closedwon.ledger.states import Kind, State

CHANGED = {
    "destination": pl.String,
    "event_id": pl.String,
    "value": pl.Float64,
    "full_value": pl.Float64,
    "currency": pl.String,
    "rule": pl.String,
}
"""Schema of accepted deliveries and what they are worth now, by which rule."""

COUNTED = ("success", "partial_success")
"""What platforms call a request of which they have counted something."""

_CHANGED_BATCH = {**BATCH_SCHEMA, "changed_at": pl.Int64, "told_value": pl.Float64}


def save_changed(connection: Connection, client: str, changed: pl.DataFrame, stamp: int) -> None:
    """Note what accepted deliveries (:data:`CHANGED`) are worth now.

    One that is back at what was told is told of all the same: what a platform did not answer it may have heard.
    """
    rows = [
        {"at": at, "of": of, "worth": value, "whole": full, "money": currency, "by": rule}
        for at, of, value, full, currency, rule in changed.select(*CHANGED).iter_rows()
    ]
    if not rows:
        return
    connection.execute(
        update(deliveries)
        .where(one_delivery(client), deliveries.c.state == State.ACCEPTED)
        .values(
            value=bindparam("worth"),
            full_value=bindparam("whole"),
            currency=bindparam("money"),
            rule=bindparam("by"),
            changed_at=stamp,
        ),
        rows,
    )


def forget_payloads(connection: Connection, client: str, event_ids: Collection[str]) -> None:
    """Forget the hashes of accepted deliveries whose person has refused since: they are told of no more."""
    if len(event_ids):
        of_event = and_(deliveries.c.client == client, deliveries.c.event_id == bindparam("of"))
        connection.execute(
            update(deliveries).where(of_event, deliveries.c.state == State.ACCEPTED).values(payload=None),
            [{"of": event_id} for event_id in event_ids],
        )


@dataclass(frozen=True)
class Terms:
    """When a platform takes a new value.

    Attributes:
        within: how long after the conversion's own time.
        after: how long after it was accepted, at the earliest.
    """

    within: timedelta
    after: timedelta


class Restatements:
    """The accepted deliveries of one client to one destination whose value has changed."""

    def __init__(self, ledger: Ledger, client: str, destination: str, terms: Terms) -> None:
        self._ledger = ledger
        self._client = client
        self._destination = destination
        self._terms = terms
        self._changed = and_(
            deliveries.c.client == client, deliveries.c.destination == destination, text(IS_CHANGED)
        )

    def due(self, now: datetime) -> int:
        """How many can be told of now."""
        with self._ledger.reading() as connection:
            query = select(func.count()).select_from(deliveries).where(self._due(now))
            return int(connection.execute(query).scalar_one())

    def take(self, size: int, now: datetime, *, after: str = "") -> pl.DataFrame:
        """Up to ``size`` that are due, by event id, behind ``after``.

        Nothing marks them as taken: to tell of the same value twice changes nothing.
        Returns the columns of :meth:`closedwon.ledger.outgoing.outbox.Outbox.claim`, ``changed_at`` and ``told_value``.
        """
        with self._ledger.reading() as connection:
            rows = connection.execute(
                select(*(deliveries.c[name] for name in _CHANGED_BATCH))
                .where(self._due(now), deliveries.c.event_id > after)
                .order_by(deliveries.c.event_id)
                .limit(size)
            ).all()
        return frame(rows, _CHANGED_BATCH)

    def settle(self, settlement: Settlement, batch: pl.DataFrame, *, run_id: int, now: datetime) -> None:
        """Commit what a request brought for some deliveries of ``batch``: told, refused, or to be told later."""
        stamp = microseconds(now)
        told = batch.filter(pl.col("event_id").is_in(list(settlement.event_ids)))
        self._ledger.persistently(
            lambda connection: self._settle(connection, settlement, told, run_id, stamp)
        )

    def _settle(
        self, connection: Connection, settlement: Settlement, told: pl.DataFrame, run_id: int, stamp: int
    ) -> None:
        request = replace(settlement, kind=Kind.RESTATE)
        request_id = add_request(
            connection, self._client, self._destination, request, run_id=run_id, stamp=stamp
        )
        accepted = settlement.state is State.ACCEPTED
        if told.is_empty() or not (accepted or settlement.state is State.REJECTED):
            return
        rows = [
            {"at": self._destination, "of": of, "told": value, "money": currency, "noticed": changed_at}
            for of, value, currency, changed_at in told.select(
                "event_id", "value", "currency", "changed_at"
            ).iter_rows()
        ]
        # A change that was noticed while the platform answered is still to be told.
        still = case((deliveries.c.changed_at == bindparam("noticed"), None), else_=deliveries.c.changed_at)
        values: dict[str, ColumnElement[Any]] = {"changed_at": still}
        if accepted:
            values |= {"told_value": bindparam("told"), "told_currency": bindparam("money")}
        connection.execute(update(deliveries).where(one_delivery(self._client)).values(**values), rows)
        connection.execute(
            insert(restatements),
            [
                {
                    "client": self._client,
                    "event_id": of,
                    "destination": self._destination,
                    "request_id": request_id,
                    "value_before": before,
                    "value": value,
                    "outcome": settlement.state,
                    "reason": settlement.reason,
                    "answered_at": stamp,
                }
                for of, before, value in told.select("event_id", "told_value", "value").iter_rows()
            ],
        )

    def _was_counted(self) -> ColumnElement[bool]:
        """Not so what the platform has said nothing of yet, though it will, or counted none of.

        Of a request of which it counted a part it does not say which. What it did not count for want of a click it
        does not count for a new value either.
        """
        counted = or_(requests.c.processing.is_(None), requests.c.processing.in_(COUNTED))
        return exists().where(requests.c.id == deliveries.c.request_id, counted)

    def _due(self, now: datetime) -> ColumnElement[bool]:
        return and_(
            self._changed,
            deliveries.c.state == State.ACCEPTED,
            deliveries.c.payload.is_not(None),
            deliveries.c.value.is_not(None),
            self._was_counted(),
            deliveries.c.event_time > microseconds(now - self._terms.within),
            deliveries.c.accepted_at <= microseconds(now - self._terms.after),
        )

"""What is held because a platform did not count it: a few of it are tried first, and the rest once those are counted.

The platform accepts such conversions as it did before, and says only later that it counts none. Sent as a whole by each
run they would look delivered in one and held in the next, and cost the account's quota every time.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl
from sqlalchemy import and_, func, select, text, update

from closedwon.ledger.bulk import frame
from closedwon.ledger.ledger import Ledger, microseconds
from closedwon.ledger.outgoing.claims import Claim
from closedwon.ledger.outgoing.outbox import BATCH_SCHEMA
from closedwon.ledger.reasons import NOT_COUNTED
from closedwon.ledger.schema import IS_PENDING, IS_UNSETTLED, deliveries, requests
from closedwon.ledger.states import Kind, State

MOST = 10
"""Conversions of one probe."""


class Probes:
    """What is held of one client's deliveries to one destination because the platform did not count it."""

    def __init__(self, ledger: Ledger, client: str, destination: str) -> None:
        self._ledger = ledger
        self._lane = and_(deliveries.c.client == client, deliveries.c.destination == destination)
        self._claim = Claim(client, destination)
        self._held = and_(
            self._lane,
            text(IS_UNSETTLED),
            deliveries.c.state == State.HELD,
            deliveries.c.reason == NOT_COUNTED,
        )
        self._pending = and_(
            requests.c.client == client,
            requests.c.destination == destination,
            text(IS_PENDING),
            requests.c.kind == Kind.PROBE,
        )

    def held(self) -> int:
        """How many are held."""
        with self._ledger.reading() as connection:
            query = select(func.count()).select_from(deliveries).where(self._held)
            return int(connection.execute(query).scalar_one())

    def pending(self) -> int:
        """How many conversions were sent to try, of which the platform has not said yet whether it counts them."""
        with self._ledger.reading() as connection:
            query = select(func.coalesce(func.sum(requests.c.deliveries), 0)).where(self._pending)
            return int(connection.execute(query).scalar_one())

    def claim(self, now: datetime, *, held_before: datetime) -> pl.DataFrame:
        """Take up to :data:`MOST` that were ``held_before`` then, least tried first, and note that they are under way.

        Returns a frame of :data:`~closedwon.ledger.outgoing.outbox.BATCH_SCHEMA`.
        """
        stamp = microseconds(now)
        query = (
            select(*(deliveries.c[name] for name in BATCH_SCHEMA))
            .where(
                self._held,
                deliveries.c.updated_at < microseconds(held_before),
                deliveries.c.expires_at > stamp,
                deliveries.c.payload.is_not(None),
            )
            .order_by(deliveries.c.attempts, deliveries.c.expires_at, deliveries.c.event_id)
            .limit(MOST)
        )
        with self._ledger.writing() as connection:
            rows = connection.execute(query).all()
            self._claim.take(connection, [row.event_id for row in rows], stamp)
        return frame(rows, BATCH_SCHEMA)

    def release(self, now: datetime) -> int:
        """Queue all that is held, once the platform has counted some that were; returns how many."""
        with self._ledger.writing() as connection:
            return connection.execute(
                update(deliveries).where(self._held).values(state=State.QUEUED, updated_at=microseconds(now))
            ).rowcount

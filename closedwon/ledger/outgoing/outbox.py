"""One destination's lane of deliveries: claimed in batches, settled answer by answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    func,
    insert,
    select,
    text,
    true,
    update,
)

from closedwon.ledger.bulk import among, parts, read_frame
from closedwon.ledger.conditions import GIVEN_UP
from closedwon.ledger.ledger import Ledger, inserted_id, microseconds
from closedwon.ledger.outgoing.claims import Claim
from closedwon.ledger.reasons import NOT_COUNTED, PENDING, TOO_OLD
from closedwon.ledger.schema import IS_SETTLED, IS_UNSETTLED, deliveries, requests
from closedwon.ledger.states import WAITING, Kind, State

BATCH_SCHEMA = {
    "event_id": pl.String,
    "stage": pl.String,
    "name": pl.String,
    "event_time": pl.Int64,
    "value": pl.Float64,
    "currency": pl.String,
    "payload": pl.String,
}
"""Schema of what is to be sent; times in microseconds."""


# What was held or cut off has none, and goes beside the others again: only next to these a platform's refusal tells
# which is guilty.
_PUT_OFF = deliveries.c.reason.is_not(None)


@dataclass(frozen=True)
class Settlement:
    """What became of some deliveries of one request, or of some members of an audience that it told of.

    Attributes:
        event_ids: of the deliveries, or the keys of the members.
        state: their new state; queued means that they wait for the next run.
        reason: the platform's code or the gate's name; None when accepted.
        platform_request_id: what the platform calls the request, for its support and for later status.
        answer: the platform's answer without personal data, as JSON.
        polled: whether the platform says later what became of the request.
        set_apart: whether deliveries that wait are not to be claimed again before :meth:`Outbox.release`.
        kind: of the request.
        audience: of whose members it told.
    """

    event_ids: Sequence[str]
    state: State
    reason: str | None = None
    message: str | None = None
    platform_request_id: str | None = None
    answer: str | None = None
    keep_payload: bool = False
    polled: bool = False
    set_apart: bool = False
    kind: Kind = Kind.SEND
    audience: str | None = None


class Outbox:
    """The deliveries of one client to one destination."""

    def __init__(self, ledger: Ledger, client: str, destination: str) -> None:
        self._ledger = ledger
        self._client = client
        self._destination = destination
        self._lane = and_(deliveries.c.client == client, deliveries.c.destination == destination)
        self._unsettled = and_(self._lane, text(IS_UNSETTLED))
        self._claim = Claim(client, destination)

    def reopen(self, names: Mapping[str, str], now: datetime) -> None:
        """Begin a run: what a dead run was sending, and what was held, is queued again, as today's rules want it.

        So is what a clock that ran ahead gave up too early. What is held because the platform did not count it stays
        so until :class:`closedwon.ledger.outgoing.probing.Probes` finds that it does, or its name has changed.

        ``names`` has the name or conversion action of each stage that the destination is to hear of today; what
        waits for another stage is skipped.
        """
        stamp = microseconds(now)
        waiting = and_(self._unsettled, deliveries.c.state.in_(WAITING))
        not_counted = and_(
            deliveries.c.state == State.HELD, func.coalesce(deliveries.c.reason, "") == NOT_COUNTED
        )
        with self._ledger.writing() as connection:
            self._count_as_tried(connection, self._claim.event_ids(connection))
            self._claim.take(connection, [], stamp)
            connection.execute(
                update(deliveries)
                .where(self._unsettled, deliveries.c.state.in_([State.SENDING, State.HELD]), ~not_counted)
                .values(state=State.QUEUED, reason=None, updated_at=stamp)
            )
            connection.execute(
                update(deliveries)
                .where(
                    self._lane,
                    text(IS_SETTLED),
                    GIVEN_UP,
                    deliveries.c.reason == TOO_OLD,
                    deliveries.c.expires_at > stamp,
                )
                .values(state=State.QUEUED, reason=None, updated_at=stamp)
            )
            for stage, name in names.items():
                connection.execute(
                    update(deliveries)
                    .where(waiting, deliveries.c.stage == stage, deliveries.c.name != name)
                    .values(name=name, state=State.QUEUED, updated_at=stamp)
                )
            connection.execute(
                update(deliveries)
                .where(waiting, deliveries.c.stage.not_in(list(names)))
                .values(state=State.SKIPPED, reason="no_longer_wanted", payload=None, updated_at=stamp)
            )

    def expire(self, now: datetime) -> int:
        """Give up what waits and the platform no longer takes; returns how many."""
        with self._ledger.writing() as connection:
            return give_up(connection, and_(self._lane, deliveries.c.state.in_(WAITING)), microseconds(now))

    def expiring(self, now: datetime, *, within: timedelta) -> int:
        """How many wait that the platform takes no longer than ``within`` from now."""
        with self._ledger.reading() as connection:
            query = select(func.count()).where(
                self._unsettled, deliveries.c.expires_at <= microseconds(now + within)
            )
            return int(connection.execute(query.select_from(deliveries)).scalar_one())

    def waiting(self) -> int:
        """How many deliveries are queued, or were set apart until the next run."""
        return self._count(State.QUEUED, State.SENDING)

    def held(self) -> int:
        """How many deliveries wait for mended configuration."""
        return self._count(State.HELD)

    def _count(self, *states: State) -> int:
        query = (
            select(func.count())
            .select_from(deliveries)
            .where(self._unsettled, deliveries.c.state.in_(states))
        )
        with self._ledger.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def due(self, now: datetime) -> int:
        """How many deliveries can be sent now; one whose stage lies a little ahead waits for its time."""
        with self._ledger.reading() as connection:
            return int(
                connection.execute(
                    select(func.count()).select_from(deliveries).where(self._due(microseconds(now)))
                ).scalar_one()
            )

    def claim(
        self, size: int, now: datetime, *, put_off: bool = False, expiring_by: datetime | None = None
    ) -> pl.DataFrame:
        """Take up to ``size`` queued deliveries, the soonest to expire first, and note that they are under way.

        Of those that a platform has ``put_off`` before, none or no others, the least tried first; and only those that
        expire by ``expiring_by``, where it is given. What was taken before and got no answer is set apart until the
        next run.

        Returns a frame of :data:`BATCH_SCHEMA`.
        """
        stamp = microseconds(now)
        turn = _PUT_OFF if put_off else ~_PUT_OFF
        order = (deliveries.c.attempts,) if put_off else ()
        with self._ledger.writing() as connection:
            unanswered = self._claim.event_ids(connection)
            self._count_as_tried(connection, unanswered)
            waits = deliveries.c.state == State.QUEUED
            self._update(connection, unanswered, waits, state=State.SENDING, updated_at=stamp)
            batch = read_frame(
                connection,
                select(*(deliveries.c[name] for name in BATCH_SCHEMA))
                .where(self._due(stamp), turn, _by(expiring_by))
                .order_by(*order, deliveries.c.expires_at, deliveries.c.event_id)
                .limit(size),
                BATCH_SCHEMA,
            )
            self._claim.take(connection, batch["event_id"].to_list(), stamp)
        return batch

    def settle(self, settlement: Settlement, *, run_id: int, now: datetime) -> None:
        """Commit what a request brought for its deliveries, also where the database was away for a moment."""
        stamp = microseconds(now)
        self._ledger.persistently(lambda connection: self._settle(connection, settlement, run_id, stamp))

    def _settle(self, connection: Connection, settlement: Settlement, run_id: int, stamp: int) -> None:
        request_id = add_request(
            connection, self._client, self._destination, settlement, run_id=run_id, stamp=stamp
        )
        values: dict[str, object] = {
            "state": State.SENDING if settlement.set_apart else settlement.state,
            "reason": settlement.reason,
            "message": settlement.message,
            "request_id": request_id,
            "attempts": deliveries.c.attempts + 1,
            "updated_at": stamp,
        }
        if settlement.state is State.ACCEPTED:
            values |= {
                "told_value": deliveries.c.value,
                "told_currency": deliveries.c.currency,
                "accepted_at": stamp,
            }
            if not settlement.keep_payload:
                values["payload"] = None
        self._update(connection, settlement.event_ids, **values)
        self._claim.give_back(connection, settlement.event_ids, stamp)

    def release(self, event_ids: Sequence[str], now: datetime) -> None:
        """Give back what was claimed but not sent, and queue what was set apart."""
        stamp = microseconds(now)
        with self._ledger.writing() as connection:
            self._count_as_tried(connection, self._claim.give_back(connection, event_ids, stamp))
            set_apart = deliveries.c.state == State.SENDING
            self._update(connection, event_ids, set_apart, state=State.QUEUED, updated_at=stamp)

    def hold(self, reason: str, message: str, now: datetime) -> int:
        """Hold all that is queued until configuration is mended; the next run tries again. Returns how many."""
        with self._ledger.writing() as connection:
            return connection.execute(
                update(deliveries)
                .where(self._unsettled, deliveries.c.state.in_([State.QUEUED, State.SENDING]))
                .values(state=State.HELD, reason=reason, message=message, updated_at=microseconds(now))
            ).rowcount

    def _due(self, stamp: int) -> ColumnElement[bool]:
        return and_(
            self._unsettled,
            deliveries.c.state == State.QUEUED,
            deliveries.c.event_time <= stamp,
            deliveries.c.expires_at > stamp,
        )

    def _count_as_tried(self, connection: Connection, event_ids: Sequence[str]) -> None:
        """What was under way the platform may have heard of."""
        self._update(connection, event_ids, attempts=deliveries.c.attempts + 1)

    def _update(
        self,
        connection: Connection,
        event_ids: Sequence[str],
        *conditions: ColumnElement[bool],
        **values: object,
    ) -> None:
        for part in parts(event_ids):
            connection.execute(
                update(deliveries)
                .where(self._lane, among(connection, deliveries.c.event_id, part), *conditions)
                .values(**values)
            )


def give_up(connection: Connection, these: ColumnElement[bool], stamp: int) -> int:
    """Expire what is not settled of ``these`` and can no longer be sent; returns how many."""
    return connection.execute(
        update(deliveries)
        .where(these, text(IS_UNSETTLED), deliveries.c.expires_at <= stamp)
        .values(state=State.EXPIRED, reason=TOO_OLD, updated_at=stamp)
    ).rowcount


def add_request(
    connection: Connection, client: str, destination: str, settlement: Settlement, *, run_id: int, stamp: int
) -> int:
    """Keep the request that brought about ``settlement``; returns its id."""
    request = insert(requests).values(
        run_id=run_id,
        client=client,
        destination=destination,
        audience=settlement.audience,
        kind=settlement.kind,
        answered_at=stamp,
        deliveries=len(settlement.event_ids),
        outcome=settlement.state,
        reason=settlement.reason,
        platform_request_id=settlement.platform_request_id,
        answer=settlement.answer,
        processing=PENDING if settlement.polled else None,
    )
    return inserted_id(connection.execute(request))


def _by(moment: datetime | None) -> ColumnElement[bool]:
    return true() if moment is None else deliveries.c.expires_at <= microseconds(moment)

"""One audience at one destination: who is to be told of, page by page, and what the platform answered."""

from __future__ import annotations

from datetime import datetime

import polars as pl
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    literal,
    null,
    select,
    update,
)

from closedwon.ledger.audiences.standing import Standing, in_lane, standing_of
from closedwon.ledger.audiences.states import GOING, Lane, Membership
from closedwon.ledger.bulk import among, frame, parts
from closedwon.ledger.ledger import Ledger, microseconds
from closedwon.ledger.outgoing.outbox import Settlement, add_request
from closedwon.ledger.schema import audience_members, audiences
from closedwon.ledger.states import Kind, State

_NEXT_LINE = "\n"
_JOINING = {
    "member": pl.String,
    "identifiers": pl.String,
    "value": pl.Float64,
    "ad_personalization": pl.String,
}


class MemberLane:
    """The members of one client's audience at one destination; the client's lease must be held to change them."""

    def __init__(self, ledger: Ledger, client: str, lane: Lane) -> None:
        self._ledger = ledger
        self._client = client
        self._destination, self._audience = lane
        self._row, self._members = (in_lane(table, client, lane) for table in (audiences, audience_members))

    def made(self) -> tuple[str | None, str | None, str | None]:
        """The platform's ids of the audience and of its lookalike, and a digest of what they were made as."""
        query = select(audiences.c.platform_id, audiences.c.lookalike_id, audiences.c.made_as)
        with self._ledger.reading() as connection:
            row = connection.execute(query.where(self._row)).first()
        return (None, None, None) if row is None else (row.platform_id, row.lookalike_id, row.made_as)

    def save_made(self, now: datetime, **values: str | None) -> None:
        """Keep what the platform calls the audience: ``platform_id``, ``lookalike_id``, ``made_as``."""
        stamp = microseconds(now)
        self._ledger.persistently(
            lambda connection: connection.execute(
                update(audiences).where(self._row).values(updated_at=stamp, **values)
            )
        )

    def start_over(self, now: datetime) -> None:
        """Forget the audience that the platform had, in which nobody is any more: who stays joins the next one."""
        stamp = microseconds(now)
        with self._ledger.writing() as connection:
            connection.execute(
                update(audiences)
                .where(self._row)
                .values(updated_at=stamp, platform_id=None, lookalike_id=None, made_as=None)
            )
            _taken_out(connection, self._members, updated_at=stamp)

    def claim_joining(self, after: str, size: int) -> pl.DataFrame:
        """The next ``size`` who are to join, behind ``after``: :data:`_JOINING`.

        They are taken for told from here on: should the answer be lost, the platform may have them, and whoever
        leaves after that has to be taken out.
        """
        heard = audience_members.c.told.contains(audience_members.c.identifiers)
        both = audience_members.c.told + literal(_NEXT_LINE) + audience_members.c.identifiers
        told = case(
            (audience_members.c.told.is_(None), audience_members.c.identifiers),
            (heard, audience_members.c.told),
            else_=both,
        )
        names = (
            audience_members.c.identifiers,
            audience_members.c.value,
            audience_members.c.ad_personalization,
        )
        with self._ledger.writing() as connection:
            rows = connection.execute(
                select(audience_members.c.person, *names)
                .where(self._behind(Membership.JOINING, after))
                .order_by(audience_members.c.person)
                .limit(size)
            ).all()
            for part in parts([row.person for row in rows]):
                these = among(connection, audience_members.c.person, part)
                connection.execute(update(audience_members).where(self._members, these).values(told=told))
        return frame(rows, _JOINING)

    def next_leaving(self, after: str, size: int) -> pl.DataFrame:
        """The next ``size`` who are to leave, behind ``after``: a row for each of the identifiers that were told."""
        return self._next_told(self._behind(Membership.LEAVING, after), size)

    def next_told(self, after: str, size: int) -> pl.DataFrame:
        """The same of everybody whom the platform may have, whether they are to leave or not."""
        told = audience_members.c.told.is_not(None)
        return self._next_told(and_(self._members, told, audience_members.c.person > after), size)

    def _next_told(self, these: ColumnElement[bool], size: int) -> pl.DataFrame:
        with self._ledger.reading() as connection:
            rows = connection.execute(
                select(audience_members.c.person, audience_members.c.told)
                .where(these)
                .order_by(audience_members.c.person)
                .limit(size)
            ).all()
        told = frame(rows, {"member": pl.String, "identifiers": pl.String})
        return told.with_columns(pl.col("identifiers").str.split(_NEXT_LINE)).explode("identifiers")

    def settle(self, settlement: Settlement, *, run_id: int, now: datetime) -> None:
        """Commit what a request brought for its members, also where the database was away for a moment."""
        stamp = microseconds(now)
        self._ledger.persistently(lambda connection: self._settle(connection, settlement, run_id, stamp))

    def standing(self) -> Standing:
        """How the audience stands."""
        return standing_of(self._ledger, self._client, (self._destination, self._audience))

    def forget(self) -> None:
        """Forget the audience, which has no members any more."""
        with self._ledger.writing() as connection:
            connection.execute(delete(audiences).where(self._row))

    def _behind(self, state: Membership, after: str) -> ColumnElement[bool]:
        return and_(self._members, audience_members.c.state == state, audience_members.c.person > after)

    def _settle(self, connection: Connection, settlement: Settlement, run_id: int, stamp: int) -> None:
        request_id = add_request(
            connection, self._client, self._destination, settlement, run_id=run_id, stamp=stamp
        )
        values: dict[str, object] = {
            "reason": settlement.reason,
            "message": settlement.message,
            "request_id": request_id,
            "updated_at": stamp,
        }
        done = settlement.state is State.ACCEPTED
        if settlement.kind is Kind.JOIN and done:
            values |= {"state": Membership.MEMBER, "reason": None, "message": None}
        elif settlement.kind is Kind.JOIN and settlement.state is State.REJECTED:
            # What the platform refused for good at the first time it does not have.
            told, first = audience_members.c.told, audience_members.c.request_id.is_(None)
            never = and_(first, told == audience_members.c.identifiers)
            values |= {"state": Membership.REFUSED, "told": case((never, null()), else_=told)}
        for part in parts(settlement.event_ids):
            these = and_(self._members, among(connection, audience_members.c.person, part))
            if settlement.kind is Kind.LEAVE and done and settlement.polled:
                nothing = dict.fromkeys(("reason", "message"))
                connection.execute(
                    update(audience_members)
                    .where(these)
                    .values(values | nothing | {"state": Membership.LEFT})
                )
            elif settlement.kind is Kind.LEAVE and done:
                _taken_out(connection, these, updated_at=stamp, request_id=request_id)
            else:
                connection.execute(update(audience_members).where(these).values(**values))


def _taken_out(connection: Connection, these: ColumnElement[bool], **values: object) -> None:
    """The platform has no longer any of ``these``: nothing is kept of who was to leave, and the others join anew."""
    leaves = audience_members.c.state.in_(GOING)
    connection.execute(delete(audience_members).where(these, leaves))
    nothing = dict.fromkeys(("told", "reason", "message"))
    connection.execute(
        update(audience_members).where(these).values(state=Membership.JOINING, **nothing, **values)
    )

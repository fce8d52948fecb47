"""How audiences stand, counted in the ledger; apart from what works on their members, which needs Polars."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Table, and_, func, select

from closedwon.ledger.audiences.states import Lane, Membership
from closedwon.ledger.ledger import Ledger
from closedwon.ledger.schema import audience_members, audiences

_WAITS = (Membership.JOINING, Membership.LEAVING, Membership.REFUSED)


@dataclass
class Standing:
    """How an audience stands: how many members by where they stand, and why some wait or were refused."""

    destination: str
    audience: str
    states: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    platform_id: str | None = None

    def count(self, state: Membership) -> int:
        """How many members are in ``state``."""
        return self.states.get(state, 0)

    @property
    def held(self) -> int:
        """How many wait after an attempt."""
        return sum(self.reasons.values())


def lanes_of(ledger: Ledger, client: str) -> list[Lane]:
    """Every audience of ``client`` that the ledger knows, by destination and name."""
    query = select(audiences.c.destination, audiences.c.audience).where(audiences.c.client == client)
    with ledger.reading() as connection:
        return sorted((row.destination, row.audience) for row in connection.execute(query))


def standings(ledger: Ledger, client: str) -> list[Standing]:
    """How every audience of ``client`` stands."""
    return [standing_of(ledger, client, lane) for lane in lanes_of(ledger, client)]


def standing_of(ledger: Ledger, client: str, lane: Lane) -> Standing:
    """How one audience of ``client`` stands."""
    state, reason = audience_members.c.state, audience_members.c.reason
    members, made = (in_lane(table, client, lane) for table in (audience_members, audiences))
    counted = select(state, func.count().label("number")).where(members).group_by(state)
    why = select(
        reason, state, func.count().label("number"), func.min(audience_members.c.message).label("said")
    )
    held = why.where(members, state.in_(_WAITS), reason.is_not(None)).group_by(reason, state)
    result = Standing(*lane)
    with ledger.reading() as connection:
        result.platform_id = connection.execute(select(audiences.c.platform_id).where(made)).scalar()
        result.states = {row.state: row.number for row in connection.execute(counted)}
        for row in connection.execute(held):
            result.messages[row.reason] = row.said or row.reason
            if row.state != Membership.REFUSED:
                result.reasons[row.reason] = result.reasons.get(row.reason, 0) + row.number
    return result


def in_lane(table: Table, client: str, lane: Lane) -> ColumnElement[bool]:
    """That a row of ``table`` is of one audience of ``client`` at its destination."""
    destination, audience = lane
    return and_(table.c.client == client, table.c.destination == destination, table.c.audience == audience)

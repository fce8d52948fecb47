"""Conditions on deliveries that statements of several modules share."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, bindparam, or_, text

from closedwon.ledger.schema import IS_UNSETTLED, deliveries
from closedwon.ledger.states import WAITING, State

GIVEN_UP = and_(deliveries.c.state == State.EXPIRED, deliveries.c.payload.is_not(None))
"""It expired lately, perhaps because our clock ran ahead: if so, it waits again."""

# Not by IN, which no statement that is executed for many rows may have.
WAITS = or_(*(deliveries.c.state == state for state in WAITING), GIVEN_UP)
"""It is still to be sent, or may be."""

IS_WAITING = and_(text(IS_UNSETTLED), deliveries.c.state.in_(WAITING))
"""It is still to be sent, in the words of the index that holds all of these."""


def one_delivery(client: str) -> ColumnElement[bool]:
    """The delivery to the destination ``at`` of the event ``of``, which are parameters of the statement."""
    return and_(
        deliveries.c.client == client,
        deliveries.c.destination == bindparam("at"),
        deliveries.c.event_id == bindparam("of"),
    )

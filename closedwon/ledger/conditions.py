"""Conditions on deliveries that statements of several modules share."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, bindparam, or_

from closedwon.ledger.schema import deliveries
from closedwon.ledger.states import WAITING

# Not by IN, which no statement that is executed for many rows may have.
WAITS = or_(*(deliveries.c.state == state for state in WAITING))
"""It is still to be sent."""


def one_delivery(client: str) -> ColumnElement[bool]:
    """The delivery to the destination ``at`` of the event ``of``, which are parameters of the statement."""
    return and_(
        deliveries.c.client == client,
        deliveries.c.destination == bindparam("at"),
        deliveries.c.event_id == bindparam("of"),
    )

"""What platforms said of deliveries that they did not accept: one message for each reason, without personal data."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select, text

from closedwon.ledger.ledger import Ledger
from closedwon.ledger.schema import IS_SETTLED, IS_UNSETTLED, deliveries
from closedwon.ledger.states import State

_REFUSED = (
    (IS_UNSETTLED, (State.QUEUED, State.SENDING, State.HELD)),
    (IS_SETTLED, (State.REJECTED, State.EXPIRED)),
)
"""States of what was not accepted, by the partial index that holds them."""


def words(ledger: Ledger, client: str, destination: str, reasons: Iterable[str]) -> dict[str, str]:
    """A message of each of ``reasons`` that has one."""
    with ledger.reading() as connection:
        found = {reason: _message(connection, client, destination, reason) for reason in reasons}
    return {reason: message for reason, message in found.items() if message}


def _message(connection: Connection, client: str, destination: str, reason: str) -> str | None:
    for condition, states in _REFUSED:
        query = select(deliveries.c.message).where(
            deliveries.c.client == client,
            deliveries.c.destination == destination,
            deliveries.c.state.in_(states),
            deliveries.c.reason == reason,
            deliveries.c.message.is_not(None),
            text(condition),
        )
        if message := connection.execute(query.limit(1)).scalar():
            return str(message)
    return None

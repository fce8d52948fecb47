"""What orders gave back: looked up by order, and taken off the value of what still waits."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import polars as pl
from sqlalchemy import Connection, bindparam, literal, select, update

from closedwon.ledger.bulk import look_up
from closedwon.ledger.conditions import one_delivery
from closedwon.ledger.ledger import Ledger
from closedwon.ledger.schema import deliveries, stage_entries
from closedwon.ledger.states import WAITING, State
from config.columns import REFUND_STAGE

REFUNDED = "refunded"
"""Why a delivery is skipped whose order was given back altogether."""

_SCHEMA = {"event_id": pl.String, "order_id": pl.String, "amount": pl.Float64, "currency": pl.String}


def refunds_of(ledger: Ledger, client: str, source: str, orders: pl.Series) -> pl.DataFrame:
    """The refunds of ``orders`` that were read before.

    They have ``event_id``, ``order_id``, ``amount`` (below zero) and ``currency``.
    """
    # Written into the statement, since SQLite takes the index of refunds only where it sees that it fits.
    is_refund = stage_entries.c.stage == literal(REFUND_STAGE, literal_execute=True)
    query = select(*(stage_entries.c[name] for name in _SCHEMA)).where(
        stage_entries.c.client == client, stage_entries.c.source == source, is_refund
    )
    rows = []
    with ledger.reading() as connection:
        if connection.execute(query.limit(1)).first() is not None:
            rows = [tuple(row) for row in look_up(connection, query, stage_entries.c.order_id, orders)]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def revalue(
    connection: Connection, client: str, revalued: pl.DataFrame, *, scaled: Collection[str], stamp: int
) -> None:
    """Take refunds off what waits.

    ``revalued`` has ``event_id`` and ``kept``, the share of its amount that an order still is worth. A delivery of
    nothing is skipped; the value of the others shrinks where it is of a stage in ``scaled``.
    """
    shares = dict(revalued.select("event_id", "kept").iter_rows())
    waiting = _waiting(connection, client, list(shares))
    nothing = [row for row in waiting if shares[row["of"]] <= 0]
    less = [row for row in waiting if shares[row["of"]] > 0 and row["stage"] in scaled and row["full"]]
    one = update(deliveries).where(one_delivery(client))
    if nothing:
        skipped = one.values(state=State.SKIPPED, reason=REFUNDED, payload=None, updated_at=stamp)
        connection.execute(skipped, [{"at": row["at"], "of": row["of"]} for row in nothing])
    if less:
        connection.execute(
            one.values(value=bindparam("worth"), updated_at=stamp),
            [
                {"at": row["at"], "of": row["of"], "worth": round(row["full"] * shares[row["of"]], 6)}
                for row in less
            ],
        )


def _waiting(connection: Connection, client: str, event_ids: list[str]) -> list[dict[str, Any]]:
    query = select(
        deliveries.c.destination.label("at"),
        deliveries.c.event_id.label("of"),
        deliveries.c.stage,
        deliveries.c.full_value.label("full"),
    ).where(deliveries.c.client == client, deliveries.c.state.in_(WAITING))
    return [row._asdict() for row in look_up(connection, query, deliveries.c.event_id, event_ids)]

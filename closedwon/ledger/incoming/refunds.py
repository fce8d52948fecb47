"""What orders gave back: looked up by order, and taken off the value of what still waits."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl
from sqlalchemy import Connection, bindparam, literal, or_, select, update

from closedwon.ledger.bulk import frame, look_up
from closedwon.ledger.conditions import WAITS, one_delivery
from closedwon.ledger.ledger import Ledger
from closedwon.ledger.outgoing.restating import save_changed
from closedwon.ledger.reasons import REFUNDED
from closedwon.ledger.schema import deliveries, stage_entries
from closedwon.ledger.states import State
from config.columns import REFUND_STAGE

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
    with ledger.reading() as connection:
        if connection.execute(query.limit(1)).first() is None:
            return pl.DataFrame(schema=_SCHEMA)
        return frame(look_up(connection, query, stage_entries.c.order_id, orders), _SCHEMA)


def revalue(
    connection: Connection, client: str, revalued: pl.DataFrame, *, scaled: Collection[str], stamp: int
) -> None:
    """Take refunds off what waits, and note what they leave of what was accepted.

    ``revalued`` has ``event_id`` and ``kept``, the share of its amount that an order still is worth. A delivery of
    nothing is skipped, or worth nothing where the platform has counted it; the value of the others shrinks where it
    is of a stage in ``scaled``.
    """
    if revalued.is_empty():
        return
    known = _known(connection, client, revalued["event_id"]).join(revalued, on="event_id")
    nothing, waits = pl.col("kept") <= 0, pl.col("state") != State.ACCEPTED.value
    shrinks = pl.col("stage").is_in(list(scaled)) & pl.col("full_value").is_not_null()
    worth = pl.when(nothing).then(0.0).otherwise((pl.col("full_value") * pl.col("kept")).round(6))
    valued = known.with_columns(value=worth).filter(nothing | shrinks)
    one = update(deliveries).where(one_delivery(client))
    skipped = valued.filter(waits, nothing).select(at="destination", of="event_id")
    if not skipped.is_empty():
        values = {"state": State.SKIPPED, "reason": REFUNDED, "payload": None, "updated_at": stamp}
        connection.execute(one.values(**values), skipped.to_dicts())
    less = valued.filter(waits, ~nothing).select(at="destination", of="event_id", worth="value")
    if not less.is_empty():
        connection.execute(one.values(value=bindparam("worth"), updated_at=stamp), less.to_dicts())
    save_changed(connection, client, valued.filter(~waits), stamp)


def _known(connection: Connection, client: str, event_ids: pl.Series) -> pl.DataFrame:
    """What waits of ``event_ids``, and what was accepted."""
    schema = {
        "destination": pl.String,
        "event_id": pl.String,
        "stage": pl.String,
        "state": pl.String,
        "full_value": pl.Float64,
        "currency": pl.String,
        "rule": pl.String,
    }
    query = select(*(deliveries.c[name] for name in schema)).where(
        deliveries.c.client == client, or_(WAITS, deliveries.c.state == State.ACCEPTED)
    )
    return frame(look_up(connection, query, deliveries.c.event_id, event_ids), schema)

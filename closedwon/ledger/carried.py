"""Deliveries that carry what another record held, found again when that record's person takes it back."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection, bindparam, select, update

from closedwon.ledger.bulk import AT_ONCE
from closedwon.ledger.ledger import Ledger
from closedwon.ledger.schema import deliveries
from closedwon.ledger.states import WAITING, State

TAKEN_BACK = "taken_back"
"""Why a delivery is skipped that has nothing left to be matched on."""

ORIGINS = pl.List(
    pl.Struct(dict.fromkeys(("identifier", "source", "object", "record_id", "by", "known_at"), pl.String))
)
"""Type of what ``deliveries.carried`` holds as JSON: each carried identifier, and where it came from."""

LIGHTENED = {
    "destination": pl.String,
    "event_id": pl.String,
    "payload": pl.String,
    "identifiers": pl.String,
    "carried": pl.String,
}
"""Schema of deliveries and what is left of what they are matched on; ``payload`` is null where nothing is."""


def carrying(ledger: Ledger, client: str, records: pl.DataFrame) -> pl.DataFrame:
    """The deliveries whose hashes are still kept, and that carry something of ``records``.

    ``records`` have ``source``, ``object`` and ``record_id``. The result has the columns of :data:`LIGHTENED`.
    """
    if records.is_empty():
        return pl.DataFrame(schema=LIGHTENED)
    query = select(*(deliveries.c[name] for name in LIGHTENED)).where(
        deliveries.c.client == client, deliveries.c.payload.is_not(None), deliveries.c.carried.is_not(None)
    )
    concerned = []
    with ledger.reading() as connection:
        for rows in connection.execution_options(yield_per=AT_ONCE).execute(query).partitions():
            frame = pl.DataFrame([tuple(row) for row in rows], schema=LIGHTENED, orient="row")
            origins = frame.select("destination", "event_id", pl.col("carried").str.json_decode(ORIGINS))
            theirs = (
                origins.explode("carried")
                .unnest("carried")
                .join(records, on=["source", "object", "record_id"], how="semi")
            )
            concerned.append(frame.join(theirs, on=["destination", "event_id"], how="semi"))
    return pl.concat(concerned) if concerned else pl.DataFrame(schema=LIGHTENED)


def lighten(connection: Connection, client: str, lightened: pl.DataFrame, stamp: int) -> None:
    """Replace what ``lightened`` deliveries (:data:`LIGHTENED`) are matched on; with nothing left they are skipped."""
    one = update(deliveries).where(
        deliveries.c.client == client,
        deliveries.c.destination == bindparam("at"),
        deliveries.c.event_id == bindparam("of"),
    )
    rows = [
        {"at": at, "of": of, "left": payload, "names": names, "origins": carried}
        for at, of, payload, names, carried in lightened.select(*LIGHTENED).iter_rows()
    ]
    if not rows:
        return
    left = one.values(
        payload=bindparam("left"),
        identifiers=bindparam("names"),
        carried=bindparam("origins"),
        updated_at=stamp,
    )
    connection.execute(left, rows)
    nothing = [{"at": row["at"], "of": row["of"]} for row in rows if row["left"] is None]
    if nothing:
        waits = deliveries.c.state.in_([State(state) for state in WAITING])
        connection.execute(one.where(waits).values(state=State.SKIPPED, reason=TAKEN_BACK), nothing)

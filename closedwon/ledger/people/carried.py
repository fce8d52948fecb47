"""Deliveries that carry what another record held, found again when that record's person takes it back."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, bindparam, select, text, update

from closedwon.ledger.bulk import frames
from closedwon.ledger.conditions import IS_WAITING, WAITS, one_delivery
from closedwon.ledger.ledger import Ledger
from closedwon.ledger.reasons import TAKEN_BACK
from closedwon.ledger.schema import IS_CARRYING, deliveries
from closedwon.ledger.states import State

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
    "attempts": pl.Int64,
}
"""Schema of deliveries and what is left of what they are matched on; ``payload`` is null where nothing is."""


def carrying(ledger: Ledger, client: str, records: pl.DataFrame) -> pl.DataFrame:
    """The deliveries whose hashes are still kept, and that carry something of ``records``.

    ``records`` have ``source``, ``object`` and ``record_id``. The result has the columns of :data:`LIGHTENED`.
    """
    return _carrying(ledger, _kept(client), records)


def events_carrying(ledger: Ledger, client: str, records: pl.DataFrame) -> set[str]:
    """The events that carry something of ``records``, or did so while their hashes were kept."""
    return set(_carrying(ledger, _of_client(client), records)["event_id"])


def _carrying(ledger: Ledger, query: Select[Any], records: pl.DataFrame) -> pl.DataFrame:
    query = query.where(text(IS_CARRYING))
    # As they stand in JSON text.
    ids = [json.dumps(one, ensure_ascii=False)[1:-1] for one in records["record_id"].unique()]
    concerned = []
    for rows in _frames(ledger, query) if ids else ():
        # Most carry something of others: what cannot be of these records need not be taken apart.
        likely = rows.filter(pl.col("carried").str.contains_any(ids))
        origins = likely.select("destination", "event_id", pl.col("carried").str.json_decode(ORIGINS))
        of_each = origins.explode("carried").unnest("carried")
        theirs = of_each.join(records, on=["source", "object", "record_id"], how="semi")
        concerned.append(likely.join(theirs, on=["destination", "event_id"], how="semi"))
    return pl.concat(concerned) if concerned else pl.DataFrame(schema=LIGHTENED)


def holding(ledger: Ledger, client: str, hashes: Collection[str]) -> pl.DataFrame:
    """The deliveries that wait and have one of ``hashes``: a frame of :data:`LIGHTENED`."""
    query = _kept(client).where(IS_WAITING)
    wanted = list(hashes)
    found = [
        rows.filter(pl.col("payload").str.contains_any(wanted))
        for rows in (_frames(ledger, query) if wanted else ())
    ]
    return pl.concat(found) if found else pl.DataFrame(schema=LIGHTENED)


def _of_client(client: str) -> Select[Any]:
    return select(*(deliveries.c[name] for name in LIGHTENED)).where(deliveries.c.client == client)


def _kept(client: str) -> Select[Any]:
    return _of_client(client).where(deliveries.c.payload.is_not(None))


def _frames(ledger: Ledger, query: Select[Any]) -> Iterator[pl.DataFrame]:
    with ledger.reading() as connection:
        yield from frames(connection, query, LIGHTENED)


def lighten(connection: Connection, client: str, lightened: pl.DataFrame, stamp: int) -> int:
    """Replace what ``lightened`` deliveries (:data:`LIGHTENED`) are matched on; with nothing left they are skipped.

    Returns how many waited and are skipped now.
    """
    one = update(deliveries).where(one_delivery(client))
    rows = [
        {"at": at, "of": of, "left": payload, "names": names, "origins": carried}
        for at, of, payload, names, carried, _ in lightened.select(*LIGHTENED).iter_rows()
    ]
    if not rows:
        return 0
    left = one.values(
        payload=bindparam("left"),
        identifiers=bindparam("names"),
        carried=bindparam("origins"),
        updated_at=stamp,
    )
    connection.execute(left, rows)
    nothing = [{"at": row["at"], "of": row["of"]} for row in rows if row["left"] is None]
    if not nothing:
        return 0
    skipped = one.where(WAITS).values(state=State.SKIPPED, reason=TAKEN_BACK)
    return connection.execute(skipped, nothing).rowcount

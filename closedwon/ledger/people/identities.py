"""The identity map: what records said of people, found again by the hash of an e-mail address or a phone number.

A *sighting* is what one record holds of a person: hashes, click ids and lead ids, and the keys by which it is found.
Nothing here is in clear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, select

from closedwon.ledger.bulk import insert_rows, look_up_frame, upsert
from closedwon.ledger.ledger import Ledger
from closedwon.ledger.schema import identities
from matching.identity import KINDS

SIGHTINGS = {
    "identity": pl.String,
    **dict.fromkeys(KINDS, pl.String),
    "name": pl.String,
    "source": pl.String,
    "object": pl.String,
    "record_id": pl.String,
    "known_at": pl.Int64,
    "last_at": pl.Int64,
    "found": pl.String,
}
"""Schema of sightings.

``name`` is a digest of the person's name; ``known_at`` and ``last_at`` are in microseconds; ``found`` is what is
carried, as JSON, and null where a sighting only tells how many people share its keys.
"""

RECORDS = {"source": pl.String, "object": pl.String, "record_id": pl.String}
"""Schema of records."""


@dataclass(frozen=True)
class Learned:
    """What a batch adds to the identity map, and what it takes out of it.

    Attributes:
        sightings: a frame of :data:`SIGHTINGS`; each takes the place of an earlier one of its ``identity``.
        dropped: identities for which there is no more room.
        forgotten: records (:data:`RECORDS`) whose persons refused, or that were deleted.
    """

    sightings: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SIGHTINGS))
    dropped: pl.Series = field(default_factory=lambda: pl.Series("identity", [], dtype=pl.String))
    forgotten: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RECORDS))


def sightings_of(ledger: Ledger, client: str, wanted: Mapping[str, pl.Series]) -> pl.DataFrame:
    """The sightings that have any of the values ``wanted``, by column: a frame of :data:`SIGHTINGS`, each once."""
    query = select(*(identities.c[name] for name in SIGHTINGS)).where(identities.c.client == client)
    with ledger.reading() as connection:
        if connection.execute(query.limit(1)).first() is None:
            return pl.DataFrame(schema=SIGHTINGS)
        found = [
            look_up_frame(connection, query, identities.c[column], values, SIGHTINGS)
            for column, values in wanted.items()
        ]
    return pl.concat(found).unique("identity", maintain_order=True)


def learn(connection: Connection, client: str, learned: Learned) -> None:
    """Put into the map what was learned, and take out of it what was taken back."""
    forget_records(connection, client, learned.forgotten)
    new = upsert(connection, identities)
    replaced = new.on_conflict_do_update(
        index_elements=["client", "identity"],
        set_={name: new.excluded[name] for name in SIGHTINGS if name != "identity"},
    )
    insert_rows(connection, replaced, learned.sightings.select(*SIGHTINGS), client=client)
    if not learned.dropped.is_empty():
        one = and_(identities.c.client == client, identities.c.identity == bindparam("of"))
        connection.execute(delete(identities).where(one), [{"of": of} for of in learned.dropped])


def _of_record(client: str) -> ColumnElement[bool]:
    return and_(
        identities.c.client == client,
        identities.c.source == bindparam("in"),
        identities.c.object == bindparam("of"),
        identities.c.record_id == bindparam("at"),
    )


def forget_records(connection: Connection, client: str, records: pl.DataFrame) -> None:
    """Forget what ``records`` (:data:`RECORDS`) said of people."""
    rows = [dict(zip(("in", "of", "at"), one, strict=True)) for one in records.select(*RECORDS).iter_rows()]
    if rows:
        connection.execute(delete(identities).where(_of_record(client)), rows)

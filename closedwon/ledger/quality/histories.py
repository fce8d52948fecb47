"""What the ledger remembers of leads, as narrow columns: a million stage entries in some tens of megabytes.

Ids come out as 64-bit hashes, since nothing here is shown of a single record.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, Label, Select, Table, case, select

from closedwon.ledger.ledger import Ledger, microseconds, moment
from closedwon.ledger.schema import cursors, identities, merges, stage_entries
from closedwon.ledger.states import ERASED

_ROWS = 50_000
_SEPARATOR = "\x1f"

_ENTRY = {
    **dict.fromkeys(("record", "person", "stage"), pl.String),
    "entered_at": pl.Int64,
    "time_known": pl.Int8,
    "amount": pl.Float64,
    "currency": pl.String,
}
_PERSON = dict.fromkeys(("record", "external_id", "email", "phone", "name"), pl.String)
_MERGE = dict.fromkeys(("record", "winner"), pl.String)


def entries_of(
    ledger: Ledger, client: str, stages: Collection[str], segments: Collection[str], *, since: datetime
) -> pl.DataFrame:
    """The entries into ``stages`` since a time, but for those that were erased.

    Returns:
        ``record`` and ``person`` (numbers; ``person`` is null where the source names none), ``stage``, ``entered_at``
        (microseconds), ``time_known``, ``amount``, ``currency``, and a column for each of ``segments``.
    """
    of = stage_entries.c
    query = select(
        _record(stage_entries),
        (of.source + _SEPARATOR + of.person).label("person"),
        *(
            of.stage,
            of.entered_at,
            case((of.time_known, 1), else_=0).label("time_known"),
            of.amount,
            of.currency,
        ),
        *(of[name] for name in segments),
    ).where(
        of.client == client,
        of.stage.in_(list(stages)),
        of.entered_at >= microseconds(since),
        of.record_id != ERASED,
    )
    narrow: list[pl.Expr | str] = [
        pl.col("record").hash(),
        # What is null has a hash too.
        pl.when(pl.col("person").is_not_null()).then(pl.col("person").hash()).alias("person"),
        *(
            pl.col("stage").cast(pl.Categorical),
            "entered_at",
            pl.col("time_known").cast(pl.Boolean),
            "amount",
        ),
        pl.col("currency", *segments).cast(pl.Categorical),
    ]
    with ledger.reading() as connection:
        return _narrowed(connection, query, {**_ENTRY, **dict.fromkeys(segments, pl.String)}, narrow)


def people_of(ledger: Ledger, client: str) -> pl.DataFrame:
    """Who records are of: ``record`` (a number), ``external_id``, ``email``, ``phone`` and ``name``."""
    of = identities.c
    query = select(_record(identities), of.external_id, of.email, of.phone, of.name).where(
        of.client == client
    )
    with ledger.reading() as connection:
        return _narrowed(connection, query, _PERSON, [pl.col("record").hash(), pl.exclude("record")])


def merges_of(ledger: Ledger, client: str) -> pl.DataFrame:
    """Records that were merged: ``record`` and ``winner``, numbers."""
    query = select(_record(merges), _record(merges, "merged_into").label("winner")).where(
        merges.c.client == client
    )
    with ledger.reading() as connection:
        return _narrowed(connection, query, _MERGE, [pl.all().hash()])


def known_until(ledger: Ledger, client: str, sources: Collection[str]) -> datetime | None:
    """Since when one of ``sources`` may have gone on without our knowing: the oldest of their last complete readings.

    Returns None where one of them was never read to its end.
    """
    query = select(cursors.c.source, cursors.c.complete_at).where(cursors.c.client == client)
    with ledger.reading() as connection:
        read = {row.source: row.complete_at for row in connection.execute(query)}
    times = [read.get(source) for source in sources]
    known = [time for time in times if time is not None]
    return moment(min(known)) if known and len(known) == len(times) else None


def _record(table: Table, record_id: str = "record_id") -> Label[str]:
    """One text for a record, put together by the database: three for each of a million rows would be slower."""
    of = table.c
    return (of.source + _SEPARATOR + of.object + _SEPARATOR + of[record_id]).label("record")


def _narrowed(
    connection: Connection,
    query: Select[*tuple[Any, ...]],
    schema: Mapping[str, type[pl.DataType]],
    columns: Sequence[pl.Expr | str],
) -> pl.DataFrame:
    """The rows of ``query``, each part of them reduced to ``columns`` before the next is fetched."""
    parts = [pl.DataFrame(schema=schema).select(*columns)]
    found = connection.execute(query, execution_options={"stream_results": True})
    for rows in found.partitions(_ROWS):
        named = zip(schema.items(), zip(*rows, strict=True), strict=True)
        part = pl.DataFrame([pl.Series(name, values, dtype) for (name, dtype), values in named])
        parts.append(part.select(*columns))
    return pl.concat(parts)

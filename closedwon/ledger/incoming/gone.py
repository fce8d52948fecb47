"""Records that no longer exist: what waits of them is not sent, and what was merged is remembered."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Column, Connection, Select, and_, bindparam, or_, select, union, update

from closedwon.ledger.bulk import AT_ONCE, frame, insert_rows, look_up, upsert
from closedwon.ledger.conditions import WAITS, one_delivery
from closedwon.ledger.ledger import Ledger, microseconds
from closedwon.ledger.reasons import SENT_BEFORE_MERGE
from closedwon.ledger.schema import cursors, deliveries, identities, merges, stage_entries
from closedwon.ledger.states import UNANSWERED, State

IN_DOUBT = and_(
    deliveries.c.state.in_(UNANSWERED), deliveries.c.attempts > 0, deliveries.c.payload.is_not(None)
)
"""It was tried and not answered: the platform may have heard of it, and knows it again by its id alone."""

PAIRS = {"object": pl.String, "record_id": pl.String, "merged_into": pl.String}
"""Schema of merged records: each, and the record of its object that took its place."""

HEARD = {"destination": pl.String, "event_id": pl.String}
"""Schema of what a platform heard of under another id."""


def merges_around(
    ledger: Ledger, client: str, source: str, records: pl.Series, pairs: pl.DataFrame
) -> pl.DataFrame:
    """The merges that are known of ``records``, and of those which ``pairs`` (:data:`PAIRS`) merge.

    They are :data:`PAIRS` too: what was merged into any of them, and what became of the winners in ``pairs``. Most
    sources know none, and then it is cheap.
    """
    own = select(*(merges.c[name] for name in PAIRS)).where(
        merges.c.client == client, merges.c.source == source
    )
    losers, winners = set(pairs["record_id"]), set(pairs["merged_into"])
    of_objects = own.where(merges.c.object.in_(pairs["object"].unique().to_list()))
    with ledger.reading() as connection:
        if connection.execute(own.limit(1)).first() is None:
            return pl.DataFrame(schema=PAIRS)
        later = _pairs(connection, of_objects, merges.c.record_id, winners)
        left = {row[2] for row in later}
        earlier = _pairs(connection, own, merges.c.merged_into, {*records, *losers, *winners, *left})
    return frame([*later, *earlier], PAIRS).unique(maintain_order=True)


def merged_into(ledger: Ledger, client: str, records: pl.DataFrame) -> pl.DataFrame:
    """The records (``source``, ``object``, ``record_id``) that were merged into any of ``records``."""
    names = ("source", "object", "record_id")
    query = select(*(merges.c[name] for name in names), merges.c.merged_into).where(merges.c.client == client)
    with ledger.reading() as connection:
        if records.is_empty() or connection.execute(query.limit(1)).first() is None:
            return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
        rows = look_up(connection, query, merges.c.merged_into, records["record_id"])
        found = frame(rows, dict.fromkeys((*names, "merged_into"), pl.String))
    winners = records.select("source", "object", merged_into="record_id")
    return found.join(winners, on=["source", "object", "merged_into"], how="semi").select(names)


def _pairs(
    connection: Connection, query: Select[Any], column: Column[str], values: Collection[str]
) -> list[tuple[str, ...]]:
    return [tuple(row) for row in look_up(connection, query, column, values)]


def save_merges(connection: Connection, client: str, source: str, pairs: pl.DataFrame, stamp: int) -> None:
    """Remember ``pairs`` (:data:`PAIRS`), each of which names the record that is left in the end."""
    statement = upsert(connection, merges)
    replaced = statement.on_conflict_do_update(
        index_elements=["client", "source", "object", "record_id"],
        set_={name: statement.excluded[name] for name in ("merged_into", "seen_at")},
    )
    insert_rows(connection, replaced, pairs.select(*PAIRS), client=client, source=source, seen_at=stamp)


def withdraw(connection: Connection, client: str, withdrawn: pl.DataFrame, stamp: int) -> int:
    """Skip what waits of the entries of records that are gone; returns how many deliveries that concerns.

    ``withdrawn`` has ``event_id``, ``reason``, ``kept`` and ``erased``: the destinations in the list ``kept`` are told
    all the same, and hashes of a person who was erased are forgotten even where the platform has long heard of them.
    """
    own = and_(deliveries.c.client == client, deliveries.c.event_id == bindparam("of"))
    count = 0
    for (reason, kept), part in withdrawn.group_by("reason", "kept", maintain_order=True):
        others = (deliveries.c.destination != one for one in kept or ())
        count += _execute(
            connection,
            update(deliveries)
            .where(own, WAITS, *others)
            .values(state=State.SKIPPED, reason=reason, payload=None, updated_at=stamp),
            [{"of": event_id} for event_id in part["event_id"]],
        )
    _execute(
        connection,
        update(deliveries).where(own, deliveries.c.payload.is_not(None)).values(payload=None),
        [{"of": event_id} for event_id in withdrawn.filter("erased")["event_id"]],
    )
    return count


def supersede(connection: Connection, client: str, heard: pl.DataFrame, stamp: int) -> None:
    """Skip what waits of ``heard`` (:data:`HEARD`): the platform heard it under another id."""
    _execute(
        connection,
        update(deliveries)
        .where(one_delivery(client), WAITS)
        .values(state=State.SKIPPED, reason=SENT_BEFORE_MERGE, payload=None, updated_at=stamp),
        [{"at": at, "of": of} for at, of in heard.select("destination", "event_id").iter_rows()],
    )


def _execute(connection: Connection, statement: object, rows: list[dict[str, str]]) -> int:
    return connection.execute(statement, rows).rowcount if rows else 0  # type: ignore[call-overload]


def records_in_doubt(
    ledger: Ledger, client: str, source: str, *, read_before: datetime, kept: bool
) -> Iterator[tuple[str, str]]:
    """Object and id of the records that wait to be sent and were not read since ``read_before``, each once.

    With ``kept``, also those of which hashes are kept, beside a delivery or in the identity map.
    """
    concerned = or_(WAITS, deliveries.c.payload.is_not(None)) if kept else WAITS
    waiting = (
        select(stage_entries.c.object, stage_entries.c.record_id)
        .join(
            deliveries,
            and_(
                deliveries.c.client == stage_entries.c.client,
                deliveries.c.event_id == stage_entries.c.event_id,
            ),
        )
        .where(
            stage_entries.c.client == client,
            stage_entries.c.source == source,
            stage_entries.c.read_at < microseconds(read_before),
            concerned,
        )
    )
    seen = select(identities.c.object, identities.c.record_id).where(
        identities.c.client == client, identities.c.source == source
    )
    doubtful = (union(waiting, seen) if kept else waiting.distinct()).subquery()
    query = select(doubtful).order_by(doubtful.c.object, doubtful.c.record_id)
    with ledger.reading() as connection:
        for row in connection.execution_options(yield_per=AT_ONCE).execute(query):
            yield row.object, row.record_id


def mark_reconciled(ledger: Ledger, client: str, source: str, now: datetime) -> None:
    """Record that all records with anything kept of them were looked for at ``now``."""
    with ledger.writing() as connection:
        connection.execute(
            update(cursors)
            .where(cursors.c.client == client, cursors.c.source == source)
            .values(reconciled_at=microseconds(now))
        )

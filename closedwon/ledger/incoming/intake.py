"""What a source's batch leaves in the ledger: stage entries, deliveries, rejects and the cursor, all or nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Column, ColumnElement, Connection, Select, and_, case, literal_column, not_, select

from closedwon.ledger.audiences.candidates import (
    Candidates,
    drop_events,
    keep_candidates,
    revalue_candidates,
)
from closedwon.ledger.bulk import insert_rows, look_up_frame, upsert
from closedwon.ledger.conditions import GIVEN_UP
from closedwon.ledger.incoming.gone import (
    HEARD,
    IN_DOUBT,
    PAIRS,
    merged_into,
    merges_around,
    save_merges,
    supersede,
    withdraw,
)
from closedwon.ledger.incoming.positions import save_cursor
from closedwon.ledger.incoming.refunds import refunds_of, revalue
from closedwon.ledger.incoming.rejects import set_aside
from closedwon.ledger.ledger import Ledger, microseconds
from closedwon.ledger.outgoing.restating import CHANGED, forget_payloads, save_changed
from closedwon.ledger.people.carried import LIGHTENED, carrying, holding, lighten
from closedwon.ledger.people.identities import (
    RECORDS,
    Learned,
    forget_records,
    learn,
    sightings_of,
)
from closedwon.ledger.reasons import NOT_COUNTED
from closedwon.ledger.schema import deliveries, stage_entries
from closedwon.ledger.states import ERASED, OPEN, State

ENTRY_COLUMNS = tuple(c.name for c in stage_entries.columns if c.name not in {"client", "read_at"})
"""Columns of the frame that :meth:`Intake.store` takes as entries; times in microseconds."""

_SET_LATER = {"told_value", "told_currency", "message", "attempts", "request_id", "accepted_at", "changed_at"}
_SET_BY_INTAKE = {"client", "queued_at", "updated_at"} | _SET_LATER

DELIVERY_COLUMNS = tuple(c.name for c in deliveries.columns if c.name not in _SET_BY_INTAKE)
"""Columns of the frame that :meth:`Intake.store` takes as deliveries; times in microseconds."""

_JUDGED = (
    "state",
    "reason",
    "payload",
    "identifiers",
    "carried",
    "consent",
    "value",
    "full_value",
    "currency",
    "rule",
    "value_version",
    "name",
    "event_time",
    "expires_at",
)
_FROZEN = ("payload", "identifiers", "carried", "consent")
"""A platform may have heard of what was tried, and tells a second event from a first by who it is of."""

# Written out, since bound parameters would have to travel with every row.
_STILL_OPEN = (
    f"deliveries.state IN ({', '.join(repr(state.value) for state in OPEN)})"
    # Given up by a clock that ran ahead; one that is right finds what is too old to be so still.
    " OR (deliveries.state = 'expired' AND deliveries.payload IS NOT NULL"
    " AND (excluded.reason IS NULL OR excluded.reason <> 'too_old'))"
)
# Whatever it was tried with: nobody is told of with a consent that was withdrawn.
_TRIED = (
    "deliveries.attempts > 0 AND deliveries.payload IS NOT NULL AND excluded.payload IS NOT NULL"
    " AND deliveries.consent = excluded.consent"
)
# That a platform did not count it is not mended by reading its record again.
_STAYS_HELD = (
    f"deliveries.state = '{State.HELD}' AND deliveries.reason = '{NOT_COUNTED}'"
    f" AND excluded.state = '{State.QUEUED}'"
)

_MENDABLE = (
    *("stage_raw", "order_id", "entered_at", "time_known", "amount", "currency", "read_at"),
    *("person", "lead_created_at", "lead_source", "campaign", "form"),
)
_STILL_MENDABLE = ("amount", "currency", "read_at")
"""Of a stage that a platform has heard of, no more than what it can be told of anew."""


@dataclass(frozen=True)
class Effects:
    """What a batch says of deliveries that were queued before it; each part may be left out.

    Attributes:
        merged: records that were merged, and what is left of each (:data:`closedwon.ledger.incoming.gone.PAIRS`).
        withdrawn: ``event_id``, ``reason`` and ``erased`` of entries whose records are gone.
        heard: what a platform heard of under another id (:data:`closedwon.ledger.incoming.gone.HEARD`).
        revalued: ``event_id`` and ``kept`` of orders that were refunded.
        scaled: the stages whose values shrink with a refund.
        forgotten: records whose persons the identity map no longer knows.
        lightened: deliveries that carried something of them (:data:`LIGHTENED`), without it.
        changed: what accepted deliveries are worth now (:data:`CHANGED`).
        refused: events whose persons have refused since they were sent.
    """

    merged: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PAIRS))
    withdrawn: pl.DataFrame | None = None
    heard: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=HEARD))
    revalued: pl.DataFrame | None = None
    scaled: Collection[str] = ()
    forgotten: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RECORDS))
    lightened: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LIGHTENED))
    changed: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CHANGED))
    refused: Collection[str] = ()


@dataclass(frozen=True)
class Stored:
    """A batch as the ledger takes it.

    Attributes:
        entries: frame of :data:`ENTRY_COLUMNS`.
        queue: frame of :data:`DELIVERY_COLUMNS`; ``state`` is queued or skipped.
        cursor: where the next read starts once this is stored; ``rules``: what it was read under.
        rejects: rows set aside: file, line, reason, masked. ``restarted``: files read from their beginning.
        amended: events that state another amount than before, so that it is another even of what was sent.
        effects: what the batch says of deliveries of earlier ones.
        learned: what the identity map learns of its people.
        candidates: what it says of memberships in audiences; None where the client has none.
    """

    entries: pl.DataFrame
    queue: pl.DataFrame
    cursor: Mapping[str, Any]
    rules: str
    rejects: Iterable[Mapping[str, Any]] = ()
    restarted: Iterable[str] = field(default=())
    amended: pl.Series = field(default_factory=lambda: pl.Series("event_id", [], dtype=pl.String))
    effects: Effects = Effects()
    learned: Learned = field(default_factory=Learned)
    candidates: Candidates | None = None


class Intake:
    """One client's way into the ledger."""

    def __init__(self, ledger: Ledger, client: str) -> None:
        self._ledger = ledger
        self._client = client

    def known(self, event_ids: pl.Series) -> pl.DataFrame:
        """Deliveries of ``event_ids`` that were judged before, by ``destination`` and ``event_id``.

        Each is ``settled``, ``accepted``, ``skipped``, ``in_doubt`` or none of them, and has its ``value``,
        ``currency``, ``rule`` and ``consent``. A platform may have heard of what is settled. The rest still waits, and
        is judged anew with its record: consent may have been withdrawn since, or an amount mended.
        """
        query = select(
            deliveries.c.destination,
            deliveries.c.event_id,
            and_(deliveries.c.state.not_in(OPEN), not_(GIVEN_UP)).label("settled"),
            (deliveries.c.state == State.ACCEPTED).label("accepted"),
            (deliveries.c.state == State.SKIPPED).label("skipped"),
            IN_DOUBT.label("in_doubt"),
            deliveries.c.value,
            deliveries.c.currency,
            deliveries.c.rule,
            deliveries.c.consent,
        ).where(deliveries.c.client == self._client)
        schema = {
            "destination": pl.String,
            "event_id": pl.String,
            "settled": pl.Boolean,
            "accepted": pl.Boolean,
            "skipped": pl.Boolean,
            "in_doubt": pl.Boolean,
            "value": pl.Float64,
            "currency": pl.String,
            "rule": pl.String,
            "consent": pl.String,
        }
        return self._frame(query, deliveries.c.event_id, event_ids, schema)

    def remembered(self, event_ids: pl.Series) -> pl.DataFrame:
        """What is known of ``event_ids`` that were read before.

        It is their ``entered_at``, ``amount``, ``currency`` and ``time_known``, and whether they were ``erased``, so
        that they are not to be judged anew.
        """
        query = select(
            stage_entries.c.event_id,
            stage_entries.c.entered_at,
            stage_entries.c.amount,
            stage_entries.c.currency,
            stage_entries.c.time_known,
            (stage_entries.c.record_id == ERASED).label("erased"),
        ).where(stage_entries.c.client == self._client)
        schema = {
            "event_id": pl.String,
            "entered_at": pl.Int64,
            "amount": pl.Float64,
            "currency": pl.String,
            "time_known": pl.Boolean,
            "erased": pl.Boolean,
        }
        found = self._frame(query, stage_entries.c.event_id, event_ids, schema)
        return found.with_columns(pl.from_epoch("entered_at", time_unit="us").dt.replace_time_zone("UTC"))

    def refunds(self, source: str, orders: pl.Series) -> pl.DataFrame:
        """The refunds of ``orders`` that were read before, as :func:`.refunds_of` has them."""
        return refunds_of(self._ledger, self._client, source, orders)

    def merges_around(self, source: str, records: pl.Series, pairs: pl.DataFrame) -> pl.DataFrame:
        """The merges that are known of ``records`` and of ``pairs``: :data:`closedwon.ledger.incoming.gone.PAIRS`."""
        return merges_around(self._ledger, self._client, source, records, pairs)

    def sightings_of(self, wanted: Mapping[str, pl.Series]) -> pl.DataFrame:
        """What the identity map knows, as :func:`closedwon.ledger.people.identities.sightings_of` has it."""
        return sightings_of(self._ledger, self._client, wanted)

    def _frame(
        self,
        query: Select[Any],
        column: Column[str],
        event_ids: pl.Series,
        schema: Mapping[str, type[pl.DataType]],
    ) -> pl.DataFrame:
        with self._ledger.reading() as connection:
            return look_up_frame(connection, query, column, event_ids, schema)

    def store(self, source: str, batch: Stored, *, known: pl.DataFrame, now: datetime) -> int:
        """Commit a batch and its cursor in one transaction; returns how many waiting deliveries it withdrew.

        ``known`` is what :meth:`known` said of the batch: settled entries stay as they were when they were sent, but
        for the amounts of those that were amended.
        """
        stamp = microseconds(now)
        is_settled = pl.col("event_id").is_in(known.filter("settled")["event_id"].unique().implode())
        is_amended = pl.col("event_id").is_in(batch.amended.implode())
        with self._ledger.writing() as connection:
            new = upsert(connection, stage_entries)
            mended, revalued = (
                new.on_conflict_do_update(
                    index_elements=["client", "event_id"], set_={name: new.excluded[name] for name in names}
                )
                for names in (_MENDABLE, _STILL_MENDABLE)
            )
            for statement, part in ((mended, ~is_settled), (revalued, is_settled & is_amended)):
                insert_rows(
                    connection, statement, batch.entries.filter(part), client=self._client, read_at=stamp
                )
            _queue(connection, batch.queue, client=self._client, stamp=stamp)
            set_aside(
                connection, self._client, source, rows=batch.rejects, restarted=batch.restarted, stamp=stamp
            )
            learn(connection, self._client, batch.learned)
            withdrawn = _apply(connection, self._client, source, batch.effects, stamp)
            if batch.candidates is not None:
                keep_candidates(connection, self._client, batch.candidates)
            save_cursor(connection, self._client, source, cursor=batch.cursor, rules=batch.rules, stamp=stamp)
        return withdrawn

    def merged_into(self, records: pl.DataFrame) -> pl.DataFrame:
        """The records that were merged into any of ``records``: see :func:`.gone.merged_into`."""
        return merged_into(self._ledger, self._client, records)

    def carrying(self, records: pl.DataFrame) -> pl.DataFrame:
        """Deliveries that carry something of ``records``, as :func:`.carried.carrying` has them."""
        return carrying(self._ledger, self._client, records)

    def holding(self, hashes: Collection[str]) -> pl.DataFrame:
        """Deliveries that wait and have one of ``hashes``, as :func:`.carried.holding` has them."""
        return holding(self._ledger, self._client, hashes)

    def withdraw(self, source: str, effects: Effects, now: datetime) -> int:
        """Commit what was learned of records without reading a batch; returns how many deliveries it withdrew."""
        with self._ledger.writing() as connection:
            return _apply(connection, self._client, source, effects, microseconds(now))


def _apply(connection: Connection, client: str, source: str, effects: Effects, stamp: int) -> int:
    save_merges(connection, client, source, effects.merged, stamp)
    supersede(connection, client, effects.heard, stamp)
    if effects.revalued is not None:
        revalue(connection, client, effects.revalued, scaled=effects.scaled, stamp=stamp)
        revalue_candidates(connection, client, effects.revalued)
    forget_records(connection, client, effects.forgotten)
    skipped = lighten(connection, client, effects.lightened, stamp)
    save_changed(connection, client, effects.changed, stamp)
    forget_payloads(connection, client, effects.refused)
    if effects.withdrawn is None:
        return skipped
    drop_events(connection, client, effects.withdrawn["event_id"])
    return skipped + withdraw(connection, client, effects.withdrawn, stamp)


def _queue(connection: Connection, queue: pl.DataFrame, *, client: str, stamp: int) -> None:
    """Insert deliveries; an open one takes the new verdict, any other stays as it is.

    One that is held for not having been counted stays held unless it is to be skipped: see
    :class:`closedwon.ledger.outgoing.probing.Probes`.
    """
    statement = upsert(connection, deliveries)
    mended: dict[str, ColumnElement[Any]] = {
        name: statement.excluded[name] for name in (*_JUDGED, "updated_at")
    }
    for names, stays in ((_FROZEN, _TRIED), (("state", "reason"), _STAYS_HELD)):
        for name in names:
            mended[name] = case((literal_column(stays), deliveries.c[name]), else_=statement.excluded[name])
    judged = statement.on_conflict_do_update(
        index_elements=["client", "destination", "event_id"],
        set_=mended,
        where=literal_column(_STILL_OPEN),
    )
    insert_rows(connection, judged, queue, client=client, queued_at=stamp, updated_at=stamp)

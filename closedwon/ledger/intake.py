"""What a source's batch leaves in the ledger: stage entries, deliveries, rejects and the cursor, all or nothing."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Connection, literal_column, select
from sqlalchemy.dialects.sqlite import insert

from closedwon.ledger.bulk import insert_rows
from closedwon.ledger.ledger import Ledger, microseconds, moment
from closedwon.ledger.schema import cursors, deliveries, rejects, stage_entries
from closedwon.ledger.states import State

_LOOKUP = 5_000

ENTRY_COLUMNS = tuple(c.name for c in stage_entries.columns if c.name not in {"client", "read_at"})
"""Columns of the frame that :meth:`Intake.store` takes as entries; times in microseconds."""

_SET_BY_INTAKE = {"client", "message", "attempts", "request_id", "queued_at", "updated_at"}

DELIVERY_COLUMNS = tuple(c.name for c in deliveries.columns if c.name not in _SET_BY_INTAKE)
"""Columns of the frame that :meth:`Intake.store` takes as deliveries; times in microseconds."""

_JUDGED = ("state", "reason", "payload", "value", "currency", "name", "event_time", "expires_at")


class Intake:
    """One client's way into the ledger."""

    def __init__(self, ledger: Ledger, client: str) -> None:
        self._ledger = ledger
        self._client = client

    def settled(self, event_ids: pl.Series) -> pl.DataFrame:
        """Which of ``event_ids`` need no second look: ``destination``, ``event_id`` of deliveries past the gates.

        A skipped delivery is not among them: its record may have been mended, so it is judged anew.
        """
        found: list[tuple[str, str]] = []
        ids = event_ids.to_list()
        with self._ledger.reading() as connection:
            for start in range(0, len(ids), _LOOKUP):
                found += (
                    (row.destination, row.event_id)
                    for row in connection.execute(
                        select(deliveries.c.destination, deliveries.c.event_id).where(
                            deliveries.c.client == self._client,
                            deliveries.c.event_id.in_(ids[start : start + _LOOKUP]),
                            deliveries.c.state != State.SKIPPED,
                        )
                    )
                )
        return pl.DataFrame(found, schema={"destination": pl.String, "event_id": pl.String}, orient="row")

    def store(
        self,
        source: str,
        *,
        entries: pl.DataFrame,
        queue: pl.DataFrame,
        set_aside: Iterable[Mapping[str, Any]],
        cursor: Mapping[str, Any],
        now: datetime,
    ) -> None:
        """Commit a batch and its cursor in one transaction.

        ``entries`` has :data:`ENTRY_COLUMNS`, ``queue`` has :data:`DELIVERY_COLUMNS` (``state`` is queued or
        skipped), ``set_aside`` has file, line, reason and masked.
        """
        stamp = microseconds(now)
        with self._ledger.writing() as connection:
            new = insert(stage_entries).on_conflict_do_nothing()
            insert_rows(connection, new, entries, client=self._client, read_at=stamp)
            _queue(connection, queue, client=self._client, stamp=stamp)
            _set_aside(connection, set_aside, client=self._client, source=source, stamp=stamp)
            saved = insert(cursors).values(
                client=self._client, source=source, cursor=json.dumps(cursor), saved_at=stamp
            )
            connection.execute(
                saved.on_conflict_do_update(
                    index_elements=["client", "source"],
                    set_={"cursor": saved.excluded.cursor, "saved_at": saved.excluded.saved_at},
                )
            )

    def write_rejects_file(self, source: str) -> Path | None:
        """Project the source's rejects into a CSV file beside the ledger; None when there are none."""
        with self._ledger.reading() as connection:
            rows = connection.execute(
                select(rejects.c.file, rejects.c.line, rejects.c.reason, rejects.c.masked, rejects.c.seen_at)
                .where(rejects.c.client == self._client, rejects.c.source == source)
                .order_by(rejects.c.file, rejects.c.line)
            ).all()
        if not rows:
            return None
        folder = self._ledger.path.parent / "rejects"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{self._client}.{source}.csv"
        partial = path.with_suffix(".partial")
        descriptor = os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["file", "line", "reason", "cells (masked)", "seen"])
            writer.writerows(
                (r.file, r.line, r.reason, r.masked, moment(r.seen_at).isoformat()) for r in rows
            )
        partial.replace(path)
        return path


def _queue(connection: Connection, queue: pl.DataFrame, *, client: str, stamp: int) -> None:
    """Insert deliveries; one that was skipped takes the new verdict, any other stays as it is."""
    statement = insert(deliveries)
    upsert = statement.on_conflict_do_update(
        index_elements=["client", "destination", "event_id"],
        set_={name: statement.excluded[name] for name in (*_JUDGED, "queued_at", "updated_at")},
        # Written out, since a bound parameter would have to travel with every row.
        where=deliveries.c.state == literal_column(f"'{State.SKIPPED.value}'"),
    )
    insert_rows(connection, upsert, queue, client=client, queued_at=stamp, updated_at=stamp)


def _set_aside(
    connection: Connection, rows: Iterable[Mapping[str, Any]], *, client: str, source: str, stamp: int
) -> None:
    values = [{**row, "client": client, "source": source, "seen_at": stamp} for row in rows]
    if not values:
        return
    statement = insert(rejects)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["client", "source", "file", "line"],
            set_={name: statement.excluded[name] for name in ("reason", "masked", "seen_at")},
        ),
        values,
    )

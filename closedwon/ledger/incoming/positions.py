"""How far each source has been read, and under which rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from closedwon.ledger.bulk import upsert
from closedwon.ledger.ledger import Ledger, microseconds, moment
from closedwon.ledger.schema import cursors


@dataclass(frozen=True)
class Position:
    """Where a source's reading stands.

    Attributes:
        cursor: where the next read starts.
        rules: digest of what the client's file asked for when it was read.
        complete_at: when the last reading began that reached the source's end; None before the first.
        reconciled_at: when all that is kept of its records was last held against it.
    """

    cursor: dict[str, Any]
    rules: str
    complete_at: datetime | None
    reconciled_at: datetime | None


def position(ledger: Ledger, client: str, source: str) -> Position | None:
    """The source's position, or None before its first batch."""
    with ledger.reading() as connection:
        row = connection.execute(
            select(cursors).where(cursors.c.client == client, cursors.c.source == source)
        ).first()
    if row is None:
        return None
    complete_at, reconciled_at = (
        moment(stamp) if stamp else None for stamp in (row.complete_at, row.reconciled_at)
    )
    return Position(json.loads(row.cursor), row.rules, complete_at, reconciled_at)


def save_cursor(
    connection: Connection, client: str, source: str, *, cursor: Mapping[str, Any], rules: str, stamp: int
) -> None:
    """Move the cursor, in the transaction that stores what it covers."""
    saved = upsert(connection, cursors).values(
        client=client, source=source, cursor=json.dumps(cursor), rules=rules, saved_at=stamp
    )
    connection.execute(
        saved.on_conflict_do_update(
            index_elements=["client", "source"],
            set_={name: saved.excluded[name] for name in ("cursor", "rules", "saved_at")},
        )
    )


def mark_complete(ledger: Ledger, client: str, source: str, began_at: datetime) -> None:
    """Record that a reading which began at ``began_at`` reached the source's end."""
    with ledger.writing() as connection:
        connection.execute(
            update(cursors)
            .where(cursors.c.client == client, cursors.c.source == source)
            .values(complete_at=microseconds(began_at))
        )

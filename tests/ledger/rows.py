"""Small frames for the ledger's tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from closedwon.ledger import Ledger
from closedwon.ledger.incoming.intake import DELIVERY_COLUMNS, ENTRY_COLUMNS, Intake, Stored
from closedwon.ledger.ledger import microseconds

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def entries(*event_ids: str) -> pl.DataFrame:
    row: dict[str, Any] = dict.fromkeys(ENTRY_COLUMNS)
    row |= {"source": "crm", "object": "Lead", "record_id": "00Q1", "stage": "won"}
    row |= {"entered_at": microseconds(NOW), "amount": 10.0, "time_known": True}
    schema = {"amount": pl.Float64, "entered_at": pl.Int64, "time_known": pl.Boolean}
    return pl.DataFrame(
        [{**row, "event_id": event_id} for event_id in event_ids],
        schema={name: schema.get(name, pl.String) for name in ENTRY_COLUMNS},
    )


def store(ledger: Ledger, entries: pl.DataFrame, queue: pl.DataFrame, **changes: Any) -> None:
    """Store a batch as a run would."""
    intake = Intake(ledger, "acme")
    batch = Stored(entries=entries, queue=queue, **{"cursor": {}, "rules": "1"} | changes)
    intake.store("crm", batch, known=intake.known(entries["event_id"]), now=NOW)


def queue(*event_ids: str, **changes: Any) -> pl.DataFrame:
    row: dict[str, Any] = dict.fromkeys(DELIVERY_COLUMNS)
    row |= {
        "destination": "meta",
        "stage": "won",
        "name": "Converted",
        "event_time": microseconds(NOW),
        "value": 10.0,
    }
    row |= {"currency": "EUR", "state": "queued", "payload": '{"user_data":{}}'}
    row |= {"expires_at": microseconds(NOW + timedelta(days=7))} | changes
    schema = {"event_time": pl.Int64, "expires_at": pl.Int64, "value": pl.Float64}
    return pl.DataFrame(
        [{**row, "event_id": event_id} for event_id in event_ids],
        schema={name: schema.get(name, pl.String) for name in DELIVERY_COLUMNS},
    )

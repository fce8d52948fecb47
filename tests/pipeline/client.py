"""A client of one CRM and its stage entries, small enough to spoil one thing at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from closedwon.pipeline.judging.funnel import Funnel, identify
from config.columns import STAGE_ENTRY_COLUMNS
from config.settings import ClientSettings

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TIME = pl.Datetime("us", "UTC")
TIMES = ("entered_at", "lead_created_at", "modified_at")
SCHEMA: dict[str, pl.DataType] = {
    **{name: pl.String() for name in (*STAGE_ENTRY_COLUMNS, "extra.score", "extra.net-price")},
    **dict.fromkeys(TIMES, TIME),
    "amount": pl.Float64(),
}


def settings(conversions: dict[str, Any], **changes: Any) -> ClientSettings:
    auth = {"flow": "jwt", "domain": "acme.my", "username": "sync@acme.example"}
    crm = {
        "type": "salesforce",
        "auth": {**auth, "consumer_key": "invented-key", "private_key_file": "sf.pem"},
        "fields": {"extra.score": "Score__c", "extra.net-price": "Net__c"},
        "stages": {"Lead.Status": {"Qualified": "qualified", "Bought": "won"}},
    }
    given: dict[str, Any] = {
        "client": "acme",
        "timezone": "Europe/Paris",
        "country": "FR",
        "currency": "EUR",
        "sources": {"crm": crm},
        "funnel": ["qualified", "won"],
        "destinations": {
            "meta": {"dataset_id": "1234567890", "access_token": "invented-token"},
            "google": {"customer_id": "123-456-7890", "credentials": "google.json"},
        },
        "conversions": conversions,
        "consent": {"default": "granted"},
    }
    return ClientSettings.model_validate(given | changes)


def entries(*rows: dict[str, Any]) -> pl.DataFrame:
    base = {"source": "crm", "object": "Lead", "stage": "won", "entered_at": NOW, "amount": 10.0}
    numbered = [{"record_id": f"00Q{n}", **base, **row} for n, row in enumerate(rows)]
    return pl.DataFrame([dict.fromkeys(SCHEMA) | row for row in numbered], schema=SCHEMA)


def told(client: ClientSettings, frame: pl.DataFrame, destination: str = "meta") -> pl.DataFrame:
    """The conversions of a frame of entries."""
    identified = identify(frame, client.client).with_columns(kept=pl.lit(1.0))
    return Funnel(client).conversions(identified, destination, kind="crm", system="Salesforce")

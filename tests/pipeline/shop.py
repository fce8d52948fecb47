"""A shop with a CRM and a till, read batch by batch: what a purchase carries of the lead that it began with."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import text

from closedwon.ledger import Ledger
from closedwon.pipeline.incoming.taking import Taker
from closedwon.pipeline.judging.funnel import Funnel
from closedwon.pipeline.opening import open_uploader
from closedwon.pipeline.report import DestinationReport, SourceReport
from config.settings import ClientSettings
from connectors.base import Batch, Gone
from connectors.entries import stage_entries
from tests.pipeline.client import settings
from uploads.base import Uploader

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOUGHT = NOW - timedelta(days=2)
ASKED = NOW - timedelta(days=12)

EMAIL, PHONE = "ada.invented@courriel.example", "+33612345678"
GCLID, FBCLID = "Cj0KCQiAinventedclickid0123456789", "IwAR0inventedclick0123456789"
LEAD_ID = "1234567890123456"


def sha(text: str) -> str:
    """What a platform is sent of it."""
    return hashlib.sha256(text.encode()).hexdigest()


class ForgetfulCrm:
    """A CRM that knows of one record no more."""

    def __init__(self, erased: str) -> None:
        self._erased = erased

    def missing(self, object_name: str, record_ids: Sequence[str]) -> Iterator[Gone]:
        """Yield that record, if it is asked for."""
        yield from (Gone(object_name, one) for one in record_ids if one == self._erased)


def shop(**identity: Any) -> ClientSettings:
    """The client; ``identity`` are its settings of that name."""
    crm = settings({"won": {"value": 1, "meta": "Won"}}).sources["crm"].model_dump()
    crm |= {"stages": {"Lead.Status": {"Open": "lead"}}, "fields": {}}
    tills = {
        "type": "pos_files",
        "path": "*.csv",
        "columns": {name: name for name in ("order_id", "entered_at", "amount", "email")},
    }
    rules = {
        "lead": {"value": 1, "meta": "Lead", "google": "1"},
        "purchase": {"value": "amount", "meta": "Purchase", "google": "2"},
    }
    return settings(
        rules, sources={"crm": crm, "shops": tills}, funnel=["lead", "purchase"], identity=identity
    )


def lead(record: str = "L1", at: datetime = ASKED, **person: Any) -> dict[str, Any]:
    return {
        "object": "Lead", "record_id": record, "stage": "lead", "entered_at": at, "lead_created_at": at,
    } | person  # fmt: skip


def purchase(record: str = "T1", at: datetime = BOUGHT, **person: Any) -> dict[str, Any]:
    return {
        "object": "order", "record_id": record, "order_id": record, "stage": "purchase", "entered_at": at,
        "amount": 20.0, "currency": "EUR",
    } | person  # fmt: skip


@dataclass
class Shop:
    """What the shop's ledger holds; times stand still unless ``now`` is moved."""

    folder: Path
    settings: ClientSettings = field(default_factory=shop)
    now: datetime = NOW
    url: str = ""
    ledger: Ledger = field(init=False)
    report: SourceReport = field(init=False)
    lanes: dict[str, DestinationReport] = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.url or f"sqlite:///{self.folder / 'ledger.db'}")

    def leads(self, *rows: dict[str, Any], gone: Sequence[Gone] = ()) -> None:
        """Read a batch of the CRM."""
        self._take("crm", "Lead", rows, gone)

    def sales(self, *rows: dict[str, Any]) -> None:
        """Read a batch of the tills."""
        self._take("shops", "order", rows, ())

    def _take(
        self, source: str, of_object: str, rows: Sequence[dict[str, Any]], gone: Sequence[Gone]
    ) -> None:
        self.report = SourceReport(source, self.settings.sources[source].system)
        self.lanes = {name: DestinationReport(name) for name in ("meta", "google")}
        names = sorted({name for row in rows for name in row} - {"object"})
        frame = stage_entries(
            pl.DataFrame({name: [row.get(name) for row in rows] for name in names}),
            source=source,
            object_name=of_object,
        )
        taker = Taker(
            settings=self.settings,
            ledger=self.ledger,
            funnel=Funnel(self.settings),
            uploaders=self.uploaders,
            clock=lambda: self.now,
            name=source,
            rules="1",
            complete_at=None,
            report=self.report,
            reports=self.lanes,
            dry_run=False,
        )
        taker.take(Batch(frame, {}, len(rows), gone=tuple(gone)))

    @property
    def uploaders(self) -> dict[str, Uploader]:
        """The client's."""
        return {name: open_uploader(self.settings, name) for name in ("meta", "google")}

    def sent(self, record: str) -> dict[str, Any]:
        """What waits to be sent of a record: Meta's ``user_data``, and Google's identifiers by kind."""
        meta, google = (self._delivery(record, name)["payload"] for name in ("meta", "google"))
        found: dict[str, Any] = dict(json.loads(meta)["user_data"]) if meta else {}
        event = json.loads(google) if google else {}
        found |= event.get("ad_identifiers", {})
        listed = defaultdict(list)
        for one in event.get("user_data", {}).get("user_identifiers", []):
            for kind, value in one.items():
                listed[kind].append(value)
        return found | listed

    def carried(self, record: str, destination: str) -> dict[str, dict[str, str]]:
        """Where each carried identifier of a record came from."""
        origins = json.loads(self._delivery(record, destination)["carried"] or "[]")
        return {origin.pop("identifier"): origin for origin in origins}

    def state(self, record: str, destination: str) -> tuple[str, str | None]:
        """State and reason of a delivery."""
        found = self._delivery(record, destination)
        return found["state"], found["reason"]

    def expires_at(self, record: str, destination: str) -> datetime:
        """When the platform stops taking it."""
        return datetime.fromtimestamp(self._delivery(record, destination)["expires_at"] / 1e6, UTC)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """A table of the ledger."""
        with self.ledger.reading() as connection:
            return [dict(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()]

    def held(self) -> list[str]:
        """What the identity map holds of people, refusals left out."""
        return [
            row["found"] for row in self.rows("identities") if row["found"] and "refused" not in row["found"]
        ]

    def _delivery(self, record: str, destination: str) -> dict[str, Any]:
        query = (
            "SELECT d.* FROM deliveries d JOIN stage_entries e ON e.client = d.client AND e.event_id = d.event_id"
            " WHERE record_id = :record AND destination = :destination"
        )
        with self.ledger.reading() as connection:
            (found,) = connection.execute(
                text(query), {"record": record, "destination": destination}
            ).mappings()
        return dict(found)

"""A client's source taken batch by batch into a ledger, and what waits there afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import polars as pl

from closedwon.ledger import Ledger
from closedwon.ledger.outgoing.outbox import Outbox, Settlement
from closedwon.ledger.states import State
from closedwon.pipeline.incoming.taking import Taker
from closedwon.pipeline.judging.funnel import Funnel
from closedwon.pipeline.opening import open_uploader
from closedwon.pipeline.report import DestinationReport, SourceReport
from closedwon.quality.versions import frozen_values
from config.settings import ClientSettings
from connectors.base import Batch, Gone, Reject
from connectors.entries import stage_entries

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass
class Intaken:
    """What a client's ledger holds; times stand still."""

    settings: ClientSettings
    source: str
    ledger: Ledger
    report: SourceReport = field(init=False)
    lane: DestinationReport = field(init=False)

    def take(self, *rows: dict[str, Any], gone: Sequence[Gone] = (), rejects: Sequence[Reject] = ()) -> None:
        """Take one batch of ``rows`` (stage-entry columns) and keep its report."""
        system = self.settings.sources[self.source].system
        self.report, self.lane = SourceReport(self.source, system), DestinationReport("meta")
        names = {name for row in rows for name in row} - {"object"}
        of_object = next((row["object"] for row in rows if "object" in row), "order")
        frame = stage_entries(
            pl.DataFrame({name: [row.get(name) for row in rows] for name in sorted(names)}),
            source=self.source,
            object_name=of_object,
        )
        taker = Taker(
            settings=self.settings,
            ledger=self.ledger,
            funnel=Funnel(self.settings, frozen_values(self.ledger, self.settings)),
            uploaders={"meta": open_uploader(self.settings, "meta")},
            clock=lambda: NOW,
            name=self.source,
            rules="1",
            complete_at=None,
            report=self.report,
            reports={"meta": self.lane},
            dry_run=False,
        )
        taker.take(Batch(frame, {}, len(rows), tuple(rejects), gone=tuple(gone)))

    def send_all(self) -> None:
        """Have the platform accept all that waits."""
        outbox = Outbox(self.ledger, self.settings.client, "meta")
        claimed = outbox.claim(1_000, NOW)["event_id"].to_list()
        outbox.settle(Settlement(claimed, State.ACCEPTED, keep_payload=True), run_id=1, now=NOW)

    def deliveries(self) -> dict[tuple[str, str], tuple[str, str | None, float | None]]:
        """State, reason and value of each delivery, by record and stage."""
        query = (
            "SELECT record_id, d.stage, state, reason, value FROM deliveries d"
            " JOIN stage_entries e ON e.client = d.client AND e.event_id = d.event_id"
        )
        with self.ledger.reading() as connection:
            return {
                (record, stage): (state, reason, value)
                for record, stage, state, reason, value in connection.exec_driver_sql(query)
            }

    def told(self) -> dict[str, tuple[float | None, float | None, bool]]:
        """Of each record's delivery its value, the one that the platform was told, and whether that is to be mended."""
        query = (
            "SELECT record_id, value, told_value, changed_at FROM deliveries d"
            " JOIN stage_entries e ON e.client = d.client AND e.event_id = d.event_id"
        )
        with self.ledger.reading() as connection:
            return {
                record: (value, told, changed_at is not None)
                for record, value, told, changed_at in connection.exec_driver_sql(query)
            }

    def payloads(self) -> dict[str, str | None]:
        """What is kept of each record's person."""
        query = (
            "SELECT record_id, payload FROM deliveries d"
            " JOIN stage_entries e ON e.client = d.client AND e.event_id = d.event_id"
        )
        with self.ledger.reading() as connection:
            return dict(connection.exec_driver_sql(query).all())

"""One source, read batch by batch into the ledger: entries, judged conversions and the cursor in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import polars as pl

from closedwon.ledger.intake import DELIVERY_COLUMNS, ENTRY_COLUMNS, Intake
from closedwon.ledger.ledger import Ledger
from closedwon.ledger.states import State
from closedwon.pipeline.funnel import Funnel, identify
from closedwon.pipeline.gates import judge
from closedwon.pipeline.observer import Observer
from closedwon.pipeline.report import DestinationReport, SourceReport
from config.settings import ClientSettings
from connectors.base import Batch, Connector, SourceError
from matching import identifiers
from uploads.base import Uploader

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reader:
    """What reading a source needs, besides the source."""

    settings: ClientSettings
    ledger: Ledger
    funnel: Funnel
    uploaders: Mapping[str, Uploader]
    reports: Mapping[str, DestinationReport]
    observer: Observer
    now: datetime
    dry_run: bool = False
    reread: bool = False

    def read(self, name: str, connector: Connector) -> SourceReport:
        """Read the source ``name`` to its end, or to where it fails; what was read is stored either way."""
        source = self.settings.sources[name]
        report = SourceReport(name, source.system)
        intake = Intake(self.ledger, self.settings.client)
        try:
            cursor = None if self.reread else self.ledger.cursor(self.settings.client, name)
            self.observer.started(self.settings.client, name, "read", connector.total(cursor))
            for batch in connector.read(cursor):
                self._take(name, batch, intake, report)
                self.observer.advanced(self.settings.client, name, batch.rows_read)
        except SourceError as error:
            report.error, report.advice = str(error), error.advice or None
            _log.error("%s/%s: %s", self.settings.client, name, error)
        if report.set_aside and not self.dry_run:
            report.rejects_file = str(intake.write_rejects_file(name))
        self.observer.finished(self.settings.client, name, f"{report.read:,} read")
        return report

    def _take(self, name: str, batch: Batch, intake: Intake, report: SourceReport) -> None:
        entries = identify(pl.from_pandas(batch.entries), self.settings.client)
        report.read += batch.rows_read
        report.set_aside += len(batch.rejects)
        report.entries.update(dict(entries.group_by("stage").len().iter_rows()))
        report.notes += [note for note in batch.notes if note not in report.notes]
        settled = intake.settled(entries["event_id"])
        queue = [self._queue_for(destination, name, entries, settled) for destination in self.uploaders]
        if self.dry_run:
            return
        intake.store(
            name,
            entries=_in_microseconds(entries).select(ENTRY_COLUMNS),
            queue=_in_microseconds(pl.concat(queue)),
            set_aside=[asdict(reject) for reject in batch.rejects],
            cursor=batch.cursor,
            now=self.now,
        )

    def _queue_for(
        self, destination: str, name: str, entries: pl.DataFrame, settled: pl.DataFrame
    ) -> pl.DataFrame:
        """The conversions of ``entries`` for a destination, judged, as deliveries to be stored."""
        source, uploader, report = (
            self.settings.sources[name],
            self.uploaders[destination],
            self.reports[destination],
        )
        found = self.funnel.conversions(entries, destination, kind=source.kind, system=source.system)
        known = settled.filter(pl.col("destination") == destination)
        fresh = found.join(known, on="event_id", how="anti", maintain_order="left")
        matchable = fresh.hstack(identifiers(fresh, uploader.platform, self.settings.country))
        judged = judge(
            matchable,
            platform_gates=uploader.gates(),
            expires_at=uploader.expires_at(),
            needs_value=pl.col("needs_value"),
            now=self.now,
        )
        passed = pl.col("reason").is_null()
        queue = judged.with_columns(
            pl.lit(destination).alias("destination"),
            pl.when(passed)
            .then(pl.lit(State.QUEUED.value))
            .otherwise(pl.lit(State.SKIPPED.value))
            .alias("state"),
            pl.when(passed).then(uploader.payload()).alias("payload"),
            pl.col("value").round(6),
        ).select(DELIVERY_COLUMNS)
        report.conversions.update(dict(found.group_by("stage").len().iter_rows()))
        report.queued += int(queue["reason"].is_null().sum())
        report.skipped.update(dict(queue.drop_nulls("reason").group_by("reason").len().iter_rows()))
        if known.height:
            report.skipped["already_known"] += found.height - fresh.height
        return queue


def _in_microseconds(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.selectors.datetime().dt.epoch("us"))

"""One source, read batch by batch into the ledger: entries, judged conversions and the cursor in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import polars as pl

from closedwon.ledger import Ledger, LedgerError
from closedwon.ledger.intake import DELIVERY_COLUMNS, ENTRY_COLUMNS, Intake, Stored
from closedwon.ledger.positions import mark_complete, position
from closedwon.ledger.rejects import write_rejects_file
from closedwon.ledger.states import State
from closedwon.pipeline.funnel import Funnel, identify
from closedwon.pipeline.gates import judge
from closedwon.pipeline.observer import Observer
from closedwon.pipeline.repeats import contradictions, first_entries, with_known_times
from closedwon.pipeline.report import DestinationReport, SourceReport
from closedwon.pipeline.rules import digest
from closedwon.unexpected import unexpected
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
    open_connector: Callable[[ClientSettings, str], Connector]
    clock: Callable[[], datetime]
    dry_run: bool = False
    reread: bool = False

    def read(self, name: str) -> SourceReport:
        """Read the source ``name`` to its end, or to where it fails; what was read is stored either way."""
        client = self.settings.client
        report = SourceReport(name, self.settings.sources[name].system)
        try:
            self._read(name, report)
        except SourceError as error:
            report.error, report.advice = str(error), error.advice or None
        except LedgerError:
            raise
        except Exception as error:  # one source must not take the others down; its text may be data
            report.error = unexpected(error, _log, f"{client}/{name}")
        if report.error:
            _log.error("%s/%s: %s", client, name, report.error)
        if report.set_aside and not self.dry_run:
            report.rejects_file = self._rejects_file(name, report)
        self.observer.finished(client, name, f"{report.read:,} read")
        return report

    def _read(self, name: str, report: SourceReport) -> None:
        client = self.settings.client
        connector = self.open_connector(self.settings, name)
        began_at, rules = self.clock(), digest(self.settings, name)
        before = position(self.ledger, client, name)
        if before and before.rules != rules:
            report.notes.append(
                "the client's file asks for something else than at the last reading, so everything was read again;"
                " what is known is not sent again"
            )
        cursor = before.cursor if before and before.rules == rules and not self.reread else None
        self.observer.started(client, name, "read", connector.total(cursor))
        complete_at = before.complete_at if before else None
        for batch in connector.read(cursor):
            self._take(name, batch, rules, complete_at, report)
            self.observer.advanced(client, name, batch.rows_read)
        if report.contradictions:
            report.notes.append(
                f"{report.contradictions:,} order numbers stand for different times or amounts; the first was taken."
                " Where shops share numbers, map order_id: Store + Ticket"
            )
        if not self.dry_run:
            mark_complete(self.ledger, client, name, began_at)

    def _rejects_file(self, name: str, report: SourceReport) -> str | None:
        try:
            return str(write_rejects_file(self.ledger, self.settings.client, name))
        except LedgerError as error:
            report.notes.append(str(error))
            return None

    def _take(
        self, name: str, batch: Batch, rules: str, complete_at: datetime | None, report: SourceReport
    ) -> None:
        intake = Intake(self.ledger, self.settings.client)
        every = identify(_impersonal(pl.from_pandas(batch.entries), report), self.settings.client)
        remembered = intake.remembered(every["event_id"].unique())
        entries = with_known_times(first_entries(every), remembered, complete_at)
        report.read += batch.rows_read
        report.set_aside += len(batch.rejects)
        report.entries.update(dict(entries.group_by("stage").len().iter_rows()))
        report.note(*batch.notes)
        if self.settings.sources[name].kind == "pos":
            report.contradictions += contradictions(every, remembered)
        known = intake.known(entries["event_id"])
        queue = [self._queue_for(destination, name, entries, known) for destination in self.uploaders]
        if self.dry_run:
            return
        stored = Stored(
            entries=_in_microseconds(entries).select(ENTRY_COLUMNS),
            queue=_in_microseconds(pl.concat(queue)),
            cursor=batch.cursor,
            rules=rules,
            rejects=[asdict(reject) for reject in batch.rejects],
            restarted=batch.restarted,
        )
        intake.store(name, stored, known=known, now=self.clock())

    def _queue_for(
        self, destination: str, name: str, entries: pl.DataFrame, known: pl.DataFrame
    ) -> pl.DataFrame:
        """The conversions of ``entries`` for a destination, judged, as deliveries to be stored."""
        source, uploader = self.settings.sources[name], self.uploaders[destination]
        found = self.funnel.conversions(entries, destination, kind=source.kind, system=source.system)
        own = known.filter(pl.col("destination") == destination)
        fresh = found.join(own.filter("settled"), on="event_id", how="anti", maintain_order="left")
        matchable = fresh.hstack(identifiers(fresh, uploader.platform, self.settings.country))
        judged = judge(
            matchable,
            platform_gates=uploader.gates(),
            expires_at=uploader.expires_at(),
            needs_value=pl.col("needs_value"),
            now=self.clock(),
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
        _count(self.reports[destination], found, queue, own)
        return queue


def _impersonal(entries: pl.DataFrame, report: SourceReport) -> pl.DataFrame:
    """``entries`` whose record ids can be stored and sent in clear: an e-mail address cannot."""
    kept = entries.filter(~pl.col("record_id").str.contains("@", literal=True).fill_null(value=False))
    if left_out := entries.height - kept.height:
        report.set_aside += left_out
        note = "an e-mail address stands where the record's id should: such rows are left out; map another column"
        report.note(note)
    return kept


def _count(report: DestinationReport, found: pl.DataFrame, queue: pl.DataFrame, known: pl.DataFrame) -> None:
    """Count each of ``found`` once: newly queued, newly skipped by a gate, or judged alike before."""
    passed, blocked = pl.col("reason").is_null(), pl.col("reason").is_not_null()
    queued = queue.filter(passed).join(known.filter(~pl.col("skipped")), on="event_id", how="anti")
    skipped = queue.filter(blocked).join(known.filter("skipped"), on="event_id", how="anti")
    report.conversions.update(dict(found.group_by("stage").len().iter_rows()))
    report.queued += queued.height
    report.skipped.update(dict(skipped.group_by("reason").len().iter_rows()))
    if already_known := found.height - queued.height - skipped.height:
        report.skipped["already_known"] += already_known


def _in_microseconds(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.selectors.datetime().dt.epoch("us"))

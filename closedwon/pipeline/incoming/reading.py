"""One source, read batch by batch to its end, or to where it fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event

from closedwon.ledger import Ledger, LedgerError
from closedwon.ledger.incoming.positions import Position, mark_complete, position
from closedwon.ledger.incoming.rejects import unreported, write_rejects_file
from closedwon.pipeline.incoming.reconciling import reconcile
from closedwon.pipeline.incoming.rules import digest
from closedwon.pipeline.incoming.taking import Taker
from closedwon.pipeline.judging.funnel import Funnel
from closedwon.pipeline.observer import Observer
from closedwon.pipeline.report import DestinationReport, SourceReport
from closedwon.unexpected import unexpected
from config.settings import ClientSettings
from connectors.base import Connector, Reconciling, SourceError
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
    stop: Event = field(default_factory=Event)

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
        if not self.dry_run:
            report.set_aside = max(report.set_aside, unreported(self.ledger, client, name))
        if report.set_aside and not self.dry_run:
            report.rejects_file = self._rejects_file(name, report)
        self.observer.finished(client, name, f"{report.read:,} read")
        return report

    def _read(self, name: str, report: SourceReport) -> None:
        client = self.settings.client
        connector = self.open_connector(self.settings, name)
        began_at, rules = self.clock(), digest(self.settings, name, self.funnel.learned_stages)
        before = position(self.ledger, client, name)
        if before and before.rules != rules:
            report.notes.append(
                "the client's file asks for something else than at the last reading, so everything was read again;"
                " what is known is not sent again"
            )
        cursor = before.cursor if before and before.rules == rules and not self.reread else None
        self.observer.started(client, name, "read", connector.total(cursor))
        taker = Taker(
            settings=self.settings,
            ledger=self.ledger,
            funnel=self.funnel,
            uploaders=self.uploaders,
            clock=self.clock,
            name=name,
            rules=rules,
            complete_at=_complete_at(before, began_at),
            report=report,
            reports=self.reports,
            dry_run=self.dry_run,
        )
        for batch in connector.read(cursor):
            taker.take(batch)
            self.observer.advanced(client, name, batch.rows_read)
            if self.stop.is_set():
                report.error = "stopped before the end of the source"
                return
        if report.collisions:
            report.note(
                f"order numbers that stand for several purchases: {report.collisions:,}; only the first was taken."
                " Where shops share numbers, map order_id: Store + Ticket; where rows are line items, set rows:"
                " line_items"
            )
        if not self.dry_run:
            mark_complete(self.ledger, client, name, began_at)
            if isinstance(connector, Reconciling):
                reconcile(
                    connector,
                    self.settings,
                    self.ledger,
                    report,
                    before=before,
                    now=began_at,
                    uploaders=self.uploaders,
                )

    def _rejects_file(self, name: str, report: SourceReport) -> str | None:
        try:
            return str(write_rejects_file(self.ledger, self.settings.client, name))
        except LedgerError as error:
            report.notes.append(str(error))
            return None


def _complete_at(before: Position | None, began_at: datetime) -> datetime | None:
    """When the source was last read to its end; a time that lies ahead is that of a clock that ran ahead."""
    if before is None or before.complete_at is None or before.complete_at > began_at:
        return None
    return before.complete_at

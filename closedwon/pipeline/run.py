"""One run of one client: read every source, then send to every destination, and report the truth of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event

from closedwon.ledger import Ledger
from closedwon.ledger.identities import retire_identities
from closedwon.ledger.outbox import Outbox, retire
from closedwon.pipeline.delivery import PAYLOAD_RETENTION, Lane
from closedwon.pipeline.funnel import Funnel
from closedwon.pipeline.observer import Observer, Silent
from closedwon.pipeline.reading import Reader
from closedwon.pipeline.report import DestinationReport, RunReport
from config.settings import ClientSettings
from connectors.base import Connector, SourceContext
from uploads.base import Uploader


def utc_now() -> datetime:
    """The time by this machine's clock."""
    return datetime.now(UTC)


def open_connector(settings: ClientSettings, name: str) -> Connector:
    """The connector of the source ``name``: the module of :mod:`connectors` that is named as its type."""
    source = settings.sources[name]
    context = SourceContext(
        name=name,
        timezone=settings.timezone,
        country=settings.country,
        currency=settings.currency,
        consent_fields={str(column): field for column, field in settings.consent.fields.items()},
        consent_required=len(settings.sources) == 1,
    )
    module = importlib.import_module(f"connectors.{source.type}")
    connector: Connector = module.connect(source, context)
    return connector


def open_uploader(settings: ClientSettings, name: str) -> Uploader:
    """The uploader of the destination ``name``: the module of :mod:`uploads` that is named as its transport."""
    destination = settings.destinations.configured()[name]
    module = importlib.import_module(f"uploads.{destination.transport}")
    uploader: Uploader = module.connect(destination)
    return uploader


@dataclass(frozen=True)
class RunOptions:
    """What a run does differently from the next one of a schedule.

    Attributes:
        sources, destinations: the names that take part; None means all.
        dry_run: read and judge, but store and send nothing.
        reread: read sources from their beginning; what is known is not sent again.
    """

    sources: Collection[str] | None = None
    destinations: Collection[str] | None = None
    dry_run: bool = False
    reread: bool = False


def run_client(
    settings: ClientSettings,
    ledger: Ledger,
    *,
    observer: Observer | None = None,
    options: RunOptions = RunOptions(),
    clock: Callable[[], datetime] = utc_now,
) -> RunReport:
    """Run ``settings.client`` once.

    Raises:
        RunInProgressError: another process is running this client.
        LedgerError: the ledger failed; what it had committed stays, and the next run goes on from there.
        ValueExpressionError: a ``value`` of the client's file cannot be computed.
    """
    funnel = Funnel(settings)
    report = RunReport(settings.client, clock(), dry_run=options.dry_run)
    with ledger.lease(settings.client):
        uploaders = {name: open_uploader(settings, name) for name in settings.destinations.configured()}
        run_id = 0 if options.dry_run else ledger.start_run(settings.client, clock())
        run = _Run(settings, ledger, funnel, uploaders, observer or Silent(), options, clock, run_id, report)
        outcome = "failed"
        try:
            run.work()
            outcome = "complete" if report.complete else "incomplete"
        finally:
            report.finished_at = clock()
            if not options.dry_run:
                ledger.finish_run(run_id, clock(), outcome=outcome, report=report.as_json())
    return report


@dataclass(frozen=True)
class _Run:
    settings: ClientSettings
    ledger: Ledger
    funnel: Funnel
    uploaders: dict[str, Uploader]
    observer: Observer
    options: RunOptions
    clock: Callable[[], datetime]
    run_id: int
    report: RunReport

    def work(self) -> None:
        """Open the lanes again, read, send, and forget what is no longer needed."""
        reports = {name: DestinationReport(name) for name in self.uploaders}
        self.report.destinations += [
            report for name, report in reports.items() if _takes_part(name, self.options.destinations)
        ]
        outboxes = {name: Outbox(self.ledger, self.settings.client, name) for name in self.uploaders}
        if not self.options.dry_run:
            for name, outbox in outboxes.items():
                outbox.reopen(self.funnel.names(name), self.clock())
        self._read(reports)
        if not self.options.dry_run:
            self._send(outboxes)
            self._forget()

    def _forget(self) -> None:
        now = self.clock()
        retire(self.ledger, self.settings.client, now, keep=PAYLOAD_RETENTION)
        rules = self.settings.identity
        forgotten_before = (
            now - timedelta(days=rules.keep_days) if rules.stitch else datetime.max.replace(tzinfo=UTC)
        )
        retire_identities(self.ledger, self.settings.client, before=forgotten_before)

    def _read(self, reports: dict[str, DestinationReport]) -> None:
        """Read the sources of this run, queueing for every destination, or a cursor would pass some by."""
        reader = Reader(
            settings=self.settings,
            ledger=self.ledger,
            funnel=self.funnel,
            uploaders=self.uploaders,
            reports=reports,
            observer=self.observer,
            open_connector=open_connector,
            clock=self.clock,
            dry_run=self.options.dry_run,
            reread=self.options.reread,
        )
        # CRMs first: a purchase can carry what its lead holds only if the lead has been read.
        for name in sorted(self.settings.sources, key=lambda name: self.settings.sources[name].kind == "pos"):
            if _takes_part(name, self.options.sources):
                self.report.sources.append(reader.read(name))

    def _send(self, outboxes: dict[str, Outbox]) -> None:
        """Send to all destinations at once, one thread each: they share nothing but the ledger."""
        stop = Event()
        lanes = [
            Lane(
                client=self.settings.client,
                run_id=self.run_id,
                outbox=outboxes[report.name],
                uploader=self.uploaders[report.name],
                report=report,
                observer=self.observer,
                clock=self.clock,
                stop=stop,
            )
            for report in self.report.destinations
        ]
        with ThreadPoolExecutor(max_workers=max(1, len(lanes))) as pool:
            futures = [pool.submit(lane.run) for lane in lanes]
            try:
                wait(futures)
            except BaseException:
                stop.set()
                raise
        for future in futures:
            future.result()


def _takes_part(name: str, named: Collection[str] | None) -> bool:
    return named is None or name in named

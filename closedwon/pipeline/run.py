"""One run of one client: read every source, then send to every destination, and report the truth of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event

from closedwon.ledger import Ledger
from closedwon.ledger.outbox import Outbox
from closedwon.pipeline.delivery import Lane
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
        only: names of sources and destinations; empty means all.
        dry_run: read and judge, but store and send nothing.
        reread: read sources from their beginning, for a stage, field or destination that is new in the client's
            file; what is known is not sent again.
    """

    only: Collection[str] = ()
    dry_run: bool = False
    reread: bool = False

    def includes(self, name: str, kind: Collection[str]) -> bool:
        """Whether the lane ``name`` of ``kind`` (all sources or all destinations) takes part."""
        named = [lane for lane in self.only if lane in kind]
        return not named or name in named


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
        run_id = 0 if options.dry_run else ledger.start_run(settings.client, clock())
        uploaders = {name: open_uploader(settings, name) for name in settings.destinations.configured()}
        run = _Run(settings, ledger, funnel, uploaders, observer or Silent(), options, clock, run_id, report)
        run.read()
        if not options.dry_run:
            run.send()
        report.finished_at = clock()
        if not options.dry_run:
            outcome = "complete" if report.complete else "incomplete"
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

    def read(self) -> None:
        """Read the sources of this run, queueing for every destination, or a cursor would pass some by."""
        reports = {name: DestinationReport(name) for name in self.uploaders}
        self.report.destinations += [
            report for name, report in reports.items() if self.options.includes(name, self.uploaders)
        ]
        reader = Reader(
            settings=self.settings,
            ledger=self.ledger,
            funnel=self.funnel,
            uploaders=self.uploaders,
            reports=reports,
            observer=self.observer,
            now=self.clock(),
            dry_run=self.options.dry_run,
            reread=self.options.reread,
        )
        for name in self.settings.sources:
            if self.options.includes(name, self.settings.sources):
                self.report.sources.append(reader.read(name, open_connector(self.settings, name)))

    def send(self) -> None:
        """Send to all destinations at once, one thread each: they share nothing but the ledger."""
        stop = Event()
        lanes = [
            Lane(
                client=self.settings.client,
                run_id=self.run_id,
                outbox=self._reopened(report.name),
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

    def _reopened(self, destination: str) -> Outbox:
        outbox = Outbox(self.ledger, self.settings.client, destination)
        outbox.reopen(self.clock())
        return outbox

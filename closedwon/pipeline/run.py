"""One run of one client: read every source, then send to every destination, and report the truth of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event

from closedwon.ledger import Ledger
from closedwon.ledger.incoming.rejects import write_rejects_file
from closedwon.ledger.outgoing.outbox import Outbox
from closedwon.ledger.outgoing.probing import Probes
from closedwon.ledger.retention import Cutoffs, give_up_expired, is_due, retire, retire_identities
from closedwon.pipeline.audiences.syncing import AudienceSync
from closedwon.pipeline.incoming.reading import Reader
from closedwon.pipeline.judging.funnel import Funnel
from closedwon.pipeline.observer import Observer, Silent
from closedwon.pipeline.opening import open_audience_uploader, open_connector, open_uploader, utc_now
from closedwon.pipeline.outgoing.afterwards import Afterwards
from closedwon.pipeline.outgoing.delivery import Lane
from closedwon.pipeline.report import DestinationReport, RunReport
from closedwon.quality.versions import frozen_values
from config.settings import ClientSettings
from uploads.base import Uploader
from uploads.retrying import until


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
    stop: Event | None = None,
) -> RunReport:
    """Run ``settings.client`` once.

    Once another thread sets ``stop``, the run ends after the batch that is being read and the requests that are under
    way, and its report says so.

    Raises:
        RunInProgressError: another process is running this client.
        LedgerError: the ledger failed; what it had committed stays, and the next run goes on from there.
        ValueExpressionError: a ``value`` of the client's file cannot be computed.
    """
    funnel = Funnel(settings, frozen_values(ledger, settings))
    report = RunReport(settings.client, clock(), dry_run=options.dry_run)
    stop = stop or Event()
    with ledger.lease(settings.client):
        uploaders = {
            name: open_uploader(settings, name, sleep=until(stop))
            for name in settings.destinations.configured()
        }
        run_id = 0 if options.dry_run else ledger.start_run(settings.client, clock())
        run = _Run(
            settings, ledger, funnel, uploaders, observer or Silent(), options, clock, stop, run_id, report
        )
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
    stop: Event
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
        if not self.options.dry_run and not self.stop.is_set():
            self._send(outboxes)
            self._keep_audiences()
            self._forget()
        if self.stop.is_set():
            self.report.errors.append("stopped before its end; the next run goes on from there")

    def _keep_audiences(self) -> None:
        """Tell platforms who joined an audience and who left: after conversions, which can grow too old."""
        sync = AudienceSync(
            settings=self.settings,
            ledger=self.ledger,
            open_uploader=partial(open_audience_uploader, self.settings, sleep=until(self.stop)),
            observer=self.observer,
            clock=self.clock,
            stop=self.stop,
            run_id=self.run_id,
            destinations=self.options.destinations,
        )
        self.report.audiences += sync.run()

    def _forget(self) -> None:
        """Delete what is past its time: what is found by an index in every run, the rest once a day."""
        client, now, rules = self.settings.client, self.clock(), self.settings.identity
        give_up_expired(self.ledger, client, now)
        forgotten_before = (
            now - timedelta(days=rules.keep_days) if rules.stitch else datetime.max.replace(tzinfo=UTC)
        )
        retire_identities(self.ledger, client, before=forgotten_before)
        if not is_due(self.ledger, client, now, run_id=self.run_id):
            return
        keep = self.settings.retention
        cutoffs = Cutoffs(
            payloads=now - timedelta(days=keep.payload_days),
            history=now - timedelta(days=keep.history_days),
            rejects=now - timedelta(days=keep.rejects_days),
        )
        tills = [name for name, source in self.settings.sources.items() if source.kind == "pos"]
        for source in retire(self.ledger, client, cutoffs, tills=tills, now=now):
            write_rejects_file(self.ledger, client, source)

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
            stop=self.stop,
        )
        # CRMs first: a purchase can carry what its lead holds only if the lead has been read.
        for name in sorted(self.settings.sources, key=lambda name: self.settings.sources[name].kind == "pos"):
            if _takes_part(name, self.options.sources) and not self.stop.is_set():
                self.report.sources.append(reader.read(name))

    def _send(self, outboxes: dict[str, Outbox]) -> None:
        """Send to all destinations at once, one thread each: they share nothing but the ledger."""
        lanes = [
            Lane(
                client=self.settings.client,
                run_id=self.run_id,
                outbox=outboxes[report.name],
                uploader=self.uploaders[report.name],
                probes=Probes(self.ledger, self.settings.client, report.name),
                afterwards=Afterwards(
                    self.ledger, self.settings.client, self.uploaders[report.name], report, self.stop
                ),
                report=report,
                observer=self.observer,
                clock=self.clock,
                stop=self.stop,
            )
            for report in self.report.destinations
        ]
        with ThreadPoolExecutor(max_workers=max(1, len(lanes))) as pool:
            futures = [pool.submit(lane.run) for lane in lanes]
            try:
                wait(futures)
            except BaseException:
                self.stop.set()
                raise
        for future in futures:
            future.result()


def _takes_part(name: str, named: Collection[str] | None) -> bool:
    return named is None or name in named

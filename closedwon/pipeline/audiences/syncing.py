"""Tells platforms who joined an audience and who left it since the last time: the difference, and nothing else.

Who leaves is told of first. Adding or removing somebody twice changes nothing at either platform, so that a run that
died is simply gone on with.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Event

from closedwon.ledger import Ledger, LedgerError
from closedwon.ledger.audiences.confirming import PendingMembers
from closedwon.ledger.audiences.lanes import MemberLane
from closedwon.ledger.audiences.membership import work_out
from closedwon.ledger.audiences.standing import Standing, lanes_of
from closedwon.ledger.audiences.states import Lane, Membership
from closedwon.pipeline.audiences.hearing import hear
from closedwon.pipeline.audiences.lane import AudienceLane
from closedwon.pipeline.audiences.report import AudienceReport
from closedwon.pipeline.audiences.rules import terms_of
from closedwon.pipeline.audiences.specs import Declared, declared_at
from closedwon.pipeline.incoming.rules import digest
from closedwon.pipeline.observer import Observer, Silent
from closedwon.pipeline.opening import open_audience_uploader, utc_now
from closedwon.unexpected import unexpected
from config.settings import ClientSettings
from uploads.audiences.base import AudienceUploader
from uploads.errors import PlatformError
from uploads.retrying import until

_log = logging.getLogger(__name__)

OUTSIDE_RUNS = 0
"""The run of requests that belong to none: those of ``closedwon audiences`` and of ``forget``."""

_CANNOT_LEAVE = (
    "its destination is no longer in the client's file, so that nobody can be taken out of it: name it again, or delete"
    " the audience at the platform"
)


@dataclass(frozen=True)
class AudienceSync:
    """One client's audiences, whose lease must be held.

    Attributes:
        open_uploader: opens the audiences of a destination.
        destinations: those that take part; None means all.
        dry_run: work out who joins and who leaves, and tell nobody.
    """

    settings: ClientSettings
    ledger: Ledger
    open_uploader: Callable[[str], AudienceUploader]
    observer: Observer
    clock: Callable[[], datetime]
    stop: Event
    run_id: int
    destinations: Collection[str] | None = None
    dry_run: bool = False
    _opened: dict[str, AudienceUploader] = field(default_factory=dict)
    _closed: dict[str, str] = field(default_factory=dict)

    def run(self) -> list[AudienceReport]:
        """Bring every audience up to date, and say of each how it stands; one that fails stops no other."""
        rules = {source: digest(self.settings, source) for source in self.settings.sources}
        work_out(self.ledger, self.settings.client, terms_of(self.settings), self.clock(), rules=rules)
        return [self._bring_up_to_date(lane) for lane in self._lanes()]

    def take_out(self) -> None:
        """Tell platforms who leaves, as far as that is known already; who could not be taken out waits."""
        for lane in self._lanes():
            members = MemberLane(self.ledger, self.settings.client, lane)
            if members.standing().count(Membership.LEAVING):
                self._tell(AudienceReport(lane[1], lane[0]), members, None, asks=False)

    def _lanes(self) -> list[Lane]:
        every = lanes_of(self.ledger, self.settings.client)
        return [lane for lane in every if self.destinations is None or lane[0] in self.destinations]

    def _bring_up_to_date(self, lane: Lane) -> AudienceReport:
        destination, audience = lane
        declared = declared_at(self.settings, lane)
        report = AudienceReport(audience, destination, declared.spec.name if declared else None)
        members = MemberLane(self.ledger, self.settings.client, lane)
        standing = members.standing()
        pending = PendingMembers(self.ledger, self.settings.client, destination, audience)
        if not self.dry_run and (_has_news(standing, members, declared) or pending.exist()):
            self._tell(report, members, declared)
            standing = members.standing()
        _count(report, standing)
        if declared is None and report.is_empty:
            members.forget()
        return report

    def _tell(
        self, report: AudienceReport, members: MemberLane, declared: Declared | None, *, asks: bool = True
    ) -> None:
        """Ask what became of earlier requests, then tell the platform; without ``declared``, of who leaves.

        Nothing is told where it is known already that the platform takes nothing.
        """
        destination, client = report.destination, self.settings.client
        if destination not in self.settings.destinations.configured():
            report.note(_CANNOT_LEAVE)
            return
        if destination in self._closed:
            report.error = self._closed[destination]
            return
        try:
            if destination not in self._opened:
                self._opened[destination] = self.open_uploader(destination)
            lane = AudienceLane(
                client,
                self.run_id,
                members,
                self._opened[destination],
                report,
                self.observer,
                self.clock,
                self.stop,
            )
            self.observer.started(client, report.lane, "send", None)
            pending = PendingMembers(self.ledger, client, destination, report.audience)
            to_mend, goes_on = None, True
            if asks:
                to_mend = hear(pending, lane.uploader, report, self.clock(), stop=self.stop)
            if _has_news(members.standing(), members, declared):
                goes_on = lane.bring_up_to_date(declared) if declared else lane.take_out()
            report.error = report.error or to_mend
        except PlatformError as error:
            report.error, goes_on = str(error), not error.policy.ends_lane
        except LedgerError:
            raise
        except Exception as error:  # one audience must not take the others down; its text may be data
            where = f"{client}/{destination}/{report.audience}"
            report.error, goes_on = f"{unexpected(error, _log, where)}. The next run goes on from there", True
        if report.error:
            _log.error("%s/%s/%s: %s", client, destination, report.audience, report.error)
            if not goes_on:
                self._closed[destination] = report.error
        self.observer.finished(client, report.lane, f"{report.joined:,} joined, {report.left:,} left")


def _has_news(standing: Standing, members: MemberLane, declared: Declared | None) -> bool:
    """Whether the platform is to be told of anybody, or has to make or mend the audience itself."""
    if standing.count(Membership.JOINING) + standing.count(Membership.LEAVING):
        return True
    _, lookalike_id, made_as = members.made()
    if declared is None:
        return False
    alike = declared.spec.lookalike is not None and lookalike_id is None
    return alike or made_as != declared.digest


def _count(report: AudienceReport, standing: Standing) -> None:
    report.members = standing.count(Membership.MEMBER)
    report.joining = standing.count(Membership.JOINING)
    report.leaving = standing.count(Membership.LEAVING)
    report.unconfirmed = standing.count(Membership.LEFT)
    report.refused = standing.count(Membership.REFUSED)
    report.held = standing.held
    report.reasons.update(standing.reasons)
    report.messages.update(standing.messages)


def sync_audiences(
    settings: ClientSettings,
    ledger: Ledger,
    *,
    observer: Observer | None = None,
    clock: Callable[[], datetime] = utc_now,
    stop: Event | None = None,
    dry_run: bool = False,
) -> list[AudienceReport]:
    """Bring a client's audiences up to date with what its sources said when they were last read.

    ``dry_run`` works out who joins and who leaves, and tells nobody.

    Raises:
        RunInProgressError: another process is running this client.
        LedgerError: the ledger failed; what it had committed stays.
    """
    stop = stop or Event()
    with ledger.lease(settings.client):
        return AudienceSync(
            settings=settings,
            ledger=ledger,
            open_uploader=partial(open_audience_uploader, settings, sleep=until(stop)),
            observer=observer or Silent(),
            clock=clock,
            stop=stop,
            run_id=OUTSIDE_RUNS,
            dry_run=dry_run,
        ).run()

"""One destination's lane: claim a batch, send it, commit every answer before the next request."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from threading import Event

import polars as pl

from closedwon.ledger import LedgerError
from closedwon.ledger.outgoing.outbox import Outbox
from closedwon.ledger.outgoing.probing import Probes
from closedwon.ledger.states import Kind
from closedwon.ledger.views.standing import SOON
from closedwon.pipeline.observer import Observer
from closedwon.pipeline.outgoing.afterwards import Afterwards
from closedwon.pipeline.outgoing.settling import settlement_of
from closedwon.pipeline.report import DestinationReport
from closedwon.unexpected import unexpected
from uploads.base import Attributing, Outcome, Uploader, Verdict

_log = logging.getLogger(__name__)

_NOT_COUNTED = (
    "conversions that the platform had accepted and did not count are held, and a few of them are sent again in each"
    " run: the others follow once it counts these; closedwon status says why"
)


@dataclass(frozen=True)
class Lane:
    """A client's deliveries to one destination, and how to send them."""

    client: str
    run_id: int
    outbox: Outbox
    probes: Probes
    uploader: Uploader
    afterwards: Afterwards
    report: DestinationReport
    observer: Observer
    clock: Callable[[], datetime]
    stop: Event
    later: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Send what is queued until nothing is left, the platform says later or hold, or ``stop`` is set.

        After it, ask what became of earlier requests, whose conversions may have to be sent again, and tell of values
        that have changed.
        """
        began = self.clock()
        try:
            self.observer.started(self.client, self.report.name, "send", self.outbox.due(began))
            done = self._send_all()
            # Of the requests of this run nothing is known yet.
            self.afterwards.ask(began)
            if done and self.report.reopened:
                done = self._send_all()
            if done:
                self._probe(began)
            # Not before, or they would be claimed again at once.
            self.outbox.release(self.later, self.clock())
            if done:
                self._restate()
        except LedgerError:
            raise
        except Exception as error:  # one lane must not take the others down; its text may be data
            where = f"{self.client}/{self.report.name}"
            self.report.error = f"{unexpected(error, _log, where)}. The next run goes on from there"
        self._take_stock()
        self.observer.finished(self.client, self.report.name, f"{self.report.accepted:,} accepted")

    def _take_stock(self) -> None:
        """Report what is left."""
        self.report.waiting = self.outbox.waiting()
        self.report.held = self.outbox.held()
        self.report.probing = self.probes.pending()
        self.report.expiring = self.outbox.expiring(self.clock(), within=SOON)
        if (self.probes.held() or self.report.probing) and not self.report.error:
            self.report.error = _NOT_COUNTED

    def _send_all(self) -> bool:
        """Whether everything was sent that could be."""
        return all(self._send(batch) for batch in self._batches()) and not self.stop.is_set()

    def _batches(self) -> Iterator[pl.DataFrame]:
        """What is to be sent: first what expires soon, and of that and of the rest last what was put off before.

        What fails each time would otherwise stand before all others in every run.
        """
        for expiring_by, put_off in product((self.clock() + SOON, None), (False, True)):
            while not self.stop.is_set():
                self.report.expired += self.outbox.expire(self.clock())
                size, now = self.uploader.batch_size, self.clock()
                batch = self.outbox.claim(size, now, put_off=put_off, expiring_by=expiring_by)
                if batch.is_empty():
                    break
                yield batch

    def _probe(self, began: datetime) -> None:
        """Send a few of what was held before this run for not having been counted, unless some are under way."""
        if self.stop.is_set() or self.probes.pending():
            return
        batch = self.probes.claim(self.clock(), held_before=began)
        if not batch.is_empty():
            self._send(batch, Kind.PROBE)

    def _restate(self) -> None:
        for outcome in self.afterwards.restate(self.run_id, self.clock()):
            if outcome.ends_lane:
                self.report.error = outcome.message
                _log.error("%s/%s: %s", self.client, self.report.name, outcome.message)
            if self.stop.is_set():
                return

    def _send(self, batch: pl.DataFrame, kind: Kind = Kind.SEND) -> bool:
        """Whether the lane may go on after ``batch``."""
        unanswered = set(batch["event_id"])
        for outcome in self.uploader.send(batch):
            unanswered.difference_update(outcome.event_ids)
            self._settle(outcome, batch, kind)
            if outcome.ends_lane:
                self._end(outcome, unanswered)
                return False
        return True

    def _settle(self, outcome: Outcome, batch: pl.DataFrame, kind: Kind) -> None:
        settlement = settlement_of(outcome, self.uploader, kind=kind)
        self.later.extend(outcome.event_ids if settlement.set_apart else ())
        self.outbox.settle(settlement, run_id=self.run_id, now=self.clock())
        self._count(outcome, batch)
        self.observer.advanced(self.client, self.report.name, len(outcome.event_ids))

    def _count(self, outcome: Outcome, batch: pl.DataFrame) -> None:
        count = len(outcome.event_ids)
        if outcome.verdict is Verdict.ACCEPTED:
            accepted = batch.filter(pl.col("event_id").is_in(outcome.event_ids))
            self.report.sent += count
            self.report.accepted += count
            if outcome.message:
                self.report.note(outcome.message)
            self.report.accepted_by_stage.update(dict(accepted.group_by("stage").len().iter_rows()))
            self.report.value.update(
                dict(accepted.drop_nulls("value").group_by("currency").agg(pl.col("value").sum()).iter_rows())
            )
        elif outcome.verdict is Verdict.HOLD:
            self.report.error = outcome.message
        elif outcome.verdict is Verdict.REJECTED:
            self.report.sent += count
            reason = outcome.reason or "unknown"
            if isinstance(self.uploader, Attributing) and self.uploader.unmatched(reason):
                self.report.unmatched += count
                return
            self.report.rejected[reason] += count
            self.report.messages.setdefault(reason, outcome.message or reason)
            _log.warning("%s/%s: refused: %s", self.client, self.report.name, outcome.message)

    def _end(self, outcome: Outcome, unanswered: set[str]) -> None:
        """The lane ends early: what was claimed but not sent goes back, and a hold holds all that waits."""
        reason, message = outcome.reason or "unknown", outcome.message or ""
        waits = "" if outcome.verdict is Verdict.HOLD else "; what waits is sent by the next run"
        self.report.error = message + waits
        _log.error("%s/%s: %s", self.client, self.report.name, message)
        if unanswered:
            self.outbox.release(sorted(unanswered), self.clock())
        if outcome.verdict is Verdict.HOLD:
            self.outbox.hold(reason, message, self.clock())

"""One destination's lane: claim a batch, send it, commit every answer before the next request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event

import polars as pl

from closedwon.ledger import LedgerError
from closedwon.ledger.outgoing.outbox import Outbox, Settlement
from closedwon.ledger.views.standing import SOON
from closedwon.pipeline.observer import Observer
from closedwon.pipeline.outgoing.afterwards import STATES, Afterwards
from closedwon.pipeline.report import DestinationReport
from closedwon.unexpected import unexpected
from uploads.base import Attributing, Outcome, Polled, Uploader, Verdict

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lane:
    """A client's deliveries to one destination, and how to send them."""

    client: str
    run_id: int
    outbox: Outbox
    uploader: Uploader
    afterwards: Afterwards
    report: DestinationReport
    observer: Observer
    clock: Callable[[], datetime]
    stop: Event
    later: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Send what is queued until nothing is left, the platform says later or hold, or ``stop`` is set.

        Before it, ask what became of earlier requests, whose conversions may have to be sent again; after it, tell of
        values that have changed.
        """
        try:
            self.afterwards.ask(self.clock())
            self.observer.started(self.client, self.report.name, "send", self.outbox.due(self.clock()))
            done = self._send_all()
            # Not before, or they would be claimed again at once.
            self.outbox.release(self.later, self.clock())
            if done:
                self._restate()
        except LedgerError:
            raise
        except Exception as error:  # one lane must not take the others down; its text may be data
            where = f"{self.client}/{self.report.name}"
            self.report.error = f"{unexpected(error, _log, where)}. The next run goes on from there"
        self.report.waiting = self.outbox.waiting()
        self.report.expiring = self.outbox.expiring(self.clock(), within=SOON)
        self.observer.finished(self.client, self.report.name, f"{self.report.accepted:,} accepted")

    def _send_all(self) -> bool:
        """Whether everything was sent that could be."""
        while not self.stop.is_set():
            self.report.expired += self.outbox.expire(self.clock())
            batch = self.outbox.claim(self.uploader.batch_size, self.clock())
            if batch.is_empty():
                return True
            if not self._send(batch):
                return False
        return False

    def _restate(self) -> None:
        for outcome in self.afterwards.restate(self.run_id, self.clock()):
            if outcome.ends_lane:
                self.report.error = outcome.message
                _log.error("%s/%s: %s", self.client, self.report.name, outcome.message)
            if self.stop.is_set():
                return

    def _send(self, batch: pl.DataFrame) -> bool:
        """Whether the lane may go on after ``batch``."""
        unanswered = set(batch["event_id"])
        for outcome in self.uploader.send(batch):
            unanswered.difference_update(outcome.event_ids)
            self._settle(outcome, batch)
            if outcome.ends_lane:
                self._end(outcome, unanswered)
                return False
        return True

    def _settle(self, outcome: Outcome, batch: pl.DataFrame) -> None:
        set_apart = outcome.verdict is Verdict.LATER and outcome.lane_goes_on
        self.later.extend(outcome.event_ids if set_apart else ())
        self.outbox.settle(
            Settlement(
                outcome.event_ids,
                STATES[outcome.verdict],
                reason=outcome.reason,
                message=outcome.message,
                platform_request_id=outcome.platform_request_id,
                answer=outcome.answer,
                keep_payload=self.uploader.keeps_payloads,
                polled=outcome.verdict is Verdict.ACCEPTED and isinstance(self.uploader, Polled),
                set_apart=set_apart,
            ),
            run_id=self.run_id,
            now=self.clock(),
        )
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
            self.report.held += count
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
            self.report.held += self.outbox.hold(reason, message, self.clock())

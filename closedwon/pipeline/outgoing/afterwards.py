"""What follows once a platform has accepted: asking what it counted, and telling it of values that have changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event

from closedwon.ledger import Ledger
from closedwon.ledger.outgoing.pending import Answer
from closedwon.ledger.outgoing.probing import Probes
from closedwon.ledger.outgoing.processing import RECENT, PendingConversions, Processed, processed
from closedwon.ledger.outgoing.restating import COUNTED, Restatements, Terms
from closedwon.ledger.reasons import NOT_COUNTED
from closedwon.ledger.states import Kind, State
from closedwon.pipeline.outgoing.asking import Asking
from closedwon.pipeline.outgoing.settling import settlement_of
from closedwon.pipeline.report import DestinationReport
from uploads.base import Diagnosing, Outcome, Restating, Unchanging, Uploader, Verdict


@dataclass(frozen=True)
class Afterwards:
    """One destination of one client, once it has accepted something."""

    ledger: Ledger
    client: str
    uploader: Uploader
    report: DestinationReport
    stop: Event = field(default_factory=Event)

    def ask(self, now: datetime) -> None:
        """Ask what became of earlier requests; deliveries of those that failed as a whole wait again, or are held.

        What was held waits again once some of it was counted. A platform that does not say is asked by the next run.
        """
        if not isinstance(self.uploader, Diagnosing):
            return
        pending = PendingConversions(self.ledger, self.client, self.report.name)
        for heard in Asking(pending, self.uploader, self.report.note, self.stop).ask(now):
            self._count(heard.answer, heard.again)
            if heard.request.kind is Kind.PROBE and heard.answer.processing in COUNTED:
                probes = Probes(self.ledger, self.client, self.report.name)
                self.report.reopened += probes.release(now)
        if self.report.processing:
            said = processed(self.ledger, self.client, since=now - RECENT).get(self.report.name, Processed())
            for warning in warnings(said, self.uploader):
                self.report.note(warning)

    def _count(self, answer: Answer, reopened: int) -> None:
        if answer.processing is not None:
            self.report.processing[answer.processing] += 1
        self.report.failed_later.update(answer.failed)
        self.report.reopened += reopened
        if answer.state is State.HELD:
            self.report.error = answer.message
        elif answer.state is State.REJECTED:
            self.report.rejected[NOT_COUNTED] += reopened
            self.report.messages.setdefault(NOT_COUNTED, answer.message or NOT_COUNTED)
        elif answer.state is not None and answer.message:
            self.report.note(
                f"{reopened:,} conversions of an earlier request were not counted: {answer.message}"
            )

    def restate(self, run_id: int, now: datetime) -> Iterator[Outcome]:
        """Tell the platform of changed values, committing each answer; yields the outcomes."""
        if not isinstance(self.uploader, Restating):
            if self.report.changed and isinstance(self.uploader, Unchanging):
                self.report.note(self.uploader.cannot_restate)
            return
        terms = Terms(within=self.uploader.restated_for, after=self.uploader.restated_after)
        changed = Restatements(self.ledger, self.client, self.report.name, terms)
        last = ""
        while not (batch := changed.take(self.uploader.batch_size, now, after=last)).is_empty():
            last = batch["event_id"][-1]
            for outcome in self.uploader.restate(batch.drop("told_value")):
                changed.settle(settlement_of(outcome, self.uploader), batch, run_id=run_id, now=now)
                self._count_restated(outcome)
                yield outcome
                if outcome.ends_lane:
                    return

    def _count_restated(self, outcome: Outcome) -> None:
        if outcome.verdict is Verdict.ACCEPTED:
            self.report.restated += len(outcome.event_ids)
        elif outcome.verdict is Verdict.REJECTED:
            reason = outcome.reason or "unknown"
            self.report.restatements_refused[reason] += len(outcome.event_ids)
            self.report.messages.setdefault(reason, outcome.message or reason)
        elif outcome.message and not outcome.ends_lane:
            self.report.note(f"{len(outcome.event_ids):,} new values are told of later: {outcome.message}")


def warnings(said: Processed, uploader: Diagnosing) -> list[str]:
    """A sentence for each share of what the platform has judged that is lower than the client's file wants it."""
    if not said.heard_of:
        return []
    unmatched = sum(count for reason, count in said.failed.items() if uploader.unmatched(reason))
    before = sum(count for reason, count in said.failed.items() if uploader.counted_before(reason))
    lost = said.taken_back + said.failed.total() - unmatched - before
    shares = (
        ("counted", lost, uploader.least_processed, "warn_processed_below"),
        ("matched to an ad", unmatched, uploader.least_matched, "warn_matched_below"),
    )
    return [
        f"only {1 - lost / said.heard_of:.0%} of the last {RECENT.days} days' conversions were {name},"
        f" less than the {least:.0%} of {setting}: closedwon status says why"
        for name, lost, least, setting in shares
        if 1 - lost / said.heard_of < least
    ]

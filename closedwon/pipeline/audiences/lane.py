"""One audience at one platform: made there, told who leaves, told who joins, answer by answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Event

import polars as pl

from closedwon.ledger.audiences.lanes import JOIN, LEAVE, MemberLane, Settled
from closedwon.ledger.audiences.states import Membership
from closedwon.ledger.states import State
from closedwon.pipeline.audiences.report import AudienceReport
from closedwon.pipeline.audiences.specs import Declared
from closedwon.pipeline.observer import Observer
from uploads.audiences.base import AudienceUploader, Resembling
from uploads.base import Outcome, Verdict
from uploads.errors import PlatformError

_PAGE = 50_000
"""Members that are looked up at once: several requests of a session, and little memory."""

_STATES = {
    Verdict.ACCEPTED: State.ACCEPTED,
    Verdict.REJECTED: State.REJECTED,
    Verdict.LATER: State.QUEUED,
    Verdict.HOLD: State.HELD,
}


@dataclass(frozen=True)
class AudienceLane:
    """A client's audience at a destination, and how its platform is told of it; the client's lease must be held."""

    client: str
    run_id: int
    members: MemberLane
    uploader: AudienceUploader
    report: AudienceReport
    observer: Observer
    clock: Callable[[], datetime]
    stop: Event

    def bring_up_to_date(self, declared: Declared) -> bool:
        """Have the audience ``declared`` made, and tell the platform of the difference.

        Returns:
            Whether the destination takes more.

        Raises:
            uploads.errors.PlatformError: the platform refused the audience itself.
        """
        platform_id = self._ensured(declared)
        goes_on = self._each_page(LEAVE, platform_id) and self._each_page(JOIN, platform_id)
        if goes_on and not self.report.error:
            self._resemble(declared, platform_id)
        return goes_on

    def take_out(self) -> bool:
        """Tell the platform who leaves, and nothing else; returns whether the destination takes more."""
        platform_id, _, _ = self.members.made()
        return platform_id is None or self._each_page(LEAVE, platform_id)

    def _ensured(self, declared: Declared) -> str:
        """The platform's id of the audience; where it is another than before, everybody joins anew."""
        before, lookalike_id, made_as = self.members.made()
        found = self.uploader.ensure(declared.spec, declared.given_id or before)
        changed = made_as != declared.digest
        # A lookalike that was to be another is made again.
        kept = None if changed else lookalike_id
        self.members.save_made(self.clock(), platform_id=found, made_as=declared.digest, lookalike_id=kept)
        if before not in {None, found}:
            self.members.start_over(self.clock())
        return found

    def _each_page(self, kind: str, platform_id: str) -> bool:
        """Tell of everybody of ``kind``; returns whether the destination takes more."""
        claim, tell = {
            JOIN: (self.members.claim_joining, self.uploader.add),
            LEAVE: (self.members.next_leaving, self.uploader.remove),
        }[kind]
        after = ""
        while not self.stop.is_set():
            page = claim(after, _PAGE)
            if page.is_empty():
                return True
            names = page["member"].unique(maintain_order=True)
            unanswered = set(names)
            # Nobody joins whose consent is not granted: there is no other to tell of.
            for outcome in tell(platform_id, page.with_columns(ad_user_data=pl.lit("granted"))):
                unanswered.difference_update(outcome.event_ids)
                self._settle(kind, outcome)
                if outcome.ends_lane or self.stop.is_set():
                    return False
            if unanswered:
                return True
            after = names[-1]
        return False

    def _settle(self, kind: str, outcome: Outcome) -> None:
        told = sorted(set(outcome.event_ids))
        settled = Settled(
            kind,
            told,
            _STATES[outcome.verdict],
            reason=outcome.reason,
            message=outcome.message,
            platform_request_id=outcome.platform_request_id,
            answer=outcome.answer,
        )
        self.members.settle(settled, run_id=self.run_id, now=self.clock())
        if outcome.verdict is Verdict.ACCEPTED:
            self.report.joined += len(told) if kind == JOIN else 0
            self.report.left += len(told) if kind == LEAVE else 0
            if outcome.message:
                self.report.note(outcome.message)
        elif outcome.verdict is not Verdict.REJECTED:
            self.report.error = outcome.message or outcome.reason
        self.observer.advanced(self.client, self.report.lane, len(told))

    def _resemble(self, declared: Declared, platform_id: str) -> None:
        """Have the audience's lookalike made, once it has members enough."""
        _, lookalike_id, _ = self.members.made()
        if declared.spec.lookalike is None or lookalike_id is not None:
            return
        if not isinstance(self.uploader, Resembling):
            return
        there, needed = self.members.standing().count(Membership.MEMBER), self.uploader.smallest_seed
        if there < needed:
            self.report.note(f"its lookalike is made once it has {needed:,} members; it has {there:,}")
            return
        try:
            made = self.uploader.ensure_lookalike(declared.spec, platform_id)
        except PlatformError as error:
            self.report.note(f"its lookalike was not made: {error}")
        else:
            self.members.save_made(self.clock(), lookalike_id=made)

"""One audience at one platform: made there, told who leaves, told who joins, answer by answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event

import polars as pl

from closedwon.ledger.audiences.lanes import MemberLane
from closedwon.ledger.audiences.states import Membership
from closedwon.ledger.outgoing.outbox import Settlement
from closedwon.ledger.states import Kind
from closedwon.pipeline.audiences.report import AudienceReport
from closedwon.pipeline.audiences.specs import Declared
from closedwon.pipeline.observer import Observer
from closedwon.pipeline.outgoing.settling import STATES
from uploads.audiences.base import AudienceUploader, NoSuchAudienceError, Resembling
from uploads.base import Outcome, Polled, Verdict
from uploads.errors import PlatformError

_PAGE = 50_000
"""Members that are looked up at once: several requests of a session, and little memory."""

MOVE = "move"
"""Everybody leaves an audience, and who is to stay joins another one."""


class _Answers:
    """Who of a page is answered altogether: somebody may be told of by several rows, in one request or in several."""

    def __init__(self, members: pl.Series) -> None:
        self._rows = Counter(members.to_list())
        self._waiting: set[str] = set()

    @property
    def complete(self) -> bool:
        """Whether every row has an answer."""
        return not self._rows.total()

    def certain(self, outcome: Outcome) -> list[str]:
        """The members of whom ``outcome`` is the answer: one is accepted with the last of the rows, if all were."""
        self._rows.subtract(outcome.event_ids)
        members = sorted(set(outcome.event_ids))
        if outcome.verdict is not Verdict.ACCEPTED:
            self._waiting.update(members)
            return members
        return [member for member in members if not self._rows[member] and member not in self._waiting]


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
        before, lookalike_id, made_as = self.members.made()
        if before not in {None, platform_id}:
            goes_on = self._move_out(before)
            if not goes_on or self.report.error:
                return goes_on
            lookalike_id = None
        # A lookalike that was to be another is made again.
        kept = lookalike_id if made_as == declared.digest else None
        self.members.save_made(
            self.clock(), platform_id=platform_id, made_as=declared.digest, lookalike_id=kept
        )
        goes_on = self._each_page(Kind.LEAVE, platform_id) and self._each_page(Kind.JOIN, platform_id)
        if goes_on and not self.report.error:
            self._resemble(declared, platform_id)
        return goes_on

    def take_out(self) -> bool:
        """Tell the platform who leaves, and nothing else; returns whether the destination takes more."""
        platform_id, _, _ = self.members.made()
        if platform_id is None:
            return True
        if not self.uploader.exists(platform_id):
            self._gone(platform_id)
            return True
        return self._each_page(Kind.LEAVE, platform_id)

    def _move_out(self, before: str) -> bool:
        """Take everybody out of the audience that the client's file has replaced by another.

        Returns:
            Whether the destination takes more. Whoever could not be taken out yet does not join the other either.
        """
        if not self.uploader.exists(before):
            self._gone(before)
            return True
        goes_on = self._each_page(MOVE, before)
        if goes_on and not self.report.error:
            self.members.start_over(self.clock())
        return goes_on

    def _gone(self, platform_id: str) -> None:
        self.members.start_over(self.clock())
        self.report.note(
            f"the audience {platform_id} is no longer in the account: should it be in another one, delete it there,"
            " for nobody is taken out of it any more"
        )

    def _ensured(self, declared: Declared) -> str:
        """The platform's id of the audience; one that we made and that is gone is made anew."""
        before, _, _ = self.members.made()
        try:
            return self.uploader.ensure(declared.spec, declared.given_id or before)
        except NoSuchAudienceError:
            if before is None or declared.given_id or self.uploader.exists(before):
                raise
        self._gone(before)
        return self.uploader.ensure(declared.spec, None)

    def _each_page(self, kind: str, platform_id: str) -> bool:
        """Tell of everybody of ``kind``; returns whether the destination takes more."""
        claim, tell = {
            Kind.JOIN: (self.members.claim_joining, self.uploader.add),
            Kind.LEAVE: (self.members.next_leaving, self.uploader.remove),
            MOVE: (self.members.next_told, self.uploader.remove),
        }[kind]
        after = ""
        while not self.stop.is_set():
            page = claim(after, _PAGE)
            if page.is_empty():
                return True
            answers = _Answers(page["member"])
            # Nobody joins whose consent is not granted: there is no other to tell of.
            for outcome in tell(platform_id, page.with_columns(ad_user_data=pl.lit("granted"))):
                self._settle(kind, outcome, answers.certain(outcome))
                if outcome.ends_lane or self.stop.is_set():
                    return False
            if not answers.complete:
                return True
            after = page["member"][-1]
        return False

    def _settle(self, kind: str, outcome: Outcome, told: Sequence[str]) -> None:
        settlement = Settlement(
            told,
            STATES[outcome.verdict],
            reason=outcome.reason,
            message=outcome.message,
            platform_request_id=outcome.platform_request_id,
            answer=outcome.answer,
            # What everybody left is not ours any more, whatever becomes of them there.
            polled=kind != MOVE and outcome.verdict is Verdict.ACCEPTED and isinstance(self.uploader, Polled),
            kind=Kind.LEAVE if kind == MOVE else Kind(kind),
            audience=self.report.audience,
        )
        self.members.settle(settlement, run_id=self.run_id, now=self.clock())
        if outcome.verdict is Verdict.ACCEPTED:
            self.report.joined += len(told) if kind == Kind.JOIN else 0
            self.report.left += len(told) if kind == Kind.LEAVE else 0
            if outcome.message:
                self.report.note(outcome.message)
        elif outcome.verdict is Verdict.REJECTED:
            self.report.refused_now += len(told)
        else:
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

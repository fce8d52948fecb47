"""From answers with partial failures to an outcome for every row: some rows count, some wait, some are asked again.

A refusal that a setting may explain is believed once another row was accepted; until then the fault may be in how all
of them are made, and rows refused for good would be lost. They are held instead, and nothing else: a partial failure
costs one request, so the lane can go on to rows that may be taken.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from uploads.base import Outcome, Verdict
from uploads.google_ads.failures import Fault
from uploads.google_ads.policy import RowPolicy
from uploads.isolating import EVERY_EVENT_REFUSED, Receipt, send_isolating

MOST_ALONE = 32
"""Rows of a batch that are sent again by themselves, each in a request of its own; the rest waits for later runs."""


@dataclass(frozen=True)
class Answer:
    """A request that Google took.

    Attributes:
        faults: the rows that it did not take, by their place.
        repeated: whether the request was made before, so that rows of it may count already.
    """

    job_id: str
    faults: Mapping[int, Fault]
    repeated: bool = False

    def judged(self, policies: Mapping[str, RowPolicy]) -> Answer:
        """The same, with other policies for some codes."""
        return replace(
            self,
            faults={
                row: replace(fault, policy=policies.get(fault.code, fault.policy))
                for row, fault in self.faults.items()
            },
        )


_TOO_MANY_ALONE = "too many rows of the request are in each other's way; a later run sends the rest"

Ask = Callable[[pl.DataFrame], Answer]


def settled(batch: pl.DataFrame, ask: Ask) -> Iterator[Outcome]:
    """An outcome for every row of ``batch``, as :meth:`uploads.base.Uploader.send` promises them.

    ``ask`` makes one request of some of the rows, and raises :class:`uploads.errors.PlatformError` where it is
    refused whole.
    """
    return _Exchange(ask).outcomes(batch)


class _Exchange:
    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._faults: dict[str | None, Mapping[int, Fault]] = {}
        self._accepted = False
        self._held: list[Outcome] = []
        self._alone: list[str] = []

    def outcomes(self, batch: pl.DataFrame) -> Iterator[Outcome]:
        """An outcome for each row, as soon as it is certain."""
        for part in self._parts(batch):
            for outcome in self._of_part(part):
                if outcome.verdict is Verdict.HOLD and outcome.reason == EVERY_EVENT_REFUSED:
                    self._held.append(outcome)
                    continue
                yield outcome
                if outcome.ends_lane:
                    return
        if self._alone:
            yield Outcome(self._alone, Verdict.LATER, "too_many_alone", _TOO_MANY_ALONE, lane_goes_on=True)
        # What must be mended for some rows keeps no others from being sent, as long as any are taken.
        yield from (replace(held, lane_goes_on=held.lane_goes_on or self._accepted) for held in self._held)

    def _parts(self, batch: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The batch, and then one by one the rows that were in each other's way."""
        yield batch
        again, self._alone = self._alone[:MOST_ALONE], self._alone[MOST_ALONE:]
        for event_id in again:
            yield batch.filter(pl.col("event_id") == event_id)

    def _of_part(self, part: pl.DataFrame) -> Iterator[Outcome]:
        for outcome in send_isolating(part, self._receipt):
            if outcome.verdict is Verdict.ACCEPTED:
                yield from self._by_row(outcome, self._faults.pop(outcome.platform_request_id))
            else:
                yield outcome

    def _receipt(self, part: pl.DataFrame) -> Receipt:
        answer = self._ask(part)
        self._faults[answer.job_id] = answer.faults
        return Receipt(platform_request_id=answer.job_id, answer=json.dumps({"jobId": answer.job_id}))

    def _by_row(self, taken: Outcome, faults: Mapping[int, Fault]) -> Iterator[Outcome]:
        """The outcomes of a request that Google took, the good ones first."""
        ids = list(taken.event_ids)
        counted = [event_id for row, event_id in enumerate(ids) if row not in faults]
        named: dict[Fault, list[str]] = {}
        for row, fault in faults.items():
            named.setdefault(fault, []).append(ids[row])
        if counted:
            self._accepted = True
            yield replace(taken, event_ids=counted)
        for fault, event_ids in sorted(named.items(), key=lambda one: one[0].policy.verdict):
            yield from self._of_fault(replace(taken, event_ids=event_ids), fault, alone=len(ids) == 1)

    def _of_fault(self, rows: Outcome, fault: Fault, *, alone: bool) -> Iterator[Outcome]:
        policy = fault.policy
        outcome = replace(
            rows,
            verdict=policy.verdict,
            reason=fault.code,
            message=policy.advice,
            lane_goes_on=policy.verdict is Verdict.LATER or not policy.ends_lane,
        )
        if policy.verdict is Verdict.ACCEPTED:
            self._accepted = True
            yield replace(outcome, reason=None, message=f"{fault.code}: {policy.advice}")
        elif policy.alone and not alone:
            self._alone += rows.event_ids
        elif policy.verdict is Verdict.REJECTED and not policy.blames_event and not self._accepted:
            self._held.append(_every_event_refused(outcome))
        elif policy.verdict is Verdict.HOLD:
            self._held.append(outcome)
        else:
            yield outcome


def _every_event_refused(outcome: Outcome) -> Outcome:
    return replace(
        outcome,
        verdict=Verdict.HOLD,
        reason=EVERY_EVENT_REFUSED,
        message=f"no event was taken, so none was given up: {outcome.reason}: {outcome.message}",
        lane_goes_on=True,
    )

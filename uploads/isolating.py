"""One bad row must not take the other 999 with it, and a platform that refuses everything must not cost any row.

A refusal of one row is believed once the platform has accepted another row of the same batch: until then the fault
may be everybody's (a wrong setting, a changed rule), and rows refused for good would be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from uploads.base import Outcome, Verdict
from uploads.errors import Action, PlatformError

EVERY_EVENT_REFUSED = "every_event_refused"
TOO_MANY_REFUSALS = "too_many_refusals"

PATIENCE = 32
"""Refused requests before the first acceptance: three searches down to a single row of 2,000, in three places.

From then on rows are compared: the search goes on as long as no more than this many rows are refused beyond those that
are accepted. So it ends early where little is accepted, and goes on to the last bad row where most rows are good. Of a
thousand rows one bad one takes twenty requests to find, a tenth of scattered bad ones 750 and a third 1,450; the most
that a batch can cost is two requests a row.
"""

_HELD = {Action.HOLD, Action.RETRY_ONCE_THEN_HOLD}


@dataclass(frozen=True)
class Receipt:
    """The platform's acceptance of one request.

    Attributes:
        message: what it remarked on what it accepted, without personal data.
    """

    platform_request_id: str | None
    answer: str
    message: str | None = None


def send_isolating(batch: pl.DataFrame, request: Callable[[pl.DataFrame], Receipt]) -> Iterator[Outcome]:
    """Send ``batch`` in as few requests as its bad rows allow, yielding an outcome for every row.

    Rows that the platform names are set apart and the rest is sent again; where it names none, the batch is
    halved until the guilty rows stand alone. They are rejected once anything was accepted, else the batch is
    held. Rows named for what must be mended beside them are held alone, unless it is every row of the batch. A batch
    of one row has nothing to compare with: it is rejected where its code can be nobody's setting, else held alone,
    and a later run sends it beside others.
    """
    yield from _Search(batch, request).outcomes()


class _Search:
    """The search for the bad rows of one batch.

    Every part that waits is a disjoint piece of the batch, so at most twice as many requests are made as there
    are rows, whatever the platform answers.
    """

    def __init__(self, batch: pl.DataFrame, request: Callable[[pl.DataFrame], Receipt]) -> None:
        self._request = request
        self._waiting = [batch]
        self._refused: list[Outcome] = []
        self._rows = batch.height
        self._believed = False
        self._names_all = True
        self._refusals = 0
        self._accepted_rows = 0
        self._refused_rows = 0
        self._last: PlatformError | None = None

    def outcomes(self) -> Iterator[Outcome]:
        """An outcome for each row, as soon as it is certain."""
        while self._waiting and self._goes_on():
            part = self._waiting.pop()
            try:
                receipt = self._request(part)
            except PlatformError as error:
                guilty = {row: reason for row, reason in error.rows.items() if row < part.height}
                if error.policy.action is Action.ISOLATE:
                    self._refuse(part, error, guilty)
                elif guilty and len(guilty) < self._rows:
                    yield self._set_apart(part, error, guilty)
                else:
                    self._waiting.append(part)
                    yield _put_off(self._undecided(), error, lane_goes_on=not error.policy.ends_lane)
                    return
            else:
                yield self._accept(part, receipt)
            if self._believed:
                yield from self._refused
                self._refused = []
        if self._waiting or self._refused:
            yield self._held()

    def _goes_on(self) -> bool:
        if not self._accepted_rows:
            return self._refusals < PATIENCE
        return self._refused_rows <= self._accepted_rows + PATIENCE

    def _accept(self, part: pl.DataFrame, receipt: Receipt) -> Outcome:
        self._believed = True
        self._accepted_rows += part.height
        return Outcome(
            part["event_id"].to_list(),
            Verdict.ACCEPTED,
            message=receipt.message,
            platform_request_id=receipt.platform_request_id,
            answer=receipt.answer,
        )

    def _set_apart(self, part: pl.DataFrame, error: PlatformError, guilty: Mapping[int, str]) -> Outcome:
        """Some rows meet what is to be mended or passes, and the rest of the batch may do without it."""
        self._count(error, guilty)
        rest = _without(part, list(guilty))
        if rest.height:
            self._waiting.append(rest)
        return _put_off([part["event_id"][row] for row in guilty], error, lane_goes_on=True)

    def _count(self, error: PlatformError, guilty: Mapping[int, str]) -> None:
        self._last = error
        self._refusals += 1
        self._refused_rows += len(guilty)

    def _refuse(self, part: pl.DataFrame, error: PlatformError, guilty: Mapping[int, str]) -> None:
        if part.height == 1:
            guilty = guilty or {0: error.code}
        self._count(error, guilty)
        self._believed |= self._rows == 1 and error.policy.blames_event
        self._refused += [_rejected(part["event_id"][row], reason, error) for row, reason in guilty.items()]
        rest = _without(part, list(guilty)) if guilty else part
        if guilty and self._names_all:
            # A platform that names rows names all; if it goes on refusing, halving is faster than its word.
            self._names_all = False
            self._waiting.append(rest)
        else:
            half = rest.height // 2
            self._waiting += [rest[half:], rest[:half]]
        self._waiting = [waiting for waiting in self._waiting if waiting.height]
        if rest.is_empty():
            # Bad rows often lie together: the next search begins in the largest part, far from this one.
            self._waiting.sort(key=lambda waiting: waiting.height)

    def _undecided(self) -> list[str]:
        refused = [event_id for outcome in self._refused for event_id in outcome.event_ids]
        return refused + [event_id for part in self._waiting for event_id in part["event_id"]]

    def _held(self) -> Outcome:
        if self._believed:
            reason, advice = TOO_MANY_REFUSALS, "the platform refuses more than it accepts"
        else:
            reason, advice = (
                EVERY_EVENT_REFUSED,
                "the platform refuses all that was sent, so nothing was given up",
            )
        return Outcome(
            self._undecided(),
            Verdict.HOLD,
            reason=reason,
            message=f"{advice}; mend what they share, then run sync again. Its last answer: {self._last}",
            platform_request_id=self._last.platform_request_id if self._last else None,
            lane_goes_on=self._rows == 1,
        )


def _without(part: pl.DataFrame, rows: list[int]) -> pl.DataFrame:
    return part.with_row_index("row").filter(~pl.col("row").is_in(rows)).drop("row")


def _put_off(event_ids: list[str], error: PlatformError, *, lane_goes_on: bool) -> Outcome:
    return Outcome(
        event_ids,
        Verdict.HOLD if error.policy.action in _HELD else Verdict.LATER,
        reason=error.code,
        message=str(error),
        platform_request_id=error.platform_request_id,
        lane_goes_on=lane_goes_on,
    )


def _rejected(event_id: str, reason: str, error: PlatformError) -> Outcome:
    return Outcome(
        [event_id],
        Verdict.REJECTED,
        reason=reason,
        message=str(error),
        platform_request_id=error.platform_request_id,
    )

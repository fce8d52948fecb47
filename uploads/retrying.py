"""What to do when a platform does not simply say yes: try again, wait, isolate a row, hold, or give up for now."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import polars as pl
import requests
import tenacity

from config.redaction import redact
from uploads.base import Outcome, Verdict

_log = logging.getLogger(__name__)

Result = TypeVar("Result")

LONGEST_WAIT = 120.0
"""Seconds; a platform that asks for more ends the lane, and the next run goes on."""

MOST_REQUESTS_PER_BATCH = 64
"""Isolating bad rows may take this many requests; beyond it the batch is held, since the fault is not one row's."""


class Action(StrEnum):
    """What an answer calls for."""

    RETRY = "retry"
    RETRY_ONCE = "retry once"
    ISOLATE = "isolate"
    HOLD = "hold"


@dataclass(frozen=True)
class Policy:
    """A row of a platform's table: what to do, and what to tell the user."""

    action: Action
    advice: str


UNKNOWN = Policy(Action.RETRY_ONCE, "an answer that Closedwon does not know; please report its code")


class PlatformError(Exception):
    """A request that the platform did not accept.

    Attributes:
        code: the platform's own code or reason.
        policy: what the platform's table says of that code.
        wait: seconds that the platform asks to wait, where it says so.
        rows: index in the batch to reason, where the platform names the guilty rows.
    """

    def __init__(
        self,
        code: str,
        policy: Policy,
        detail: str = "",
        *,
        wait: float | None = None,
        rows: Mapping[int, str] | None = None,
        platform_request_id: str | None = None,
    ) -> None:
        self.code = code
        self.policy = policy
        self.detail = redact(detail)[:500]
        self.wait = wait
        self.rows = dict(rows or {})
        self.platform_request_id = platform_request_id
        super().__init__(f"{code}: {policy.advice}" + (f" ({self.detail})" if self.detail else ""))


def connection_error(error: requests.RequestException) -> PlatformError:
    """The error of a request that got no answer. Its own text quotes the URL, token included, so it is dropped."""
    if isinstance(error, requests.exceptions.SSLError):
        return PlatformError("tls", Policy(Action.HOLD, "the platform's certificate could not be verified"))
    if isinstance(error, requests.exceptions.Timeout):
        return PlatformError("timeout", Policy(Action.RETRY, "the platform did not answer in time"))
    return PlatformError(
        "connection", Policy(Action.RETRY, "the connection failed"), detail=type(error).__name__
    )


def _worth_another_try(state: tenacity.RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, PlatformError) or (error.wait or 0) > LONGEST_WAIT:
        return False
    if error.policy.action is Action.RETRY_ONCE:
        return state.attempt_number < 2
    return error.policy.action is Action.RETRY


_backoff = tenacity.wait_random_exponential(multiplier=0.5, max=60)


def _wait(state: tenacity.RetryCallState) -> float:
    """Full jitter (so that many clients do not return at once), but never sooner than the platform asks."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, PlatformError) else None
    return max(asked or 0.0, _backoff(state))


def _say(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    _log.warning("attempt %d failed: %s; waiting %.1f s", state.attempt_number, error, state.upcoming_sleep)


def with_retries(call: Callable[[], Result], *, attempts: int) -> Result:
    """The result of ``call``, tried up to ``attempts`` times where its :class:`PlatformError` allows.

    Raises:
        PlatformError: the last one.
    """
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(attempts),
        wait=_wait,
        retry=_worth_another_try,
        before_sleep=_say,
        reraise=True,
    )
    return retrying(call)


@dataclass(frozen=True)
class Receipt:
    """The platform's acceptance of one request."""

    platform_request_id: str | None
    answer: str


def send_isolating(batch: pl.DataFrame, request: Callable[[pl.DataFrame], Receipt]) -> Iterator[Outcome]:
    """Send ``batch`` in as few requests as its bad rows allow, yielding an outcome for every row.

    Rows that the platform names are rejected and the rest is sent again; where it names none, the batch is
    halved until the guilty rows stand alone.
    """
    pending = [batch]
    for _ in range(MOST_REQUESTS_PER_BATCH):
        if not pending:
            return
        part = pending.pop()
        try:
            receipt = request(part)
        except PlatformError as error:
            if error.policy.action is not Action.ISOLATE:
                yield _given_up(pl.concat([part, *pending]), error)
                return
            yield from _refused(part, error)
            pending += _remaining(part, error)
        else:
            yield Outcome(
                part["event_id"].to_list(),
                Verdict.ACCEPTED,
                platform_request_id=receipt.platform_request_id,
                answer=receipt.answer,
            )
    if pending:
        yield Outcome(
            pl.concat(pending)["event_id"].to_list(),
            Verdict.HOLD,
            reason="too_many_refusals",
            message=f"the platform refused rows in {MOST_REQUESTS_PER_BATCH} requests of one batch: look at the"
            " rejected ones with `closedwon explain`, mend what they share, and run again",
        )


def _given_up(rows: pl.DataFrame, error: PlatformError) -> Outcome:
    return Outcome(
        rows["event_id"].to_list(),
        Verdict.HOLD if error.policy.action is Action.HOLD else Verdict.LATER,
        reason=error.code,
        message=str(error),
        platform_request_id=error.platform_request_id,
    )


def _refused(part: pl.DataFrame, error: PlatformError) -> Iterator[Outcome]:
    guilty = error.rows or ({0: error.code} if part.height == 1 else {})
    for row, reason in guilty.items():
        yield Outcome(
            [part["event_id"][row]],
            Verdict.REJECTED,
            reason=reason,
            message=str(error),
            platform_request_id=error.platform_request_id,
        )


def _remaining(part: pl.DataFrame, error: PlatformError) -> list[pl.DataFrame]:
    if error.rows:
        rest = part.with_row_index("row").filter(~pl.col("row").is_in(list(error.rows))).drop("row")
        return [rest] if rest.height else []
    half = part.height // 2
    return [part[half:], part[:half]] if half else []

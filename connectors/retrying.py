"""Requests that failed are tried again: how patiently is one policy, which failures pass is each CRM's own table."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, stop_after_attempt, wait_exponential, wait_random

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RetryPolicy:
    """How patient to be with what passes by itself: exponential waits with jitter, bounded."""

    attempts: int = 7
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0


class FailedRequest(Exception):  # noqa: N818 (what happened to one request, not an error that a caller sees)
    """One failed request, of which a CRM's own class says whether it passes.

    Attributes:
        retry_after: seconds after which the answer wants the request again; ``None`` where it does not say.
        usual_wait: seconds that such a failure is known to last, or ``None``.
    """

    retry_after: float | None = None
    usual_wait: float | None = None

    def passes(self, attempt: int) -> bool:
        """Whether the same request may succeed after ``attempt`` attempts."""
        raise NotImplementedError


def retrying(system: str, retry: RetryPolicy) -> Retrying:
    """Calls what it is given until that raises no :class:`FailedRequest` that passes; ``system`` is named in the log.

    It waits as long as the failure says, else exponentially longer; never longer than ``retry`` allows. An answer that
    asks for more patience than that ends it.
    """
    first, longest = retry.first_wait_seconds, retry.longest_wait_seconds
    growing = wait_exponential(multiplier=first, max=longest) + wait_random(0, first)

    def passes(state: RetryCallState) -> bool:
        failure = _failure(state)
        if failure is None or (failure.retry_after or 0) > longest:
            return False
        return failure.passes(state.attempt_number)

    def wait(state: RetryCallState) -> float:
        failure = _failure(state)
        said = (failure.retry_after, failure.usual_wait) if failure else ()
        known = next((seconds for seconds in said if seconds is not None), None)
        return growing(state) if known is None else min(known, longest)

    def log(state: RetryCallState) -> None:
        _log.info("%s: %s; trying again (attempt %d)", system, _failure(state), state.attempt_number + 1)

    return Retrying(
        stop=stop_after_attempt(retry.attempts), wait=wait, retry=passes, before_sleep=log, reraise=True
    )


def _failure(state: RetryCallState) -> FailedRequest | None:
    failure = state.outcome.exception() if state.outcome else None
    return failure if isinstance(failure, FailedRequest) else None

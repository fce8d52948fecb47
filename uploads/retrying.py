"""Trying again: soon after a passing fault, by the minute where a quota is used up, never sooner than was asked.

Every wait can be cut short by the end of the run, which then leaves what waits to the next one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event
from typing import TypeVar

import tenacity

from uploads.errors import Action, PlatformError, Policy

_log = logging.getLogger(__name__)

Result = TypeVar("Result")
Sleep = Callable[[float], None]
"""Waits the seconds, or raises :class:`Stopped` where the run is to end."""

LONGEST_WAIT = 120.0
"""Seconds; a platform that asks for more ends the lane, and the next run goes on."""

_STOPPED = Policy(Action.RETRY, "the run was stopped")

_TRIES = {Action.RETRY_ONCE: 2, Action.RETRY_ONCE_THEN_HOLD: 2, Action.ISOLATE: 1, Action.HOLD: 1}

# Random, so that many clients do not come back at once.
_soon = tenacity.wait_random_exponential(multiplier=0.5, max=60)
_by_the_minute = tenacity.wait_exponential(multiplier=30, max=90) + tenacity.wait_random(0, 30)


class Stopped(PlatformError):  # noqa: N818 - the end of a run is no error
    """The run is to end: nothing more is requested, and what waits is left to the next run."""

    def __init__(self) -> None:
        super().__init__("stopped", _STOPPED)


def until(stop: Event) -> Sleep:
    """A sleep that ends with :class:`Stopped` as soon as ``stop`` is set."""

    def sleep(seconds: float) -> None:
        if stop.wait(seconds):
            raise Stopped

    return sleep


def with_retries(call: Callable[[], Result], *, attempts: int, sleep: Sleep) -> Result:
    """The result of ``call``, tried up to ``attempts`` times where its :class:`PlatformError` allows.

    Three tries of a throttled call span 90 seconds at least, which a quota by the minute outlasts.

    Raises:
        PlatformError: the last one.
    """
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(attempts),
        wait=_wait,
        retry=_worth_another_try,
        before_sleep=_say,
        sleep=sleep,
        reraise=True,
    )
    return retrying(call)


def _error(state: tenacity.RetryCallState) -> PlatformError | None:
    error = state.outcome.exception() if state.outcome else None
    return error if isinstance(error, PlatformError) else None


def _worth_another_try(state: tenacity.RetryCallState) -> bool:
    error = _error(state)
    if error is None or isinstance(error, Stopped) or (error.wait or 0) > LONGEST_WAIT:
        return False
    return state.attempt_number < _TRIES.get(error.policy.action, state.attempt_number + 1)


def _wait(state: tenacity.RetryCallState) -> float:
    error = _error(state)
    backoff = _by_the_minute if error and error.policy.throttled else _soon
    return max((error.wait if error else None) or 0.0, backoff(state))


def _say(state: tenacity.RetryCallState) -> None:
    _log.warning(
        "attempt %d failed: %s; waiting %.1f s", state.attempt_number, _error(state), state.upcoming_sleep
    )

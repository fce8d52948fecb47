"""What is promised of waiting: passing faults are tried again soon, used-up quotas by the minute, requests obeyed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from config.redaction import register_secret
from uploads.errors import UNKNOWN, Action, PlatformError, Policy, retry_after
from uploads.retrying import LONGEST_WAIT, with_retries

PASSING = Policy(Action.RETRY, "a passing fault")
THROTTLED = Policy(Action.RETRY, "too many requests", throttled=True)


def waits(error: PlatformError, attempts: int = 6) -> list[float]:
    slept: list[float] = []

    def call() -> None:
        raise error

    with pytest.raises(PlatformError) as caught:
        with_retries(call, attempts=attempts, sleep=slept.append)
    assert caught.value is error
    return slept


def test_a_passing_fault_is_tried_again_within_seconds() -> None:
    slept = waits(PlatformError("2", PASSING))
    assert len(slept) == 5
    assert sum(slept) <= 0.5 + 1 + 2 + 4 + 8


@pytest.mark.parametrize("attempts", [3, 6])
def test_a_used_up_quota_is_tried_again_after_its_minute_is_over(attempts: int) -> None:
    slept = waits(PlatformError("4", THROTTLED), attempts)
    assert len(slept) == attempts - 1
    assert sum(slept) > 60
    assert max(slept) <= LONGEST_WAIT


@pytest.mark.parametrize("policy", [PASSING, THROTTLED], ids=["passing", "throttled"])
def test_a_platform_is_never_asked_again_sooner_than_it_asks(policy: Policy) -> None:
    assert min(waits(PlatformError("4", policy, wait=100))) >= 100


def test_a_platform_that_asks_for_a_long_wait_is_left_to_the_next_run() -> None:
    assert waits(PlatformError("4", THROTTLED, wait=LONGEST_WAIT + 1)) == []


@pytest.mark.parametrize(
    ("policy", "again"),
    [
        (UNKNOWN, 1),
        (Policy(Action.RETRY_ONCE_THEN_HOLD, "not confirmed"), 1),
        (Policy(Action.ISOLATE, "refused"), 0),
        (Policy(Action.HOLD, "no access"), 0),
    ],
    ids=["unknown", "not confirmed", "refused", "no access"],
)
def test_other_answers_are_tried_again_once_at_most(policy: Policy, again: int) -> None:
    assert len(waits(PlatformError("1", policy))) == again


def test_a_wait_is_asked_for_in_seconds_or_by_a_date() -> None:
    assert retry_after({"Retry-After": "40"}) == 40
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 80 < (retry_after({"Retry-After": soon}) or 0) <= 90
    assert retry_after({"Retry-After": "presently"}) is None
    assert retry_after({}) is None


def test_an_error_page_without_end_becomes_a_short_message_without_half_a_secret() -> None:
    secret = "sesame" * 20
    register_secret(secret)
    detail = " ".join([secret] * 1_000)
    error = PlatformError("503", PASSING, detail)
    assert len(error.detail) <= 500
    assert "sesame" not in str(error)

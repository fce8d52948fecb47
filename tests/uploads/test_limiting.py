"""What is promised of quotas: requests wait before the platform refuses them, together by app, apart between apps."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from uploads.errors import Action, PlatformError, Policy
from uploads.limiting import AT_ONCE, Limiter, Limiters, Quota
from uploads.retrying import LONGEST_WAIT, Stopped, until, with_retries

THROTTLED = Policy(Action.RETRY, "too many requests", throttled=True)
ACCOUNT_THROTTLED = Policy(Action.RETRY, "too many calls to this account", throttled=True, of_account=True)
BAD_TOKEN = Policy(Action.HOLD, "the access token was refused")
A_MINUTE = Quota(300, 60)


class Clock:
    """A clock that stands still but for sleeping."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def take(limiter: Limiter, clock: Clock) -> float:
    """Make a request, and tell how long it was held back."""
    before = clock.now
    with limiter.turn(clock.sleep):
        return clock.now - before


def refuse(limiter: Limiter, clock: Clock, policy: Policy, wait: float | None = None) -> None:
    with pytest.raises(PlatformError), limiter.turn(clock.sleep):
        raise PlatformError("4", policy, wait=wait)


def app_usage(percent: float) -> dict[str, str]:
    return {"x-app-usage": json.dumps({"call_count": percent, "total_cputime": 1, "total_time": 2})}


def business_usage(percent: float, minutes: float = 0) -> dict[str, str]:
    entry = {"type": "ads_management", "call_count": 1, "total_cputime": percent, "total_time": 1}
    entry["estimated_time_to_regain_access"] = minutes
    return {"X-Business-Use-Case-Usage": json.dumps({"17841400000000000": [entry]})}


def test_a_fixed_quota_holds_in_every_span_of_its_length_over_all_accounts(clock: Clock) -> None:
    limiters = Limiters(clock)
    accounts = [limiters.shared("google", "project", str(n), quotas=(Quota(30, 60),)) for n in range(3)]
    starts = []
    for n in range(200):
        with accounts[n % 3].turn(clock.sleep):
            starts.append(clock.now)
        clock.now += 0.1
    assert all(later - earlier >= 60 for earlier, later in zip(starts, starts[30:], strict=False))
    assert starts[-1] - starts[0] < 6 * 62


def test_a_days_quota_that_is_used_up_leaves_the_rest_to_the_next_run(clock: Clock) -> None:
    limiter = Limiters(clock).shared("google", "project", "1", quotas=(A_MINUTE, Quota(500, 86_400)))
    for _ in range(500):
        take(limiter, clock)
    with pytest.raises(PlatformError) as refused, limiter.turn(clock.sleep):
        raise AssertionError("nothing may be requested")
    assert refused.value.wait and refused.value.wait > LONGEST_WAIT
    clock.now += 86_402
    assert take(limiter, clock) == 0


def test_the_highest_quota_that_a_client_names_counts_for_the_project(clock: Clock) -> None:
    limiters = Limiters(clock)
    limiter = limiters.shared("google", "project", "1", quotas=(Quota(5, 60),))
    limiters.shared("google", "project", "2", quotas=(Quota(10, 60),))
    assert [take(limiter, clock) for _ in range(11)] == [0] * 10 + [61]


def test_requests_of_a_used_up_quota_are_spread_ever_wider(clock: Clock) -> None:
    limiter = Limiters(clock).shared("meta", "app", "1")
    held_back = []
    for percent in (10, 74, 80, 90, 97, 99):
        take(limiter, clock)
        limiter.heard(app_usage(percent))
        held_back.append(take(limiter, clock))
    assert held_back[:2] == [0, 0]
    assert all(earlier < later for earlier, later in pairwise(held_back[1:]))
    assert held_back[-1] <= 60


def test_a_quota_at_its_end_stops_the_app_and_leaves_the_rest_to_the_next_run(clock: Clock) -> None:
    limiters = Limiters(clock)
    limiter = limiters.shared("meta", "app", "1")
    limiter.heard(app_usage(100))
    with pytest.raises(PlatformError, match="used up"):
        take(limiters.shared("meta", "app", "2"), clock)
    clock.now += 300
    assert take(limiter, clock) == 0


def test_usage_that_was_told_long_ago_slows_nothing_down(clock: Clock) -> None:
    limiter = Limiters(clock).shared("meta", "app", "1")
    limiter.heard(app_usage(99))
    take(limiter, clock)
    clock.now += 3_600
    assert [take(limiter, clock), take(limiter, clock)] == [0, 0]


def test_an_accounts_own_usage_slows_no_other_account_of_the_app(clock: Clock) -> None:
    limiters = Limiters(clock)
    busy, idle = limiters.shared("meta", "app", "1"), limiters.shared("meta", "app", "2")
    busy.heard(business_usage(99))
    take(busy, clock)
    assert take(idle, clock) == 0
    assert take(busy, clock) > 10


def test_minutes_to_regain_access_are_minutes(clock: Clock) -> None:
    limiter = Limiters(clock).shared("meta", "app", "1")
    limiter.heard(business_usage(40, minutes=2))
    assert take(limiter, clock) == 120


def test_an_ad_accounts_reset_time_is_seconds_and_counts_once_it_is_used_up(clock: Clock) -> None:
    limiter = Limiters(clock).shared("meta", "app", "1")
    limiter.heard({"X-Ad-Account-Usage": json.dumps({"acc_id_util_pct": 9.67, "reset_time_duration": 100})})
    assert take(limiter, clock) == 0
    limiter.heard({"X-Ad-Account-Usage": json.dumps({"acc_id_util_pct": 100, "reset_time_duration": 100})})
    assert take(limiter, clock) == 100


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[]", "null", '{"1": 3}', '{"call_count": "many"}', '{"1": [null]}']
)
def test_headers_that_say_nothing_readable_change_nothing(clock: Clock, text: str) -> None:
    limiter = Limiters(clock).shared("meta", "app", "1")
    limiter.heard({"X-App-Usage": text, "X-Business-Use-Case-Usage": text, "X-Ad-Account-Usage": text})
    limiter.heard({})
    assert [take(limiter, clock), take(limiter, clock)] == [0, 0]


def test_what_one_client_was_told_to_wait_holds_for_its_app_and_for_no_other(clock: Clock) -> None:
    limiters = Limiters(clock)
    refuse(limiters.shared("meta", "app", "1"), clock, THROTTLED, wait=40)
    assert take(limiters.shared("meta", "other", "1"), clock) == 0
    assert take(limiters.shared("google", "app", "1"), clock) == 0
    assert take(limiters.shared("meta", "app", "2"), clock) == 40


def test_a_quota_of_the_account_alone_holds_up_no_other_client_of_the_app(clock: Clock) -> None:
    limiters = Limiters(clock)
    refuse(limiters.shared("meta", "app", "1"), clock, ACCOUNT_THROTTLED, wait=40)
    assert take(limiters.shared("meta", "app", "2"), clock) == 0
    assert take(limiters.shared("meta", "app", "1"), clock) == 40


def test_a_long_pause_ends_the_other_clients_lanes_without_a_request(clock: Clock) -> None:
    limiters = Limiters(clock)
    refuse(limiters.shared("meta", "app", "1"), clock, THROTTLED, wait=2_400)
    other, before = limiters.shared("meta", "app", "2"), clock.now
    with pytest.raises(PlatformError) as refused:
        with_retries(lambda: take(other, clock), attempts=6, sleep=clock.sleep)
    assert refused.value.wait == pytest.approx(2_400)
    assert clock.now == before


def test_a_bad_token_holds_nobody_up(clock: Clock) -> None:
    limiters = Limiters(clock)
    refuse(limiters.shared("meta", "app", "1"), clock, BAD_TOKEN, wait=40)
    assert take(limiters.shared("meta", "app", "2"), clock) == 0
    assert take(limiters.shared("meta", "app", "1"), clock) == 0


def test_a_pause_that_begins_while_another_waits_holds_for_it_too(clock: Clock) -> None:
    limiters = Limiters(clock)
    first, second = limiters.shared("meta", "app", "1"), limiters.shared("meta", "app", "2")
    first.heard(app_usage(90))
    take(first, clock)
    said = []

    def sleep(seconds: float) -> None:
        if not said:
            said.append(seconds)
            refuse(first, clock, THROTTLED, wait=60)
        clock.sleep(seconds)

    before = clock.now
    with second.turn(sleep):
        assert clock.now - before >= 60


def test_no_more_requests_of_an_app_are_under_way_than_may_be_at_once() -> None:
    limiters = Limiters()
    under_way, most, lock = [0], [0], threading.Lock()

    def request(account: int) -> None:
        with limiters.shared("meta", "app", str(account)).turn(time.sleep):
            with lock:
                under_way[0] += 1
                most[0] = max(most[0], under_way[0])
            time.sleep(0.002)
            with lock:
                under_way[0] -= 1

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(request, range(64)))
    assert most[0] == AT_ONCE


def test_an_account_that_waits_keeps_no_other_account_of_the_app_out() -> None:
    limiters = Limiters()
    stop = threading.Event()
    limiters.shared("meta", "app", "slow").heard(business_usage(0, minutes=1))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [pool.submit(_until_stopped, limiters, stop) for _ in range(AT_ONCE)]
        began = time.monotonic()
        with limiters.shared("meta", "app", "quick").turn(time.sleep):
            pass
        assert time.monotonic() - began < 1
        stop.set()
        assert all(isinstance(one.result(), Stopped) for one in waiting)


def _until_stopped(limiters: Limiters, stop: threading.Event) -> Exception | None:
    try:
        with limiters.shared("meta", "app", "slow").turn(until(stop)):
            return None
    except Stopped as stopped:
        return stopped


def test_the_end_of_the_run_cuts_every_wait_short() -> None:
    stop = threading.Event()
    began = time.monotonic()
    threading.Timer(0.05, stop.set).start()
    with pytest.raises(Stopped):
        with_retries(_throttled, attempts=6, sleep=until(stop))
    assert time.monotonic() - began < 5


def _throttled() -> None:
    raise PlatformError("4", THROTTLED, wait=100)


def test_after_the_end_of_the_run_no_request_begins() -> None:
    stop = threading.Event()
    stop.set()
    asked = []

    def call() -> None:
        with Limiters().shared("meta", "app", "1").turn(until(stop)):
            asked.append(1)

    with pytest.raises(Stopped):
        with_retries(call, attempts=6, sleep=until(stop))
    assert asked == []

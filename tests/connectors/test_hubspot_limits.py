"""Rate limits are kept together, and raw payloads cost little."""

from __future__ import annotations

import json
import time
from threading import Thread

from connectors.hubspot.bookmarks import stamp
from connectors.hubspot.history import past_stages, stage_times
from connectors.hubspot.limits import Limiter, shared_limiter
from connectors.hubspot.objects import CONTACT
from connectors.hubspot.plan import ReadPlan
from connectors.hubspot.record_frames import as_persons, record_frame
from connectors.hubspot.stages import StageMap
from tests.connectors.hubspot_portal import at


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def limited(**changes: tuple[int, float]) -> tuple[Limiter, Time]:
    clock = Time()
    return Limiter(clock=clock, sleep=clock.sleep, **changes), clock


def moments(limiter: Limiter, clock: Time, calls: int, *, search: bool = False) -> list[float]:
    found = []
    for _ in range(calls):
        limiter.wait(search=search)
        found.append(clock.now - 100)
    return found


def test_no_ten_seconds_see_more_calls_than_are_allowed() -> None:
    limiter, clock = limited(calls=(3, 10.0))
    assert moments(limiter, clock, 7) == [0, 0, 0, 10, 10, 10, 20]


def test_searches_have_a_limit_of_their_own_and_count_as_calls() -> None:
    limiter, clock = limited(calls=(8, 10.0), searches=(5, 1.0))
    assert moments(limiter, clock, 6, search=True) == [0, 0, 0, 0, 0, 1]
    assert moments(limiter, clock, 3) == [1, 1, 10]


def test_limits_are_learned_from_the_answers() -> None:
    limiter, clock = limited()
    limiter.learn(
        {
            "X-HubSpot-RateLimit-Max": "2",
            "X-HubSpot-RateLimit-Interval-Milliseconds": "4000",
            "X-HubSpot-RateLimit-Daily": "250000",
            "X-HubSpot-RateLimit-Daily-Remaining": "17",
        }
    )
    limiter.learn({})
    assert moments(limiter, clock, 3) == [0, 0, 4]
    assert limiter.allowance == "17 of 250000 calls left today"


def test_who_is_told_to_wait_holds_back_everyone() -> None:
    limiter, clock = limited()
    limiter.hold(10)
    assert moments(limiter, clock, 2) == [10, 10]


def test_all_calls_of_a_portal_share_one_limiter_and_other_portals_have_their_own() -> None:
    first = shared_limiter("https://api.hubapi.com", "pat-one")
    assert shared_limiter("https://api.hubapi.com", "pat-one") is first
    assert shared_limiter("https://api.hubapi.com", "pat-two") is not first


def test_threads_that_call_at_the_same_time_stay_within_the_limit_together() -> None:
    taken: list[float] = []
    limiter = Limiter(calls=(5, 0.2))

    def call() -> None:
        limiter.wait(search=False)
        taken.append(time.monotonic())

    threads = [Thread(target=call) for _ in range(11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken.sort()
    assert len(taken) == 11
    assert taken[10] - taken[0] >= 0.39


def test_a_thousand_contacts_cost_little_client_cpu_from_json_to_columns() -> None:
    names = {f"extra.p{number}": (f"p{number}",) for number in range(32)}
    plan = ReadPlan(CONTACT, names, {}, StageMap({"lead": "lead"}, {"lead": "Lead"}), {})
    records = [
        {
            "id": str(number),
            "properties": {
                "lifecyclestage": "lead",
                "createdate": stamp(at(0)),
                "lastmodifieddate": stamp(at(number)),
                **{name: f"value {number} of {name}" for (name,) in names.values()},
            },
            "propertiesWithHistory": {
                "lifecyclestage": [{"value": "lead", "timestamp": stamp(at(0)), "sourceType": "API"}]
            },
        }
        for number in range(1000)
    ]
    payload = json.dumps({"results": records})

    def cost() -> float:
        began = time.thread_time()
        parsed = json.loads(payload)["results"]
        frame = as_persons(record_frame(parsed, plan))
        times = stage_times(frame, past_stages(parsed, "lifecyclestage"))
        assert times.height == frame.height == 1000
        return time.thread_time() - began

    assert min(cost() for _ in range(7)) < 0.05, "25 ms on an idle machine; models of the SDK take above 100"

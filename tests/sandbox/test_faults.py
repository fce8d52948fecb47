"""Told to fail, the sandbox fails as asked: so often, after so many requests, and as a real server would."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.app import create_app
from closedwon.sandbox.faults import Fault, Faults
from closedwon.sandbox.server import RunningSandbox, serve_in_thread
from tests.sandbox.small_org import small_world

EVENTS = "/v26.0/123/events"
ANSWER = {"events_received": 1, "padding": "x" * 2_000}


class Echo:
    """A system that counts what it got, under one platform's path."""

    def __init__(self, path: str = EVENTS) -> None:
        self.path = path
        self.requests = 0

    def routes(self) -> list[BaseRoute]:
        async def take(request: Request) -> Response:
            await request.body()
            self.requests += 1
            return JSONResponse(ANSWER)

        return [Route(self.path, take, methods=["GET", "POST"])]

    def report(self) -> dict[str, Any]:
        return {"requests": self.requests}


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    systems = {"meta": Echo(), "google": Echo("/v1/events:ingest"), "salesforce": Echo("/services/data")}
    with serve_in_thread(create_app(small_world(), systems=systems)) as running:
        yield running


def post(
    sandbox: RunningSandbox, path: str = EVENTS, data: bytes = b"{}", timeout: float = 5
) -> requests.Response:
    return requests.post(sandbox.url + path, data=data, timeout=timeout)


def processed(sandbox: RunningSandbox) -> int:
    return int(sandbox.report()["meta"]["requests"])


def test_a_status_fault_answers_in_place_of_the_platform_and_only_once(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("meta", "status"))
    refused = post(sandbox)
    assert (refused.status_code, refused.headers["content-type"]) == (502, "text/html")
    assert "502 Bad Gateway" in refused.text
    assert post(sandbox).json() == ANSWER
    assert processed(sandbox) == 1


def test_a_status_fault_takes_any_body_and_headers(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(
        Fault(
            "meta",
            "status",
            status=429,
            body='{"error":{"code":80004}}',
            content_type="application/json",
            headers={"Retry-After": "2"},
        )
    )
    refused = post(sandbox)
    assert refused.status_code == 429
    assert refused.json() == {"error": {"code": 80004}}
    assert refused.headers["Retry-After"] == "2"


def test_a_refused_upload_of_several_megabytes_still_sees_the_answer(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("meta", "status", status=503))
    assert post(sandbox, data=b"x" * 4_000_000).status_code == 503


def test_a_reset_is_a_connection_error_and_nothing_was_processed(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("meta", "reset"))
    with pytest.raises(requests.ConnectionError):
        post(sandbox)
    assert processed(sandbox) == 0
    assert post(sandbox).ok


def test_a_reset_after_is_a_connection_error_though_the_request_was_processed(
    sandbox: RunningSandbox,
) -> None:
    sandbox.faults.add(Fault("meta", "reset_after"))
    with pytest.raises(requests.ConnectionError):
        post(sandbox)
    assert processed(sandbox) == 1


def test_a_hang_answers_nothing_until_the_clients_patience_ends(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("meta", "hang", seconds=30))
    with pytest.raises(requests.ReadTimeout):
        post(sandbox, timeout=0.2)
    assert processed(sandbox) == 0


def test_a_hang_ends_in_a_dropped_connection_after_its_seconds(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("meta", "hang", seconds=0.1))
    with pytest.raises(requests.ConnectionError):
        post(sandbox)


def test_one_hanging_request_does_not_hold_up_another(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("meta", "hang", seconds=30))
    with pytest.raises(requests.ReadTimeout):
        post(sandbox, timeout=0.1)
    assert post(sandbox, timeout=1).ok


def test_a_slow_answer_arrives_late_and_the_request_counts_meanwhile(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("meta", "slow", seconds=0.3), Fault("meta", "slow", seconds=30))
    begun = time.monotonic()
    assert post(sandbox).json() == ANSWER
    assert time.monotonic() - begun >= 0.3
    with pytest.raises(requests.ReadTimeout):
        post(sandbox, timeout=0.2)
    assert processed(sandbox) == 2


def test_a_truncated_answer_breaks_off_in_its_middle(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("meta", "truncate"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        post(sandbox)
    assert processed(sandbox) == 1


def test_faults_fire_so_often_and_after_so_many_requests(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("meta", "status", status=500, after=1, times=2))
    assert [post(sandbox).status_code for _ in range(4)] == [200, 500, 500, 200]


def test_a_fault_without_end_lasts_until_cleared(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("meta", "status", times=None))
    assert [post(sandbox).status_code for _ in range(3)] == [502, 502, 502]
    sandbox.faults.clear()
    assert post(sandbox).ok


def test_faults_queue_up_in_the_order_in_which_they_were_armed(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("meta", "status", status=500), Fault("meta", "status", status=503))
    assert [post(sandbox).status_code for _ in range(3)] == [500, 503, 200]


def test_a_fault_fails_its_own_system_only(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("google", "status"), Fault("salesforce", "status", status=503))
    assert post(sandbox).status_code == 200
    assert post(sandbox, "/v1/events:ingest").status_code == 502
    assert post(sandbox, "/services/data").status_code == 503


def test_a_fault_with_a_path_fails_only_requests_that_begin_with_it(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("meta", "status", path="/v26.0/999"))
    assert post(sandbox).ok
    sandbox.faults.add(Fault("meta", "status", path="/v26.0/123"))
    assert post(sandbox).status_code == 502


def test_another_process_arms_lists_and_clears_faults_over_http(sandbox: RunningSandbox) -> None:
    admin = f"{sandbox.url}/_sandbox/faults"
    armed: list[dict[str, Any]] = [
        {"system": "meta", "kind": "status", "status": 500},
        {"system": "google", "kind": "reset"},
    ]
    assert requests.post(admin, json=armed, timeout=5).status_code == 204
    assert post(sandbox).status_code == 500
    listed = requests.get(admin, timeout=5).json()
    assert [(fault["kind"], fault["fired"]) for fault in listed] == [("status", 1), ("reset", 0)]
    requests.delete(admin, timeout=5)
    assert post(sandbox, "/v1/events:ingest").ok


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"system": "meta", "kind": "explode"}, "explode"),
        ({"system": "tiktok", "kind": "reset"}, "tiktok"),
        ({"system": "meta", "kind": "reset", "time": 3}, "time"),
        ({"system": "meta", "kind": "revoke", "path": "/x"}, "path"),
        ({"kind": "reset"}, "system"),
        ({"system": "google_ads", "kind": "truncate"}, "reset_after"),
        ({"system": "google_ads", "kind": "poison", "event_ids": ["a"]}, "every row"),
        ({"system": "google_ads", "kind": "processing_failure", "reason": "X"}, "no status later"),
        ({"system": "google_ads", "kind": "status", "status": 418}, "418"),
        ({"system": "google_ads", "kind": "status", "body": "{}"}, "body"),
        ({"system": "google", "kind": "not_allowlisted"}, "google_ads"),
    ],
)
def test_a_fault_that_does_not_exist_is_refused_by_name(
    sandbox: RunningSandbox, wrong: dict[str, Any], named: str
) -> None:
    answer = requests.post(f"{sandbox.url}/_sandbox/faults", json=wrong, timeout=5)
    assert answer.status_code == 400
    assert named in answer.json()["error"]


def test_the_report_says_which_faults_fired_even_after_they_were_cleared(sandbox: RunningSandbox) -> None:
    sandbox.faults.add(Fault("meta", "status", times=2))
    post(sandbox)
    post(sandbox)
    sandbox.faults.clear()
    assert sandbox.report()["faults"] == {"meta.status": 2}


def test_a_platforms_own_fault_is_used_up_by_asking_and_poison_is_not() -> None:
    faults = Faults()
    faults.add(Fault("meta", "revoke"), Fault("meta", "poison", event_ids=("a", "b")))
    faults.add(Fault("google", "poison", event_ids=("c",)))
    assert [faults.active("meta", "revoke") for _ in range(2)] == [True, False]
    assert [faults.poisoned("meta") for _ in range(2)] == [{"a", "b"}, {"a", "b"}]
    assert not faults.active("google", "revoke")

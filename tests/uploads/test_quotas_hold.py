"""With the limiter no platform ever has to refuse a request of ours: proved against the sandbox's own counting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from closedwon.sandbox.server import RunningSandbox
from config.destinations import GoogleDataManagerSettings, MetaSettings
from tests.uploads.conversions import ACCOUNT, ACTION, DATASET, TOKEN, conversions, deliveries, sandbox, sha
from uploads import google_data_manager, limiting, meta
from uploads.base import Outcome, Uploader, Verdict
from uploads.errors import PlatformError
from uploads.limiting import Limiters
from uploads.meta_graph import Graph


class Time:
    """The real time, put forward by every sleep: for the limiter and for the sandbox alike."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += seconds


@pytest.fixture
def running(tmp_path: Path, moving: Time) -> Iterator[tuple[RunningSandbox, Path]]:
    with sandbox(tmp_path) as (server, key):
        server.systems["meta"].gate.clock = lambda: time.time() + moving.ahead  # type: ignore[attr-defined]
        server.systems["google"].access.clock = lambda: datetime.now(UTC) + timedelta(seconds=moving.ahead)  # type: ignore[attr-defined]
        yield server, key


@pytest.fixture
def moving(monkeypatch: pytest.MonkeyPatch) -> Time:
    moving = Time()
    monkeypatch.setattr(limiting, "shared", Limiters(moving.monotonic).shared)
    return moving


def limit(server: RunningSandbox, **changes: Any) -> None:
    gate = server.systems["meta"].gate  # type: ignore[attr-defined]
    gate.settings = gate.settings.changed(changes)


def meta_settings(server: RunningSandbox) -> MetaSettings:
    given = {"dataset_id": DATASET, "access_token": TOKEN, "endpoint": server.url, "max_attempts": 1}
    return MetaSettings.model_validate(given)


def send(uploader: Uploader, requests: int, **row: Any) -> list[Outcome]:
    """As many requests, each with one event, until one ends the lane."""
    sent: list[Outcome] = []
    for n in range(requests):
        event = conversions([{**row, "event_id": f"{n:032x}"}])
        sent += uploader.send(deliveries(uploader, event))
        if sent[-1].ends_lane:
            break
    return sent


def refusals(uploader: Graph, requests: int) -> int:
    """How many of as many requests Meta refuses where nobody holds them back."""
    statuses = [uploader.get(DATASET, {"fields": "id"}).status_code for _ in range(requests)]
    return sum(status != 200 for status in statuses)


def test_meta_refuses_none_of_many_requests_that_it_would_refuse_at_once(
    running: tuple[RunningSandbox, Path], moving: Time
) -> None:
    server, _ = running
    limit(server, app_calls=40, window_seconds=10)
    assert refusals(Graph(meta_settings(server)), 60) == 20
    moving.sleep(10)
    uploader = meta.connect(meta_settings(server), sleep=moving.sleep)
    sent = send(uploader, 100, **{"id.em": sha("a@example.com")})
    assert [outcome.verdict for outcome in sent] == [Verdict.ACCEPTED] * 100


def test_an_hour_that_is_used_up_at_meta_ends_the_lane_before_a_request_is_refused(
    running: tuple[RunningSandbox, Path], moving: Time
) -> None:
    server, _ = running
    limit(server, account_calls=40)
    uploader = meta.connect(meta_settings(server), sleep=moving.sleep)
    sent = send(uploader, 60, **{"id.em": sha("a@example.com")})
    assert len(sent) == 41
    assert {outcome.verdict for outcome in sent[:-1]} == {Verdict.ACCEPTED}
    assert (sent[-1].verdict, sent[-1].reason) == (Verdict.LATER, "quota")
    assert server.systems["meta"].report()["datasets"][DATASET]["refused_requests"] == 0


def test_google_refuses_none_of_many_requests_of_two_clients_of_one_project(
    running: tuple[RunningSandbox, Path], moving: Time
) -> None:
    server, key = running
    server.systems["google"].quotas.requests_per_minute = 20  # type: ignore[attr-defined]
    given = {"customer_id": ACCOUNT, "credentials": key, "endpoint": server.url, "requests_per_minute": 20}
    settings = GoogleDataManagerSettings.model_validate({**given, "max_attempts": 1})
    first, second = (google_data_manager.connect(settings, sleep=moving.sleep) for _ in range(2))
    before = moving.ahead
    row = {"name": ACTION, "id.email": sha("a@example.com")}
    sent = send(first, 15, **row) + send(second, 15, **row) + send(first, 15, **row)
    assert [outcome.verdict for outcome in sent] == [Verdict.ACCEPTED] * 45
    assert server.systems["google"].report()["refused_requests"] == 0
    assert 110 < moving.ahead - before < 130


def test_a_refusal_for_one_dataset_leaves_the_others_of_the_app_alone(
    running: tuple[RunningSandbox, Path], moving: Time
) -> None:
    server, _ = running
    limit(server, account_calls=1)
    assert refusals(Graph(meta_settings(server)), 3) == 2
    uploader = meta.connect(meta_settings(server), sleep=moving.sleep)
    (refused,) = send(uploader, 1, **{"id.em": sha("a@example.com")})
    assert refused.verdict is Verdict.LATER
    other = meta_settings(server).model_copy(update={"dataset_id": "9999999999999"})
    before = moving.ahead
    with pytest.raises(PlatformError, match="dataset_id"):
        meta.connect(other, sleep=moving.sleep)._call(lambda: Graph(other).get("9999999999999", {}))
    assert moving.ahead == before

"""The sandbox's Graph API tells how much of its limits is used, and refuses what goes beyond."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.ad_world import OTHER_DATASET
from tests.sandbox.meta_graph import Sandbox, serving, stage

CODES = {"app_calls": 4, "user_calls": 17, "account_calls": 80004}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with serving() as running:
        yield running


def app_usage(response: requests.Response) -> int:
    usage = json.loads(response.headers["X-App-Usage"])
    assert usage["call_count"] == usage["total_cputime"] == usage["total_time"]
    return int(usage["call_count"])


def business_usage(response: requests.Response) -> dict[str, Any]:
    (usage,) = json.loads(response.headers["X-Business-Use-Case-Usage"]).values()
    return dict(usage[0])


@pytest.mark.parametrize("limit", CODES)
def test_one_call_too_many_is_refused_and_taken_once_the_window_has_passed(
    sandbox: Sandbox, limit: str
) -> None:
    sandbox.settings(**{limit: 3})
    assert [sandbox.send(stage(name)).status_code for name in "abc"] == [200] * 3
    error = sandbox.send(stage("d")).json()["error"]
    assert (error["code"], error["is_transient"]) == (CODES[limit], True)
    sandbox.clock[0] += 3_600
    assert sandbox.send(stage("d")).status_code == 200
    assert sandbox.report()["events"]["Qualified Lead"]["counted"] == 4


def test_the_headers_follow_the_calls(sandbox: Sandbox) -> None:
    sandbox.settings(app_calls=8, account_calls=4)
    seen = [sandbox.send(stage(name)) for name in "abcd"]
    assert [app_usage(response) for response in seen] == [12, 25, 37, 50]
    assert [business_usage(response)["call_count"] for response in seen] == [25, 50, 75, 100]
    assert {business_usage(response)["estimated_time_to_regain_access"] for response in seen} == {0}


def test_a_refusal_names_the_minutes_until_calls_are_taken_again(sandbox: Sandbox) -> None:
    sandbox.settings(account_calls=2)
    for name in "ab":
        sandbox.send(stage(name))
        sandbox.clock[0] += 600
    assert business_usage(sandbox.send(stage("c")))["estimated_time_to_regain_access"] == 50


def test_refused_calls_count_and_put_the_end_off(sandbox: Sandbox) -> None:
    sandbox.settings(account_calls=1)
    sandbox.send(stage("a"))
    sandbox.clock[0] += 3_000
    sandbox.send(stage("b"))
    sandbox.clock[0] += 600
    assert sandbox.send(stage("b")).json()["error"]["code"] == CODES["account_calls"]


def test_limits_of_one_dataset_and_token_are_not_anothers(sandbox: Sandbox) -> None:
    sandbox.settings(account_calls=1, user_calls=1)
    for _ in range(2):
        sandbox.send(stage())
    response = sandbox.send(stage(), dataset=OTHER_DATASET.id, access_token=OTHER_DATASET.access_token)
    assert response.json()["events_received"] == 1


def test_the_limit_of_the_app_is_everybodys(sandbox: Sandbox) -> None:
    sandbox.settings(app_calls=1)
    sandbox.send(stage())
    response = sandbox.send(stage(), dataset=OTHER_DATASET.id, access_token=OTHER_DATASET.access_token)
    assert response.json()["error"]["code"] == CODES["app_calls"]


def test_a_token_that_is_refused_uses_nothing_up(sandbox: Sandbox) -> None:
    sandbox.settings(app_calls=1)
    sandbox.send(stage(), access_token="EAAunknown")
    assert sandbox.send(stage()).status_code == 200

"""The sandbox's Graph API takes parameters as Meta documents them: a form or a JSON body, and one token."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.ad_world import DATASET, OTHER_DATASET
from tests.sandbox.meta_graph import Sandbox, serving, stage

TOKEN = DATASET.access_token
BEARER = {"Authorization": f"Bearer {TOKEN}"}
SECRET = "invented-app-secret"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with serving() as running:
        yield running


def post(sandbox: Sandbox, **parts: Any) -> requests.Response:
    return requests.post(f"{sandbox.url}/v26.0/{DATASET.id}/events", timeout=10, **parts)


def proof(secret: str) -> str:
    return hmac.new(secret.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()


TEXT = json.dumps([stage()])
ACCEPTED: dict[str, dict[str, Any]] = {
    "a form": {"data": {"data": TEXT, "access_token": TOKEN}},
    "a form, the token in the address": {"data": {"data": TEXT}, "params": {"access_token": TOKEN}},
    "a form, the token in a header": {"data": {"data": TEXT}, "headers": BEARER},
    "a JSON body": {"json": {"data": [stage()], "access_token": TOKEN}},
    "a JSON body, the token in the address": {"json": {"data": [stage()]}, "params": {"access_token": TOKEN}},
    "a JSON body, the token in a header": {"json": {"data": [stage()]}, "headers": BEARER},
    "the same token twice": {"json": {"data": [stage()], "access_token": TOKEN}, "headers": BEARER},
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_events_and_token_may_come_in_each_documented_place(sandbox: Sandbox, case: str) -> None:
    assert post(sandbox, **ACCEPTED[case]).json().get("events_received") == 1


REFUSED: dict[str, tuple[dict[str, Any], int]] = {
    "events as text in a JSON body": ({"json": {"data": TEXT}, "headers": BEARER}, 100),
    "a JSON body that is no object": ({"json": [stage()], "headers": BEARER}, 100),
    "a JSON body that is cut off": (
        {"data": '{"data": [', "headers": {**BEARER, "Content-Type": "application/json"}},
        100,
    ),
    "a body of another type": ({"data": TEXT, "headers": {**BEARER, "Content-Type": "text/plain"}}, 100),
    "a body without a type": ({"data": TEXT.encode(), "headers": BEARER}, 100),
    "no body": ({"headers": BEARER}, 100),
    "no token": ({"json": {"data": [stage()]}}, 190),
    "a token without its scheme": ({"json": {"data": [stage()]}, "headers": {"Authorization": TOKEN}}, 190),
    "two tokens": (
        {"json": {"data": [stage()], "access_token": OTHER_DATASET.access_token}, "headers": BEARER},
        190,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_anything_else_is_refused(sandbox: Sandbox, case: str) -> None:
    parts, code = REFUSED[case]
    response = post(sandbox, **parts)
    assert response.json()["error"]["code"] == code
    assert sandbox.report()["events"] == {}


def test_an_app_that_demands_a_proof_takes_it_in_a_body_or_an_address(sandbox: Sandbox) -> None:
    sandbox.settings(app_secret=SECRET)
    signed = {"appsecret_proof": proof(SECRET)}
    assert post(sandbox, json={"data": [stage("a")], **signed}, headers=BEARER).status_code == 200
    assert post(sandbox, json={"data": [stage("b")]}, params=signed, headers=BEARER).status_code == 200


@pytest.mark.parametrize(
    ("given", "words"), [({}, "require"), ({"appsecret_proof": proof("another")}, "Invalid")]
)
def test_without_the_right_proof_such_an_app_refuses(
    sandbox: Sandbox, given: dict[str, str], words: str
) -> None:
    sandbox.settings(app_secret=SECRET)
    error = post(sandbox, json={"data": [stage()], **given}, headers=BEARER).json()["error"]
    assert error["code"] == 100
    assert error["message"].startswith(words) or words in error["message"]


def test_a_setting_that_does_not_exist_is_named(sandbox: Sandbox) -> None:
    answer = sandbox.settings(calls=1)
    assert answer.status_code == 400
    assert "calls" in answer.json()["error"]
    assert "app_calls" in answer.json()["error"]

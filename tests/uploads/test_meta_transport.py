"""What is promised of Meta's connection: the token goes into one header and nowhere else, and signing works."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from closedwon.sandbox.faults import Fault
from closedwon.sandbox.server import RunningSandbox
from config.destinations import MetaSettings
from tests.uploads.conversions import DATASET, TOKEN, conversions, deliveries, sandbox, sha
from uploads.base import Outcome, Verdict
from uploads.meta import MetaUploader, connect

APP_SECRET = "invented-app-secret-1"
ANSWER = b'{"events_received": 2, "messages": [], "fbtrace_id": "At"}'


class Recording(HTTPServer):
    """Accepts every request of two events, and remembers what came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.path, headers, body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: Any) -> None:
        """Nothing: the test's output is not for access logs."""


@contextmanager
def serving() -> Iterator[Recording]:
    server = Recording()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def recording() -> Iterator[Recording]:
    with serving() as server:
        yield server


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningSandbox]:
    with sandbox(tmp_path) as (server, _):
        yield server


def uploader(endpoint: str, **changes: Any) -> MetaUploader:
    given = {"dataset_id": DATASET, "access_token": TOKEN, "endpoint": endpoint, "max_attempts": 2} | changes
    return connect(MetaSettings.model_validate(given), sleep=lambda _: None)


def sent(meta: MetaUploader) -> Outcome:
    frame = conversions(
        [{"id.em": sha("a@example.com"), "order_id": 'é"\\'}, {"id.em": sha("b@example.com")}]
    )
    (outcome,) = meta.send(deliveries(meta, frame))
    return outcome


def test_events_travel_as_a_json_body_and_the_token_in_a_header(recording: Recording) -> None:
    meta = uploader(f"http://127.0.0.1:{recording.server_port}", test_event_code='T"1')
    assert sent(meta).verdict is Verdict.ACCEPTED
    ((path, headers, body),) = recording.requests
    assert path == f"/v26.0/{DATASET}/events"
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("fbbizsdk-python-")
    assert json.loads(body).keys() == {"data", "test_event_code"}
    assert json.loads(body)["test_event_code"] == 'T"1'
    assert TOKEN.encode() not in body


def test_the_token_is_not_replaced_by_what_a_netrc_file_has_for_the_host(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login somebody password else\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    # As with Meta's own address, where the environment is asked; loopback is kept from it.
    monkeypatch.setattr("uploads.sessions.is_loopback_url", lambda _: False)
    monkeypatch.setenv("no_proxy", "localhost")
    assert sent(uploader(f"http://localhost:{recording.server_port}")).verdict is Verdict.ACCEPTED
    assert recording.requests[0][1]["authorization"] == f"Bearer {TOKEN}"


def test_with_an_app_secret_every_call_is_signed(running: RunningSandbox) -> None:
    settings(running, app_secret=APP_SECRET)
    meta = uploader(running.url, app_secret=APP_SECRET)
    assert sent(meta).verdict is Verdict.ACCEPTED
    assert meta.check()[0].ok


@pytest.mark.parametrize(
    ("given", "words"),
    [({"app_secret": "another-app-secret"}, "Invalid appsecret_proof"), ({}, "require an appsecret_proof")],
    ids=["another secret", "no secret"],
)
def test_a_call_that_is_not_signed_as_the_app_demands_holds_and_says_so(
    running: RunningSandbox, given: dict[str, str], words: str
) -> None:
    settings(running, app_secret=APP_SECRET)
    outcome = sent(uploader(running.url, **given))
    assert outcome.verdict is Verdict.HOLD
    assert words in (outcome.message or "")


def test_neither_token_nor_secret_nor_people_reach_a_debug_log_or_a_message(
    running: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    running.faults.add(Fault("meta", "reset", times=None))
    meta = uploader(running.url, app_secret=APP_SECRET)
    outcome = sent(meta)
    assert (outcome.verdict, outcome.reason) == (Verdict.LATER, "connection")
    assert TOKEN not in str(meta.check())
    for secret in (TOKEN, APP_SECRET, sha("a@example.com")):
        assert secret not in str(outcome)
        assert secret not in caplog.text


def test_two_uploaders_share_neither_connection_nor_token(recording: Recording) -> None:
    endpoint = f"http://127.0.0.1:{recording.server_port}"
    first, second = uploader(endpoint), uploader(endpoint, access_token="EAAanothertoken987")
    for meta in (first, second, first):
        sent(meta)
    assert [headers["authorization"].removeprefix("Bearer ") for _, headers, _ in recording.requests] == [
        TOKEN,
        "EAAanothertoken987",
        TOKEN,
    ]


def settings(running: RunningSandbox, **changes: Any) -> None:
    answer = requests.post(f"{running.url}/_sandbox/meta/settings", json=changes, timeout=10)
    assert answer.status_code == 204

"""What is promised of Meta's answers: kept, told, bounded, free of personal data; and limits are waited for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from closedwon.sandbox.faults import Fault
from closedwon.sandbox.server import RunningSandbox
from config.destinations import MetaSettings
from tests.uploads.conversions import DATASET, TOKEN, conversions, deliveries, sandbox, sha
from uploads.base import Outcome, Restating, Verdict
from uploads.meta import MetaUploader, connect


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningSandbox]:
    with sandbox(tmp_path) as (server, _):
        yield server


def uploader(running: RunningSandbox, waits: list[float] | None = None, **changes: Any) -> MetaUploader:
    given = {"dataset_id": DATASET, "access_token": TOKEN, "endpoint": running.url, "max_attempts": 3}
    waited = waits if waits is not None else []
    return connect(MetaSettings.model_validate(given | changes), sleep=waited.append)


def sent(meta: MetaUploader, count: int = 2) -> Outcome:
    frame = conversions([{"id.em": sha(f"person{n}@example.com")} for n in range(count)])
    (outcome,) = meta.send(deliveries(meta, frame))
    return outcome


def settings(running: RunningSandbox, **changes: Any) -> None:
    answer = requests.post(f"{running.url}/_sandbox/meta/settings", json=changes, timeout=10)
    assert answer.status_code == 204


def test_an_acceptance_keeps_the_count_the_remarks_and_the_trace(running: RunningSandbox) -> None:
    outcome = sent(uploader(running))
    answer = json.loads(outcome.answer or "")
    assert answer == {"events_received": 2, "messages": [], "fbtrace_id": outcome.platform_request_id}
    assert outcome.message is None


def test_remarks_on_what_was_accepted_are_told_and_kept(running: RunningSandbox) -> None:
    settings(running, messages=["The parameter 'foo' is ignored", "Use another name"])
    outcome = sent(uploader(running))
    assert outcome.verdict is Verdict.ACCEPTED
    assert outcome.message == "The parameter 'foo' is ignored; Use another name"
    assert json.loads(outcome.answer or "")["messages"] == [
        "The parameter 'foo' is ignored",
        "Use another name",
    ]


def test_remarks_are_redacted_and_neither_many_nor_long(running: RunningSandbox) -> None:
    quoted = f"The e-mail zoe@example.com and the token {TOKEN} came in clear "
    settings(running, messages=[quoted + "x" * 5_000] * 100)
    outcome = sent(uploader(running))
    assert "zoe@" not in str(outcome)
    assert TOKEN not in str(outcome)
    assert "[e-mail]" in (outcome.message or "")
    assert len(outcome.message or "") < 2_000
    assert len(outcome.answer or "") < 2_000


def test_a_remark_is_cut_between_words_so_that_no_half_of_a_hash_is_kept(running: RunningSandbox) -> None:
    settings(running, messages=[f"{sha('zoe')} " * 40])
    outcome = sent(uploader(running))
    assert sha("zoe")[:16] not in str(outcome)
    assert "[hash]" in (outcome.message or "")


@pytest.mark.parametrize("messages", ['"a text"', "null", '{"a": 1}', "[1, null]"])
def test_remarks_of_a_form_that_meta_does_not_document_do_not_undo_the_acceptance(
    running: RunningSandbox, messages: str
) -> None:
    body = f'{{"events_received": 2, "messages": {messages}, "fbtrace_id": "At"}}'
    running.faults.add(Fault("meta", "status", status=200, body=body, content_type="application/json"))
    assert sent(uploader(running)).verdict is Verdict.ACCEPTED


def test_an_acceptance_without_remarks_or_trace_is_one(running: RunningSandbox) -> None:
    body = '{"events_received": 2}'
    running.faults.add(Fault("meta", "status", status=200, body=body, content_type="application/json"))
    outcome = sent(uploader(running))
    assert (outcome.verdict, outcome.platform_request_id) == (Verdict.ACCEPTED, None)


def test_test_events_are_sent_as_such_and_count(running: RunningSandbox) -> None:
    assert sent(uploader(running, test_event_code="TEST123")).verdict is Verdict.ACCEPTED
    report = running.report()["meta"]["datasets"][DATASET]
    assert (report["test_events"], report["events"]["Converted"]["counted"]) == (2, 2)


def test_without_a_test_event_code_none_is_sent(running: RunningSandbox) -> None:
    sent(uploader(running))
    assert running.report()["meta"]["datasets"][DATASET]["test_events"] == 0


def test_check_says_that_test_events_count_all_the_same(running: RunningSandbox) -> None:
    _, test_events = uploader(running, test_event_code="TEST123").check()
    assert test_events.ok
    assert "count all the same" in test_events.message


def test_what_meta_cannot_do_is_said_rather_than_tried(running: RunningSandbox) -> None:
    meta = uploader(running)
    assert not isinstance(meta, Restating)
    assert "neither a new value nor a retraction" in meta.cannot_restate


def requests_made(running: RunningSandbox) -> int:
    return int(running.report()["meta"]["datasets"][DATASET]["requests"])


def refusal(code: int, **more: Any) -> Fault:
    body = json.dumps({"error": {"code": code, "message": "too many calls", "is_transient": True}})
    headers = {"X-Business-Use-Case-Usage": json.dumps({DATASET: [more]})} if more else {}
    return Fault("meta", "status", 9, status=400, body=body, content_type="application/json", headers=headers)


@pytest.mark.parametrize("code", [4, 17, 32, 613, 80004])
def test_a_limit_that_is_met_is_waited_out_by_the_minute_and_then_left_to_the_next_run(
    running: RunningSandbox, code: int
) -> None:
    running.faults.add(refusal(code))
    waits: list[float] = []
    outcome = sent(uploader(running, waits))
    assert (outcome.verdict, outcome.reason) == (Verdict.LATER, str(code))
    assert "limits the rate" in (outcome.message or "")
    assert running.report()["faults"] == {"meta.status": 3}
    assert sum(waits) >= 90


def test_the_minutes_that_meta_names_are_waited(running: RunningSandbox) -> None:
    running.faults.add(refusal(80004, estimated_time_to_regain_access=2))
    waits: list[float] = []
    assert sent(uploader(running, waits, max_attempts=2)).reason == "80004"
    assert max(waits) >= 120


@pytest.mark.parametrize("code", [17, 368, 613])
def test_the_block_of_one_account_holds_up_no_other_client_of_the_app(
    running: RunningSandbox, code: int
) -> None:
    blocked = uploader(running, dataset_id="100000000000009", app_secret=f"invented-{code}")
    running.faults.add(refusal(code, estimated_time_to_regain_access=3))
    assert sent(blocked).verdict is Verdict.LATER
    running.faults.clear()
    waits: list[float] = []
    other = uploader(running, waits, app_secret=f"invented-{code}")
    assert sent(other).verdict is Verdict.ACCEPTED
    assert sum(waits) == 0


@pytest.mark.parametrize("code", [4, 32, 341])
def test_the_wait_of_an_accounts_header_is_not_that_of_the_app(running: RunningSandbox, code: int) -> None:
    app_secret = f"invented-app-{code}"
    first = uploader(running, dataset_id="100000000000009", app_secret=app_secret, max_attempts=1)
    running.faults.add(refusal(code, estimated_time_to_regain_access=50))
    assert sent(first).verdict is Verdict.LATER
    running.faults.clear()
    waits: list[float] = []
    assert sent(uploader(running, waits, app_secret=app_secret)).verdict is Verdict.ACCEPTED
    assert 0 < sum(waits) <= 30


def test_more_minutes_than_a_run_may_wait_are_left_to_the_next_one(running: RunningSandbox) -> None:
    running.faults.add(refusal(80004, estimated_time_to_regain_access=3))
    waits: list[float] = []
    outcome = sent(uploader(running, waits))
    assert (outcome.verdict, sum(waits)) == (Verdict.LATER, 0)
    assert running.report()["faults"] == {"meta.status": 1}


@pytest.mark.parametrize("limit", ["app_calls", "account_calls"])
def test_what_meta_tells_of_its_limits_keeps_from_meeting_them(running: RunningSandbox, limit: str) -> None:
    settings(running, **{limit: 4})
    waits: list[float] = []
    meta = uploader(running, waits)
    outcomes = [sent(meta) for _ in range(6)]
    assert [outcome.verdict for outcome in outcomes] == [Verdict.ACCEPTED] * 4 + [Verdict.LATER] * 2
    assert outcomes[-1].reason == "quota"
    assert requests_made(running) == 4
    assert running.report()["meta"]["datasets"][DATASET]["refused_requests"] == 0


def test_a_token_that_is_refused_does_not_make_the_apps_other_clients_wait(running: RunningSandbox) -> None:
    app = {"app_secret": "invented-app-secret-2"}
    running.faults.add(Fault("meta", "revoke"))
    assert sent(uploader(running, **app)).verdict is Verdict.HOLD
    waits: list[float] = []
    assert sent(uploader(running, waits, **app)).verdict is Verdict.ACCEPTED
    assert sum(waits) == 0

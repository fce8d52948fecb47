"""What is promised of Meta: exact events, success only when all are confirmed, one bad row never takes the rest."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from closedwon.sandbox.faults import Fault
from closedwon.sandbox.server import RunningSandbox
from config.destinations import MetaSettings
from tests.uploads.conversions import DATASET, TOKEN, conversions, deliveries, sandbox, sha
from uploads.base import Verdict
from uploads.meta import MetaUploader, connect

INVALID_PARAMETER = '{"error": {"code": 100, "message": "Invalid parameter"}}'
STRANGE = '{"error": {"code": "E7", "error_subcode": {}, "message": ["strange"]}}'
TRY_LATER = '{"error": {"code": 2, "message": "try later"}}'


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningSandbox]:
    with sandbox(tmp_path) as (server, _):
        yield server


def uploader(running: RunningSandbox, **changes: Any) -> MetaUploader:
    given = {
        "dataset_id": DATASET,
        "access_token": TOKEN,
        "endpoint": running.url,
        "max_attempts": 3,
    } | changes
    return connect(MetaSettings.model_validate(given), sleep=lambda _: None)


def people(count: int) -> pl.DataFrame:
    return conversions([{"id.em": sha(f"person{n}@example.com")} for n in range(count)])


def counted(running: RunningSandbox) -> list[dict[str, Any]]:
    return running.systems["meta"].counted(DATASET)  # type: ignore[attr-defined]


def test_a_crm_stage_becomes_a_conversion_leads_event(running: RunningSandbox) -> None:
    meta = uploader(running)
    frame = conversions(
        [{"id.em": sha("a@example.com"), "id.lead_id": 1234567890123456, "id.fbc": "fb.1.1700000000000.AbC"}]
    )
    payload = json.loads(frame.select(payload=meta.payload())["payload"][0])
    assert payload == {
        "action_source": "system_generated",
        "user_data": {
            "em": [sha("a@example.com")],
            "fbc": "fb.1.1700000000000.AbC",
            "lead_id": 1234567890123456,
        },
        "custom_data": {"event_source": "crm", "lead_event_source": "Salesforce"},
    }


def test_a_purchase_in_a_shop_becomes_a_physical_store_event(running: RunningSandbox) -> None:
    meta = uploader(running)
    row = {"kind": "pos", "name": "Purchase", "order_id": 'A"1\\2\n', "id.ph": sha("33612345678")}
    payload = json.loads(conversions([row]).select(payload=meta.payload())["payload"][0])
    assert payload == {
        "action_source": "physical_store",
        "user_data": {"ph": [sha("33612345678")]},
        "custom_data": {"order_id": 'A"1\\2'},
    }


def test_accepted_events_arrive_with_their_id_time_and_value(running: RunningSandbox) -> None:
    meta = uploader(running)
    frame = people(3)
    (outcome,) = meta.send(deliveries(meta, frame))
    assert outcome.verdict is Verdict.ACCEPTED
    assert outcome.platform_request_id
    first = counted(running)[0]
    assert first["event_id"] == frame["event_id"][0]
    assert first["event_time"] == int(frame["event_time"][0].timestamp())
    assert (first["value"], first["currency"]) == (100.5, "EUR")


def test_a_value_of_zero_is_a_value(running: RunningSandbox) -> None:
    meta = uploader(running)
    frame = people(1).with_columns(value=pl.lit(0.0))
    list(meta.send(deliveries(meta, frame)))
    assert counted(running)[0]["value"] == 0


def test_a_conversion_without_a_value_carries_neither_value_nor_currency(running: RunningSandbox) -> None:
    meta = uploader(running)
    frame = people(1).with_columns(
        value=pl.lit(None, dtype=pl.Float64), currency=pl.lit(None, dtype=pl.String)
    )
    (outcome,) = meta.send(deliveries(meta, frame))
    assert outcome.verdict is Verdict.ACCEPTED
    assert counted(running)[0]["value"] is None


def test_a_poisoned_row_is_rejected_and_the_rest_is_sent(running: RunningSandbox) -> None:
    meta = uploader(running)
    frame = people(1000)
    bad = {frame["event_id"][17], frame["event_id"][800]}
    running.faults.add(Fault("meta", "poison", event_ids=tuple(bad)))
    outcomes = list(meta.send(deliveries(meta, frame)))
    rejected = {event_id for o in outcomes if o.verdict is Verdict.REJECTED for event_id in o.event_ids}
    accepted = [event_id for o in outcomes if o.verdict is Verdict.ACCEPTED for event_id in o.event_ids]
    assert rejected == bad
    assert len(accepted) == len(set(accepted)) == 998
    assert {event["event_id"] for event in counted(running)} == set(accepted)


def test_fifty_bad_rows_of_a_thousand_are_rejected_and_the_rest_is_sent(running: RunningSandbox) -> None:
    meta = uploader(running)
    frame = people(1000)
    bad = set(frame["event_id"][::20])
    running.faults.add(Fault("meta", "poison", event_ids=tuple(bad)))
    outcomes = list(meta.send(deliveries(meta, frame)))
    rejected = {event_id for o in outcomes if o.verdict is Verdict.REJECTED for event_id in o.event_ids}
    assert rejected == bad
    assert {event["event_id"] for event in counted(running)} == set(frame["event_id"]) - bad


@pytest.mark.parametrize(
    "fault",
    [
        Fault("meta", "poison", event_ids=tuple(people(500)["event_id"])),
        Fault("meta", "status", status=400, body=INVALID_PARAMETER, times=None),
    ],
    ids=["as too weak to match", "as an invalid parameter"],
)
def test_when_every_event_is_refused_none_is_rejected_and_the_lane_holds(
    running: RunningSandbox, fault: Fault
) -> None:
    meta = uploader(running)
    running.faults.add(fault)
    (outcome,) = meta.send(deliveries(meta, people(500)))
    assert (outcome.verdict, outcome.reason) == (Verdict.HOLD, "every_event_refused")
    assert len(outcome.event_ids) == 500
    assert running.report()["meta"]["datasets"][DATASET]["requests"] <= 64


def test_events_that_meta_keeps_leaving_out_are_sent_twice_at_most_and_the_trace_is_told(
    running: RunningSandbox,
) -> None:
    meta = uploader(running, max_attempts=6)
    running.faults.add(Fault("meta", "wrong_count", times=None))
    (outcome,) = meta.send(deliveries(meta, people(5)))
    assert (outcome.verdict, outcome.reason) == (Verdict.HOLD, "events_received")
    assert running.report()["meta"]["datasets"][DATASET]["requests"] == 2
    assert outcome.platform_request_id
    assert f"4 of 5 received, trace {outcome.platform_request_id}" in (outcome.message or "")


@pytest.mark.parametrize(
    "fault",
    [
        Fault("meta", "status", status=502),
        Fault("meta", "status", status=429, body=TRY_LATER, content_type="application/json"),
        Fault("meta", "status", status=500, body=TRY_LATER, content_type="application/json"),
        Fault("meta", "status", status=500, body='{"error": "out of order"}', content_type="application/json"),
        Fault("meta", "status", status=400, body=STRANGE, content_type="application/json"),
        Fault("meta", "status", status=200, body="<html>success</html>"),
        Fault("meta", "reset"),
        Fault("meta", "wrong_count"),
    ],
    ids=[
        "502 with an HTML body", "429", "error 2", "an error without a code", "an error of no known form",
        "200 with an HTML body", "connection reset", "wrong count",
    ],
)  # fmt: skip
def test_a_passing_fault_is_tried_again(running: RunningSandbox, fault: Fault) -> None:
    running.faults.add(fault)
    meta = uploader(running)
    (outcome,) = meta.send(deliveries(meta, people(5)))
    assert outcome.verdict is Verdict.ACCEPTED
    assert len(counted(running)) == 5


def test_a_lasting_fault_leaves_everything_for_later(running: RunningSandbox) -> None:
    running.faults.add(Fault("meta", "status", status=502, times=None))
    meta = uploader(running, max_attempts=2)
    (outcome,) = meta.send(deliveries(meta, people(5)))
    assert outcome.verdict is Verdict.LATER
    assert "HTTP 502" in (outcome.message or "")
    assert len(outcome.event_ids) == 5


def test_an_answer_lost_on_the_way_is_sent_again_under_the_same_id(running: RunningSandbox) -> None:
    running.faults.add(Fault("meta", "reset_after"))
    meta = uploader(running)
    (outcome,) = meta.send(deliveries(meta, people(5)))
    assert outcome.verdict is Verdict.ACCEPTED
    assert len(counted(running)) == 5


def test_a_revoked_token_holds_and_says_what_to_do(running: RunningSandbox) -> None:
    running.faults.add(Fault("meta", "revoke", times=None))
    meta = uploader(running)
    (outcome,) = meta.send(deliveries(meta, people(5)))
    assert outcome.verdict is Verdict.HOLD
    assert "make a new one" in (outcome.message or "")


@pytest.mark.parametrize("body", ["<html>denied</html>", '{"error": "denied"}', "[]"])
def test_an_answer_that_is_not_metas_is_judged_by_its_status(running: RunningSandbox, body: str) -> None:
    running.faults.add(Fault("meta", "status", status=403, body=body, times=None))
    meta = uploader(running)
    (outcome,) = meta.send(deliveries(meta, people(5)))
    assert (outcome.verdict, outcome.reason) == (Verdict.HOLD, "http_403")
    assert "check the proxy" in (outcome.message or "")


def test_a_dataset_that_is_not_there_holds(running: RunningSandbox) -> None:
    meta = uploader(running, dataset_id="999999999999")
    (outcome,) = meta.send(deliveries(meta, people(1)))
    assert outcome.verdict is Verdict.HOLD
    assert "dataset_id" in (outcome.message or "")
    (check,) = meta.check()
    assert not check.ok


def test_check_reaches_the_dataset(running: RunningSandbox) -> None:
    (check,) = uploader(running).check()
    assert check.ok, check.message


def test_no_token_reaches_a_message_or_a_log(
    running: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="uploads")
    running.faults.add(Fault("meta", "reset", times=2), Fault("meta", "revoke", times=None))
    (outcome,) = uploader(running).send(deliveries(uploader(running), people(2)))
    assert TOKEN not in str(outcome)
    assert TOKEN not in caplog.text


def test_two_clients_in_one_process_do_not_share_a_session(
    monkeypatch: pytest.MonkeyPatch, running: RunningSandbox
) -> None:
    from facebook_business.api import FacebookAdsApi

    # A peer of the benchmarks sets one, which may have run in this process.
    monkeypatch.setattr(FacebookAdsApi, "_default_api", None)
    uploader(running)
    uploader(running, dataset_id="999999999999")
    assert FacebookAdsApi.get_default_api() is None


def reasons(frame: pl.DataFrame) -> list[str | None]:
    meta = connect(MetaSettings.model_validate({"dataset_id": DATASET, "access_token": TOKEN}))
    verdicts = [pl.when(gate.blocks).then(pl.lit(gate.name)) for gate in meta.gates()]
    return frame.select(reason=pl.coalesce(verdicts))["reason"].to_list()


@pytest.mark.parametrize("weak", ["", "ct country zp", "fn ge", "ln ge", "db", "ge", "db client_user_agent"])
def test_customer_information_that_meta_calls_too_broad_is_not_sent(weak: str) -> None:
    assert reasons(conversions([{f"id.{key}": sha("x") for key in weak.split()}])) == [
        "too_little_customer_information"
    ]


@pytest.mark.parametrize("strong", ["em", "ph", "fn ln", "ct db", "external_id", "fbc"])
def test_customer_information_that_meta_takes_is_sent(strong: str) -> None:
    assert reasons(conversions([{f"id.{key}": sha("x") for key in strong.split()}])) == [None]


def test_a_refusal_of_personalised_ads_keeps_a_person_from_meta() -> None:
    assert reasons(conversions([{"id.em": sha("x"), "ad_personalization": "denied"}])) == [
        "no_personalization_consent"
    ]


def test_a_purchase_needs_a_value() -> None:
    row = {"id.em": sha("x"), "name": "Purchase", "value": None}
    assert reasons(conversions([row])) == ["purchase_without_value"]


def test_a_stage_expires_after_7_days_and_a_purchase_after_62() -> None:
    meta = connect(MetaSettings.model_validate({"dataset_id": DATASET, "access_token": TOKEN}))
    when = datetime(2026, 11, 1, tzinfo=UTC)
    frame = conversions([{"event_time": when}, {"event_time": when, "kind": "pos"}])
    assert frame.select(at=meta.expires_at())["at"].to_list() == [
        when + timedelta(days=7),
        when + timedelta(days=62),
    ]

"""What is promised of Google's Data Manager: whole events, named rows dropped and the rest sent, request ids kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from closedwon.sandbox.faults import Fault
from closedwon.sandbox.server import RunningSandbox
from config.destinations import GoogleDataManagerSettings
from tests.uploads.conversions import ACCOUNT, ACTION, conversions, deliveries, sandbox, sha
from uploads.base import Verdict
from uploads.google_data_manager import GoogleDataManagerUploader, connect

GCLID = "Cj0KCQiAtesting-0123456789_abcdefghijklmnop"
UNAVAILABLE = '{"error": {"code": 503, "status": "UNAVAILABLE"}}'
INVALID = '{"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "no"}}'
EXHAUSTED = '{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}'


@pytest.fixture
def google(tmp_path: Path) -> Iterator[tuple[RunningSandbox, Path]]:
    with sandbox(tmp_path) as opened:
        yield opened


def uploader(google: tuple[RunningSandbox, Path], **changes: Any) -> GoogleDataManagerUploader:
    running, key = google
    given = {
        "customer_id": "123-456-7890",
        "credentials": key,
        "endpoint": running.url,
        "max_attempts": 3,
    } | changes
    return connect(GoogleDataManagerSettings.model_validate(given), sleep=lambda _: None)


def unopened() -> GoogleDataManagerUploader:
    return connect(
        GoogleDataManagerSettings.model_validate({"customer_id": ACCOUNT, "credentials": Path("none.json")})
    )


def people(count: int, **row: Any) -> pl.DataFrame:
    return conversions(
        [{"name": ACTION, "id.email": sha(f"person{n}@example.com"), **row} for n in range(count)]
    )


def counted(google: tuple[RunningSandbox, Path]) -> list[dict[str, Any]]:
    return google[0].systems["google"].counted(ACCOUNT)  # type: ignore[attr-defined]


def payload(row: dict[str, Any]) -> dict[str, Any]:
    return json.loads(conversions([row]).select(payload=unopened().payload())["payload"][0])


def test_a_conversion_carries_click_id_identifiers_consent_and_source() -> None:
    row = {"id.gclid": GCLID, "id.email": sha("e"), "id.phone": sha("p"), "ad_personalization": "denied"}
    assert payload(row) == {
        "event_source": "OTHER",
        "ad_identifiers": {"gclid": GCLID},
        "user_data": {"user_identifiers": [{"email_address": sha("e")}, {"phone_number": sha("p")}]},
        "consent": {"ad_user_data": "CONSENT_GRANTED", "ad_personalization": "CONSENT_DENIED"},
    }


def test_unspecified_consent_is_not_claimed() -> None:
    row = {"id.email": sha("e"), "ad_user_data": "unspecified", "ad_personalization": "unspecified"}
    assert "consent" not in payload(row)


def test_an_address_is_sent_whole_or_not_at_all() -> None:
    whole = {"given_name": sha("a"), "family_name": sha("b"), "region_code": "FR", "postal_code": "75011"}
    row = {f"id.{key}": value for key, value in whole.items()}
    assert payload(row)["user_data"] == {"user_identifiers": [{"address": whole}]}
    assert "user_data" not in payload(row | {"id.postal_code": None, "id.gclid": GCLID})


def test_one_click_id_an_event_the_gclid_first() -> None:
    assert payload({"id.gclid": GCLID, "id.wbraid": GCLID})["ad_identifiers"] == {"gclid": GCLID}
    assert payload({"id.gbraid": GCLID, "id.wbraid": GCLID})["ad_identifiers"] == {"gbraid": GCLID}


def test_nothing_to_match_by_is_not_sent() -> None:
    frame = conversions(
        [
            {"id.given_name": sha("a"), "id.family_name": sha("b")},
            {"id.wbraid": GCLID},
            {"id.phone": sha("p")},
        ]
    )
    (gate,) = unopened().gates()
    assert frame.select(blocked=gate.blocks)["blocked"].to_list() == [True, False, False]


def test_a_click_lasts_90_days_and_user_data_63_from_the_lead() -> None:
    lead, won = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
    frame = conversions(
        [
            {"id.gclid": GCLID, "lead_created_at": lead, "event_time": won},
            {"id.email": sha("e"), "lead_created_at": lead, "event_time": won},
            {"id.email": sha("e"), "event_time": won},
        ]
    )
    assert frame.select(at=unopened().expires_at())["at"].to_list() == [
        lead + timedelta(days=90),
        lead + timedelta(days=63),
        won + timedelta(days=63),
    ]


def test_accepted_events_arrive_with_their_id_time_and_value(google: tuple[RunningSandbox, Path]) -> None:
    up = uploader(google)
    frame = people(3)
    (outcome,) = up.send(deliveries(up, frame))
    assert outcome.verdict is Verdict.ACCEPTED, outcome
    assert outcome.platform_request_id
    first = counted(google)[0]
    assert first["transaction_id"] == frame["event_id"][0]
    assert (first["value"], first["currency"], first["action"]) == (100.5, "EUR", ACTION)
    assert datetime.fromisoformat(first["event_time"]) == frame["event_time"][0]


@pytest.mark.filterwarnings("ignore:Unrecognized WarningReason")
def test_fields_that_google_warns_of_are_named_and_told(google: tuple[RunningSandbox, Path]) -> None:
    reasons = ("WARNING_REASON_INVALID_REGION_CODE", "WARNING_REASON_INVALID_REGION_CODE", 999)
    warned = [{"field": "events.events[0].x", "reason": reason} for reason in reasons]
    body = json.dumps({"requestId": "r-1", "fieldWarnings": warned})
    google[0].faults.add(
        Fault("google", "status", status=200, path="/v1/events", body=body, content_type="application/json")
    )
    up = uploader(google)
    (outcome,) = up.send(deliveries(up, people(1)))
    assert outcome.verdict is Verdict.ACCEPTED
    assert json.loads(outcome.answer or "")["fieldWarnings"] == {"INVALID_REGION_CODE": 2, "999": 1}
    assert outcome.message == "Google took the events and warns of fields: INVALID_REGION_CODE (2), 999 (1)"


def test_each_conversion_action_gets_requests_of_its_own(google: tuple[RunningSandbox, Path]) -> None:
    up = uploader(google)
    frame = pl.concat(
        [people(2), people(3, name="333333333").with_columns(pl.col("event_id").str.replace("^00", "ff"))]
    )
    outcomes = list(up.send(deliveries(up, frame)))
    assert [len(outcome.event_ids) for outcome in outcomes] == [2, 3]
    assert {event["action"] for event in counted(google)} == {ACTION, "333333333"}


def test_rows_that_google_names_are_rejected_and_the_rest_is_sent(
    google: tuple[RunningSandbox, Path],
) -> None:
    up = uploader(google)
    frame = people(2000)
    bad = {frame["event_id"][3], frame["event_id"][1999]}
    google[0].faults.add(Fault("google", "poison", event_ids=tuple(bad)))
    outcomes = list(up.send(deliveries(up, frame)))
    rejected = {event_id for o in outcomes if o.verdict is Verdict.REJECTED for event_id in o.event_ids}
    assert rejected == bad
    assert {o.reason for o in outcomes if o.verdict is Verdict.REJECTED} == {"INVALID_EVENT"}
    assert len(counted(google)) == 1998
    assert google[0].report()["google"]["requests"] == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault("google", "status", status=502, path="/v1/"),
        Fault("google", "status", status=503, path="/v1/", body=UNAVAILABLE),
        Fault("google", "status", status=429, path="/v1/", body=EXHAUSTED),
        Fault("google", "status", status=200, path="/v1/", body="<html>success</html>"),
        Fault("google", "status", status=200, path="/google/token", body="<html>welcome</html>"),
        Fault("google", "status", status=500, path="/v1/", body='{"error": "out of order"}'),
        Fault("google", "reset", path="/v1/"),
        Fault("google", "reset_after", path="/v1/"),
    ],
    ids=[
        "502 with an HTML body", "503", "429", "200 with an HTML body", "a token page in HTML",
        "an error of no known form", "connection reset", "answer lost",
    ],
)  # fmt: skip
def test_a_passing_fault_is_tried_again_and_counts_once(
    google: tuple[RunningSandbox, Path], fault: Fault
) -> None:
    google[0].faults.add(fault)
    up = uploader(google)
    (outcome,) = up.send(deliveries(up, people(5)))
    assert outcome.verdict is Verdict.ACCEPTED, outcome
    assert len(counted(google)) == 5


def test_a_lasting_fault_leaves_everything_for_later(google: tuple[RunningSandbox, Path]) -> None:
    google[0].faults.add(Fault("google", "status", status=502, times=None, path="/v1/"))
    up = uploader(google, max_attempts=2)
    frame = pl.concat([people(2), people(1, name="333333333").with_columns(event_id=pl.lit("f" * 32))])
    outcomes = list(up.send(deliveries(up, frame)))
    assert [(outcome.verdict, outcome.ends_lane) for outcome in outcomes] == [(Verdict.LATER, True)]


def test_a_revoked_key_holds_and_says_what_to_do(google: tuple[RunningSandbox, Path]) -> None:
    google[0].faults.add(Fault("google", "revoke", times=None))
    up = uploader(google)
    (outcome,) = up.send(deliveries(up, people(5)))
    assert outcome.verdict is Verdict.HOLD
    assert "make a new key" in (outcome.message or "")


def test_an_account_without_access_holds(google: tuple[RunningSandbox, Path]) -> None:
    up = uploader(google, customer_id="999-999-9999")
    (outcome,) = up.send(deliveries(up, people(1)))
    assert outcome.verdict is Verdict.HOLD
    assert "customer_id" in (outcome.message or "")
    (check,) = up.check()
    assert not check.ok


def test_a_conversion_action_of_another_account_holds_with_its_reason(
    google: tuple[RunningSandbox, Path],
) -> None:
    up = uploader(google)
    (outcome,) = up.send(deliveries(up, people(1, name="444444444")))
    assert (outcome.verdict, outcome.reason) == (Verdict.HOLD, "INVALID_CONVERSION_ACTION_ID")


def mixed(*actions: str, each: int = 2) -> pl.DataFrame:
    """Deliveries of several conversion actions, one after another."""
    frame = pl.concat([people(each, name=action) for action in actions])
    return frame.with_columns(event_id=pl.int_range(pl.len()).cast(pl.String).str.zfill(32))


def test_a_wrong_conversion_action_holds_its_own_events_and_no_others(
    google: tuple[RunningSandbox, Path],
) -> None:
    up = uploader(google)
    outcomes = list(up.send(deliveries(up, mixed("444444444", ACTION, "333333333"))))
    assert [(outcome.verdict, outcome.ends_lane) for outcome in outcomes] == [
        (Verdict.HOLD, False),
        (Verdict.ACCEPTED, False),
        (Verdict.ACCEPTED, False),
    ]
    assert len(counted(google)) == 4


def test_an_action_none_of_whose_events_are_taken_holds_them_alone(
    google: tuple[RunningSandbox, Path],
) -> None:
    up = uploader(google)
    frame = mixed("333333333", ACTION)
    google[0].faults.add(Fault("google", "poison", event_ids=tuple(frame["event_id"][:2])))
    held, accepted = up.send(deliveries(up, frame))
    assert (accepted.verdict, held.verdict) == (Verdict.ACCEPTED, Verdict.HOLD)
    assert list(held.event_ids) == frame["event_id"][:2].to_list()
    assert not held.ends_lane


@pytest.mark.parametrize("named", [True, False], ids=["naming each", "naming none"])
def test_when_every_event_is_refused_none_is_rejected_and_other_actions_may_go(
    google: tuple[RunningSandbox, Path], named: bool
) -> None:
    up = uploader(google)
    frame = people(2000)
    google[0].faults.add(
        Fault("google", "poison", event_ids=tuple(frame["event_id"]))
        if named
        else Fault("google", "status", status=400, body=INVALID, path="/v1/", times=None)
    )
    (outcome,) = up.send(deliveries(up, frame))
    assert (outcome.verdict, outcome.reason) == (Verdict.HOLD, "every_event_refused")
    assert len(outcome.event_ids) == 2000
    assert not outcome.ends_lane


def test_a_key_file_that_is_none_holds_and_names_it(
    google: tuple[RunningSandbox, Path], tmp_path: Path
) -> None:
    (tmp_path / "broken.json").write_text("{}", encoding="utf-8")
    up = uploader(google, credentials=tmp_path / "broken.json")
    (outcome,) = up.send(deliveries(up, people(1)))
    assert outcome.verdict is Verdict.HOLD
    assert "broken.json" in (outcome.message or "")


def test_check_reaches_the_account(google: tuple[RunningSandbox, Path]) -> None:
    (check,) = uploader(google).check()
    assert check.ok, check.message


def test_the_same_id_again_is_never_a_second_conversion(google: tuple[RunningSandbox, Path]) -> None:
    up = uploader(google)
    for _ in range(2):
        list(up.send(deliveries(up, people(5))))
    assert len(counted(google)) == 5

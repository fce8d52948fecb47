"""What is promised of the Google Ads API: a word for every row, nothing counted twice, and the closing explained."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import polars as pl
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from closedwon.sandbox.faults import Fault
from closedwon.sandbox.google_ads.errors import Problem
from closedwon.sandbox.google_ads.outages import Outage
from config.destinations import GoogleAdsSettings
from tests.sandbox.google_ads_stage import (
    ACCOUNT,
    ACTION,
    GBRAID,
    MANAGER,
    NEW_GCLID,
    OLD_GCLID,
    OTHER_ACTION,
    RHYS_EMAIL,
    WBRAID,
    ZOE_EMAIL,
    Stage,
    gclid,
    google_ads,
    sha,
)
from tests.uploads.conversions import conversions, deliveries
from uploads.base import Outcome, Restating, Uploader, Verdict
from uploads.google_ads import GoogleAdsUploader, connect, payloads

DAY = timedelta(days=1)
Status = grpc.StatusCode


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with google_ads(tmp_path) as opened:
        yield opened


def uploader(stage: Stage, sleeps: list[float] | None = None, **changes: Any) -> GoogleAdsUploader:
    given = {
        "via": "google_ads",
        "customer_id": ACCOUNT,
        "credentials": stage.key,
        "endpoint": stage.url,
        "max_attempts": 3,
        "timeout_seconds": 5,
    } | changes
    settings = GoogleAdsSettings.model_validate(given)
    return connect(settings, sleep=sleeps.append if sleeps is not None else lambda _: None)


def unopened() -> GoogleAdsUploader:
    given = {"via": "google_ads", "customer_id": ACCOUNT, "credentials": Path("none.json")}
    return connect(GoogleAdsSettings.model_validate(given))


def clicked(count: int, **row: Any) -> list[dict[str, Any]]:
    return [{"name": ACTION, "id.gclid": gclid(n), **row} for n in range(count)]


def queued(row: dict[str, Any]) -> dict[str, Any]:
    return json.loads(conversions([row]).select(payload=unopened().payload())["payload"][0])


def payload(row: dict[str, Any]) -> dict[str, Any]:
    """What is sent of a person."""
    frame = conversions([row]).select(payload=unopened().payload())
    return json.loads(payloads.sent(frame)[0])


def sent(stage: Stage, rows: list[dict[str, Any]], **changes: Any) -> tuple[pl.DataFrame, list[Outcome]]:
    up = uploader(stage, **changes)
    frame = deliveries(up, conversions(rows))
    return frame, list(up.send(frame))


def verdicts(outcomes: list[Outcome]) -> dict[str, tuple[Verdict, str | None]]:
    return {event_id: (one.verdict, one.reason) for one in outcomes for event_id in one.event_ids}


@contextmanager
def self_signed_server() -> Iterator[str]:
    """The address of a gRPC server on this machine whose certificate no authority has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - DAY, now + DAY)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_secure_port("localhost:0", grpc.ssl_server_credentials([(private, certificate)]))
    server.start()
    yield f"https://localhost:{port}"
    server.stop(None).wait()


def test_a_gclid_comes_with_hashes_and_consent_and_without_an_address() -> None:
    row = {"id.gclid": gclid(1), "id.email": sha("e"), "id.phone": sha("p"), "ad_personalization": "denied"}
    address = {"id.given_name": sha("a"), "id.family_name": sha("b"), "id.region_code": "FR"}
    assert payload(row | address | {"id.postal_code": "75011"}) == {
        "gclid": gclid(1),
        "user_identifiers": [{"hashed_email": sha("e")}, {"hashed_phone_number": sha("p")}],
        "consent": {"ad_user_data": "GRANTED", "ad_personalization": "DENIED"},
    }


def test_a_braid_comes_alone_and_never_beside_another() -> None:
    both = payload({"id.gbraid": GBRAID, "id.wbraid": WBRAID, "id.email": sha("e")})
    assert set(both) == {"gbraid", "consent"}
    assert set(payload({"id.gclid": gclid(1), "id.wbraid": WBRAID})) == {"gclid", "consent"}


def test_of_many_identifiers_five_are_sent_the_first_of_each_kind_before_others() -> None:
    row = {"id.email": sha("e"), "id.phone": sha("p"), "more.email": [sha(str(n)) for n in range(5)]}
    sent_ones = payload(row)["user_identifiers"]
    assert len(sent_ones) == 5
    assert sent_ones[:3] == [
        {"hashed_email": sha("e")},
        {"hashed_phone_number": sha("p")},
        {"hashed_email": sha("0")},
    ]


def test_unspecified_consent_is_not_claimed() -> None:
    row = {"id.email": sha("e"), "ad_user_data": "unspecified", "ad_personalization": "unspecified"}
    assert set(payload(row)) == {"user_identifiers"}


def test_what_is_queued_is_what_the_data_manager_api_takes() -> None:
    given = queued({"id.gclid": gclid(1), "id.email": sha("e"), "event_source": "IN_STORE"})
    assert given == {
        "event_source": "IN_STORE",
        "ad_identifiers": {"gclid": gclid(1)},
        "user_data": {"user_identifiers": [{"email_address": sha("e")}]},
        "consent": {"ad_user_data": "CONSENT_GRANTED", "ad_personalization": "CONSENT_GRANTED"},
    }


def test_an_address_alone_is_not_sent() -> None:
    address = {"id.given_name": sha("a"), "id.family_name": sha("b"), "id.region_code": "FR"}
    frame = conversions(
        [address | {"id.postal_code": "75011"}, {"id.wbraid": WBRAID}, {"id.phone": sha("p")}]
    )
    (gate,) = unopened().gates()
    assert frame.select(blocked=gate.blocks)["blocked"].to_list() == [True, False, False]


@pytest.mark.parametrize(
    ("row", "names"),
    [
        ({"id.gclid": gclid(1), "id.email": sha("e")}, "email gclid"),
        ({"id.wbraid": WBRAID, "id.email": sha("e")}, "wbraid"),
        ({"id.phone": sha("p")}, "phone"),
    ],
)
def test_what_is_sent_is_named_alike_before_and_after_queueing(row: dict[str, Any], names: str) -> None:
    assert conversions([row]).select(names=unopened().identifiers())["names"][0] == names
    assert unopened().named(queued(row)) == names.split()


def test_identifiers_can_be_taken_out_until_none_is_left() -> None:
    given = queued({"id.gclid": gclid(1), "id.email": sha("e"), "more.email": [sha("f")]})
    left = unopened().without(given, lambda name, place, _: (name, place) == ("email", 1))
    assert left is not None
    assert left["user_data"] == {"user_identifiers": [{"email_address": sha("e")}]}
    assert unopened().without(given, lambda *_: True) is None


def test_what_is_left_of_a_person_must_be_something_that_this_api_takes() -> None:
    address = {"id.given_name": sha("a"), "id.family_name": sha("b"), "id.region_code": "FR"}
    given = queued({"id.email": sha("e"), "id.postal_code": "75011"} | address)
    assert unopened().without(given, lambda name, *_: name == "email") is None


def test_a_click_lasts_90_days_and_user_data_63() -> None:
    lead = datetime(2026, 9, 1, tzinfo=UTC)
    rows = [{"id.gclid": gclid(1), "lead_created_at": lead}, {"id.email": sha("e"), "lead_created_at": lead}]
    at = conversions(rows).select(at=unopened().expires_at())["at"].to_list()
    assert at == [lead + 90 * DAY, lead + 63 * DAY]


def test_accepted_conversions_arrive_with_their_order_id_time_and_value(stage: Stage) -> None:
    rows = [*clicked(2), {"name": OTHER_ACTION, "id.email": RHYS_EMAIL, "value": None}]
    frame, (outcome,) = sent(stage, rows)
    assert (outcome.verdict, len(outcome.event_ids)) == (Verdict.ACCEPTED, 3), outcome
    first, _, third = stage.counted()
    assert first["transaction_id"] == frame["event_id"][0]
    assert (first["value"], first["currency"], first["matched_by"]) == (100.5, "EUR", ["gclid"])
    assert datetime.fromisoformat(first["event_time"]).timestamp() == frame["event_time"][0] // 1_000_000
    assert (third["action"], third["value"], third["matched_by"]) == (OTHER_ACTION, None, ["email[0]"])
    ((_, job_id),) = stage.requests()
    assert outcome.platform_request_id == str(job_id)


def test_the_same_request_is_the_same_job_and_another_request_another(stage: Stage) -> None:
    for count in (2, 2, 3):
        sent(stage, clicked(count, event_time=datetime(2026, 11, 18, tzinfo=UTC)))
    (_, first), (_, again), (_, other) = stage.requests()
    assert first == again != other
    assert all(1 <= job < 2**31 for job in (first, other))


def test_rows_that_google_does_not_take_are_told_apart_and_the_others_count(tmp_path: Path) -> None:
    with google_ads(tmp_path, clicks=2000) as stage:
        rows = clicked(2000)
        rows[3] |= {"id.gclid": "short"}
        rows[700] |= {"id.gclid": gclid(5000)}
        rows[1500] |= {"id.gclid": NEW_GCLID}
        rows[1999] |= {"id.gclid": OLD_GCLID}
        frame, outcomes = sent(stage, rows)
        assert len(stage.requests()) == 1
        assert len(stage.counted()) == 1996
    told = verdicts(outcomes)
    assert len(told) == 2000
    ids = frame["event_id"]
    assert [told[ids[row]] for row in (3, 700, 1500, 1999, 0)] == [
        (Verdict.REJECTED, "UNPARSEABLE_GCLID"),
        (Verdict.REJECTED, "EVENT_NOT_FOUND"),
        (Verdict.LATER, "TOO_RECENT_EVENT"),
        (Verdict.REJECTED, "EXPIRED_EVENT"),
        (Verdict.ACCEPTED, None),
    ]
    assert not any(outcome.ends_lane for outcome in outcomes)
    assert unopened().unmatched("EVENT_NOT_FOUND")
    assert not unopened().unmatched("EXPIRED_EVENT")


def test_what_google_has_already_is_accepted_with_a_note_and_counts_once(stage: Stage) -> None:
    frame, _ = sent(stage, clicked(5))
    (again,) = list(uploader(stage).send(frame))
    assert (again.verdict, again.reason) == (Verdict.ACCEPTED, None)
    assert (again.message or "").startswith("ORDER_ID_ALREADY_IN_USE: Google has")
    assert len(stage.counted()) == 5


def test_rows_in_each_others_way_are_sent_again_one_by_one(stage: Stage) -> None:
    at = datetime(2026, 11, 18, tzinfo=UTC)
    rows = [*clicked(3), {"name": ACTION, "id.gclid": gclid(9)}, {"name": ACTION, "id.gclid": gclid(9)}]
    _, outcomes = sent(stage, [row | {"event_time": at} for row in rows])
    assert {verdict for verdict, _ in verdicts(outcomes).values()} == {Verdict.ACCEPTED}
    assert len(stage.counted()) == 5
    assert len(stage.requests()) == 3


def test_one_event_twice_in_a_batch_is_sent_once(stage: Stage) -> None:
    up = uploader(stage)
    frame = deliveries(up, conversions(clicked(2)))
    (outcome,) = up.send(pl.concat([frame, frame]))
    assert (outcome.verdict, len(outcome.event_ids), len(stage.counted())) == (Verdict.ACCEPTED, 2, 2)


def test_a_wrong_conversion_action_holds_its_own_rows_and_no_others(stage: Stage) -> None:
    frame, outcomes = sent(stage, [*clicked(2), *clicked(1, name="444444444")])
    assert verdicts(outcomes)[frame["event_id"][2]] == (Verdict.HOLD, "NO_CONVERSION_ACTION_FOUND")
    assert not any(outcome.ends_lane for outcome in outcomes)
    assert len(stage.counted()) == 2


def test_an_action_that_counts_one_a_click_holds_braids_alone(stage: Stage) -> None:
    stage.api.actions(ACCOUNT)[ACTION].one_per_click = True
    _, (held,) = sent(stage, [{"name": ACTION, "id.gbraid": GBRAID}])
    assert (held.verdict, held.ends_lane) == (Verdict.HOLD, False)
    assert "counts every conversion" in (held.message or "")


@pytest.mark.parametrize("by_row", [False, True], ids=["as a refusal", "in partial failures"])
def test_an_account_that_came_too_late_is_held_and_told_of_the_closing(stage: Stage, by_row: bool) -> None:
    stage.faults.add(Fault("google_ads", "not_allowlisted", times=None))
    stage.api.says_so_by_row = by_row
    _, (held,) = sent(stage, clicked(5))
    assert (held.verdict, held.ends_lane, len(held.event_ids)) == (Verdict.HOLD, True, 5)
    assert held.reason == "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"
    assert "via: data_manager" in (held.message or "")
    (check,) = uploader(stage).check()
    assert not check.ok
    assert "via: data_manager" in check.message


@pytest.mark.parametrize(
    "outage",
    [
        Outage(Status.UNAVAILABLE),
        Outage(Status.INTERNAL),
        Outage(Status.INTERNAL, Problem("internal_error", "INTERNAL_ERROR")),
        Outage(Status.UNAVAILABLE, processed=True),
        Outage(Status.DEADLINE_EXCEEDED, processed=True),
        Outage(Status.UNAUTHENTICATED, Problem("authentication_error", "OAUTH_TOKEN_EXPIRED")),
        Outage(Status.RESOURCE_EXHAUSTED),
        Outage(Status.FAILED_PRECONDITION, Problem("database_error", "CONCURRENT_MODIFICATION")),
    ],
    ids=[
        "unavailable", "internal", "internal with a failure", "answer lost", "too slow", "token ran out", "quota",
        "transient",
    ],
)  # fmt: skip
def test_a_passing_fault_is_tried_again_and_counts_once(stage: Stage, outage: Outage) -> None:
    stage.api.outages.append(outage)
    _, outcomes = sent(stage, clicked(5))
    assert {verdict for verdict, _ in verdicts(outcomes).values()} == {Verdict.ACCEPTED}
    assert len(stage.counted()) == 5


def test_a_token_that_ran_out_is_replaced(stage: Stage) -> None:
    stage.api.outages.append(
        Outage(Status.UNAUTHENTICATED, Problem("authentication_error", "OAUTH_TOKEN_EXPIRED"))
    )
    sent(stage, clicked(1))
    assert stage.tokens.report()["issued"] == 2


def test_a_used_up_quota_is_waited_for_as_long_as_google_asks(stage: Stage) -> None:
    problem = Problem("quota_error", "RESOURCE_TEMPORARILY_EXHAUSTED", retry_seconds=70)
    stage.api.outages.append(Outage(Status.RESOURCE_EXHAUSTED, problem))
    sleeps: list[float] = []
    up = uploader(stage, sleeps)
    (outcome,) = up.send(deliveries(up, conversions(clicked(1))))
    assert outcome.verdict is Verdict.ACCEPTED
    assert max(sleeps) >= 70


def test_a_used_up_quota_at_one_endpoint_holds_up_no_other(stage: Stage, tmp_path: Path) -> None:
    problem = Problem("quota_error", "RESOURCE_EXHAUSTED", retry_seconds=30)
    stage.api.outages.append(Outage(Status.RESOURCE_EXHAUSTED, problem))
    sent(stage, clicked(1), max_attempts=1)
    (tmp_path / "other").mkdir()
    with google_ads(tmp_path / "other") as other:
        sleeps: list[float] = []
        up = uploader(other, sleeps)
        (outcome,) = up.send(deliveries(up, conversions(clicked(1))))
    assert outcome.verdict is Verdict.ACCEPTED
    assert max(sleeps, default=0) == 0


def test_an_answer_that_says_nothing_of_a_row_is_asked_for_again_and_counts_once(stage: Stage) -> None:
    stage.faults.add(Fault("google_ads", "wrong_count"))
    _, (outcome,) = sent(stage, clicked(3))
    assert outcome.verdict is Verdict.ACCEPTED
    assert (len(stage.requests()), len(stage.counted())) == (2, 3)


def test_an_answer_that_never_says_what_became_of_a_row_confirms_nothing(stage: Stage) -> None:
    stage.faults.add(Fault("google_ads", "wrong_count"))
    _, (outcome,) = sent(stage, clicked(3), max_attempts=1)
    assert (outcome.verdict, outcome.reason, outcome.ends_lane) == (Verdict.LATER, "not_confirmed", True)


def test_an_https_endpoint_is_spoken_to_through_tls_alone(stage: Stage) -> None:
    secure = stage.url.replace("http://", "https://")
    _, (outcome,) = sent(stage, clicked(1), endpoint=secure, max_attempts=1)
    assert (outcome.verdict, outcome.reason) == (Verdict.LATER, "UNAVAILABLE")
    assert stage.requests() == []


def test_a_certificate_that_nobody_vouches_for_holds(stage: Stage) -> None:
    with self_signed_server() as endpoint:
        _, (outcome,) = sent(stage, clicked(1), endpoint=endpoint, max_attempts=1)
    assert (outcome.verdict, outcome.reason) == (Verdict.HOLD, "tls")


def test_a_lasting_fault_leaves_everything_for_later(stage: Stage) -> None:
    stage.api.outages.extend([Outage(Status.UNAVAILABLE)] * 3)
    _, (outcome,) = sent(stage, clicked(3))
    assert (outcome.verdict, outcome.ends_lane, len(outcome.event_ids)) == (Verdict.LATER, True, 3)


def test_a_server_that_is_not_there_leaves_everything_for_later(stage: Stage) -> None:
    _, (outcome,) = sent(stage, clicked(1), endpoint="http://127.0.0.1:9", max_attempts=1)
    assert (outcome.verdict, outcome.reason) == (Verdict.LATER, "UNAVAILABLE")


def test_when_every_event_has_a_wrong_form_none_is_given_up(stage: Stage) -> None:
    _, (held,) = sent(stage, [{"name": ACTION, "id.email": "no hash"} for _ in range(3)])
    assert (held.verdict, held.reason, held.ends_lane) == (Verdict.HOLD, "every_event_refused", False)
    assert "INVALID_USER_IDENTIFIER" in (held.message or "")


def test_a_wrong_form_beside_a_good_row_is_rejected(stage: Stage) -> None:
    frame, outcomes = sent(stage, [*clicked(1), {"name": ACTION, "id.email": "no hash"}])
    assert verdicts(outcomes)[frame["event_id"][1]] == (Verdict.REJECTED, "INVALID_USER_IDENTIFIER")


def test_people_without_an_ad_click_are_rejected_as_unmatched_although_nobody_matched(stage: Stage) -> None:
    _, (outcome,) = sent(stage, [{"name": ACTION, "id.email": sha(str(n))} for n in range(3)])
    assert (outcome.verdict, outcome.reason, outcome.ends_lane) == (
        Verdict.REJECTED,
        "CLICK_NOT_FOUND",
        False,
    )
    assert (outcome.message or "").startswith("unmatched")


def test_access_that_is_missing_holds_and_says_what_to_check(stage: Stage) -> None:
    _, (outcome,) = sent(stage, clicked(1), customer_id="999-999-9999")
    assert (outcome.verdict, outcome.ends_lane) == (Verdict.HOLD, True)
    assert "customer_id" in (outcome.message or "")
    (check,) = uploader(stage, login_customer_id="4445556666").check()
    assert not check.ok


def test_a_manager_account_and_a_developer_token_may_be_named(stage: Stage) -> None:
    _, (outcome,) = sent(stage, clicked(1), login_customer_id=MANAGER, developer_token="not-needed-any-more")
    assert outcome.verdict is Verdict.ACCEPTED


def test_a_key_that_google_refuses_holds(stage: Stage) -> None:
    info = json.loads(stage.key.read_text(encoding="utf-8"))
    stage.key.write_text(json.dumps(info | {"client_email": "stranger@example.com"}), encoding="utf-8")
    _, (outcome,) = sent(stage, clicked(1))
    assert (outcome.verdict, outcome.reason) == (Verdict.HOLD, "credentials_refused")


def test_a_key_file_that_is_none_holds_and_names_it(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{}", encoding="utf-8")
    _, (outcome,) = sent(stage, clicked(1), credentials=tmp_path / "broken.json")
    assert outcome.verdict is Verdict.HOLD
    assert "broken.json" in (outcome.message or "")


def test_check_reaches_the_account_and_counts_nothing(stage: Stage) -> None:
    (check,) = uploader(stage).check()
    assert check.ok, check.message
    assert stage.counted() == []


def test_no_log_level_shows_what_is_sent(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        sent(
            stage,
            [*clicked(1), {"name": ACTION, "id.email": ZOE_EMAIL}, {"name": ACTION, "id.gclid": "short"}],
        )
        stage.faults.add(Fault("google_ads", "not_allowlisted", times=None))
        sent(stage, clicked(1))
    token = next(iter(stage.world.google_tokens))
    assert not any(secret in caplog.text for secret in (ZOE_EMAIL, gclid(0), token))


def changes(stage: Stage, *values: float | None, days_ago: int = 2, **row: Any) -> pl.DataFrame:
    """Conversions that were accepted, and their new values as of now."""
    at = datetime.now(UTC).replace(microsecond=0) - days_ago * DAY
    frame, outcomes = sent(stage, clicked(len(values), event_time=at, **row))
    assert {verdict for verdict, _ in verdicts(outcomes).values()} == {Verdict.ACCEPTED}
    changed_at = int(datetime.now(UTC).timestamp() * 1e6)
    return frame.with_columns(value=pl.Series(values, dtype=pl.Float64), changed_at=pl.lit(changed_at))


def test_it_sends_and_restates(stage: Stage) -> None:
    assert isinstance(uploader(stage), Uploader)
    assert isinstance(uploader(stage), Restating)


def test_a_new_value_is_restated_and_a_value_of_zero_retracts(stage: Stage) -> None:
    (outcome,) = uploader(stage).restate(changes(stage, 70.25, 0))
    assert outcome.verdict is Verdict.ACCEPTED
    first, second = stage.counted()
    assert (first["value"], first["retracted"]) == (70.25, False)
    assert (second["value"], second["retracted"]) == (0, True)


def test_a_change_sent_again_is_done_and_a_later_one_counts(stage: Stage) -> None:
    up, batch = uploader(stage), changes(stage, 70, 0)
    for notes in ({""}, {"RESTATEMENT_ALREADY_EXISTS", "CONVERSION_ALREADY_RETRACTED"}):
        outcomes = list(up.restate(batch))
        assert {outcome.verdict for outcome in outcomes} == {Verdict.ACCEPTED}
        assert {(outcome.message or "").partition(":")[0] for outcome in outcomes} == notes
    (later,) = up.restate(batch[:1].with_columns(pl.col("changed_at") + 1_000_000, value=pl.lit(60.0)))
    assert later.verdict is Verdict.ACCEPTED
    assert stage.counted()[0]["value"] == 60


def test_a_retracted_conversion_takes_no_new_value(stage: Stage) -> None:
    up, batch = uploader(stage), changes(stage, 0)
    list(up.restate(batch))
    (outcome,) = up.restate(batch.with_columns(pl.col("changed_at") + 1_000_000, value=pl.lit(50.0)))
    assert (outcome.verdict, outcome.reason) == (Verdict.REJECTED, "CONVERSION_ALREADY_RETRACTED")


def test_a_conversion_of_today_waits_and_one_of_two_months_ago_is_refused(stage: Stage) -> None:
    (young,) = uploader(stage).restate(changes(stage, 50, days_ago=0))
    assert (young.verdict, young.reason, young.ends_lane) == (Verdict.LATER, "TOO_RECENT_CONVERSION", False)
    old = changes(stage, 50, name=OTHER_ACTION).with_columns(event_id=pl.lit("f" * 32))
    (unknown,) = uploader(stage).restate(old)
    assert (unknown.verdict, unknown.reason, unknown.ends_lane) == (
        Verdict.LATER,
        "CONVERSION_NOT_FOUND",
        False,
    )
    (given_up,) = uploader(stage).restate(old.with_columns(pl.col("changed_at") - 4 * 86_400_000_000))
    assert (given_up.verdict, given_up.reason) == (Verdict.REJECTED, "CONVERSION_NOT_FOUND")


def test_a_wbraid_takes_no_new_value_and_others_do(stage: Stage) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - 2 * DAY
    rows = [{"name": ACTION, "id.wbraid": WBRAID, "event_time": at}, *clicked(1, event_time=at)]
    frame, _ = sent(stage, rows)
    changed = frame.with_columns(
        value=pl.lit(50.0), changed_at=pl.lit(int(datetime.now(UTC).timestamp() * 1e6))
    )
    refused, accepted = uploader(stage).restate(changed)
    assert (refused.verdict, refused.reason) == (Verdict.REJECTED, "WBRAID")
    assert "wbraid" in (refused.message or "")
    assert accepted.verdict is Verdict.ACCEPTED
    assert [one["value"] for one in stage.counted()] == [100.5, 50]


def test_an_action_with_a_default_value_holds_new_values_and_says_why(stage: Stage) -> None:
    batch = changes(stage, 50)
    stage.api.actions(ACCOUNT)[ACTION].always_default_value = True
    (held,) = uploader(stage).restate(batch)
    assert held.verdict is Verdict.HOLD
    assert "different values" in (held.message or "")

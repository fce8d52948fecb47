"""What is promised of Meta's audiences: made once, told in sessions, nobody's hash in an address, a log or an error."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import requests

from closedwon.sandbox.faults import Fault
from closedwon.sandbox.server import RunningSandbox
from config.destinations import MetaSettings
from tests.uploads.conversions import AD_ACCOUNT, DATASET, TOKEN, sandbox, sha
from tests.uploads.members import SPEC, VALUED, members, people
from uploads.audiences import meta_rows
from uploads.audiences.base import AudienceUploader, Lookalike, Resembling
from uploads.audiences.meta import MetaAudiences
from uploads.audiences.opening import connect
from uploads.base import Verdict
from uploads.errors import PlatformError

TRY_LATER = '{"error": {"code": 2, "message": "try later"}}'


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningSandbox]:
    with sandbox(tmp_path) as (server, _):
        yield server


def uploader(running: RunningSandbox, **changes: Any) -> MetaAudiences:
    given = {
        "dataset_id": DATASET,
        "access_token": TOKEN,
        "ad_account_id": AD_ACCOUNT,
        "endpoint": running.url,
        "max_attempts": 3,
    } | changes
    opened = connect(MetaSettings.model_validate(given), sleep=lambda _: None)
    assert isinstance(opened, MetaAudiences)
    return opened


def told(running: RunningSandbox) -> dict[str, Any]:
    return requests.get(f"{running.url}/_sandbox/meta/audiences", timeout=10).json()


def listed(running: RunningSandbox, audience_id: str) -> list[dict[str, Any]]:
    page = f"{running.url}/_sandbox/meta/audiences?audience={audience_id}"
    return requests.get(page, timeout=10).json()


def settings(running: RunningSandbox, **changes: Any) -> None:
    assert requests.post(f"{running.url}/_sandbox/meta/settings", json=changes, timeout=10).ok


def test_it_is_an_audience_uploader_that_makes_lookalikes(running: RunningSandbox) -> None:
    meta = uploader(running)
    assert isinstance(meta, AudienceUploader)
    assert isinstance(meta, Resembling)


def test_an_ad_account_is_needed(running: RunningSandbox) -> None:
    with pytest.raises(PlatformError, match="ad_account_id"):
        uploader(running, ad_account_id=None)


def test_an_ad_account_may_be_written_as_the_api_writes_it() -> None:
    given = {"dataset_id": DATASET, "access_token": TOKEN, "ad_account_id": f"act_{AD_ACCOUNT}"}
    assert MetaSettings.model_validate(given).ad_account_id == AD_ACCOUNT


def test_an_audience_is_made_once_and_found_again_without_its_id(running: RunningSandbox) -> None:
    first = uploader(running).ensure(SPEC, None)
    assert uploader(running).ensure(SPEC, None) == uploader(running).ensure(SPEC, first) == first
    (made,) = told(running).values()
    assert (made["name"], made["subtype"], made["value_based"]) == (SPEC.name, "CUSTOM", False)


def test_an_audience_is_found_on_whatever_page_it_is(running: RunningSandbox) -> None:
    meta = uploader(running)
    every = [dataclasses.replace(SPEC, key=f"acme/{n}", name=f"Acme {n}") for n in range(45)]
    made = [meta.ensure(spec, None) for spec in every]
    assert [meta.ensure(spec, None) for spec in (every[0], every[30], every[44])] == [
        made[0],
        made[30],
        made[44],
    ]
    assert len(told(running)) == 45


def test_an_audience_whose_making_got_no_answer_is_not_made_twice(running: RunningSandbox) -> None:
    running.faults.add(Fault("meta", "reset_after", path="/v26.0/act_", after=1))
    audience = uploader(running).ensure(SPEC, None)
    assert list(told(running)) == [audience]


def test_a_new_name_in_the_file_is_one_at_meta(running: RunningSandbox) -> None:
    audience = uploader(running).ensure(SPEC, None)
    assert uploader(running).ensure(dataclasses.replace(SPEC, name="Hot leads"), audience) == audience
    assert told(running)[audience]["name"] == "Hot leads"


def test_an_audience_that_is_gone_is_said_to_be(running: RunningSandbox) -> None:
    with pytest.raises(PlatformError, match="does not exist") as raised:
        uploader(running).ensure(SPEC, "238000000000777")
    assert not raised.value.policy.ends_lane


def test_an_audience_cannot_be_turned_into_one_with_values(running: RunningSandbox) -> None:
    audience = uploader(running).ensure(SPEC, None)
    with pytest.raises(PlatformError, match="another key"):
        uploader(running).ensure(dataclasses.replace(SPEC, value_based=True), audience)


def test_terms_that_are_not_accepted_are_said_to_be(running: RunningSandbox) -> None:
    settings(running, audience_terms=False)
    with pytest.raises(PlatformError, match="Custom Audience terms") as raised:
        uploader(running).ensure(SPEC, None)
    assert raised.value.code == "1870090"


def test_members_join_by_every_key_that_is_known_of_them(running: RunningSandbox) -> None:
    meta = uploader(running)
    audience = meta.ensure(SPEC, None)
    row = {
        "id.em": sha("a@example.com"), "id.ph": sha("33612345678"), "id.fn": sha("ana"), "id.ln": sha("peña"),
        "id.ge": sha("f"), "id.ct": sha("paris"), "id.zp": sha("75011"), "id.country": sha("fr"),
        "id.external_id": sha("4711"), "id.db": sha("19900403"), "id.fbc": "fb.1.1700000000000.AbCdE",
    }  # fmt: skip
    (outcome,) = meta.add(audience, members(meta, [row, {"id.ph": sha("33600000000")}]))
    assert outcome.verdict is Verdict.ACCEPTED
    assert list(outcome.event_ids) == ["member-0", "member-1"]
    assert outcome.platform_request_id
    first, second = listed(running, audience)
    assert first == {
        "EMAIL": sha("a@example.com"), "PHONE": sha("33612345678"), "FN": sha("ana"), "LN": sha("peña"),
        "GEN": sha("f"), "CT": sha("paris"), "ZIP": sha("75011"), "COUNTRY": sha("fr"), "EXTERN_ID": sha("4711"),
    }  # fmt: skip
    assert second == {"PHONE": sha("33600000000")}


def test_further_emails_and_phones_are_rows_of_their_own_that_leave_together(running: RunningSandbox) -> None:
    meta = uploader(running)
    audience = meta.ensure(SPEC, None)
    row = {
        "id.em": sha("a@example.com"),
        "more.em": [sha("b@example.com"), sha("c@example.com")],
        "id.ph": sha("33612345678"),
        "more.ph": [sha("33687654321")],
    }
    frame = members(meta, [row])
    list(meta.add(audience, frame))
    assert listed(running, audience) == [
        {"EMAIL": sha("a@example.com"), "PHONE": sha("33612345678")},
        {"EMAIL": sha("b@example.com"), "PHONE": sha("33687654321")},
        {"EMAIL": sha("c@example.com")},
    ]
    (outcome,) = meta.remove(audience, frame)
    assert (outcome.verdict, list(outcome.event_ids)) == (Verdict.ACCEPTED, ["member-0"])
    assert listed(running, audience) == []


@pytest.mark.parametrize(
    ("known", "enough"),
    [("em", True), ("ph", True), ("fn ln zp", True), ("fn ln", False), ("external_id country", False)],
)
def test_whom_meta_could_not_match_has_no_identifiers(
    running: RunningSandbox, known: str, enough: bool
) -> None:
    frame = members(uploader(running), [{f"id.{name}": sha(name) for name in known.split()}])
    assert frame["identifiers"].is_not_null().item() is enough


def test_a_value_based_audience_gets_a_value_with_every_member(running: RunningSandbox) -> None:
    meta = uploader(running)
    audience = meta.ensure(VALUED, None)
    rows = [
        {"id.em": sha(f"{worth}@example.com"), "value": worth} for worth in (12.5, 0.0, -3.0, float("nan"))
    ]
    (outcome,) = meta.add(audience, members(meta, [*rows, {"id.em": sha("none@example.com")}]))
    assert outcome.verdict is Verdict.ACCEPTED
    assert [entry["LOOKALIKE_VALUE"] for entry in listed(running, audience)] == [12.5, 0.0, 0.0, 0.0, 0.0]


def test_a_changed_value_replaces_the_earlier_one(running: RunningSandbox) -> None:
    meta = uploader(running)
    audience = meta.ensure(VALUED, None)
    list(meta.add(audience, people(meta, 2, "em", value=10.0)))
    list(meta.add(audience, people(meta, 1, "em", value=25.0)))
    report = told(running)[audience]
    assert (report["members"], report["value"], report["added"], report["known"]) == (2, 35.0, 2, 1)


def test_many_members_are_batches_of_one_session(
    running: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meta_rows, "MOST_ROWS", 100)
    meta = uploader(running)
    audience = meta.ensure(SPEC, None)
    frame = people(meta, 250, "em")
    outcomes = list(meta.add(audience, frame))
    assert [len(outcome.event_ids) for outcome in outcomes] == [100, 100, 50]
    sessions = {str(outcome.platform_request_id).partition("/")[0] for outcome in outcomes}
    assert len(sessions) == 1
    assert [str(outcome.platform_request_id).partition("/")[2] for outcome in outcomes] == ["1", "2", "3"]
    assert told(running)[audience]["members"] == 250


def test_a_batch_with_other_keys_begins_a_session_of_its_own(
    running: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meta_rows, "MOST_ROWS", 1)
    meta = uploader(running)
    audience = meta.ensure(SPEC, None)
    frame = members(meta, [{"id.em": sha("a@example.com")}, {"id.ph": sha("33612345670")}])
    assert [outcome.verdict for outcome in meta.add(audience, frame)] == [Verdict.ACCEPTED] * 2
    assert told(running)[audience]["members"] == 2


def test_whether_an_audience_is_there_is_said_only_where_the_account_can_be_seen(
    running: RunningSandbox,
) -> None:
    meta = uploader(running)
    assert meta.exists(meta.ensure(SPEC, None))
    assert not meta.exists("404")
    with pytest.raises(PlatformError):
        uploader(running, ad_account_id="99999").exists("404")


def test_members_of_many_rows_do_not_make_a_request_too_long(running: RunningSandbox) -> None:
    meta = uploader(running)
    audience = meta.ensure(SPEC, None)
    rows = [
        {"id.em": sha(f"{n}@example.com"), "more.em": [sha(f"{n}@example.org"), sha(f"{n}@example.net")]}
        for n in range(4_000)
    ]
    outcomes = list(meta.add(audience, members(meta, rows)))
    assert [len(outcome.event_ids) for outcome in outcomes] == [2_000, 2_000]
    assert told(running)[audience]["members"] == 12_000


def test_a_batch_without_an_answer_is_told_again_in_a_session_of_its_own(
    running: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meta_rows, "MOST_ROWS", 100)
    meta = uploader(running)
    audience = meta.ensure(SPEC, None)
    running.faults.add(Fault("meta", "reset_after", path=f"/v26.0/{audience}/users", after=1))
    outcomes = list(meta.add(audience, people(meta, 250, "em")))
    assert {outcome.verdict for outcome in outcomes} == {Verdict.ACCEPTED}
    assert told(running)[audience]["members"] == 250
    first, *later = [str(outcome.platform_request_id).partition("/")[0] for outcome in outcomes]
    assert first not in later


def test_a_session_never_outlasts_what_meta_allows(
    running: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meta_rows, "MOST_ROWS", 10)
    now = [0.0]
    account = uploader(running)._settings
    meta = MetaAudiences(account, sleep=lambda _: None, clock=lambda: now[0])
    audience = meta.ensure(SPEC, None)
    names = []
    for outcome in meta.add(audience, people(meta, 30, "em")):
        names.append(str(outcome.platform_request_id))
        now[0] += 50 * 60
    assert [name.partition("/")[2] for name in names] == ["1", "2", "1"]


def test_what_meta_cannot_take_now_waits_and_nothing_more_is_sent(running: RunningSandbox) -> None:
    meta = uploader(running)
    audience = meta.ensure(SPEC, None)
    running.faults.add(Fault("meta", "status", status=500, body=TRY_LATER, times=None))
    (outcome,) = meta.add(audience, people(meta, 3, "em"))
    assert (outcome.verdict, outcome.reason, outcome.ends_lane) == (Verdict.LATER, "2", True)


def test_an_answer_without_an_id_is_not_taken_for_an_audience(running: RunningSandbox) -> None:
    answer = {"status": 200, "body": "{}", "content_type": "application/json", "times": None}
    running.faults.add(Fault("meta", "status", path="/v26.0/act_", **answer))
    with pytest.raises(PlatformError, match="did not confirm"):
        uploader(running).ensure(SPEC, None)


def test_a_batch_that_is_not_counted_whole_is_held(running: RunningSandbox) -> None:
    meta = uploader(running)
    audience = meta.ensure(SPEC, None)
    running.faults.add(Fault("meta", "wrong_count", times=None))
    (outcome,) = meta.add(audience, people(meta, 3, "em"))
    assert (outcome.verdict, outcome.reason) == (Verdict.HOLD, "num_received")


def test_a_blocked_audience_holds_its_members_and_no_other_audience(running: RunningSandbox) -> None:
    meta = uploader(running)
    audience = meta.ensure(SPEC, None)
    settings(running, flagged_audiences=[audience])
    (outcome,) = meta.add(audience, people(meta, 3, "em"))
    assert (outcome.verdict, outcome.reason) == (Verdict.HOLD, "1713230")
    assert not outcome.ends_lane


def test_entries_that_meta_cannot_read_are_said_by_number_and_never_quoted(
    running: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    meta = uploader(running)
    audience = meta.ensure(SPEC, None)
    frame = members(meta, [{"id.em": sha("a@example.com")}, {"id.em": "not-a-hash-of-anybody"}])
    (outcome,) = meta.add(audience, frame)
    assert outcome.verdict is Verdict.ACCEPTED
    assert outcome.message == "Meta could not read about 1 of 2 rows"
    said = f"{outcome}{caplog.text}"
    assert "not-a-hash-of-anybody" not in said
    assert sha("a@example.com") not in said


def test_a_batch_of_which_nothing_can_be_read_is_held(running: RunningSandbox) -> None:
    meta = uploader(running)
    audience = meta.ensure(SPEC, None)
    (outcome,) = meta.add(audience, members(meta, [{"id.em": "not-a-hash-of-anybody"}]))
    assert (outcome.verdict, outcome.reason) == (Verdict.HOLD, "num_invalid_entries")
    assert "not-a-hash-of-anybody" not in str(outcome)


def test_ten_thousand_members_leave_in_one_request_without_a_hash_in_its_address(
    running: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    meta = uploader(running)
    audience = meta.ensure(SPEC, None)
    frame = people(meta, 10_000, "em")
    list(meta.add(audience, frame))
    (outcome,) = meta.remove(audience, frame.select("member", "identifiers"))
    assert outcome.verdict is Verdict.ACCEPTED
    report = told(running)[audience]
    assert (report["members"], report["removed"]) == (0, 10_000)
    assert sha("person0@example.com") not in caplog.text


def test_a_value_based_audience_is_left_without_values(running: RunningSandbox) -> None:
    meta = uploader(running)
    audience = meta.ensure(VALUED, None)
    frame = people(meta, 3, "em", value=10.0)
    list(meta.add(audience, frame))
    list(meta.remove(audience, frame[:2]))
    assert told(running)[audience]["members"] == 1


def test_limited_data_use_is_asked_for_members_as_for_events(running: RunningSandbox) -> None:
    meta = uploader(running, limited_data_use={"when": "denied_or_unspecified"})
    audience = meta.ensure(SPEC, None)
    rows = [
        {"id.em": sha("a@example.com"), "ad_personalization": "granted"},
        {
            "id.em": sha("b@example.com"),
            "ad_personalization": "unspecified",
            "id.country": sha("us"),
            "id.st": sha("ca"),
        },
    ]
    (outcome,) = meta.add(audience, members(meta, rows))
    assert outcome.verdict is Verdict.ACCEPTED
    said = [
        [entry.get(key) for key in ("DATA_PROCESSING_OPTIONS", "DATA_PROCESSING_OPTIONS_STATE")]
        for entry in listed(running, audience)
    ]
    assert said == [[[], 0], [["LDU"], 1000]]


def test_a_lookalike_is_made_once_of_a_hundred_members(running: RunningSandbox) -> None:
    meta = uploader(running)
    audience = meta.ensure(VALUED, None)
    with pytest.raises(PlatformError, match="at least 100"):
        meta.ensure_lookalike(VALUED, audience)
    list(meta.add(audience, people(meta, meta.smallest_seed, "em", value=5.0)))
    lookalike = meta.ensure_lookalike(VALUED, audience)
    assert meta.ensure_lookalike(VALUED, audience) == lookalike
    made = told(running)[lookalike]
    assert (made["subtype"], made["origin"], made["name"]) == ("LOOKALIKE", audience, "Like Acme customers")
    assert made["lookalike_spec"] == {"type": "custom_ratio", "ratio": 0.01, "country": "FR"}


def test_other_countries_or_another_ratio_are_another_lookalike(running: RunningSandbox) -> None:
    meta = uploader(running)
    audience = meta.ensure(VALUED, None)
    list(meta.add(audience, people(meta, 100, "em", value=5.0)))
    first = meta.ensure_lookalike(VALUED, audience)
    wider = dataclasses.replace(VALUED, lookalike=Lookalike("Like Acme customers", ("FR", "BE"), 0.02))
    second = meta.ensure_lookalike(wider, audience)
    assert second != first
    countries = {"geo_locations": {"countries": ["FR", "BE"]}}
    assert told(running)[second]["lookalike_spec"]["location_spec"] == countries


def test_a_lookalike_needs_a_specification(running: RunningSandbox) -> None:
    with pytest.raises(ValueError, match="names no lookalike"):
        uploader(running).ensure_lookalike(SPEC, "1")


def test_the_check_says_whether_the_account_can_be_seen(running: RunningSandbox) -> None:
    (good,) = uploader(running).check()
    (bad,) = uploader(running, ad_account_id="9999999999").check()
    assert (good.ok, bad.ok) == (True, False)
    assert "ad_account_id" in bad.message


def test_identifiers_hold_nothing_but_hashes(running: RunningSandbox) -> None:
    meta = uploader(running)
    row = {"id.em": sha("a@example.com"), "id.fn": sha("ana"), "id.client_ip_address": "192.0.2.1"}
    known = json.loads(members(meta, [row])["identifiers"].item())
    assert known == {"EMAIL": [sha("a@example.com")], "FN": sha("ana")}


def test_a_limit_of_the_account_makes_members_wait(running: RunningSandbox) -> None:
    meta = uploader(running)
    audience = meta.ensure(SPEC, None)
    settings(running, account_calls=1)
    (outcome,) = meta.add(audience, people(meta, 1, "em"))
    assert (outcome.verdict, outcome.reason) == (Verdict.LATER, "2446079")


def test_an_empty_frame_sends_nothing(running: RunningSandbox) -> None:
    meta = uploader(running)
    audience = meta.ensure(SPEC, None)
    assert list(meta.add(audience, people(meta, 0, "em"))) == []
    empty = pl.DataFrame(schema={"member": pl.String, "identifiers": pl.String})
    assert list(meta.remove(audience, empty)) == []
    assert told(running)[audience]["requests"] == 0

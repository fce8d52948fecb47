"""What is promised of Google's audiences: lists made once, members told in requests, one bad member never the rest."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import requests

from closedwon.sandbox.faults import Fault
from closedwon.sandbox.server import RunningSandbox
from config.destinations import GoogleAdsSettings, GoogleDataManagerSettings
from tests.uploads.conversions import ACCOUNT, sandbox, sha
from tests.uploads.members import SPEC, members, people
from uploads.audiences.base import AudienceUploader, Resembling
from uploads.audiences.google import GoogleAudiences
from uploads.audiences.opening import connect
from uploads.base import Verdict
from uploads.errors import PlatformError

Running = tuple[RunningSandbox, Path]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with sandbox(tmp_path) as both:
        yield both


def uploader(running: Running, **changes: Any) -> GoogleAudiences:
    server, key = running
    given = {
        "customer_id": ACCOUNT,
        "credentials": str(key),
        "endpoint": server.url,
        "customer_match_terms": "accepted",
        "max_attempts": 3,
        "requests_per_minute": 100_000,
    } | changes
    opened = connect(GoogleDataManagerSettings.model_validate(given), sleep=lambda _: None)
    assert isinstance(opened, GoogleAudiences)
    return opened


def told(running: Running) -> dict[str, Any]:
    return requests.get(f"{running[0].url}/_sandbox/google/audiences", timeout=10).json()


def listed(running: Running, audience_id: str) -> list[dict[str, Any]]:
    page = f"{running[0].url}/_sandbox/google/audiences?audience={audience_id}"
    return requests.get(page, timeout=10).json()


def status(running: Running, request_id: str) -> dict[str, Any]:
    manager = running[0].systems["google"]
    found = manager.statuses.read(request_id, manager.access.clock() + timedelta(hours=1))  # type: ignore[attr-defined]
    (only,) = found["requestStatusPerDestination"]
    return dict(only)


def test_it_is_an_audience_uploader_without_lookalikes(running: Running) -> None:
    google = uploader(running)
    assert isinstance(google, AudienceUploader)
    assert not isinstance(google, Resembling)


def test_nobody_accepts_googles_terms_for_the_user(running: Running) -> None:
    with pytest.raises(PlatformError, match="customer_match_terms: accepted"):
        uploader(running, customer_match_terms=None)


def test_the_google_ads_api_has_no_audiences_any_more(running: Running) -> None:
    settings = GoogleAdsSettings.model_validate(
        {"via": "google_ads", "customer_id": ACCOUNT, "credentials": str(running[1])}
    )
    with pytest.raises(PlatformError, match="via: data_manager"):
        connect(settings)


def test_a_list_is_made_once_and_found_again_without_its_id(running: Running) -> None:
    first = uploader(running).ensure(SPEC, None)
    assert uploader(running).ensure(SPEC, None) == uploader(running).ensure(SPEC, first) == first
    (made,) = told(running).values()
    assert (made["name"], made["membership_days"]) == (SPEC.name, 180)


def test_a_list_whose_making_got_no_answer_is_not_made_twice(running: Running) -> None:
    running[0].faults.add(Fault("google", "reset_after", path="/v1/accountTypes", after=1))
    audience = uploader(running).ensure(SPEC, None)
    assert list(told(running)) == [audience]


def test_what_changed_in_the_file_changes_at_google(running: Running) -> None:
    audience = uploader(running).ensure(SPEC, None)
    other = dataclasses.replace(SPEC, name="Hot leads", membership_days=30)
    assert uploader(running).ensure(other, audience) == audience
    made = told(running)[audience]
    assert (made["name"], made["membership_days"]) == ("Hot leads", 30)


def test_a_list_that_is_gone_is_said_to_be(running: Running) -> None:
    with pytest.raises(PlatformError, match="does not exist") as raised:
        uploader(running).ensure(SPEC, "8100000777")
    assert not raised.value.policy.ends_lane


def test_a_name_that_is_taken_is_said_to_be(running: Running) -> None:
    uploader(running).ensure(SPEC, None)
    with pytest.raises(PlatformError, match="another one") as raised:
        uploader(running).ensure(dataclasses.replace(SPEC, key="acme/other"), None)
    assert raised.value.code == "DISPLAY_NAME_ALREADY_USED"


def test_google_keeps_nobody_longer_than_540_days(running: Running) -> None:
    with pytest.raises(PlatformError, match="540 days"):
        uploader(running).ensure(dataclasses.replace(SPEC, membership_days=541), None)


def test_members_join_by_emails_phones_and_a_whole_address(running: Running) -> None:
    google = uploader(running)
    audience = google.ensure(SPEC, None)
    row = {
        "id.email": sha("a@example.com"), "more.email": [sha("b@example.com")], "id.phone": sha("+33612345678"),
        "id.given_name": sha("ana"), "id.family_name": sha("peña"), "id.region_code": "FR",
        "id.postal_code": "75011", "id.gclid": "Cj0KCQiA-click-id-0123456789",
    }  # fmt: skip
    frame = members(google, [row, {"id.phone": sha("+33600000000"), "id.given_name": sha("zoe")}])
    (outcome,) = google.add(audience, frame)
    assert outcome.verdict is Verdict.ACCEPTED
    assert list(outcome.event_ids) == ["member-0", "member-1"]
    assert listed(running, audience) == [
        {
            "emails": [sha("a@example.com"), sha("b@example.com")],
            "phones": [sha("+33612345678")],
            "addresses": [[sha("ana"), sha("peña"), "FR", "75011"]],
        },
        {"phones": [sha("+33600000000")]},
    ]


def test_what_became_of_a_request_can_be_asked_by_its_id(running: Running) -> None:
    google = uploader(running)
    audience = google.ensure(SPEC, None)
    frame = people(google, 3, "email")
    (joined,) = google.add(audience, frame)
    (left,) = google.remove(audience, frame)
    of_joining = status(running, str(joined.platform_request_id))
    assert of_joining["requestStatus"] == "SUCCESS"
    counted = of_joining["audienceMembersIngestionStatus"]["compositeDataIngestionStatus"]
    assert counted == {"recordCount": "3"}
    assert "audienceMembersRemovalStatus" in status(running, str(left.platform_request_id))


def test_no_member_has_more_identifiers_than_google_takes(running: Running) -> None:
    google = uploader(running)
    many = [sha(f"{n}@example.com") for n in range(12)]
    row = {"id.email": sha("a@example.com"), "more.email": many, "id.phone": sha("+1"), "more.phone": many}
    known = json.loads(members(google, [row])["identifiers"].item())
    assert len(known["userIdentifiers"]) == 8


@pytest.mark.parametrize("known", [{"given_name": sha("ana")}, {"gclid": "Cj0KCQiA-click-id-0123456789"}, {}])
def test_whom_google_could_not_match_has_no_identifiers(running: Running, known: dict[str, str]) -> None:
    frame = members(uploader(running), [{f"id.{name}": value for name, value in known.items()}])
    assert frame["identifiers"].item() is None


def test_members_leave_by_what_they_joined_with(running: Running) -> None:
    google = uploader(running)
    audience = google.ensure(SPEC, None)
    frame = people(google, 5, "email")
    list(google.add(audience, frame))
    (outcome,) = google.remove(audience, frame.select("member", "identifiers")[:3])
    assert outcome.verdict is Verdict.ACCEPTED
    assert told(running)[audience]["members"] == 2


def test_a_consent_goes_with_each_member_to_whom_it_was_given(running: Running) -> None:
    google = uploader(running)
    audience = google.ensure(SPEC, None)
    rows = [
        {"id.email": sha("a@example.com")},
        {"id.email": sha("b@example.com"), "ad_user_data": "denied"},
        {"id.email": sha("c@example.com"), "ad_user_data": "unspecified"},
    ]
    (outcome,) = google.add(audience, members(google, rows))
    errors = status(running, str(outcome.platform_request_id))["errorInfo"]["errorCounts"]
    assert errors == [{"recordCount": "1", "reason": "PROCESSING_ERROR_REASON_DENIED_CONSENT"}]
    assert told(running)[audience]["members"] == 2


def test_ten_thousand_members_are_one_request(running: Running) -> None:
    google = uploader(running)
    audience = google.ensure(SPEC, None)
    outcomes = list(google.add(audience, people(google, 10_001, "email")))
    assert [len(outcome.event_ids) for outcome in outcomes] == [10_000, 1]
    assert told(running)[audience]["members"] == 10_001


def test_who_is_known_in_several_ways_is_told_of_by_one_request(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uploads.audiences.google.MOST_MEMBERS", 3)
    google = uploader(running)
    audience = google.ensure(SPEC, None)
    known = ["ada", "ada", "bob", "bob", "cleo", "dan", "dan", "dan", "dan"]
    frame = people(google, len(known), "email").with_columns(member=pl.Series(known))
    outcomes = [list(outcome.event_ids) for outcome in google.remove(audience, frame)]
    # Four are more than a request takes: nothing can be done for Dan.
    assert outcomes == [["ada", "ada"], ["bob", "bob", "cleo"], ["dan", "dan", "dan"], ["dan"]]


def test_a_bad_member_is_rejected_and_the_rest_joins(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    google = uploader(running)
    audience = google.ensure(SPEC, None)
    rows = [{"id.email": sha(f"{n}@example.com")} for n in range(50)]
    rows[17] = {"id.email": "0123456789abcdef"}
    outcomes = list(google.add(audience, members(google, rows)))
    verdicts = {member: outcome.verdict for outcome in outcomes for member in outcome.event_ids}
    assert [member for member, verdict in verdicts.items() if verdict is Verdict.REJECTED] == ["member-17"]
    assert told(running)[audience]["members"] == 49
    said = f"{outcomes}{caplog.text}"
    assert "0123456789abcdef" not in said
    assert sha("0@example.com") not in said


def test_a_list_that_google_does_not_take_holds_its_members_and_no_other_list(running: Running) -> None:
    google = uploader(running)
    (outcome,) = google.add("8100000777", people(google, 10_001, "email"))
    assert len(outcome.event_ids) == 10_000
    assert (outcome.verdict, outcome.reason) == (Verdict.HOLD, "INVALID_USER_LIST_ID")
    assert not outcome.ends_lane


def test_a_used_up_quota_makes_members_wait(running: Running) -> None:
    google = uploader(running, max_attempts=1)
    audience = google.ensure(SPEC, None)
    settings = {"requests_per_minute": 0}
    requests.post(f"{running[0].url}/_sandbox/google/settings", json=settings, timeout=10)
    (outcome,) = google.add(audience, people(google, 3, "email"))
    assert (outcome.verdict, outcome.ends_lane) == (Verdict.LATER, True)


def test_a_request_without_an_answer_is_told_again(running: Running) -> None:
    google = uploader(running)
    audience = google.ensure(SPEC, None)
    running[0].faults.add(Fault("google", "reset_after", path="/v1/audienceMembers:ingest"))
    (outcome,) = google.add(audience, people(google, 3, "email"))
    assert outcome.verdict is Verdict.ACCEPTED
    report = told(running)[audience]
    assert (report["members"], report["added"], report["known"]) == (3, 3, 3)


def test_the_check_says_whether_the_account_can_be_seen(running: Running) -> None:
    (good,) = uploader(running).check()
    (bad,) = uploader(running, customer_id="9999999999").check()
    assert (good.ok, bad.ok) == (True, False)
    assert "customer_id" in bad.message


def test_an_empty_frame_sends_nothing(running: Running) -> None:
    google = uploader(running)
    audience = google.ensure(SPEC, None)
    assert list(google.add(audience, people(google, 0, "email"))) == []
    empty = pl.DataFrame(schema={"member": pl.String, "identifiers": pl.String})
    assert list(google.remove(audience, empty)) == []
    assert told(running)[audience]["requests"] == 0

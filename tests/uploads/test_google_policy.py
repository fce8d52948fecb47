"""Every reason that Google's packages know has a row in our tables, and no row has a reason that does not exist."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from google.ads.datamanager_v1.types import ErrorReason, ProcessingErrorReason, ProcessingWarningReason
from google.api import error_reason_pb2
from google.api_core.exceptions import from_http_response

from config.destinations import GoogleDataManagerSettings
from uploads import google_policy
from uploads.base import Verdict
from uploads.errors import Action, PlatformError
from uploads.google_errors import platform_error
from uploads.google_processing_policy import BY_REASON, UNEXPLAINED, meaning_of, short
from uploads.retrying import LONGEST_WAIT

OF_EVERY_API = set(error_reason_pb2.ErrorReason.keys())


def test_every_request_reason_is_mapped_and_none_is_invented() -> None:
    known = {reason.name for reason in ErrorReason}
    assert known - set(google_policy.BY_REASON) == set()
    assert set(google_policy.BY_REASON) - known - OF_EVERY_API == set()


def test_no_request_reason_has_two_policies() -> None:
    named = [reason for reasons in google_policy._REASONS.values() for reason in reasons.split()]
    assert len(named) == len(set(named))


def test_every_row_reason_is_mapped_and_none_is_invented() -> None:
    assert {short(reason.name) for reason in ProcessingErrorReason} == set(BY_REASON)
    assert len(BY_REASON) == len(ProcessingErrorReason) == 45


def test_every_warning_means_what_the_row_reason_of_its_name_does() -> None:
    assert {short(reason.name) for reason in ProcessingWarningReason} <= set(BY_REASON)


def test_a_row_reason_that_google_adds_later_is_said_to_be_unexplained() -> None:
    assert meaning_of("BRAND_NEW") is UNEXPLAINED


@pytest.mark.parametrize("reason", ["CLICK_NOT_FOUND", "INVALID_CLICK", "USER_ID_NOT_FOUND_FOR_GCLID"])
def test_what_belongs_to_no_click_is_unmatched_and_asks_for_nothing(reason: str) -> None:
    assert meaning_of(reason).unmatched
    assert meaning_of(reason).verdict is None


@pytest.mark.parametrize("reason", ["DENIED_CONSENT", "INTERNAL_ERROR", "INVALID_GCLID"])
def test_what_is_at_fault_is_not_taken_for_unmatched(reason: str) -> None:
    assert not meaning_of(reason).unmatched
    assert meaning_of(reason).verdict in set(Verdict)


def refused(*violations: tuple[str, str], reason: str = "INVALID_ARGUMENT", **metadata: str) -> PlatformError:
    """What a refusal by Google calls for, of violations as (field, reason)."""
    fields = [{"field": field, "reason": its, "description": "no"} for field, its in violations]
    details: list[Mapping[str, Any]] = [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason,
            "metadata": {"requestId": "r1"} | metadata,
        },
        {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": fields},
    ]
    response = requests.Response()
    response.status_code = 429 if metadata else 400
    body = {"error": {"code": response.status_code, "message": "no", "details": details}}
    response._content = json.dumps(body).encode()
    response.request = requests.Request("POST", "https://datamanager.example/v1/events:ingest").prepare()
    return platform_error(from_http_response(response))


def test_rows_at_fault_are_named_with_the_reason_of_each() -> None:
    error = refused(
        ("events.events[3].currency", "INVALID_CURRENCY_CODE"), ("events.events[5]", "INVALID_EVENT")
    )
    assert error.policy.action is Action.ISOLATE
    assert error.rows == {3: "INVALID_CURRENCY_CODE", 5: "INVALID_EVENT"}
    assert error.platform_request_id == "r1"


def test_a_reason_of_the_accounts_holds_even_where_it_is_said_of_an_event() -> None:
    error = refused(
        ("events.events[0].user_data", "TERMS_AND_CONDITIONS_NOT_SIGNED"),
        ("events.events[1]", "INVALID_EVENT"),
    )
    assert (error.code, error.policy.action) == ("TERMS_AND_CONDITIONS_NOT_SIGNED", Action.HOLD)
    assert error.rows == {0: "TERMS_AND_CONDITIONS_NOT_SIGNED"}


def test_of_two_reasons_of_a_row_the_accounts_counts() -> None:
    error = refused(
        ("events.events[2]", "INVALID_EVENT"), ("events.events[2]", "TERMS_AND_CONDITIONS_NOT_SIGNED")
    )
    assert (error.policy.action, list(error.rows)) == (Action.HOLD, [2])


def test_a_reason_of_the_destinations_names_no_event() -> None:
    reason = "EVENT_SOURCE_AND_DESTINATION_MISMATCH"
    error = refused(("destinations.destinations[0]", reason), ("events.events[1]", reason))
    assert (error.code, error.rows) == (reason, {})


@pytest.mark.parametrize(
    "reason",
    [
        "INVALID_AD_IDENTIFIER_FOR_ACCOUNT",
        "REQUIRED_FIELD_MISSING",
        "EVENT_TIME_INVALID",
        "INVALID_CURRENCY_CODE",
    ],
)
def test_what_a_setting_may_explain_does_not_blame_the_event(reason: str) -> None:
    assert not refused(("events.events[0]", reason)).policy.blames_event


def test_a_destination_that_is_not_set_up_says_what_to_do_rather_than_to_check_its_id() -> None:
    path = "destinations.destinations[0].operating_account"
    error = refused((path, "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED"))
    assert error.policy.action is Action.HOLD
    assert "accept the customer data terms" in error.policy.advice
    assert refused((path, "INVALID_FORMAT")).policy == google_policy.DESTINATION


def test_an_action_that_is_too_young_waits_for_a_later_run_and_stops_no_other() -> None:
    error = refused(("destinations.destinations[0]", "CONVERSION_ACTION_TOO_RECENTLY_CREATED"))
    assert error.policy.action is Action.RETRY_ONCE
    assert not error.policy.ends_lane


def test_the_quota_of_a_day_is_left_to_the_next_one_and_that_of_a_minute_is_waited_for() -> None:
    of_day = refused(reason="RATE_LIMIT_EXCEEDED", quota_limit="IngestionMutateRequestsPerDayPerProject")
    of_minute = refused(
        reason="RATE_LIMIT_EXCEEDED", quota_limit="IngestionMutateRequestsPerMinutePerProject"
    )
    assert of_day.policy == google_policy.QUOTA_OF_THE_DAY
    assert 0 < (of_day.wait or 0) <= timedelta(days=1, hours=1).total_seconds()
    assert of_minute.policy.throttled
    assert of_minute.policy != of_day.policy
    assert (of_minute.wait or 0) <= LONGEST_WAIT


PAGE = (Path(__file__).parents[2] / "docs" / "destinations" / "google.md").read_text(encoding="utf-8")


def rows_of_the_page() -> dict[str, set[str]]:
    """What becomes of a request, by the page's words, with the reasons that lead to it."""
    table = PAGE.partition("| what becomes of the request")[2].partition("\n\n")[0]
    rows = [line.split("|")[1:3] for line in table.splitlines()[2:]]
    return {words.strip(): set(re.findall(r"`([A-Z_]+)`", reasons)) for words, reasons in rows}


@pytest.mark.parametrize(
    ("words", "verdict", "unmatched"),
    [
        ("sent again", Verdict.LATER, False),
        ("held until the account is mended", Verdict.HOLD, False),
        ("rejected, where it has no other reason", Verdict.REJECTED, False),
        ("left as it is: unmatched, no ad click belongs to it", None, True),
        ("left as it is: nothing to do", None, False),
    ],
)
def test_the_page_says_of_every_row_reason_what_is_done(
    words: str, verdict: Verdict | None, unmatched: bool
) -> None:
    does = {
        r for r, meaning in BY_REASON.items() if (meaning.verdict, meaning.unmatched) == (verdict, unmatched)
    }
    assert rows_of_the_page()[words] == does


def test_the_page_names_every_setting() -> None:
    assert {name for name in GoogleDataManagerSettings.model_fields if f"`{name}`" not in PAGE} == set()

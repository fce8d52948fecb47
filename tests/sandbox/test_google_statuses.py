"""The sandbox's request statuses: PROCESSING first, counts by reason later, and nothing after fifty days."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from closedwon.sandbox.google.errors import GoogleError
from closedwon.sandbox.google.statuses import RequestStatuses, status_of

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DESTINATION = {"productDestinationId": "555000111"}


def kept(**errors: int) -> RequestStatuses:
    statuses = RequestStatuses()
    statuses.processing_time = timedelta(minutes=30)
    statuses.add("r1", NOW, [status_of(DESTINATION, 3, Counter(errors), None)])
    return statuses


def refusal(statuses: RequestStatuses, request_id: str, now: datetime) -> str:
    with pytest.raises(GoogleError) as caught:
        statuses.read(request_id, now)
    return caught.value.violations[0]["reason"]


def test_a_request_is_processing_at_first_and_says_nothing_of_its_events() -> None:
    (status,) = kept(CLICK_NOT_FOUND=3).read("r1", NOW + timedelta(minutes=29))["requestStatusPerDestination"]
    assert status == {"destination": DESTINATION, "requestStatus": "PROCESSING"}


@pytest.mark.parametrize(
    ("errors", "state"),
    [
        ({}, "SUCCESS"),
        ({"INVALID_EVENT": 1, "NO_CONSENT": 1}, "PARTIAL_SUCCESS"),
        ({"INVALID_EVENT": 3}, "FAILED"),
    ],
)
def test_the_final_state_counts_the_failed_by_reason(errors: dict[str, int], state: str) -> None:
    (status,) = kept(**errors).read("r1", NOW + timedelta(minutes=30))["requestStatusPerDestination"]
    assert status["requestStatus"] == state
    assert status["eventsIngestionStatus"] == {"recordCount": "3"}
    told = status.get("errorInfo", {"errorCounts": []})["errorCounts"]
    assert {one["reason"]: int(one["recordCount"]) for one in told} == errors


def test_a_warning_is_counted_beside_the_state() -> None:
    status = status_of(DESTINATION, 2, Counter(), "PROCESSING_WARNING_REASON_INTERNAL_ERROR")
    assert status["requestStatus"] == "SUCCESS"
    assert status["warningInfo"]["warningCounts"] == [
        {"recordCount": "2", "reason": "PROCESSING_WARNING_REASON_INTERNAL_ERROR"}
    ]


def test_unknown_and_old_requests_have_no_status() -> None:
    statuses = kept()
    assert refusal(statuses, "r2", NOW) == "INVALID_REQUEST_ID"
    assert refusal(statuses, "r1", NOW + timedelta(days=51)) == "REQUEST_TOO_OLD"

"""What is promised after Google has accepted: the status is told later by reason, and a new value replaces the old."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from google.ads import datamanager_v1 as dm

from closedwon.sandbox.faults import Fault
from closedwon.sandbox.google.data_manager import DataManager
from closedwon.sandbox.server import RunningSandbox
from config.destinations import GoogleDataManagerSettings
from tests.uploads.conversions import ACCOUNT, ACTION, conversions, deliveries, sandbox, sha
from uploads.base import Diagnosing, Outcome, Processing, Restating, Verdict
from uploads.errors import PlatformError
from uploads.google_data_manager import GoogleDataManagerUploader, connect
from uploads.google_processing import read_status

UNKNOWN_CLICK = "Cj0KCQiAunknown-0123456789_abcdefghijklmnop"


class Google:
    """A sandbox with one account, and the uploader that sends to it."""

    def __init__(self, running: RunningSandbox, key: Path) -> None:
        self.faults = running.faults
        self.api: DataManager = running.systems["google"]  # type: ignore[assignment]
        self.api.statuses.processing_time = timedelta()
        self.settings = {
            "customer_id": ACCOUNT,
            "credentials": key,
            "endpoint": running.url,
            "max_attempts": 2,
        }

    def uploader(self, **changes: Any) -> GoogleDataManagerUploader:
        settings = GoogleDataManagerSettings.model_validate(self.settings | changes)
        return connect(settings, sleep=lambda _: None)

    def sent(self, *rows: dict[str, Any]) -> tuple[pl.DataFrame, str]:
        """The deliveries of accepted conversions, and their request's id."""
        up = self.uploader()
        batch = deliveries(
            up, conversions([{"name": ACTION, "id.email": sha(str(n)), **row} for n, row in enumerate(rows)])
        )
        (outcome,) = up.send(batch)
        assert outcome.verdict is Verdict.ACCEPTED, outcome
        return batch, str(outcome.platform_request_id)

    def counted(self) -> list[tuple[float, int]]:
        return [(one["value"], one["restated"]) for one in self.api.counted(ACCOUNT)]

    def action(self) -> dict[str, Any]:
        return dict(self.api.report()["accounts"][ACCOUNT][ACTION])


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Google]:
    with sandbox(tmp_path) as (running, key):
        yield Google(running, key)


def restated(google: Google, batch: pl.DataFrame, value: float) -> list[Outcome]:
    changed = batch.with_columns(value=pl.lit(value), changed_at=pl.lit(0, dtype=pl.Int64))
    return list(google.uploader().restate(changed))


def test_the_uploader_can_be_asked_later_and_told_of_new_values(google: Google) -> None:
    up = google.uploader()
    assert isinstance(up, Diagnosing)
    assert isinstance(up, Restating)
    assert (up.ready_after, up.asked_until) == (timedelta(minutes=30), timedelta(days=50))
    assert (up.restated_after, up.restated_for) == (timedelta(hours=24), timedelta(days=54))


def test_the_times_to_wait_can_be_set(google: Google) -> None:
    up = google.uploader(status_after_minutes=0, restate_after_hours=0.5)
    assert (up.ready_after, up.restated_after) == (timedelta(), timedelta(minutes=30))


def test_a_request_under_way_says_so_and_nothing_more(google: Google) -> None:
    google.api.statuses.processing_time = timedelta(minutes=30)
    _, request_id = google.sent({})
    status = google.uploader().processing(request_id)
    assert (status.state, status.final, status.failed, status.verdict) == ("processing", False, {}, None)


def test_a_request_of_which_all_was_counted_is_a_success(google: Google) -> None:
    _, request_id = google.sent({}, {})
    status = google.uploader().processing(request_id)
    assert (status.state, status.final, status.failed, status.message) == ("success", True, {}, None)


def test_a_request_that_was_counted_in_part_gives_counts_by_reason_and_no_verdict(google: Google) -> None:
    unknown = {"id.email": None, "id.gclid": UNKNOWN_CLICK}
    _, request_id = google.sent({}, unknown, unknown, {"ad_user_data": "denied"})
    up = google.uploader()
    status = up.processing(request_id)
    assert (status.state, status.final, status.verdict) == ("partial_success", True, None)
    assert status.failed == {"CLICK_NOT_FOUND": 2, "DENIED_CONSENT": 1}
    assert up.unmatched("CLICK_NOT_FOUND")
    assert not up.unmatched("DENIED_CONSENT")
    assert "no ad click" in up.meaning("CLICK_NOT_FOUND")


def in_part(**failed: int) -> Processing:
    """What is read of a request of which some events failed, by reason, and others were counted."""
    reasons = [
        {"record_count": count, "reason": f"PROCESSING_ERROR_REASON_{reason}"}
        for reason, count in failed.items()
    ]
    status = {"request_status": "PARTIAL_SUCCESS", "error_info": {"error_counts": reasons}}
    return read_status(dm.RetrieveRequestStatusResponse({"request_status_per_destination": [status]}))


@pytest.mark.parametrize("reason", ["TOO_RECENT_CLICK", "INTERNAL_ERROR"])
def test_a_request_that_was_counted_in_part_is_sent_again_where_a_reason_passes(reason: str) -> None:
    status = in_part(CLICK_NOT_FOUND=2, **{reason: 1})
    assert (status.state, status.final, status.verdict) == ("partial_success", True, Verdict.LATER)
    assert status.message is not None
    assert status.message.startswith("Google counted not all of the request's records")
    assert f"{reason} (1)" in status.message


@pytest.mark.parametrize("failed", [{}, {"EVENT_TOO_OLD": 1}, {"NO_CONSENT": 1}, {"CLICK_NOT_FOUND": 2}])
def test_a_request_that_was_counted_in_part_stays_as_it_is_where_no_reason_passes(
    failed: dict[str, int],
) -> None:
    status = in_part(**failed)
    assert (status.verdict, status.message) == (None, None)


def test_events_that_were_counted_before_the_request_is_sent_again_are_counted_once(google: Google) -> None:
    unknown = {"id.email": None, "id.gclid": UNKNOWN_CLICK}
    batch, _ = google.sent({}, {}, unknown)
    assert len(google.counted()) == 2
    list(google.uploader().send(batch))
    assert len(google.counted()) == 2


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        ("INTERNAL_ERROR", Verdict.LATER),
        ("DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED", Verdict.HOLD),
        ("PROCESSING_ERROR_OPERATING_ACCOUNT_MISMATCH_FOR_AD_IDENTIFIER", Verdict.HOLD),
        ("EVENT_TOO_OLD", Verdict.REJECTED),
        ("UNSPECIFIED", Verdict.HOLD),
        ("CLICK_NOT_FOUND", None),
        ("DUPLICATE_TRANSACTION_ID", None),
    ],
)
def test_a_request_that_failed_altogether_is_judged_by_its_reason(
    google: Google, reason: str, verdict: Verdict | None
) -> None:
    google.faults.add(Fault("google", "processing_failure", reason=reason))
    _, request_id = google.sent({}, {})
    status = google.uploader().processing(request_id)
    assert (status.state, status.final, status.verdict) == ("failed", True, verdict)
    ((told, count),) = status.failed.items()
    assert reason.endswith(told)
    assert count == 2
    assert (status.message is None) is (verdict is None)


def test_events_that_are_sent_again_after_a_failed_request_are_counted_once(google: Google) -> None:
    google.faults.add(Fault("google", "processing_failure", reason="INTERNAL_ERROR"))
    batch, _ = google.sent({}, {})
    assert google.counted() == []
    (again,) = google.uploader().send(batch)
    assert google.uploader().processing(str(again.platform_request_id)).state == "success"
    assert len(google.counted()) == 2


def test_a_warning_is_told_of_events_that_were_counted(google: Google) -> None:
    google.faults.add(
        Fault("google", "processing_warning", reason="PROCESSING_WARNING_REASON_INTERNAL_ERROR")
    )
    _, request_id = google.sent({}, {}, {})
    status = google.uploader().processing(request_id)
    assert (status.state, status.warnings, status.failed) == ("success", {"INTERNAL_ERROR": 3}, {})
    assert len(google.counted()) == 3


def test_a_request_that_google_does_not_know_is_not_asked_for_again(google: Google) -> None:
    status = google.uploader().processing("t-unknown")
    assert (status.state, status.final, status.verdict) == ("invalid_request_id", True, None)
    assert "does not know" in (status.message or "")


def test_a_status_that_cannot_be_had_now_raises_and_is_asked_for_later(google: Google) -> None:
    _, request_id = google.sent({})
    google.faults.add(Fault("google", "status", status=502, times=None, path="/v1/requestStatus"))
    with pytest.raises(PlatformError):
        google.uploader().processing(request_id)


def test_a_passing_fault_while_asking_is_tried_again(google: Google) -> None:
    _, request_id = google.sent({})
    google.faults.add(Fault("google", "status", status=503, body="{}", path="/v1/requestStatus"))
    assert google.uploader().processing(request_id).state == "success"


def test_a_new_value_replaces_the_old_and_makes_no_second_conversion(google: Google) -> None:
    batch, _ = google.sent({"value": 80.0}, {"value": 20.0})
    (outcome,) = restated(google, batch[:1], 120.0)
    assert outcome.verdict is Verdict.ACCEPTED
    assert google.counted() == [(120.0, 1), (20.0, 0)]


def test_an_order_that_was_given_back_is_worth_nothing(google: Google) -> None:
    batch, _ = google.sent({"value": 80.0})
    restated(google, batch, 0.0)
    assert google.counted() == [(0.0, 1)]


def test_the_same_new_value_twice_changes_it_once(google: Google) -> None:
    batch, _ = google.sent({"value": 80.0})
    for _ in range(2):
        restated(google, batch, 50.0)
    assert google.counted() == [(50.0, 1)]
    assert google.action()["duplicates"] == 1


def test_a_bad_row_among_new_values_stops_no_other(google: Google) -> None:
    batch, _ = google.sent({}, {}, {})
    google.faults.add(Fault("google", "poison", event_ids=(batch["event_id"][1],)))
    verdicts = {id_: one.verdict for one in restated(google, batch, 7.0) for id_ in one.event_ids}
    assert [verdicts[one] for one in batch["event_id"]] == [
        Verdict.ACCEPTED,
        Verdict.REJECTED,
        Verdict.ACCEPTED,
    ]
    assert google.action()["restated"] == 2


def test_clients_of_one_project_share_its_requests_a_minute(google: Google) -> None:
    waits: list[float] = []
    settings = GoogleDataManagerSettings.model_validate(google.settings | {"requests_per_minute": 2})
    up = connect(settings, sleep=waits.append)
    batch = deliveries(up, conversions([{"name": ACTION, "id.email": sha("e")}]))
    for uploader in (up, up, connect(settings, sleep=waits.append)):
        (outcome,) = uploader.send(batch)
        assert outcome.verdict is Verdict.ACCEPTED
    assert waits[:2] == [0.0, 0.0]
    assert max(waits) > 50


def test_the_used_up_quota_of_a_day_leaves_the_rest_to_a_later_run_at_once(google: Google) -> None:
    google.api.quotas.requests_per_day = 0
    up = google.uploader()
    (outcome,) = up.send(deliveries(up, conversions([{"name": ACTION, "id.email": sha("e")}])))
    assert (outcome.verdict, outcome.ends_lane) == (Verdict.LATER, True)
    assert "renewed at midnight" in (outcome.message or "")
    assert google.api.report()["requests"] == 1


def test_the_other_client_of_a_project_waits_as_long_as_google_told_the_first(google: Google) -> None:
    google.api.quotas.requests_per_minute = 1
    google.sent({})
    waits: list[float] = []
    settings = GoogleDataManagerSettings.model_validate(google.settings | {"max_attempts": 1})
    up = connect(settings, sleep=waits.append)
    batch = deliveries(up, conversions([{"name": ACTION, "id.email": sha("e")}]))
    for _ in range(2):
        (outcome,) = up.send(batch)
        assert outcome.verdict is Verdict.LATER
    assert max(waits) > 30

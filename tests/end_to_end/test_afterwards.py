"""What follows an acceptance: changed values are told to Google, and what it did not count is known and acted on."""

from __future__ import annotations

from typing import Any

import pytest

from closedwon.ledger.outgoing.probing import MOST
from closedwon.pipeline.report import DestinationReport, RunReport
from closedwon.sandbox.faults import Fault
from tests.end_to_end.stage import SHOPS, Stage
from tests.end_to_end.test_changes import edit, one_order


@pytest.fixture
def shops(stage: Stage) -> Stage:
    """The shop chain; its Google tells at once what it counted, and takes new values at once."""
    path = stage.clients / f"{SHOPS}.yaml"
    at_once = "    status_after_minutes: 0\n    restate_after_hours: 0\n"
    edit(path, "  google:\n", f"  google:\n{at_once}")
    stage.sandbox.systems["google"].statuses.processing_time *= 0  # type: ignore[attr-defined]
    return stage


def lane(report: RunReport, name: str = "google") -> DestinationReport:
    return next(lane for lane in report.destinations if lane.name == name)


def sales(stage: Stage) -> list[dict[str, Any]]:
    """What Google counted of the till's one order, which alone has its values."""
    return [event for event in stage.google_events(SHOPS) if event["value"] in {10.0, 14.0, 6.0, 0.0}]


def test_an_amount_that_changed_after_sending_is_restated_once_at_google_and_told_of_as_final_at_meta(
    shops: Stage,
) -> None:
    one_order(shops)
    shops.run(SHOPS)
    assert [event["value"] for event in sales(shops)] == [10.0]
    one_order(shops, Total="14.00")
    report = shops.run(SHOPS)
    assert [(event["value"], event["restated"]) for event in sales(shops)] == [(14.0, 1)]
    assert [event["value"] for event in shops.purchases()] == [10.0]
    assert lane(report).restated == 1
    assert "keeps the first" in " ".join(lane(report, "meta").notes)
    assert report.complete
    again = shops.run(SHOPS)
    assert (lane(again).restated, lane(again).sent) == (0, 0)
    assert [(event["value"], event["restated"]) for event in sales(shops)] == [(14.0, 1)]


def test_a_restatement_that_was_cut_off_is_made_by_the_next_run(shops: Stage) -> None:
    path = shops.clients / f"{SHOPS}.yaml"
    edit(path, "    status_after_minutes: 0\n", "    status_after_minutes: 0\n    max_attempts: 1\n")
    one_order(shops)
    shops.run(SHOPS)
    one_order(shops, Total="14.00")
    fault = Fault("google", "reset_after", path="/v1/events:ingest", times=None)
    shops.sandbox.faults.add(fault)
    report = shops.run(SHOPS)
    assert lane(report).restated == 0
    assert not report.complete
    shops.sandbox.faults.clear()
    assert lane(shops.run(SHOPS)).restated == 1
    assert [(event["value"], event["restated"]) for event in sales(shops)] == [(14.0, 1)]


def test_a_whole_refund_after_sending_leaves_a_value_of_nothing(shops: Stage) -> None:
    one_order(shops)
    shops.run(SHOPS)
    one_order(shops, Total="-10.00", Type="Refund")
    shops.run(SHOPS)
    assert [event["value"] for event in sales(shops)] == [0.0]


def test_status_tells_accepted_by_the_api_from_processed(shops: Stage) -> None:
    report = shops.run(SHOPS)
    accepted = lane(report).accepted
    ran = shops.closedwon("status", SHOPS, "--clients", str(shops.clients))
    assert f"{accepted} accepted by the API in the last 28 days: 0 processed" in ran.stdout
    ran = shops.closedwon("status", SHOPS, "--refresh", "--clients", str(shops.clients))
    assert ran.returncode == 0, ran.stderr
    assert f"{accepted} accepted by the API in the last 28 days: 0 processed" not in ran.stdout
    assert " 0 not known yet" in ran.stdout


def test_a_request_of_which_nothing_was_counted_is_sent_again_under_the_same_ids(shops: Stage) -> None:
    one_order(shops)
    shops.sandbox.faults.add(Fault("google", "processing_failure", reason="INTERNAL_ERROR", times=None))
    accepted = lane(shops.run(SHOPS)).accepted
    assert accepted > 0
    assert shops.google_events(SHOPS) == []
    shops.sandbox.faults.clear()
    report = shops.run(SHOPS)
    assert (lane(report).reopened, lane(report).accepted) == (accepted, accepted)
    assert len(shops.google_events(SHOPS)) == accepted
    shops.counted_once()


def test_a_request_that_failed_for_the_account_is_held_until_that_is_mended(shops: Stage) -> None:
    reason = "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED"
    shops.sandbox.faults.add(Fault("google", "processing_failure", reason=reason, times=None))
    accepted = lane(shops.run(SHOPS)).accepted
    report = shops.run(SHOPS)
    assert lane(report).reopened == accepted
    assert lane(report).held == accepted
    assert not report.complete
    shops.sandbox.faults.clear()
    report = shops.run(SHOPS)
    assert (lane(report).sent, lane(report).probing) == (MOST, MOST)
    assert not report.complete
    report = shops.run(SHOPS)
    assert (lane(report).held, lane(report).probing, report.complete) == (0, 0, True)
    assert len(shops.google_events(SHOPS)) == accepted
    shops.counted_once()


def test_what_the_account_keeps_from_being_counted_is_tried_by_a_few_and_every_run_says_so(
    shops: Stage,
) -> None:
    reason = "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED"
    shops.sandbox.faults.add(Fault("google", "processing_failure", reason=reason, times=None))
    accepted = lane(shops.run(SHOPS)).accepted
    assert accepted > 2 * MOST
    reports = [shops.run(SHOPS) for _ in range(4)]
    assert [report.complete for report in reports] == [False] * 4
    assert [lane(report).sent for report in reports] == [0, MOST, MOST, MOST]
    assert all(lane(report).held + lane(report).probing == accepted for report in reports)
    ran = shops.closedwon("status", SHOPS, "--clients", str(shops.clients))
    told = f"{accepted} accepted by the API in the last 28 days: 0 processed, 0 not counted"
    assert told in " ".join(ran.stdout.split())


def test_a_low_share_of_matches_is_warned_of(shops: Stage) -> None:
    path = shops.clients / f"{SHOPS}.yaml"
    edit(path, "    status_after_minutes: 0\n", "    status_after_minutes: 0\n    warn_matched_below: 1\n")
    fault = Fault("google", "processing_failure", reason="CLICK_NOT_FOUND")
    shops.sandbox.faults.add(fault)
    shops.run(SHOPS)
    report = shops.run(SHOPS)
    assert "matched to an ad, less than the 100% of warn_matched_below" in " ".join(lane(report).notes)
    ran = shops.closedwon("status", SHOPS, "--clients", str(shops.clients))
    assert "less than the 100% of warn_matched_below" in " ".join(ran.stdout.split())
    assert "(CLICK_NOT_FOUND)" in ran.stdout


def test_a_platform_that_does_not_tell_keeps_nothing_from_being_sent(shops: Stage) -> None:
    shops.run(SHOPS)
    shops.sandbox.faults.add(Fault("google", "status", status=500, path="/v1/requestStatus", times=None))
    one_order(shops)
    report = shops.run(SHOPS)
    assert lane(report).accepted == 1
    assert "could not be asked" in " ".join(lane(report).notes)

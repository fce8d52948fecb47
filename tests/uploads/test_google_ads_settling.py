"""What is promised of partial failures: no row is given up for a setting, and none keeps another one back."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import pytest

from uploads.base import Outcome, Verdict
from uploads.google_ads.conversion_policy import COUNTED_BY_AN_EARLIER_TRY
from uploads.google_ads.failures import Fault
from uploads.google_ads.request_policy import policy_of
from uploads.google_ads.settling import Answer, settled

OF_ACTION = ["NO_CONVERSION_ACTION_FOUND", "INVALID_CONVERSION_ACTION_TYPE"]
OF_SETTING = ["CONVERSION_PRECEDES_EVENT", "UNPARSEABLE_GCLID", "INVALID_USER_IDENTIFIER"]


def told(codes: Mapping[str, str], rows: int, *, enum: str = "conversion_upload_error") -> list[Outcome]:
    """The outcomes of a batch of which Google names some rows, by their id."""

    def ask(part: pl.DataFrame) -> Answer:
        faults = {
            place: Fault(codes[event_id], policy_of(enum, codes[event_id]))
            for place, event_id in enumerate(part["event_id"])
            if event_id in codes
        }
        return Answer("1", faults)

    return list(settled(pl.DataFrame({"event_id": [str(row) for row in range(rows)]}), ask))


@pytest.mark.parametrize("code", [*OF_ACTION, *OF_SETTING])
def test_a_batch_that_is_refused_whole_for_one_setting_is_held_and_the_lane_goes_on(code: str) -> None:
    (held,) = told({str(row): code for row in range(20)}, 20)
    assert (held.verdict, len(held.event_ids), held.ends_lane) == (Verdict.HOLD, 20, False)


def test_new_values_that_an_action_never_takes_keep_no_others_back() -> None:
    code = "CANNOT_RESTATE_CONVERSION_ACTION_THAT_ALWAYS_USES_DEFAULT_CONVERSION_VALUE"
    (held,) = told({"0": code}, 1, enum="conversion_adjustment_upload_error")
    assert (held.verdict, held.ends_lane) == (Verdict.HOLD, False)


@pytest.mark.parametrize("code", OF_SETTING)
def test_one_row_alone_is_not_given_up_for_what_a_setting_may_explain(code: str) -> None:
    (held,) = told({"0": code}, 1)
    assert (held.verdict, held.ends_lane) == (Verdict.HOLD, False)


@pytest.mark.parametrize("code", OF_SETTING)
def test_beside_a_row_that_is_taken_it_is(code: str) -> None:
    accepted, refused = told({"0": code}, 2)
    assert (accepted.verdict, refused.verdict, refused.reason) == (Verdict.ACCEPTED, Verdict.REJECTED, code)


def test_a_row_too_late_is_given_up_although_it_is_alone() -> None:
    (refused,) = told({"0": "EXPIRED_EVENT"}, 1)
    assert refused.verdict is Verdict.REJECTED


def test_what_the_account_must_mend_ends_the_lane() -> None:
    (held,) = told({"0": "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS"}, 1)
    assert held.ends_lane


def test_another_conversion_of_the_same_click_and_time_makes_a_duplicate_unless_it_may_be_ours() -> None:
    code = "CLICK_CONVERSION_ALREADY_EXISTS"
    (refused,) = told({"0": code}, 1)
    assert (refused.verdict, refused.reason) == (Verdict.REJECTED, code)
    assert (refused.message or "").startswith("duplicate of another conversion of the same click and time")
    answer = Answer("1", {0: Fault(code, policy_of("conversion_upload_error", code))}, repeated=True)
    assert answer.judged(COUNTED_BY_AN_EARLIER_TRY).faults[0].policy.verdict is Verdict.ACCEPTED

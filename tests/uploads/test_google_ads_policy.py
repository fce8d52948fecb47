"""Every code of Google's own enums has a row in the tables, and no row names a code that does not exist."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from google.ads.googleads.v26.errors.types.errors import ErrorCode, GoogleAdsFailure
from google.protobuf import any_pb2
from google.rpc import status_pb2

from uploads.base import Verdict
from uploads.errors import Action, PlatformError
from uploads.google_ads.conversion_policy import ADJUSTMENT, CONVERSION, UNMATCHED
from uploads.google_ads.failures import faults_by_row
from uploads.google_ads.request_policy import BY_CODE, BY_ENUM, CLOSED, policy_of

_FIELDS = ErrorCode.pb(ErrorCode()).DESCRIPTOR.fields_by_name
_NO_ERROR = {"UNSPECIFIED", "UNKNOWN"}


def members(enum: str) -> set[str]:
    return set(_FIELDS[enum].enum_type.values_by_name) - _NO_ERROR


@pytest.mark.parametrize("enum", BY_CODE)
def test_every_member_of_a_mapped_enum_has_a_row_and_every_row_a_member(enum: str) -> None:
    assert set(BY_CODE[enum]) == members(enum)


@pytest.mark.parametrize(
    ("module", "name", "table"),
    [
        ("conversion_upload_error", "ConversionUploadError", CONVERSION),
        ("conversion_adjustment_upload_error", "ConversionAdjustmentUploadError", ADJUSTMENT),
    ],
)
def test_the_tables_follow_the_enums_that_the_package_documents(module: str, name: str, table: Any) -> None:
    types = import_module(f"google.ads.googleads.v26.errors.types.{module}")
    enum = getattr(getattr(types, f"{name}Enum"), name)
    assert {member.name for member in enum} - _NO_ERROR == set(table)


def test_enums_with_one_row_for_all_exist_and_have_no_other() -> None:
    assert set(BY_ENUM) <= set(_FIELDS)
    assert not set(BY_ENUM) & set(BY_CODE)


def test_every_row_says_what_to_tell_the_user() -> None:
    policies = [policy for table in BY_CODE.values() for policy in table.values()] + [*BY_ENUM.values()]
    assert all(len(policy.advice) > 10 for policy in policies)


def test_a_code_that_nobody_knows_is_held_and_keeps_no_other_row_back() -> None:
    policy = policy_of("conversion_upload_error", "conversion_upload_error_999")
    assert (policy.verdict, policy.ends_lane) == (Verdict.HOLD, False)


def test_a_code_of_a_later_version_is_told_by_its_number() -> None:
    location = {"field_path_elements": [{"field_name": "conversions", "index": 4}]}
    error = {"error_code": {"conversion_upload_error": 999}, "location": location}
    status = status_pb2.Status(details=[any_pb2.Any()])
    status.details[0].Pack(GoogleAdsFailure.pb(GoogleAdsFailure(errors=[error])))
    ((row, fault),) = faults_by_row(status).items()
    assert (row, fault.code) == (4, "conversion_upload_error_999")


@pytest.mark.parametrize("turned", [False, True])
def test_of_several_errors_of_a_row_the_most_cautious_counts(turned: bool) -> None:
    location = {"field_path_elements": [{"field_name": "conversions", "index": 4}]}
    codes = ["EXPIRED_EVENT", "NO_CONVERSION_ACTION_FOUND", "ORDER_ID_ALREADY_IN_USE"]
    errors = [{"error_code": {"conversion_upload_error": code}, "location": location} for code in codes]
    status = status_pb2.Status(details=[any_pb2.Any()])
    status.details[0].Pack(GoogleAdsFailure.pb(GoogleAdsFailure(errors=errors[::-1] if turned else errors)))
    assert faults_by_row(status)[4].code == "NO_CONVERSION_ACTION_FOUND"


def test_an_error_of_no_row_concerns_them_all() -> None:
    error = {"error_code": {"not_allowlisted_error": "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"}}
    status = status_pb2.Status(details=[any_pb2.Any()])
    status.details[0].Pack(GoogleAdsFailure.pb(GoogleAdsFailure(errors=[error], request_id="r")))
    with pytest.raises(PlatformError, match="via: data_manager") as caught:
        faults_by_row(status)
    assert (caught.value.policy.action, caught.value.platform_request_id) == (Action.HOLD, "r")


def test_the_groups_that_the_documentation_names() -> None:
    verdicts = {name: policy.verdict for name, policy in CONVERSION.items()}
    assert {name for name in verdicts if "TOO_RECENT" in name} == {
        "TOO_RECENT_EVENT",
        "TOO_RECENT_CALL",
        "TOO_RECENT_CONVERSION_ACTION",
    }
    assert all(verdicts[name] is Verdict.LATER for name in verdicts if "TOO_RECENT" in name)
    assert {name for name, verdict in verdicts.items() if verdict is Verdict.ACCEPTED} == {
        "ORDER_ID_ALREADY_IN_USE",
    }
    assert {"CLICK_NOT_FOUND", "EVENT_NOT_FOUND", "CALL_NOT_FOUND"} == UNMATCHED
    assert {name for name, policy in CONVERSION.items() if policy.alone} == {
        name for name in verdicts if name.startswith("DUPLICATE_")
    }


def test_the_closing_is_explained_with_its_date_and_the_way_out() -> None:
    assert policy_of("not_allowlisted_error", "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE") is CLOSED
    assert CLOSED.request is Action.HOLD
    assert "15 June 2026" in CLOSED.advice
    assert "via: data_manager" in CLOSED.advice

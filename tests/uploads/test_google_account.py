"""A Google Ads account is read and added to through the SDK, whatever way its conversions take."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.ads.googleads.v26.services.types.google_ads_service import SearchGoogleAdsRequest

from closedwon.sandbox.google_ads.errors import Problem
from closedwon.sandbox.google_ads.outages import Outage
from config.destinations import GoogleAdsSettings, GoogleDataManagerSettings
from tests.sandbox.google_ads_stage import ACCOUNT, ACTION, MANAGER, OTHER_ACTION, Stage, gclid, google_ads
from tests.uploads.conversions import conversions, deliveries
from uploads.base import Verdict
from uploads.errors import PlatformError
from uploads.google_ads import connect
from uploads.google_ads.account import Account
from uploads.google_ads.conversion_actions import NewAction, Tracking
from uploads.google_ads.session import Session

NEW = NewAction("Closedwon acme qualified", "QUALIFIED_LEAD", "ONE_PER_CLICK", 80, "EUR")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with google_ads(tmp_path) as opened:
        yield opened


def settings(stage: Stage, **changes: Any) -> GoogleDataManagerSettings:
    given = {"customer_id": ACCOUNT, "credentials": stage.key, "ads_endpoint": stage.url, "max_attempts": 2}
    return GoogleDataManagerSettings.model_validate(given | changes)


def account(stage: Stage, **changes: Any) -> Account:
    return Account(settings(stage, **changes), sleep=lambda _: None)


def test_an_account_of_either_transport_is_read_at_the_google_ads_api(stage: Stage) -> None:
    given = {
        "via": "google_ads",
        "customer_id": ACCOUNT,
        "credentials": stage.key,
        "endpoint": stage.url,
        "login_customer_id": MANAGER,
    }
    other = Account(GoogleAdsSettings.model_validate(given), sleep=lambda _: None)
    for opened in (account(stage), other):
        assert [action.id for action in opened.conversion_actions()] == [ACTION, OTHER_ACTION]


def test_tracking_says_who_manages_conversions_and_what_is_accepted(stage: Stage) -> None:
    assert account(stage).tracking() == Tracking(
        ACCOUNT, "CONVERSION_TRACKING_MANAGED_BY_SELF", terms_accepted=True, enhanced_conversions="ON"
    )
    said = stage.api.tracking(ACCOUNT)
    said.owner, said.terms_accepted, said.enhanced_conversions = MANAGER, False, "OFF"
    assert account(stage).tracking() == Tracking(
        MANAGER,
        "CONVERSION_TRACKING_MANAGED_BY_ANOTHER_MANAGER",
        terms_accepted=False,
        enhanced_conversions="OFF",
    )


def test_an_action_is_told_in_googles_own_words(stage: Stage) -> None:
    action = stage.api.actions(ACCOUNT)[ACTION]
    action.one_per_click, action.always_default_value, action.default_value = True, True, 5.0
    action.owner, action.primary_for_goal, action.type = MANAGER, False, "WEBPAGE"
    told = {one.id: one for one in account(stage).conversion_actions()}[ACTION]
    assert (told.counting_type, told.type, told.status) == ("ONE_PER_CLICK", "WEBPAGE", "ENABLED")
    assert (told.always_use_default_value, told.default_value) == (True, 5.0)
    assert (told.owner, told.primary_for_goal, told.click_window_days) == (MANAGER, False, 90)


def test_a_removed_action_is_not_told_of(stage: Stage) -> None:
    stage.api.actions(ACCOUNT)[ACTION].status = "REMOVED"
    assert [action.id for action in account(stage).conversion_actions()] == [OTHER_ACTION]


def test_a_created_action_is_an_import_from_clicks_with_its_settings(stage: Stage) -> None:
    (created,) = account(stage).create([NEW])
    told = {one.id: one for one in account(stage).conversion_actions()}[created.id or ""]
    assert (told.name, told.category, told.counting_type) == (NEW.name, NEW.category, NEW.counting_type)
    assert (told.type, told.status, told.owner) == ("UPLOAD_CLICKS", "ENABLED", ACCOUNT)
    assert (told.default_value, told.always_use_default_value) == (80, False)
    assert (told.primary_for_goal, told.click_window_days) == (False, 90)


def test_validating_creates_nothing_and_says_what_would_be_refused(stage: Stage) -> None:
    taken = NewAction(f"Action {ACTION}", "QUALIFIED_LEAD", "ONE_PER_CLICK")
    fine, refused = account(stage).create([NEW, taken], validate_only=True)
    assert (fine.id, fine.refusal) == (None, None)
    assert refused.refusal is not None and refused.refusal.startswith("DUPLICATE_NAME")
    assert len(account(stage).conversion_actions()) == 2


def test_what_google_refuses_keeps_nothing_else_back(stage: Stage) -> None:
    taken = NewAction(f"Action {ACTION}", "QUALIFIED_LEAD", "ONE_PER_CLICK")
    refused, created = account(stage).create([taken, NEW])
    assert refused.id is None and refused.refusal
    assert created.id in {action.id for action in account(stage).conversion_actions()}


def test_a_created_action_takes_conversions_on_both_ways(stage: Stage) -> None:
    (created,) = account(stage).create([NEW])
    assert created.id in stage.api.actions(ACCOUNT)
    assert created.id in stage.world.accounts[0].conversion_actions


def test_a_new_action_takes_conversions_after_six_hours(stage: Stage) -> None:
    (created,) = account(stage).create([NEW])
    given = {"via": "google_ads", "customer_id": ACCOUNT, "credentials": stage.key, "endpoint": stage.url}
    uploader = connect(GoogleAdsSettings.model_validate(given), sleep=lambda _: None)
    batch = deliveries(uploader, conversions([{"name": created.id, "id.gclid": gclid(0)}]))
    (outcome,) = uploader.send(batch)
    assert (outcome.verdict, outcome.reason) == (Verdict.LATER, "TOO_RECENT_CONVERSION_ACTION")
    stage.api.actions(ACCOUNT)[created.id or ""].created_at = datetime.now(UTC) - timedelta(hours=7)
    (outcome,) = uploader.send(batch)
    assert outcome.verdict is Verdict.ACCEPTED


def test_who_has_no_access_is_told_so(stage: Stage) -> None:
    with pytest.raises(PlatformError, match="give their service account access") as refused:
        account(stage, customer_id="5555555555").tracking()
    assert refused.value.code == "USER_PERMISSION_DENIED"


def test_a_passing_fault_of_reading_is_outlasted_and_one_of_creating_is_told(stage: Stage) -> None:
    fault = Outage(grpc.StatusCode.INTERNAL, Problem("internal_error", "TRANSIENT_ERROR"))
    stage.api.outages.append(fault)
    assert account(stage).conversion_actions()
    stage.api.outages.append(fault)
    with pytest.raises(PlatformError):
        account(stage).create([NEW])
    assert len(account(stage).conversion_actions()) == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"query": "SELECT customer.invented FROM customer"}, "UNRECOGNIZED_FIELD"),
        ({"query": "SELECT customer.id FROM customer", "page_size": 10}, "PAGE_SIZE_NOT_SUPPORTED"),
        ({"query": "SELECT customer.id FROM customer", "page_token": "x"}, "INVALID_PAGE_TOKEN"),
        ({"query": ""}, "EXPECTED_SELECT"),
    ],
)
def test_a_wrong_search_is_refused_by_its_code(stage: Stage, changes: dict[str, Any], code: str) -> None:
    session = Session(settings(stage), sleep=lambda _: None)
    request = SearchGoogleAdsRequest(customer_id=ACCOUNT, **changes)
    with pytest.raises(PlatformError) as refused:
        session.call(session.service("GoogleAdsService").search, request)
    assert refused.value.code == code


def test_an_account_whose_conversions_another_manages_creates_none(stage: Stage) -> None:
    stage.api.tracking(ACCOUNT).owner = MANAGER
    with pytest.raises(PlatformError, match="MUTATE_NOT_ALLOWED"):
        account(stage).create([NEW])


def test_the_address_of_the_google_ads_api_may_be_plain_on_this_machine_only(stage: Stage) -> None:
    with pytest.raises(ValueError, match="https://"):
        settings(stage, ads_endpoint="http://googleads.example")

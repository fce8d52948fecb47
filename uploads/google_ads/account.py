"""A Google Ads account's conversion tracking: read by GAQL, and added to.

It works for accounts that conversions reach through the Data Manager API as well: their credentials need access to the
account in Google Ads, and the Google Ads API enabled in their Cloud project.

https://developers.google.com/google-ads/api/docs/conversions/getting-started
https://developers.google.com/google-ads/api/docs/query/overview
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from google.ads.googleads.v26.services.types.conversion_action_service import MutateConversionActionsRequest
from google.ads.googleads.v26.services.types.google_ads_service import SearchGoogleAdsRequest
from google.protobuf.json_format import MessageToDict

from config.destinations import GoogleAdsSettings, GoogleDataManagerSettings
from uploads.errors import PlatformError
from uploads.google_ads.conversion_actions import ConversionAction, Creation, NewAction, Tracking
from uploads.google_ads.failures import Fault, faults_by_row
from uploads.google_ads.request_policy import UNANSWERED
from uploads.google_ads.session import Session
from uploads.retrying import Sleep, with_retries

_TRACKING = """
    SELECT
      customer.conversion_tracking_setting.google_ads_conversion_customer,
      customer.conversion_tracking_setting.conversion_tracking_status,
      customer.conversion_tracking_setting.accepted_customer_data_terms,
      customer.conversion_tracking_setting.effective_enablement_setting
    FROM customer
"""
_ACTIONS = """
    SELECT
      conversion_action.id,
      conversion_action.name,
      conversion_action.status,
      conversion_action.type,
      conversion_action.category,
      conversion_action.owner_customer,
      conversion_action.counting_type,
      conversion_action.value_settings.default_value,
      conversion_action.value_settings.always_use_default_value,
      conversion_action.primary_for_goal,
      conversion_action.click_through_lookback_window_days
    FROM conversion_action
    WHERE conversion_action.status != 'REMOVED'
"""
_UNSAID = "UNSPECIFIED"
_TYPE = "type_"
"""What the SDK's messages call the field ``type``."""

_Search = SearchGoogleAdsRequest.pb(SearchGoogleAdsRequest()).__class__
_Mutate = MutateConversionActionsRequest.pb(MutateConversionActionsRequest()).__class__


class Account:
    """One account, as the credentials of a client's file see it.

    Every method raises :class:`uploads.errors.PlatformError` where Google does not answer.
    """

    def __init__(
        self, settings: GoogleAdsSettings | GoogleDataManagerSettings, *, sleep: Sleep = time.sleep
    ) -> None:
        self._customer = settings.customer_id
        self._attempts = settings.max_attempts
        self._sleep = sleep
        self._session = Session(settings, sleep=sleep)

    def tracking(self) -> Tracking:
        """The account-wide settings."""
        (row,) = self._search(_TRACKING)
        said = row["customer"].get("conversion_tracking_setting", {})
        return Tracking(
            owner=_last_part(said.get("google_ads_conversion_customer")),
            status=said.get("conversion_tracking_status", _UNSAID),
            terms_accepted=said.get("accepted_customer_data_terms", False),
            enhanced_conversions=said.get("effective_enablement_setting"),
        )

    def conversion_actions(self) -> list[ConversionAction]:
        """Every action that conversions of this account can be counted under, those of its manager included."""
        return [_action(row["conversion_action"]) for row in self._search(_ACTIONS)]

    def create(self, actions: Sequence[NewAction], *, validate_only: bool = False) -> list[Creation]:
        """Create ``actions``, those that Google takes; with ``validate_only`` say only which it would refuse.

        Not tried again where the answer is lost: the next reading of the account finds what was created.
        """
        request = _Mutate(
            customer_id=self._customer,
            operations=[{"create": _message(action)} for action in actions],
            partial_failure=True,
            validate_only=validate_only,
        )
        service = self._session.service("ConversionActionService")
        answer = self._session.call(
            service.mutate_conversion_actions, MutateConversionActionsRequest.wrap(request)
        )
        faults = faults_by_row(answer.partial_failure_error)
        names = [result.resource_name for result in answer.results] or [""] * len(actions)
        created = [
            _creation(action, faults.get(row), name)
            for row, (action, name) in enumerate(zip(actions, names, strict=True))
        ]
        if not validate_only and not all(one.id or one.refusal for one in created):
            raise PlatformError("not_confirmed", UNANSWERED.of_request())
        return created

    def _search(self, query: str) -> list[dict[str, Any]]:
        service = self._session.service("GoogleAdsService")
        request = SearchGoogleAdsRequest.wrap(_Search(customer_id=self._customer, query=query))

        def every_page(**options: Any) -> list[Any]:
            return list(service.search(**options))

        rows = with_retries(
            lambda: self._session.call(every_page, request), attempts=self._attempts, sleep=self._sleep
        )
        return [MessageToDict(row, preserving_proto_field_name=True) for row in rows]


def _action(said: Mapping[str, Any]) -> ConversionAction:
    values, window = said.get("value_settings", {}), said.get("click_through_lookback_window_days")
    return ConversionAction(
        id=said["id"],
        name=said.get("name", ""),
        status=said.get("status", _UNSAID),
        type=said.get(_TYPE, _UNSAID),
        category=said.get("category", _UNSAID),
        owner=_last_part(said.get("owner_customer")),
        counting_type=said.get("counting_type", _UNSAID),
        default_value=values.get("default_value"),
        always_use_default_value=values.get("always_use_default_value", False),
        primary_for_goal=said.get("primary_for_goal", False),
        click_window_days=None if window is None else int(window),
    )


def _message(action: NewAction) -> dict[str, Any]:
    values: dict[str, Any] = {"always_use_default_value": False}
    if action.default_value is not None:
        values["default_value"] = action.default_value
    if action.currency is not None:
        values["default_currency_code"] = action.currency
    return {
        "name": action.name,
        _TYPE: "UPLOAD_CLICKS",
        "status": "ENABLED",
        "category": action.category,
        "counting_type": action.counting_type,
        "value_settings": values,
        "primary_for_goal": action.primary_for_goal,
        "click_through_lookback_window_days": action.click_window_days,
    }


def _creation(action: NewAction, fault: Fault | None, resource_name: str) -> Creation:
    if fault is not None:
        return Creation(action, refusal=f"{fault.code}: {fault.policy.advice}")
    return Creation(action, id=_last_part(resource_name))


def _last_part(resource_name: str | None) -> str | None:
    """The id at the end of ``customers/…`` or ``customers/…/conversionActions/…``."""
    return resource_name.rpartition("/")[2] if resource_name else None

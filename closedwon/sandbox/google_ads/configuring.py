"""An account's conversion tracking: what ``GoogleAdsService.Search`` tells of it, and what can be created in it.

Pages: "Getting started with conversions", "Page through results", and the reference of ``ConversionActionService``.
Actions can be created, neither changed nor removed. That an account whose conversions another one manages creates none
is documented; the code is not, and MUTATE_NOT_ALLOWED is its likeliest.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.ads.googleads.v26.resources.types import conversion_action as action_types
from google.ads.googleads.v26.resources.types import customer as customer_types
from google.ads.googleads.v26.services.types import conversion_action_service as mutate_types
from google.ads.googleads.v26.services.types import google_ads_service as search_types

from closedwon.sandbox.gaql.errors import QueryError
from closedwon.sandbox.gaql.execute import Catalog
from closedwon.sandbox.gaql.parser import parse
from closedwon.sandbox.google_ads import errors
from closedwon.sandbox.google_ads.counting import Action
from closedwon.sandbox.google_ads.errors import Problem, RefusedError, invalid
from closedwon.sandbox.google_ads.reading import currencies

SEARCH_REQUEST = search_types.SearchGoogleAdsRequest.pb(search_types.SearchGoogleAdsRequest()).__class__
MUTATE_REQUEST = mutate_types.MutateConversionActionsRequest.pb(
    mutate_types.MutateConversionActionsRequest()
).__class__

_ROW = search_types.GoogleAdsRow.pb(search_types.GoogleAdsRow()).__class__
_FOUND = search_types.SearchGoogleAdsResponse.pb(search_types.SearchGoogleAdsResponse()).__class__
_MUTATED = mutate_types.MutateConversionActionsResponse.pb(
    mutate_types.MutateConversionActionsResponse()
).__class__
_ACTION = action_types.ConversionAction.pb(action_types.ConversionAction()).__class__
_CUSTOMER = customer_types.Customer.pb(customer_types.Customer()).__class__

_CATALOG = Catalog(_ROW, {"customer": frozenset({"customer"}), "conversion_action": frozenset({"customer"})})
_CREATABLE = frozenset(
    ["AD_CALL", "UPLOAD_CALLS", "UPLOAD_CLICKS", "WEBPAGE", "WEBSITE_CALL", "GOOGLE_PLAY_DOWNLOAD"]
)
_TYPE = "type_"
"""What the package's messages call the field ``type``."""

_LONGEST_CLICK_WINDOW = 90
_READ_ONLY = ("id", "owner_customer", "resource_name")


@dataclass(slots=True)
class Tracking:
    """The account-wide settings, which a test may change.

    Attributes:
        owner: the customer id of the account that conversions are managed in; None where conversions are not tracked.
        enhanced_conversions: ``ON`` or ``OFF``.
    """

    owner: str | None
    terms_accepted: bool = True
    enhanced_conversions: str = "ON"


class Configuration:
    """The conversion tracking of one account over its ``actions``, to which what is created is added."""

    def __init__(self, customer_id: str, actions: MutableMapping[str, Action]) -> None:
        self.tracking = Tracking(customer_id)
        self._customer_id = customer_id
        self._actions = actions

    def search(self, request: Any) -> Any:
        """The answer to a ``SearchGoogleAdsRequest``, in one page.

        Raises:
            RefusedError: the query is wrong.
        """
        if request.page_size:
            raise invalid("request_error", "PAGE_SIZE_NOT_SUPPORTED", "page_size")
        if request.page_token:
            raise invalid("request_error", "INVALID_PAGE_TOKEN", "page_token")
        try:
            query = parse(request.query)
            customer = self._customer()
            rows = (
                [_ROW(customer=customer)]
                if query.resource == "customer"
                else [_ROW(customer=customer, conversion_action=_message(one)) for one in self._visible()]
            )
            selected = _CATALOG.select(query, rows)
        except QueryError as error:
            raise invalid("query_error", error.code) from None
        found = _FOUND(total_results_count=len(selected))
        if not request.validate_only:
            found.results.extend(selected)
        found.field_mask.paths.extend(query.fields)
        return found

    def mutate(self, request: Any, now: datetime) -> tuple[Any, list[str]]:
        """The answer to a ``MutateConversionActionsRequest``, and the ids of the actions that it created at ``now``.

        Raises:
            RefusedError: it is wrong as a whole, or in part without asking for a partial failure.
        """
        if not request.operations:
            raise invalid("request_error", "REQUIRED_FIELD_MISSING", "operations")
        if self.tracking.owner not in (None, self._customer_id):
            raise invalid("mutate_error", "MUTATE_NOT_ALLOWED")
        names = Counter(operation.create.name for operation in request.operations)
        problems = [
            problem
            for row, operation in enumerate(request.operations)
            if (problem := self._problem(row, operation, names))
        ]
        if problems and not request.partial_failure:
            raise RefusedError(grpc.StatusCode.INVALID_ARGUMENT, *problems)
        answer = _MUTATED()
        if problems:
            answer.partial_failure_error.CopyFrom(errors.partial_failure(problems))
        if request.validate_only:
            return answer, []
        failed = {problem.path[1] for problem in problems}
        created = []
        for row, operation in enumerate(request.operations):
            result = answer.results.add()
            if row not in failed:
                created.append(self._create(operation.create, now))
                result.resource_name = self._resource_name(created[-1])
        return answer, created

    def _problem(self, row: int, operation: Any, names: Counter[str]) -> Problem | None:
        if operation.WhichOneof("operation") != "create":
            return Problem("operator_error", "OPERATOR_NOT_SUPPORTED", ("operations", row))
        action = operation.create
        taken = {one.name for one in self._visible()}
        values, window = action.value_settings, action.click_through_lookback_window_days
        read_only = {field.name for field, _ in action.ListFields()} & set(_READ_ONLY)
        rules = (
            (not action.name, "field_error", "REQUIRED", "name"),
            (not action.type_, "field_error", "REQUIRED", "type"),
            (bool(read_only), "field_error", "VALUE_MUST_BE_UNSET", min(read_only, default="")),
            (
                _word(action, _TYPE) not in _CREATABLE,
                "conversion_action_error",
                "CREATION_NOT_SUPPORTED",
                "type",
            ),
            (
                action.name in taken or names[action.name] > 1,
                "conversion_action_error",
                "DUPLICATE_NAME",
                "name",
            ),
            (values.default_value < 0, "range_error", "TOO_LOW", "value_settings"),
            (
                bool(values.default_currency_code) and values.default_currency_code not in currencies(),
                "currency_code_error",
                "UNSUPPORTED",
                "value_settings",
            ),
            (window > _LONGEST_CLICK_WINDOW, "range_error", "TOO_HIGH", "click_through_lookback_window_days"),
        )
        broken = next((rule[1:] for rule in rules if rule[0]), None)
        if broken is None:
            return None
        enum, code, field = broken
        return Problem(enum, code, ("operations", row, "create", field))

    def _create(self, given: Any, now: datetime) -> str:
        action = Action(self._free_id(), self._customer_id, category=_word(given, "category"))
        action.name, action.type = given.name, _word(given, _TYPE)
        action.status = _word(given, "status") if given.status else "ENABLED"
        action.one_per_click = _word(given, "counting_type") == "ONE_PER_CLICK"
        action.always_default_value = given.value_settings.always_use_default_value
        if given.value_settings.HasField("default_value"):
            action.default_value = given.value_settings.default_value
        action.default_currency = given.value_settings.default_currency_code or None
        action.primary_for_goal = given.primary_for_goal or not given.HasField("primary_for_goal")
        action.click_window_days = given.click_through_lookback_window_days or 30
        action.created_at = now
        self._actions[action.id] = action
        return action.id

    def _free_id(self) -> str:
        rng = random.Random(f"{self._customer_id} {len(self._actions)}")
        while (number := str(rng.randrange(10**8, 10**9))) in self._actions:
            pass
        return number

    def _visible(self) -> Iterable[Action]:
        return list(self._actions.values())

    def _customer(self) -> Any:
        owner = self.tracking.owner
        kept_by = "SELF" if owner == self._customer_id else "ANOTHER_MANAGER"
        return _CUSTOMER(
            resource_name=f"customers/{self._customer_id}",
            id=int(self._customer_id),
            conversion_tracking_setting={
                "google_ads_conversion_customer": f"customers/{owner}" if owner else "",
                "conversion_tracking_status": (
                    f"CONVERSION_TRACKING_MANAGED_BY_{kept_by}" if owner else "NOT_CONVERSION_TRACKED"
                ),
                "accepted_customer_data_terms": self.tracking.terms_accepted,
                "enablement_setting": self.tracking.enhanced_conversions,
                "effective_enablement_setting": self.tracking.enhanced_conversions,
            },
        )

    def _resource_name(self, action_id: str) -> str:
        return f"customers/{self._customer_id}/conversionActions/{action_id}"


def _message(action: Action) -> Any:
    values: dict[str, Any] = {"always_use_default_value": action.always_default_value}
    if action.default_value is not None:
        values["default_value"] = action.default_value
    if action.default_currency is not None:
        values["default_currency_code"] = action.default_currency
    return _ACTION(
        resource_name=f"customers/{action.owner}/conversionActions/{action.id}",
        id=int(action.id),
        name=action.name,
        status=action.status,
        type_=action.type,
        category=action.category,
        owner_customer=f"customers/{action.owner}",
        counting_type="ONE_PER_CLICK" if action.one_per_click else "MANY_PER_CLICK",
        value_settings=values,
        primary_for_goal=action.primary_for_goal,
        click_through_lookback_window_days=action.click_window_days,
    )


def _word(message: Any, field: str) -> str:
    """The member of an enum that ``message`` has in ``field``."""
    enum = message.DESCRIPTOR.fields_by_name[field].enum_type
    name: str = enum.values_by_number[getattr(message, field)].name
    return name

"""Which adjustments of a request are taken: restatements and retractions of conversions that have an order id.

Enhancements, and conversions that are named by click and time, are not served: Closedwon always sends order ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from google.ads.googleads.v26.enums.types.conversion_adjustment_type import ConversionAdjustmentTypeEnum

from closedwon.sandbox.google_ads.counting import Action, Counted
from closedwon.sandbox.google_ads.errors import Problem
from closedwon.sandbox.google_ads.reading import action_id, currencies, moment

ADJUSTABLE_FOR = timedelta(days=54)
ADJUSTABLE_AFTER = timedelta(hours=24)
MOST_ADJUSTMENTS = 50
"""How often one conversion may be adjusted; Google documents that there is a most, not which."""

_ADJUSTMENT = "conversion_adjustment_upload_error"
_Type = ConversionAdjustmentTypeEnum.ConversionAdjustmentType

Finding = tuple[str, str, str]


class Adjustments:
    """The adjustments of one account."""

    def __init__(self, actions: Mapping[str, Action]) -> None:
        self._actions = actions

    def take(self, adjustments: Sequence[Any], now: datetime, *, validate_only: bool) -> list[Problem]:
        """Change what can be changed; returns one problem for each of the others."""
        given = Counter(map(_key, adjustments))
        problems = []
        for row, adjustment in enumerate(adjustments):
            found = _form(adjustment)
            if found is None and given[_key(adjustment)] > 1:
                found = _ADJUSTMENT, "DUPLICATE_ADJUSTMENT_IN_REQUEST", "adjustment_date_time"
            found = found or self._unusable(adjustment, now)
            if found is not None:
                enum, code, name = found
                problems.append(Problem(enum, code, ("conversion_adjustments", row, name)))
            elif not validate_only:
                self._change(adjustment)
        return problems

    def _unusable(self, adjustment: Any, now: datetime) -> Finding | None:
        action = self._actions.get(action_id(adjustment.conversion_action) or "")
        if action is None:
            return _ADJUSTMENT, "NO_CONVERSION_ACTION_FOUND", "conversion_action"
        restates = adjustment.adjustment_type == _Type.RESTATEMENT
        if restates and action.always_default_value:
            code = "CANNOT_RESTATE_CONVERSION_ACTION_THAT_ALWAYS_USES_DEFAULT_CONVERSION_VALUE"
            return _ADJUSTMENT, code, "conversion_action"
        conversion = action.of_order(adjustment.order_id)
        if conversion is None or not conversion.adjustable:
            return _ADJUSTMENT, "CONVERSION_NOT_FOUND", "order_id"
        refusal = _refusal(conversion, adjustment, now)
        return (_ADJUSTMENT, refusal, "adjustment_date_time") if refusal else None

    def _change(self, adjustment: Any) -> None:
        action = self._actions[action_id(adjustment.conversion_action) or ""]
        conversion = action.of_order(adjustment.order_id)
        at = moment(adjustment.adjustment_date_time)
        if conversion is None or at is None:
            raise AssertionError(adjustment.order_id)
        conversion.adjusted_at.append(at)
        if adjustment.adjustment_type == _Type.RETRACTION:
            conversion.retracted, conversion.value = True, 0.0
        else:
            conversion.value = adjustment.restatement_value.adjusted_value
            conversion.currency = adjustment.restatement_value.currency_code or conversion.currency


def _key(adjustment: Any) -> tuple[str, str, str]:
    return adjustment.conversion_action, adjustment.order_id, adjustment.adjustment_date_time


def _form(adjustment: Any) -> Finding | None:
    restates = adjustment.adjustment_type == _Type.RESTATEMENT
    value = adjustment.restatement_value
    rules: tuple[tuple[bool, Finding], ...] = (
        (
            adjustment.adjustment_type not in {_Type.RESTATEMENT, _Type.RETRACTION},
            ("enum_error", "ENUM_VALUE_NOT_PERMITTED", "adjustment_type"),
        ),
        (
            moment(adjustment.adjustment_date_time) is None,
            ("date_error", "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET", "adjustment_date_time"),
        ),
        (not adjustment.order_id, ("field_error", "REQUIRED", "order_id")),
        (
            bool(adjustment.order_id) and adjustment.HasField("gclid_date_time_pair"),
            (_ADJUSTMENT, "GCLID_DATE_TIME_PAIR_AND_ORDER_ID_BOTH_SET", "order_id"),
        ),
        (
            restates and not value.HasField("adjusted_value"),
            ("field_error", "REQUIRED", "restatement_value"),
        ),
        (
            not restates and adjustment.HasField("restatement_value"),
            ("field_error", "VALUE_MUST_BE_UNSET", "restatement_value"),
        ),
        (
            bool(value.currency_code) and value.currency_code not in currencies(),
            ("currency_code_error", "UNSUPPORTED", "restatement_value"),
        ),
    )
    return next((finding for broken, finding in rules if broken), None)


def _refusal(conversion: Counted, adjustment: Any, now: datetime) -> str | None:
    at = moment(adjustment.adjustment_date_time) or now
    rules = (
        (now - conversion.time < ADJUSTABLE_AFTER, "TOO_RECENT_CONVERSION"),
        (now - conversion.time > ADJUSTABLE_FOR, "CONVERSION_EXPIRED"),
        (conversion.retracted, "CONVERSION_ALREADY_RETRACTED"),
        (at <= conversion.time, "ADJUSTMENT_PRECEDES_CONVERSION"),
        (at in conversion.adjusted_at, "RESTATEMENT_ALREADY_EXISTS"),
        (any(at < earlier for earlier in conversion.adjusted_at), "MORE_RECENT_RESTATEMENT_FOUND"),
        (len(conversion.adjusted_at) >= MOST_ADJUSTMENTS, "TOO_MANY_ADJUSTMENTS"),
    )
    return next((code for broken, code in rules if broken), None)

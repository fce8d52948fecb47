"""What a Google Ads account has of conversion tracking, as plain values.

https://developers.google.com/google-ads/api/reference/rpc/v26/ConversionAction
https://developers.google.com/google-ads/api/reference/rpc/v26/ConversionTrackingSetting
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tracking:
    """The account-wide settings of conversion tracking.

    Attributes:
        owner: the customer id of the account that conversions are managed in; None where Google names none.
        status: Google's word, such as ``CONVERSION_TRACKING_MANAGED_BY_SELF``.
        terms_accepted: whether the customer data terms are accepted.
        enhanced_conversions: ``ON`` or ``OFF``, as it holds for the account; None where Google does not say.
    """

    owner: str | None
    status: str
    terms_accepted: bool
    enhanced_conversions: str | None


@dataclass(frozen=True)
class ConversionAction:
    """A conversion action of an account; words such as ``type`` are Google's own.

    Attributes:
        owner: the customer id of the account that it belongs to; None for one that Google made itself.
        default_value: what a conversion without a value counts as; None where there is none.
        always_use_default_value: whether values that are sent are ignored.
        primary_for_goal: whether campaigns bid on it by default.
        click_window_days: for how many days after a click a conversion counts.
    """

    id: str
    name: str
    status: str
    type: str
    category: str
    owner: str | None
    counting_type: str
    default_value: float | None
    always_use_default_value: bool
    primary_for_goal: bool
    click_window_days: int | None


@dataclass(frozen=True)
class NewAction:
    """A conversion action to be created: an import from clicks that is enabled, with real values.

    Attributes:
        primary_for_goal: whether campaigns bid on it at once; an action without history is better watched first.
        default_value, currency: what a conversion without a value counts as, where that is known.
    """

    name: str
    category: str
    counting_type: str
    default_value: float | None = None
    currency: str | None = None
    primary_for_goal: bool = False
    click_window_days: int = 90


@dataclass(frozen=True)
class Creation:
    """What became of a :class:`NewAction`: its ``id``, else why Google refused it."""

    action: NewAction
    id: str | None = None
    refusal: str | None = None

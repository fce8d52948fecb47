"""What a Google Ads account counted through its uploads: conversions by action and order id, with their adjustments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Counted:
    """One counted conversion.

    Attributes:
        adjustable: whether it may be restated or retracted, which one of a wbraid may not.
        adjusted_at: the ``adjustment_date_time`` of each adjustment taken.
    """

    order_id: str | None
    time: datetime
    value: float | None
    currency: str | None
    matched_by: list[str]
    adjustable: bool = True
    retracted: bool = False
    adjusted_at: list[datetime] = field(default_factory=list)

    @property
    def restated(self) -> int:
        """How often it got another value."""
        return len(self.adjusted_at) - self.retracted

    def as_json(self) -> dict[str, Any]:
        """The conversion for a listing, with the keys that the Data Manager's listing has."""
        return {
            "transaction_id": self.order_id,
            "event_time": self.time.isoformat(),
            "value": self.value,
            "currency": self.currency,
            "matched": True,
            "matched_by": self.matched_by,
            "restated": self.restated,
            "retracted": self.retracted,
        }


class Action:
    """One conversion action: its settings, which a test may change, and its conversions.

    Attributes:
        id: its number.
        name, status, type, category: as Google has them.
        owner: the customer id of the account that it belongs to.
        one_per_click: whether it counts one conversion a click, which braids exclude.
        always_default_value: whether values that are sent are ignored.
        default_value, default_currency: what a conversion without a value counts as.
        primary_for_goal: whether campaigns bid on it.
        click_window_days: for how many days after a click a conversion counts.
        created_at: when it was created; None for one that has always been there.
    """

    def __init__(self, action_id: str, owner: str, *, category: str = "QUALIFIED_LEAD") -> None:
        self.id = action_id
        self.name = f"Action {action_id}"
        self.status = "ENABLED"
        self.type = "UPLOAD_CLICKS"
        self.category = category
        self.owner = owner
        self.one_per_click = False
        self.always_default_value = False
        self.default_value: float | None = None
        self.default_currency: str | None = None
        self.primary_for_goal = True
        self.click_window_days = 90
        self.created_at: datetime | None = None
        self.conversions: list[Counted] = []
        self._by_order: dict[str, Counted] = {}
        self._by_click: set[tuple[str, datetime]] = set()

    def of_order(self, order_id: str) -> Counted | None:
        """The conversion with this order id."""
        return self._by_order.get(order_id)

    def has(self, click_id: str, time: datetime) -> bool:
        """Whether a conversion of this click at this time was counted."""
        return (click_id, time) in self._by_click

    def count(self, conversion: Counted, click_id: str | None) -> None:
        """Count one more."""
        self.conversions.append(conversion)
        if conversion.order_id:
            self._by_order[conversion.order_id] = conversion
        if click_id:
            self._by_click.add((click_id, conversion.time))

    def report(self) -> dict[str, Any]:
        """Counts; ``value`` is what all conversions together are worth now."""
        return {
            "counted": len(self.conversions),
            "restated": sum(conversion.restated for conversion in self.conversions),
            "retracted": sum(conversion.retracted for conversion in self.conversions),
            "value": round(sum(conversion.value or 0 for conversion in self.conversions), 2),
        }


def counted_twice(actions: Iterable[Action]) -> int:
    """How many order ids were counted under several of the actions."""
    orders = Counter(one.order_id for action in actions for one in action.conversions if one.order_id)
    return sum(times > 1 for times in orders.values())

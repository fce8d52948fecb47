"""What a dataset remembers: every event that it received, which of them count, and whom they matched.

Pages: "Deduplicate Pixel and Server Events", "Offline Events". Several events of one order at about the same time
are counted as such: Meta takes them, and lowers the quality that it ascribes to the data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from closedwon.sandbox.meta.quality import OfflineQuality
from closedwon.sandbox.meta.rules import DAY, HASHED, PLAIN
from closedwon.sandbox.truth import MetaTruth

EVENT_ID_WINDOW_SECONDS = 2 * DAY
ORDER_WINDOW_SECONDS = 7 * DAY


@dataclass
class _Tally:
    """What one dataset received under one event name."""

    received: int = 0
    counted: int = 0
    duplicates: int = 0
    matched: int = 0
    not_recognised: int = 0
    limited: int = 0
    value: float = 0.0


@dataclass
class Dataset:
    """One dataset; ``events`` are those that count, oldest first."""

    events: list[dict[str, Any]] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    requests: int = 0
    test_events: int = 0
    quality: OfflineQuality = field(default_factory=OfflineQuality)
    _tallies: dict[str, _Tally] = field(default_factory=dict)
    _seen: dict[tuple[Any, ...], float] = field(default_factory=dict)
    _orders: dict[tuple[str, str], tuple[Any, int]] = field(default_factory=dict)
    _split_orders: set[tuple[str, str]] = field(default_factory=set)
    _ignored_parameters: Counter[str] = field(default_factory=Counter)
    _lead_ids_as_text: int = 0

    def take(self, event: dict[str, Any], truth: MetaTruth, now: float) -> None:
        """Receive one valid event at ``now``, in Unix seconds."""
        tally = self._tallies.setdefault(event["event_name"], _Tally())
        tally.received += 1
        user_data, custom = event["user_data"], event.get("custom_data", {})
        self._lead_ids_as_text += isinstance(user_data.get("lead_id"), str)
        self._ignored_parameters.update(user_data.keys() - HASHED - PLAIN)
        self._look_for_split_order(event)
        if self._is_duplicate(event, now):
            tally.duplicates += 1
            return
        self.quality.take(event, now)
        matched_by = truth.matched_by(user_data)
        tally.counted += 1
        tally.matched += bool(matched_by)
        tally.not_recognised += _is_unrecognised_crm_event(event)
        tally.limited += bool(event.get("data_processing_options"))
        tally.value += custom.get("value", 0)
        self.events.append(
            {
                "event_id": event.get("event_id"),
                "event_name": event["event_name"],
                "event_time": event["event_time"],
                "value": custom.get("value"),
                "currency": custom.get("currency"),
                "matched": bool(matched_by),
                "matched_by": matched_by,
            }
        )

    def report(self) -> dict[str, Any]:
        """Counts, by event name where they are of events."""
        return {
            "requests": self.requests,
            "refused_requests": self.refused.total(),
            "refused_by_subcode": {str(subcode): count for subcode, count in sorted(self.refused.items())},
            "test_events": self.test_events,
            "lead_ids_as_text": self._lead_ids_as_text,
            "ignored_parameters": dict(sorted(self._ignored_parameters.items())),
            "split_orders": len(self._split_orders),
            "events": {name: _tally_report(tally) for name, tally in sorted(self._tallies.items())},
        }

    def _is_duplicate(self, event: Mapping[str, Any], now: float) -> bool:
        """Whether an earlier event stands for this one; remembers this one for those to come."""
        duplicate = False
        for key, window in _identities(event):
            earlier = self._seen.get(key)
            if earlier is not None and now - earlier <= window:
                duplicate = True
            else:
                self._seen[key] = now
        return duplicate

    def _look_for_split_order(self, event: Mapping[str, Any]) -> None:
        """An order's number may come again on another day, as those of tills do."""
        order_id = event.get("custom_data", {}).get("order_id")
        if event["action_source"] != "physical_store" or not order_id:
            return
        order, time = (event["event_name"], order_id), event["event_time"]
        event_id, first = self._orders.get(order, (None, 0))
        if abs(time - first) >= DAY:
            self._orders[order] = (event.get("event_id"), time)
        elif event_id is None or event_id != event.get("event_id"):
            self._split_orders.add(order)


def _identities(event: Mapping[str, Any]) -> list[tuple[tuple[Any, ...], float]]:
    name = event["event_name"]
    keys: list[tuple[tuple[Any, ...], float]] = []
    if event.get("event_id"):
        keys.append((("id", name, event["event_id"]), EVENT_ID_WINDOW_SECONDS))
    custom = event.get("custom_data", {})
    if event["action_source"] == "physical_store" and custom.get("order_id"):
        order = ("order", name, custom["order_id"], event["event_time"], custom.get("item_number"))
        keys.append((order, ORDER_WINDOW_SECONDS))
    return keys


def _is_unrecognised_crm_event(event: Mapping[str, Any]) -> bool:
    """Whether a system_generated event lacks what makes Meta treat it as a CRM stage."""
    custom = event.get("custom_data", {})
    return event["action_source"] == "system_generated" and not (
        custom.get("event_source") == "crm" and custom.get("lead_event_source")
    )


def _tally_report(tally: _Tally) -> dict[str, Any]:
    return {**vars(tally), "value": round(tally.value, 2)}

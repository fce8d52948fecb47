"""What the Dataset Quality API says of offline events: scores of ten by event name, over the last 28 days.

Page: "Dataset Quality API for Offline Events". The shape of the answer is Meta's. How Meta weighs what goes into a
score is not documented: the formulas are the sandbox's own, and only say which of two datasets is the better one. The
page lists 2044055 among the error codes for an id that is unknown; here it is the subcode of code 100, as such are.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

from closedwon.sandbox.meta.errors import GraphError, parameter_error
from closedwon.sandbox.meta.rules import DAY

WINDOW_SECONDS = 28 * DAY
PARTS = ("composite", "match_key", "frequency", "freshness")

_STALE_SECONDS = 7 * DAY
_FIELDS = re.compile(r"offline(?:\{(?P<inner>[a-z_, ]+)\})?")
_RECOMMENDED = {
    "composite": "Improve the scores below.",
    "match_key": "Send e-mail and phone with more of the events.",
    "frequency": "Send events every day.",
    "freshness": "Send events sooner after they happened.",
}


@dataclass
class OfflineQuality:
    """The offline events of one dataset, as far as their scores need them."""

    _events: dict[str, deque[tuple[float, float, bool, bool]]] = field(default_factory=dict)

    def take(self, event: Mapping[str, Any], now: float) -> None:
        """Note one event that counts; those that happened elsewhere than in a store are none of this."""
        if event["action_source"] != "physical_store":
            return
        user_data = event["user_data"]
        seen = (now, now - event["event_time"], bool(user_data.get("em")), bool(user_data.get("ph")))
        self._events.setdefault(event["event_name"], deque()).append(seen)

    def answer(self, fields: str, now: float) -> dict[str, Any]:
        """The answer to a request for ``fields``, such as ``offline{event_name,composite}``.

        Raises:
            GraphError: there are no such fields.
        """
        wanted = _wanted(fields)
        offline = []
        for name, events in sorted(self._events.items()):
            recent = [one for one in events if now - one[0] <= WINDOW_SECONDS]
            if recent:
                said = {"event_name": name, **_scores(recent, now)}
                offline.append({key: value for key, value in said.items() if key in wanted})
        return {"offline": offline}


def unknown_dataset() -> GraphError:
    """The refusal of a dataset that does not exist, or not for this token."""
    return GraphError(400, "Invalid parameter", 100, error_subcode=2044055)


def not_permitted() -> GraphError:
    """The refusal of a token that may send events and not read."""
    return GraphError(400, "(#10) Application does not have permission for this action", 10)


def _wanted(fields: str) -> set[str]:
    matched = _FIELDS.fullmatch(fields)
    if matched is None:
        raise parameter_error(f"Tried accessing nonexisting field ({fields})")
    every = {"event_name", *PARTS}
    if matched["inner"] is None:
        return every
    wanted = {name.strip() for name in matched["inner"].split(",")}
    for unknown in sorted(wanted - every):
        raise parameter_error(f"Tried accessing nonexisting field ({unknown})")
    return wanted


def _scores(events: Iterable[tuple[float, float, bool, bool]], now: float) -> dict[str, Any]:
    received, delays, emails, phones = (list(column) for column in zip(*events, strict=True))
    coverage = {"email": round(100 * mean(emails), 1), "phone": round(100 * mean(phones), 1)}
    days = max(1, round((now - min(received)) / DAY))
    scores = {
        "match_key": (coverage["email"] + coverage["phone"]) / 20,
        "frequency": 10 * min(1.0, len({int(moment // DAY) for moment in received}) / days),
        "freshness": 10 * max(0.0, 1 - mean(delays) / _STALE_SECONDS),
    }
    scores["composite"] = mean(scores.values())
    said: dict[str, dict[str, Any]] = {
        part: {"score": round(scores[part], 1), "recommendation": _RECOMMENDED[part]} for part in PARTS
    }
    said["match_key"]["coverage"] = coverage
    return said

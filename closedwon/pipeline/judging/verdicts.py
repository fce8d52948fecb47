"""What each gate made of a delivery, with the numbers that it went by, told from what the ledger keeps of it.

Gates are asked in the order of :func:`closedwon.pipeline.judging.gates.judge`, and the first that blocks ends it: those
before it were passed, those behind it were not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from closedwon.ledger.reasons import (
    DELETED,
    MERGED,
    PERSON_FORGOTTEN,
    REFUNDED,
    SENT_BEFORE_MERGE,
    TAKEN_BACK,
    TOO_OLD,
)
from closedwon.ledger.states import State

Answer = Literal["passed", "blocked", "not asked"]


@dataclass(frozen=True)
class Verdict:
    """One gate's answer: its name, what it said, and the figures that it looked at, for a person to read."""

    gate: str
    answer: Answer
    figures: str


@dataclass(frozen=True)
class _Question:
    """What gates ask that belong together: the reasons for which they block, and what they look at."""

    name: str
    reasons: frozenset[str]
    figures: Callable[[Mapping[str, Any], Mapping[str, Any]], str]


def verdicts(entry: Mapping[str, Any], delivery: Mapping[str, Any]) -> list[Verdict]:
    """The gates' verdicts on ``delivery`` of the stage ``entry``, as :mod:`closedwon.ledger.views.records` has them."""
    reason = delivery["reason"] if delivery["state"] in {State.SKIPPED, State.EXPIRED} else None
    answer: Answer = "passed"
    found = []
    for question in _QUESTIONS:
        blocks = reason in question.reasons
        found.append(
            Verdict(question.name, "blocked" if blocks else answer, question.figures(entry, delivery))
        )
        answer = "not asked" if blocks else answer
    return found


def _consent(entry: Mapping[str, Any], delivery: Mapping[str, Any]) -> str:  # noqa: ARG001 (as all of them)
    return str(delivery["consent"] or "not asked for").replace("=", " ")


def _personalisation(entry: Mapping[str, Any], delivery: Mapping[str, Any]) -> str:
    told = "; google is told of it" if delivery["destination"] == "google" else ""
    return f"{_consent(entry, delivery)}{told}"


def _refund(entry: Mapping[str, Any], delivery: Mapping[str, Any]) -> str:  # noqa: ARG001
    kept, full = delivery["value"], delivery["full_value"]
    if full is None or kept is None or kept == full:
        return "nothing given back"
    return f"{kept:,.2f} of {full:,.2f} kept"


def _record(entry: Mapping[str, Any], delivery: Mapping[str, Any]) -> str:  # noqa: ARG001
    return f"{entry['source']} / {entry['object']}"


def _time(entry: Mapping[str, Any], delivery: Mapping[str, Any]) -> str:
    known = "" if entry["time_known"] else "; only the record's last change is known"
    return f"{_days(_judged_at(delivery) - _moment(delivery['event_time']))} old when judged{known}"


def _window(entry: Mapping[str, Any], delivery: Mapping[str, Any]) -> str:  # noqa: ARG001
    happened, until = _moment(delivery["event_time"]), _moment(delivery["expires_at"])
    left = until - _judged_at(delivery)
    spare = f"{_days(left)} to spare" if left > timedelta() else f"{_days(-left)} too late"
    return f"taken for {_days(until - happened)}, {spare} when judged"


def _order(entry: Mapping[str, Any], delivery: Mapping[str, Any]) -> str:
    if entry["lead_created_at"] is None:
        return "no lead's time known"
    after = _moment(delivery["event_time"]) - _moment(entry["lead_created_at"])
    return f"{_days(abs(after))} {'after' if after >= timedelta() else 'before'} its lead was created"


def _identifiers(entry: Mapping[str, Any], delivery: Mapping[str, Any]) -> str:  # noqa: ARG001
    names = delivery["identifiers"]
    return f"{len(names)}: {', '.join(names)}" if names else "none"


def _value(entry: Mapping[str, Any], delivery: Mapping[str, Any]) -> str:  # noqa: ARG001
    return "no value" if delivery["value"] is None else f"{delivery['value']:,.2f}"


def _currency(entry: Mapping[str, Any], delivery: Mapping[str, Any]) -> str:  # noqa: ARG001
    return str(delivery["currency"] or "none")


def _wanted(entry: Mapping[str, Any], delivery: Mapping[str, Any]) -> str:
    return f"{entry['stage']} is told as {delivery['name']}"


_QUESTIONS = (
    _Question("consent", frozenset({"consent_denied", "consent_missing"}), _consent),
    _Question("record", frozenset({SENT_BEFORE_MERGE, MERGED, DELETED, PERSON_FORGOTTEN}), _record),
    _Question("refund", frozenset({REFUNDED}), _refund),
    _Question("time", frozenset({"time_not_known", "in_the_future"}), _time),
    _Question("window", frozenset({"too_old", TOO_OLD}), _window),
    _Question("order", frozenset({"before_its_lead"}), _order),
    _Question("personalisation", frozenset({"no_personalization_consent"}), _personalisation),
    _Question(
        "identifiers",
        frozenset({"too_little_customer_information", "no_identifier", TAKEN_BACK}),
        _identifiers,
    ),
    _Question(
        "value",
        frozenset(
            {
                "purchase_without_value",
                "value_not_learned",
                "value_missing",
                "value_not_finite",
                "value_negative",
            }
        ),
        _value,
    ),
    _Question("currency", frozenset({"currency_missing", "currency_unknown"}), _currency),
    _Question("wanted", frozenset({"no_longer_wanted"}), _wanted),
)


def reasons_asked_about() -> set[str]:
    """Every reason for which one of the gates blocks."""
    return {reason for question in _QUESTIONS for reason in question.reasons}


def _judged_at(delivery: Mapping[str, Any]) -> datetime:
    """When the verdict fell: what was skipped or given up bears that time, all else was judged as it was queued."""
    settled = delivery["state"] in {State.SKIPPED, State.EXPIRED}
    return _moment(delivery["updated_at"] if settled else delivery["queued_at"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _days(time: timedelta) -> str:
    return f"{time / timedelta(days=1):,.1f} days"

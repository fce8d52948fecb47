"""What the Data Manager API accepts in an event: fast-fail validation, with path and reason of a violation.

Pages: "Send events", "Format user data", "Understand API errors", ErrorReason. Paths are written as Google
writes them (``events.events[3].event_timestamp``). How old an event may be is not documented for all actions; here
90 days, the longest click window, and a minute into the future.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pycountry

from closedwon.sandbox.google.messages import CONSENT_STATUSES, EVENT_SOURCES, enum_name
from closedwon.sandbox.google.user_data import Identifiers, UserDataReader
from closedwon.sandbox.google.violations import Violations

MAX_EVENTS = 2_000
MAX_AGE = timedelta(days=90)
FUTURE_SLACK = timedelta(minutes=1)

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_CLICK_IDS = ("gclid", "gbraid", "wbraid")
_OTHER_AD_IDENTIFIERS = ("sessionAttributes", "mobileDeviceId", "dclid", "impressionId", "matchId")


@dataclass(frozen=True, slots=True)
class Event:
    """A valid event, as the processing behind the API sees it."""

    transaction_id: str | None
    time: datetime
    value: float | None
    currency: str | None
    identifiers: Identifiers
    consent_denied: bool
    references: frozenset[str]


def read_events(request: Mapping[str, Any], now: datetime, violations: Violations) -> list[Event]:
    """Events of a decoded request; what breaks a rule goes into ``violations``."""
    given = request.get("events", [])
    if not given:
        violations.add("events", "REQUIRED_FIELD_MISSING", "At least one event is required.")
    if len(given) > MAX_EVENTS:
        violations.add("events.events", "TOO_MANY_EVENTS", f"At most {MAX_EVENTS} events are allowed.")
        return []
    check_consent(request.get("consent", {}), "consent", violations)
    reader = _Reader(request, now, violations)
    return [reader.read(f"events.events[{index}]", event) for index, event in enumerate(given)]


class _Reader:
    """Reads one event after the other with what the request says for all of them."""

    def __init__(self, request: Mapping[str, Any], now: datetime, violations: Violations) -> None:
        self._user_data = UserDataReader(request, violations)
        self._consent = request.get("consent", {})
        self._references = {
            item["reference"] for item in request.get("destinations", []) if item.get("reference")
        }
        self._oldest = now - MAX_AGE
        self._latest = now + FUTURE_SLACK
        self._now = now
        self._violations = violations

    def read(self, path: str, event: Mapping[str, Any]) -> Event:
        time = self._time(path, event.get("eventTimestamp"))
        self._source(path, event.get("eventSource"))
        value, currency = self._value(path, event)
        identifiers = self._identifiers(path, event)
        consent = event.get("consent", {})
        check_consent(consent, f"{path}.consent", self._violations)
        return Event(
            transaction_id=self._text(path, "transaction_id", event.get("transactionId")),
            time=time,
            value=value,
            currency=currency,
            identifiers=identifiers,
            consent_denied=is_denied({**self._consent, **consent}),
            references=self._destinations(path, event.get("destinationReferences", [])),
        )

    def _wrong(self, path: str, reason: str, description: str) -> None:
        self._violations.add(path, reason, description)

    def _time(self, path: str, value: Any) -> datetime:
        field = f"{path}.event_timestamp"
        if value is None:
            self._wrong(field, "REQUIRED_FIELD_MISSING", "The event timestamp is required.")
            return self._now
        time = _timestamp(value)
        if time is None:
            self._wrong(field, "INVALID_FORMAT", "The timestamp must be in RFC 3339 format.")
            return self._now
        if not self._oldest <= time <= self._latest:
            self._wrong(field, "EVENT_TIME_INVALID", "Event did not occur within the acceptable time window.")
        return time

    def _source(self, path: str, value: Any) -> None:
        field = f"{path}.event_source"
        if value is None:
            self._wrong(field, "REQUIRED_FIELD_MISSING", "The event source is required.")
        elif enum_name(value, EVENT_SOURCES) is None:
            self._wrong(field, "INVALID_ENUM_VALUE", "The event source is not one of the enum's values.")

    def _value(self, path: str, event: Mapping[str, Any]) -> tuple[float | None, str | None]:
        value, currency = event.get("conversionValue"), event.get("currency")
        if value is not None and (not _is_number(value) or value < 0):
            self._wrong(
                f"{path}.conversion_value", "INVALID_NUMBER_FORMAT", "The value must be a number from 0 on."
            )
            value = None
        if currency is not None and currency not in _currencies():
            self._wrong(f"{path}.currency", "INVALID_CURRENCY_CODE", "The currency code is not supported.")
        elif currency is None and value is not None:
            self._wrong(f"{path}.currency", "REQUIRED_FIELD_MISSING", "A currency is required with a value.")
        return value, currency

    def _text(self, path: str, name: str, value: Any) -> str | None:
        if value is None or (isinstance(value, str) and value):
            return value
        self._wrong(f"{path}.{name}", "INVALID_FORMAT", "The value must be a non-empty string.")
        return None

    def _destinations(self, path: str, references: Any) -> frozenset[str]:
        if not isinstance(references, list) or not set(references) <= self._references:
            self._wrong(f"{path}.destination_references", "NOT_FOUND", "A destination reference is unknown.")
            return frozenset()
        return frozenset(references)

    def _identifiers(self, path: str, event: Mapping[str, Any]) -> Identifiers:
        ads = event.get("adIdentifiers", {})
        clicks = {
            name: ads[name]
            for name in _CLICK_IDS
            if self._text(f"{path}.ad_identifiers", name, ads.get(name))
        }
        identifiers = Identifiers(clicks, [], [], [])
        user_data = event.get("userData")
        if user_data is not None:
            self._user_data.read(f"{path}.user_data", user_data, identifiers)
        elif not clicks and not any(ads.get(name) for name in _OTHER_AD_IDENTIFIERS):
            self._wrong(
                path, "NO_IDENTIFIERS_PROVIDED", "The event has no user identifiers or ad identifiers."
            )
        return identifiers


def _timestamp(value: Any) -> datetime | None:
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def check_consent(consent: Mapping[str, Any], path: str, violations: Violations) -> None:
    """That both statuses are of the enum."""
    for key, field in (("adUserData", "ad_user_data"), ("adPersonalization", "ad_personalization")):
        if key in consent and enum_name(consent[key], CONSENT_STATUSES) is None:
            violations.add(
                f"{path}.{field}", "INVALID_ENUM_VALUE", "The consent status is not one of the enum's."
            )


def is_denied(consent: Mapping[str, Any]) -> bool:
    """Whether the use of ad user data is denied."""
    return enum_name(consent.get("adUserData"), CONSENT_STATUSES) == "CONSENT_DENIED"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


@cache
def _currencies() -> Collection[str]:
    return frozenset(currency.alpha_3 for currency in pycountry.currencies)

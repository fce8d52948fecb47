"""What the Data Manager API accepts in an event: fast-fail validation, with path and reason of a violation.

Pages: "Send events", "Format user data", "Understand API errors", ErrorReason. Paths are written as Google
writes them (``events.events[3].event_timestamp``). How many violations one answer lists is not documented;
here at most :data:`MAX_VIOLATIONS`. How old an event may be is not documented for all actions; here 90 days,
the longest click window, and a minute into the future.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pycountry

from closedwon.sandbox.google.messages import CONSENT_STATUSES, ENCODINGS, EVENT_SOURCES, enum_name

MAX_EVENTS = 2_000
MAX_DESTINATIONS = 10
MAX_IDENTIFIERS = 10
MAX_VIOLATIONS = 100
MAX_AGE = timedelta(days=90)
FUTURE_SLACK = timedelta(minutes=1)

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_HEX = re.compile(r"[0-9a-fA-F]+")
_CLICK_IDS = ("gclid", "gbraid", "wbraid")
_OTHER_AD_IDENTIFIERS = ("sessionAttributes", "mobileDeviceId", "dclid", "impressionId", "matchId")


@dataclass(slots=True)
class Identifiers:
    """Who the event is of: click ids, and hashes as lower-case hex."""

    clicks: dict[str, str]
    emails: list[str]
    phones: list[str]
    addresses: list[tuple[str, str, str, str]]


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


class Violations:
    """The violations of one request, in the order found."""

    def __init__(self) -> None:
        self.found: list[dict[str, str]] = []

    def add(self, field: str, reason: str, description: str) -> None:
        """Note one violation; beyond :data:`MAX_VIOLATIONS` they are not listed."""
        if len(self.found) < MAX_VIOLATIONS:
            self.found.append({"field": field, "description": description, "reason": reason})


def read_events(request: Mapping[str, Any], now: datetime, violations: Violations) -> list[Event]:
    """Events of a decoded request; what breaks a rule goes into ``violations``."""
    given = request.get("events", [])
    if not given:
        violations.add("events", "REQUIRED_FIELD_MISSING", "At least one event is required.")
    if len(given) > MAX_EVENTS:
        violations.add("events.events", "TOO_MANY_EVENTS", f"At most {MAX_EVENTS} events are allowed.")
        return []
    _consent(request.get("consent", {}), "consent", violations)
    reader = _Reader(request, now, violations)
    return [reader.read(f"events.events[{index}]", event) for index, event in enumerate(given)]


class _Reader:
    """Reads one event after the other with what the request says for all of them."""

    def __init__(self, request: Mapping[str, Any], now: datetime, violations: Violations) -> None:
        self._encoding = enum_name(request.get("encoding"), ENCODINGS)
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
        _consent(consent, f"{path}.consent", self._violations)
        return Event(
            transaction_id=self._text(path, "transaction_id", event.get("transactionId")),
            time=time,
            value=value,
            currency=currency,
            identifiers=identifiers,
            consent_denied=_denied({**self._consent, **consent}),
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
            self._user_data(f"{path}.user_data", user_data, identifiers)
        elif not clicks and not any(ads.get(name) for name in _OTHER_AD_IDENTIFIERS):
            self._wrong(
                path, "NO_IDENTIFIERS_PROVIDED", "The event has no user identifiers or ad identifiers."
            )
        return identifiers

    def _user_data(self, path: str, user_data: Mapping[str, Any], into: Identifiers) -> None:
        if self._encoding is None:
            self._wrong("encoding", "REQUIRED_FIELD_MISSING", "An encoding is required with user data.")
        given = user_data.get("userIdentifiers", [])
        if not given:
            self._wrong(f"{path}.user_identifiers", "REQUIRED_FIELD_MISSING", "At least one is required.")
        if len(given) > MAX_IDENTIFIERS:
            problem = f"At most {MAX_IDENTIFIERS} user identifiers are allowed."
            self._wrong(f"{path}.user_identifiers", "TOO_MANY_USER_IDENTIFIERS", problem)
            return
        for index, identifier in enumerate(given):
            self._identifier(f"{path}.user_identifiers[{index}]", identifier, into)

    def _identifier(self, path: str, identifier: Mapping[str, Any], into: Identifiers) -> None:
        if len(identifier) != 1:
            self._wrong(
                path, "INVALID_FORMAT", "Exactly one of email_address, phone_number and address is required."
            )
            return
        ((kind, value),) = identifier.items()
        if kind == "address":
            self._address(f"{path}.address", value, into)
        elif kind == "emailAddress":
            into.emails.append(self._hash(f"{path}.email_address", value))
        else:
            into.phones.append(self._hash(f"{path}.phone_number", value))

    def _address(self, path: str, address: Mapping[str, Any], into: Identifiers) -> None:
        names = {"givenName": "given_name", "familyName": "family_name"}
        plain = {"regionCode": "region_code", "postalCode": "postal_code"}
        missing = [field for key, field in {**names, **plain}.items() if not address.get(key)]
        for field in missing:
            self._wrong(f"{path}.{field}", "REQUIRED_FIELD_MISSING", "The field is required for an address.")
        if missing:
            return
        given, family = (self._hash(f"{path}.{field}", address[key]) for key, field in names.items())
        if address["regionCode"] not in _regions():
            self._wrong(f"{path}.region_code", "INVALID_REGION_CODE", "The region code is not valid.")
        if not isinstance(address["postalCode"], str) or _looks_hashed(address["postalCode"]):
            self._wrong(f"{path}.postal_code", "INVALID_POSTAL_CODE", "The postal code must not be hashed.")
        into.addresses.append((given, family, address["regionCode"], str(address["postalCode"])))

    def _hash(self, path: str, value: Any) -> str:
        """The hash as lower-case hex, whatever encoding the request declares."""
        decode, reason = _DECODERS[self._encoding or "HEX"]
        try:
            digest = decode(value)
        except (ValueError, TypeError, binascii.Error):
            self._wrong(path, reason, f"The value is not {self._encoding or 'HEX'} encoded.")
            return ""
        if len(digest) != 32:
            self._wrong(path, "INVALID_SHA256_FORMAT", "The value is not a SHA-256 hash.")
        return digest.hex()


def _timestamp(value: Any) -> datetime | None:
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _from_hex(value: str) -> bytes:
    # bytes.fromhex skips white space, which Google does not.
    if not _HEX.fullmatch(value):
        raise ValueError
    return bytes.fromhex(value)


def _from_base64(value: str) -> bytes:
    return base64.b64decode(value, validate=True)


_DECODERS: dict[str, tuple[Callable[[str], bytes], str]] = {
    "HEX": (_from_hex, "INVALID_HEX_ENCODING"),
    "BASE64": (_from_base64, "INVALID_BASE64_ENCODING"),
}


def _consent(consent: Mapping[str, Any], path: str, violations: Violations) -> None:
    for key, field in (("adUserData", "ad_user_data"), ("adPersonalization", "ad_personalization")):
        if key in consent and enum_name(consent[key], CONSENT_STATUSES) is None:
            violations.add(
                f"{path}.{field}", "INVALID_ENUM_VALUE", "The consent status is not one of the enum's."
            )


def _denied(consent: Mapping[str, Any]) -> bool:
    return enum_name(consent.get("adUserData"), CONSENT_STATUSES) == "CONSENT_DENIED"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def _looks_hashed(value: str) -> bool:
    return len(value) == 64 and _HEX.fullmatch(value) is not None


@cache
def _currencies() -> Collection[str]:
    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


@cache
def _regions() -> Collection[str]:
    return frozenset(country.alpha_2 for country in pycountry.countries)

"""What Meta's Conversions API accepts in an event, and how it says no.

Pages: "Server Event Parameters", "Customer Information Parameters", "Custom Data Parameters", "Best
Practices" (refused combinations), "Using the Conversions API" (limits). Subcodes and titles are those that
integrators have reported; where none is known the parameter error 2804019 is used. A rule is refused with the
first problem found, as Meta does, and only the parameter error says where it is.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pycountry

DAY = 86_400
MAX_EVENTS = 1_000
FUTURE_SLACK_SECONDS = 60
MAX_AGE_SECONDS = {"physical_store": 62 * DAY}
DEFAULT_MAX_AGE_SECONDS = 7 * DAY
MAX_EVENT_NAME = 50
MAX_EVENT_ID = 100

ACTION_SOURCES = frozenset(
    {
        "email", "website", "app", "phone_call", "chat", "physical_store", "system_generated",
        "business_messaging", "other",
    }
)  # fmt: skip

HASHED = frozenset({"em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country"})
"""Customer information that must be SHA-256 as 64 lower-case hex digits, alone or in a list."""

PLAIN = frozenset(
    {
        "external_id", "client_ip_address", "client_user_agent", "fbc", "fbp", "subscription_id",
        "fb_login_id", "lead_id", "anon_id", "madid", "page_id", "page_scoped_user_id", "ctwa_clid",
        "ig_account_id", "ig_sid",
    }
)  # fmt: skip

TOO_BROAD = (
    frozenset({"ct", "country", "st", "zp", "ge", "client_user_agent"}),
    frozenset({"db", "client_user_agent"}),
    frozenset({"fn", "ge"}),
    frozenset({"ln", "ge"}),
)
"""Customer information that is a subset of any of these identifies nobody, and is refused."""

_LOCATION_CODES = {"country": {0, 1}, "state": {0, *range(1000, 1014)}}
"""0 asks Meta to find out; 1 is the USA, and from 1000 (California) to 1013 (Rhode Island) are its states."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FBC = re.compile(r"fb\.\d\.\d{13}\.[A-Za-z0-9_-]{5,}")
_FBP = re.compile(r"fb\.\d\.\d{13}\.\d+")
_LEAD_ID = re.compile(r"\d{15,17}")


@dataclass(frozen=True)
class Refusal:
    """Why an event makes Meta refuse the whole request: subcode, title and message for a human."""

    subcode: int
    title: str
    message: str


class Refused(Exception):  # noqa: N818 - it is the platform's answer, not an error of this program
    """Raised with the :class:`Refusal` of the first invalid event."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.title)
        self.refusal = refusal


TOO_OLD = Refusal(
    2804003,
    "Event Timestamp Too Old",
    "The timestamp for this event is too far in the past. Events need to be sent from your server within 7 "
    "days of when they occurred. Enter a timestamp that has occurred within the last 7 days.",
)
IN_THE_FUTURE = Refusal(
    2804004,
    "Event Timestamp In The Future",
    "The timestamp for this event is in the future. Enter a timestamp that has already occurred.",
)
MISSING_VALUE = Refusal(
    2804009,
    "Missing Value for Purchase Event",
    "Your purchase event doesn't include a value parameter. Enter a value that is 0 or greater.",
)
MISSING_CURRENCY = Refusal(
    2804010,
    "Missing Currency for Purchase Event",
    "Your purchase event doesn't include a currency parameter. Enter a currency parameter. For example: USD",
)
INVALID_LEAD_ID = Refusal(
    2804036,
    "Invalid Lead ID",
    "One or more of your lead IDs are invalid or have been deleted. Your entire batch of events could be "
    "rejected if there are one or more invalid lead IDs. A lead ID is a 15-17 digit number that Meta generates.",
)
TOO_LITTLE_CUSTOMER_INFORMATION = Refusal(
    2804050,
    "You Haven't Added Sufficient Customer Information Parameter Data For This Event",
    "This event doesn't have any customer information parameters or has a combination of customer "
    "information parameters that is too broad, so it is unlikely to be effective for matching.",
)


def validate(events: list[Any], now: float) -> None:
    """Raise :class:`Refused` for the first event that breaks a rule; ``now`` is in Unix seconds."""
    for index, event in enumerate(events):
        _event(_Place(index), event, now)


class _Place:
    """Where in the request a value stands, written as Meta writes it and only when it is needed."""

    def __init__(self, index: int) -> None:
        self._index = index

    def wrong(self, expectation: str, *keys: str) -> Refused:
        path = "".join(f"['{key}']" for key in keys)
        message = f"The parameter $['data'][{self._index}]{path} {expectation}."
        return Refused(Refusal(2804019, "Server Side Api Parameter Error", message))


def _event(place: _Place, event: Any, now: float) -> None:
    if not isinstance(event, dict):
        raise place.wrong("must be an object")
    _name_and_id(place, event)
    source = event.get("action_source")
    if not isinstance(source, str) or source not in ACTION_SOURCES:
        raise place.wrong(f"must be one of {', '.join(sorted(ACTION_SOURCES))}", "action_source")
    _time(place, event.get("event_time"), source, now)
    user_data = event.get("user_data")
    if not isinstance(user_data, dict):
        raise place.wrong("must be an object", "user_data")
    _user_data(place, user_data)
    if source == "website":
        _website(place, event, user_data)
    _custom_data(place, event)
    _data_processing(place, event)


def _name_and_id(place: _Place, event: Mapping[str, Any]) -> None:
    name = event.get("event_name")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_EVENT_NAME:
        raise place.wrong(f"must be a string of 1 to {MAX_EVENT_NAME} characters", "event_name")
    event_id = event.get("event_id", "absent")
    if not isinstance(event_id, str) or len(event_id) > MAX_EVENT_ID:
        raise place.wrong(f"must be a string of at most {MAX_EVENT_ID} characters", "event_id")


def _time(place: _Place, value: Any, source: str, now: float) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise place.wrong("must be an integer of Unix seconds", "event_time")
    if value > now + FUTURE_SLACK_SECONDS:
        raise Refused(IN_THE_FUTURE)
    if value < now - MAX_AGE_SECONDS.get(source, DEFAULT_MAX_AGE_SECONDS):
        raise Refused(TOO_OLD)


def _website(place: _Place, event: Mapping[str, Any], user_data: Mapping[str, Any]) -> None:
    url = event.get("event_source_url")
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise place.wrong("must be a URL for website events", "event_source_url")
    if "client_user_agent" not in user_data:
        raise place.wrong("is required for website events", "user_data", "client_user_agent")


def _user_data(place: _Place, user_data: Mapping[str, Any]) -> None:
    for key, value in user_data.items():
        if key in HASHED:
            if not _all(value, _is_sha256):
                raise place.wrong("must be a SHA-256 hash, or a list of them", "user_data", key)
        elif key in _PLAIN_CHECKS:
            check, expectation = _PLAIN_CHECKS[key]
            if not _all(value, check):
                raise place.wrong(expectation, "user_data", key)
        elif value is None:
            raise place.wrong("must not be null", "user_data", key)
    if "lead_id" in user_data and not _is_lead_id(user_data["lead_id"]):
        raise Refused(INVALID_LEAD_ID)
    recognised = user_data.keys() & _CUSTOMER_INFORMATION
    if any(recognised <= combination for combination in TOO_BROAD):
        raise Refused(TOO_LITTLE_CUSTOMER_INFORMATION)


def _custom_data(place: _Place, event: Mapping[str, Any]) -> None:
    custom = event.get("custom_data", {})
    if not isinstance(custom, dict):
        raise place.wrong("must be an object", "custom_data")
    if event["event_name"] == "Purchase":
        if "value" not in custom:
            raise Refused(MISSING_VALUE)
        if "currency" not in custom:
            raise Refused(MISSING_CURRENCY)
    for key, value in custom.items():
        check, expectation = _CUSTOM_CHECKS.get(key, _NOT_NULL)
        if not check(value):
            raise place.wrong(expectation, "custom_data", key)


def _data_processing(place: _Place, event: Mapping[str, Any]) -> None:
    """Page "Data Processing Options for US Users"; a country without a state means the same as neither."""
    options = event.get("data_processing_options", [])
    if options not in ([], ["LDU"]):
        raise place.wrong("must be a list that is empty or holds LDU", "data_processing_options")
    for key, accepted in _LOCATION_CODES.items():
        code = event.get(f"data_processing_options_{key}", 0)
        if not isinstance(code, int) or isinstance(code, bool) or code not in accepted:
            raise place.wrong("must be 0 or one of Meta's codes", f"data_processing_options_{key}")


def _all(value: Any, check: Callable[[Any], bool]) -> bool:
    if isinstance(value, list):
        return bool(value) and all(map(check, value))
    return check(value)


def _is_sha256(value: Any) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_lead_id(value: Any) -> bool:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return isinstance(text, str) and _LEAD_ID.fullmatch(text) is not None


def _is_ip_address(value: Any) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return isinstance(value, str)


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")


def _is_currency(value: Any) -> bool:
    return isinstance(value, str) and value.upper() in currencies()


def _is_contents(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) and "id" in item for item in value)


@cache
def currencies() -> Collection[str]:
    """ISO 4217 codes."""
    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


_CUSTOMER_INFORMATION = HASHED | PLAIN
_Check = tuple[Callable[[Any], bool], str]
_NOT_NULL: _Check = (lambda value: value is not None, "must not be null")
_PLAIN_CHECKS: dict[str, _Check] = {
    "external_id": (_is_text, "must be a string, or a list of them"),
    "client_ip_address": (_is_ip_address, "must be an IPv4 or IPv6 address"),
    "client_user_agent": (_is_text, "must be a string"),
    "fbc": (
        lambda value: isinstance(value, str) and _FBC.fullmatch(value) is not None,
        "must have the form fb.subdomainIndex.creationTime.fbclid",
    ),
    "fbp": (
        lambda value: isinstance(value, str) and _FBP.fullmatch(value) is not None,
        "must have the form fb.subdomainIndex.creationTime.randomNumber",
    ),
}
_CUSTOM_CHECKS: dict[str, _Check] = {
    "value": (_is_amount, "must be a number that is 0 or greater"),
    "currency": (_is_currency, "must be an ISO 4217 currency code"),
    "contents": (_is_contents, "must be an array of objects with an id"),
    "content_ids": (lambda value: isinstance(value, list), "must be an array"),
    "order_id": (_is_text, "must be a string"),
    "num_items": (lambda value: isinstance(value, int) and not isinstance(value, bool), "must be an integer"),
}

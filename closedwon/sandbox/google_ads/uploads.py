"""Which click conversions of a request are counted, and why the others are not.

Google documents no order in which it looks for faults; here form, duplicates within the request, what was uploaded
before, and the click come in this order. Nor does it document what becomes of a conversion with denied consent: here
it is taken and not counted. That gbraids and wbraids exclude user identifiers, and the three click ids each other,
is documented; the code is not, and VALUE_MUST_BE_UNSET is its likeliest.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from closedwon.sandbox.google_ads.counting import Action, Counted
from closedwon.sandbox.google_ads.errors import Problem
from closedwon.sandbox.google_ads.reading import action_id, currencies, moment
from closedwon.sandbox.truth import GoogleTruth
from closedwon.sandbox.world import Click

CLICK_WINDOW = timedelta(days=90)
MOST_IDENTIFIERS = 5
NEW_ACTION = timedelta(hours=6)
"""For how long a conversion action that was just created takes no uploads."""

_CLICK_IDS = ("gclid", "gbraid", "wbraid")
_CLICK_ID = re.compile(r"[A-Za-z0-9_-]{20,200}")
_HASH = re.compile(r"[0-9a-f]{64}")
_HASHES = {"hashed_email": "email", "hashed_phone_number": "phone"}
_DENIED = 3
_UPLOAD = "conversion_upload_error"

Finding = tuple[str, str, str]
"""An error: the field of ``ErrorCode``, the member, and the field of the conversion."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A conversion of good form."""

    action: Action
    time: datetime
    order_id: str | None
    click: tuple[str, str] | None
    emails: list[str]
    phones: list[str]


class ClickConversions:
    """The uploads of one account.

    Attributes:
        click_visible_after: how long after a click its conversions are taken.
        denied: conversions that were taken and, for want of consent, not counted.
    """

    def __init__(self, truth: GoogleTruth, actions: Mapping[str, Action]) -> None:
        self.click_visible_after = timedelta(hours=6)
        self.denied = 0
        self._truth = truth
        self._actions = actions

    def take(self, conversions: Sequence[Any], now: datetime, *, validate_only: bool) -> list[Problem]:
        """Count what can be counted; returns one problem for each of the others."""
        read = [self._read(conversion, now) for conversion in conversions]
        beside = dict(_in_each_others_way(read))
        problems = []
        for row, (conversion, one) in enumerate(zip(conversions, read, strict=True)):
            found = one if isinstance(one, tuple) else beside.get(row) or self._unusable(one, now)
            if found is not None:
                enum, code, name = found
                problems.append(Problem(enum, code, ("conversions", row, name)))
            elif not validate_only and isinstance(one, _Read):
                self._count(conversion, one)
        return problems

    def _read(self, conversion: Any, now: datetime) -> _Read | Finding:
        action = self._actions.get(action_id(conversion.conversion_action) or "")
        time = moment(conversion.conversion_date_time)
        if action is None:
            malformed = action_id(conversion.conversion_action) is None
            resource = ("request_error", "RESOURCE_NAME_MALFORMED", "conversion_action")
            return resource if malformed else (_UPLOAD, "NO_CONVERSION_ACTION_FOUND", "conversion_action")
        if unsuitable := _unsuitable(action, now):
            return _UPLOAD, unsuitable, "conversion_action"
        if time is None:
            code = "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET"
            return "date_error", code, "conversion_date_time"
        if time > now + timedelta(minutes=1):
            return "date_error", "LATER_THAN_MAXIMUM_DATE", "conversion_date_time"
        clicks = [(name, getattr(conversion, name)) for name in _CLICK_IDS if getattr(conversion, name)]
        emails, phones = _hashes(conversion)
        found = _form(conversion, clicks, action)
        if found is not None:
            return found
        return _Read(action, time, conversion.order_id or None, clicks[0] if clicks else None, emails, phones)

    def _unusable(self, one: _Read | Finding, now: datetime) -> Finding | None:
        if not isinstance(one, _Read):
            return one
        if one.order_id and one.action.of_order(one.order_id):
            return _UPLOAD, "ORDER_ID_ALREADY_IN_USE", "order_id"
        if one.click and not one.order_id and one.action.has(one.click[1], one.time):
            return _UPLOAD, "CLICK_CONVERSION_ALREADY_EXISTS", one.click[0]
        click = self._click(one)
        if one.click and click is not None:
            return self._click_problem(one.click[0], click, one.time, now)
        if self._people(one):
            return None
        code = "EVENT_NOT_FOUND" if one.click else "CLICK_NOT_FOUND"
        return _UPLOAD, code, one.click[0] if one.click else "user_identifiers"

    def _click_problem(self, name: str, click: Click, time: datetime, now: datetime) -> Finding | None:
        if now - click.clicked_at < self.click_visible_after:
            return _UPLOAD, "TOO_RECENT_EVENT", name
        if time < click.clicked_at:
            return _UPLOAD, "CONVERSION_PRECEDES_EVENT", "conversion_date_time"
        if time - click.clicked_at > CLICK_WINDOW:
            return _UPLOAD, "EXPIRED_EVENT", name
        return None

    def _count(self, conversion: Any, one: _Read) -> None:
        if conversion.consent.ad_user_data == _DENIED:
            self.denied += 1
            return
        click = self._click(one)
        matched_by = [one.click[0]] if one.click and click else []
        has_value = conversion.HasField("conversion_value") and not one.action.always_default_value
        counted = Counted(
            one.order_id,
            one.time,
            conversion.conversion_value if has_value else None,
            conversion.currency_code or None,
            [*matched_by, *self._people(one)],
            adjustable=not conversion.wbraid,
        )
        one.action.count(counted, one.click[1] if one.click else None)

    def _click(self, one: _Read) -> Click | None:
        return self._truth.click(*one.click) if one.click else None

    def _people(self, one: _Read) -> list[str]:
        return self._truth.recognised_by(one.emails, one.phones, [])


def _unsuitable(action: Action, now: datetime) -> str | None:
    """Why an action of the account takes no uploads."""
    rules = (
        (action.status != "ENABLED", "NO_CONVERSION_ACTION_FOUND"),
        (action.type != "UPLOAD_CLICKS", "INVALID_CONVERSION_ACTION_TYPE"),
        (
            action.created_at is not None and now - action.created_at < NEW_ACTION,
            "TOO_RECENT_CONVERSION_ACTION",
        ),
    )
    return next((code for broken, code in rules if broken), None)


def _form(conversion: Any, clicks: list[tuple[str, str]], action: Action) -> Finding | None:
    """What is wrong with the fields of one conversion, whatever the account knows."""
    braids = conversion.gbraid or conversion.wbraid
    rules: tuple[tuple[bool, Finding], ...] = (
        (bool(conversion.gbraid and conversion.wbraid), (_UPLOAD, "GBRAID_WBRAID_BOTH_SET", "gbraid")),
        (len(clicks) > 1, ("field_error", "VALUE_MUST_BE_UNSET", "gclid")),
        (not clicks and not conversion.user_identifiers, ("field_error", "REQUIRED", "gclid")),
        (
            bool(braids and conversion.user_identifiers),
            ("field_error", "VALUE_MUST_BE_UNSET", "user_identifiers"),
        ),
        (
            len(conversion.user_identifiers) > MOST_IDENTIFIERS,
            ("collection_size_error", "TOO_MANY", "user_identifiers"),
        ),
        (
            bool(braids) and action.one_per_click,
            (_UPLOAD, "ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID", "conversion_action"),
        ),
        ("@" in conversion.order_id, (_UPLOAD, "ORDER_ID_CONTAINS_PII", "order_id")),
        (
            bool(conversion.currency_code) and conversion.currency_code not in currencies(),
            ("currency_code_error", "UNSUPPORTED", "currency_code"),
        ),
        (conversion.conversion_value < 0, ("range_error", "TOO_LOW", "conversion_value")),
    )
    first = next((finding for broken, finding in rules if broken), None)
    return first or _unreadable_click(clicks) or _wrong_identifier(conversion)


def _unreadable_click(clicks: list[tuple[str, str]]) -> Finding | None:
    for name, value in clicks:
        if not _CLICK_ID.fullmatch(value):
            return _UPLOAD, f"UNPARSEABLE_{name.upper()}", name
    return None


def _wrong_identifier(conversion: Any) -> Finding | None:
    for identifier in conversion.user_identifiers:
        kind = identifier.WhichOneof("identifier")
        if kind not in _HASHES:
            return _UPLOAD, "UNSUPPORTED_USER_IDENTIFIER", "user_identifiers"
        if not _HASH.fullmatch(getattr(identifier, kind)):
            return _UPLOAD, "INVALID_USER_IDENTIFIER", "user_identifiers"
    return None


def _hashes(conversion: Any) -> tuple[list[str], list[str]]:
    found: dict[str, list[str]] = {"email": [], "phone": []}
    for identifier in conversion.user_identifiers:
        kind = identifier.WhichOneof("identifier")
        if kind in _HASHES:
            found[_HASHES[kind]].append(getattr(identifier, kind))
    return found["email"], found["phone"]


def _in_each_others_way(read: Sequence[_Read | Finding]) -> Iterator[tuple[int, Finding]]:
    """Rows with the same order id, or the same click and time: none of them is processed."""
    good = [(row, one) for row, one in enumerate(read) if isinstance(one, _Read)]
    orders = Counter((one.action.id, one.order_id) for _, one in good if one.order_id)
    clicks = Counter((one.action.id, one.click, one.time) for _, one in good if one.click)
    for row, one in good:
        if one.order_id and orders[one.action.id, one.order_id] > 1:
            yield row, (_UPLOAD, "DUPLICATE_ORDER_ID", "order_id")
        elif one.click and clicks[one.action.id, one.click, one.time] > 1:
            yield row, (_UPLOAD, "DUPLICATE_CLICK_CONVERSION_IN_REQUEST", one.click[0])

"""How values of each field type compare: which literals fit, which operators exist, what counts as equal."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from closedwon.sandbox.soql.dates import days_of, midnight
from closedwon.sandbox.soql.nodes import Literal
from closedwon.sandbox.soql.tokens import characters

_ORDERED = frozenset(["=", "!=", "<", "<=", ">", ">=", "IN", "NOT IN"])
_EQUALITY = frozenset(["=", "!=", "IN", "NOT IN"])


@dataclass(frozen=True, slots=True)
class Family:
    """Field types that compare alike.

    ``key`` turns a stored value, or a literal's, into what is compared and sorted.
    """

    literals: frozenset[str]
    operators: frozenset[str]
    key: Callable[[Any], Any]

    @property
    def quoted(self) -> bool:
        """Whether its literals stand in quotes."""
        return "string" in self.literals


def _moment(value: str | datetime) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(UTC)


def _day(value: str | date) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _text(value: object) -> str:
    return str(value).casefold()


def _id(value: str) -> str:
    """The first 15 characters identify a record, case counts; the other three only protect the case."""
    return value[:15]


_TEXT = Family(frozenset(["string"]), _ORDERED | {"LIKE"}, _text)
_ID = Family(frozenset(["string"]), _ORDERED, _id)
_NUMBER = Family(frozenset(["number"]), _ORDERED, float)
_BOOLEAN = Family(frozenset(["boolean"]), _EQUALITY, bool)
_DATE = Family(frozenset(["date", "range"]), _ORDERED, _day)
_DATETIME = Family(frozenset(["datetime", "range"]), _ORDERED, _moment)

FAMILIES: dict[str, Family] = {
    "id": _ID,
    "reference": _ID,
    "string": _TEXT,
    "textarea": _TEXT,
    "email": _TEXT,
    "phone": _TEXT,
    "url": _TEXT,
    "picklist": _TEXT,
    "int": _NUMBER,
    "double": _NUMBER,
    "currency": _NUMBER,
    "percent": _NUMBER,
    "boolean": _BOOLEAN,
    "date": _DATE,
    "datetime": _DATETIME,
}

_RECORD_ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")


def is_record_id(text: str) -> bool:
    """Whether a text has the form of a record id, 15 or 18 characters."""
    return _RECORD_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Span:
    """What a literal stands for on its field's scale: a value is the span from itself to itself."""

    low: Any
    high: Any
    open_end: bool

    def has(self, key: Any) -> bool:
        """Whether a value lies in it."""
        return bool(self.low <= key < self.high) if self.open_end else bool(self.low <= key <= self.high)

    def ends_before(self, key: Any) -> bool:
        """Whether a value lies after all of it."""
        return bool(key >= self.high) if self.open_end else bool(key > self.high)


def span(literal: Literal, family: Family, now: datetime) -> Span:
    """The span of a literal; only date literals are wider than one value."""
    if literal.kind != "range":
        key = family.key(literal.value)
        return Span(key, key, open_end=False)
    name, number = literal.value
    first, after = days_of(name, number, now=now)
    if family is _DATETIME:
        return Span(midnight(first), midnight(after), open_end=True)
    return Span(first, after, open_end=True)


def like(literal: Literal) -> Callable[[Any], bool]:
    """A test for LIKE: ``%`` is any run of characters, ``_`` exactly one, case does not count."""
    wild = {"%": ".*", "_": "."}
    pattern = "".join(
        wild[character] if character in wild and not escaped else re.escape(character)
        for escaped, character in characters(literal.text)
    )
    matcher = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return lambda value: matcher.fullmatch(str(value)) is not None

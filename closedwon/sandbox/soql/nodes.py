"""The parts of a parsed query. Positions are character offsets into its text, for error messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Name:
    """A field, perhaps through relationships (``Contact.Account.Name``), an object or an alias."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A value in a condition.

    ``kind`` is string, number, boolean, null, date, datetime or range; ``value`` the Python value, or
    for a range (a date literal such as ``LAST_N_DAYS:7``) its name and number; ``text`` as it was written.
    """

    kind: str
    value: Any
    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Count:
    """``COUNT()`` when ``name`` is None, else ``COUNT(field)`` under ``alias`` or ``expr0``."""

    name: Name | None
    alias: str | None
    position: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """``field operator value``; the value of IN and NOT IN is a tuple of literals or a query."""

    name: Name
    operator: str
    value: Literal | tuple[Literal, ...] | Query
    position: int


@dataclass(frozen=True, slots=True)
class Not:
    """``NOT condition``."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Chain:
    """Conditions joined by one logical operator: ``AND`` or ``OR``."""

    operator: str
    conditions: tuple[Condition, ...]


Condition = Comparison | Not | Chain


@dataclass(frozen=True, slots=True)
class Ordering:
    """One column of ORDER BY."""

    name: Name
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A whole SELECT statement."""

    source: str
    selected: tuple[Name | Count, ...]
    entity: Name
    alias: str | None
    where: Condition | None
    order_by: tuple[Ordering, ...]
    limit: int | None
    offset: int

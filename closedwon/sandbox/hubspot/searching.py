"""Search: filters, one sort, pages up to a cap, over an index that lags.

Page: "Search the CRM" of the API reference, with its limits.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from closedwon.sandbox.hubspot.errors import invalid
from closedwon.sandbox.hubspot.index import NO_VALUE, Comparable, SearchIndex, SortKey, comparable
from closedwon.sandbox.world import PortalProperty, PortalRecord

MAX_BODY = 3_000
MAX_PAGE = 200
MAX_RESULTS = 10_000
MAX_GROUPS, MAX_FILTERS_A_GROUP, MAX_FILTERS = 5, 6, 18
MAX_SORTS = 1
MAX_VALUES = 100

_DEFAULT_PAGE = 10
_PROBLEM = "There was a problem with the request."
_KEYS = frozenset(["filterGroups", "filters", "sorts", "properties", "limit", "after", "query"])

Test = Callable[[Comparable | None], bool]
Definitions = Mapping[str, PortalProperty]

_BOUNDS: dict[str, tuple[bool, bool]] = {
    "GT": (True, True),
    "GTE": (True, False),
    "LT": (False, True),
    "LTE": (False, False),
}
"""Operator to whether it bounds from below, and whether it leaves out the bound itself."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on one property, its values ready to be compared."""

    name: str
    kind: str
    operator: str
    low: Comparable | None = None
    high: Comparable | None = None
    values: frozenset[Comparable] = frozenset()

    def test(self) -> Test:
        """Whether a value, None for a missing one, meets the condition."""
        if self.operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
            return lambda value: (value is not None) is (self.operator == "HAS_PROPERTY")
        if self.operator in {"IN", "EQ"}:
            return lambda value: value in self.values
        if self.operator in {"NOT_IN", "NEQ"}:
            return lambda value: value not in self.values
        return self._in_range

    def _in_range(self, value: Any) -> bool:
        if value is None:
            return False
        if self.operator == "BETWEEN":
            return bool(self.low <= value <= self.high)
        from_below, strict = _BOUNDS[self.operator]
        bound = self.low if from_below else self.high
        if strict and value == bound:
            return False
        return bool(value >= bound) if from_below else bool(value <= bound)


@dataclass(frozen=True, slots=True)
class Search:
    """A search request: any of ``groups`` must hold in full; no group asks for everything."""

    groups: tuple[tuple[Filter, ...], ...]
    sort: str
    sort_kind: str
    descending: bool
    limit: int
    after: int
    properties: tuple[str, ...] | None


def parse_search(body: Mapping[str, Any], definitions: Definitions) -> Search:
    """Read a request's body.

    Raises:
        HubSpotError: 400 for what the documentation does not allow.
    """
    unknown = sorted(set(body) - _KEYS)
    if unknown:
        raise invalid(f"Invalid input JSON: Unrecognized field {unknown[0]!r}")
    if body.get("query"):
        raise invalid("the sandbox does not search by query")
    groups = _groups(body)
    sort, descending = _sort(body.get("sorts") or [], definitions)
    limit, after = _whole(body, "limit", _DEFAULT_PAGE), _whole(body, "after", 0)
    if not 0 <= limit <= MAX_PAGE:
        raise invalid(_PROBLEM, f"limit must be at most {MAX_PAGE}")
    if after + limit > MAX_RESULTS:
        raise invalid(_PROBLEM, f"only the first {MAX_RESULTS} results of a query can be paged through")
    wanted = body.get("properties")
    kind = definitions[sort].type
    return Search(
        tuple(tuple(_filter(given, definitions) for given in group) for group in groups),
        sort,
        kind,
        descending,
        limit,
        after,
        tuple(wanted) if wanted else None,
    )


def run(search: Search, index: SearchIndex) -> list[PortalRecord]:
    """All records that match, in order; the caller takes its page."""
    order: Sequence[SortKey] = index.order(search.sort, search.sort_kind)
    if len(search.groups) == 1:
        order = _narrowed(order, search.groups[0], search.sort)
    matches = _matching(order, search.groups, index)
    found = [index.records[key[-1]] for key in matches]
    if search.descending:
        filled = sum(key[0] != NO_VALUE for key in matches)
        found = [*reversed(found[:filled]), *found[filled:]]
    return found


def _matching(
    order: Sequence[SortKey], groups: Sequence[Sequence[Filter]], index: SearchIndex
) -> list[SortKey]:
    if not groups:
        return list(order)
    tests = [[(index.column(given.name, given.kind), given.test()) for given in group] for group in groups]
    return [
        key
        for key in order
        if any(all(test(column.get(key[-1])) for column, test in group) for group in tests)
    ]


def _narrowed(order: Sequence[SortKey], group: Iterable[Filter], sort: str) -> Sequence[SortKey]:
    """The part of the order that range filters on the sorted property leave; they are tested again later."""
    start, end = 0, len(order)
    for given in group:
        if given.name == sort and given.low is not None:
            start = max(start, bisect_left(order, (0, given.low, -1, "")))
        if given.name == sort and given.high is not None:
            end = min(end, bisect_right(order, (0, given.high, 1 << 33, "")))
    return order[start:end]


def _groups(body: Mapping[str, Any]) -> list[list[Mapping[str, Any]]]:
    given = body.get("filterGroups") or ([{"filters": body["filters"]}] if body.get("filters") else [])
    groups = [list(group.get("filters") or []) for group in given]
    if len(groups) > MAX_GROUPS:
        raise invalid(_PROBLEM, f"at most {MAX_GROUPS} filterGroups")
    if any(not 0 < len(group) <= MAX_FILTERS_A_GROUP for group in groups):
        raise invalid(_PROBLEM, f"a filterGroup has 1 to {MAX_FILTERS_A_GROUP} filters")
    if sum(map(len, groups)) > MAX_FILTERS:
        raise invalid(_PROBLEM, f"at most {MAX_FILTERS} filters")
    return groups


def _filter(given: Mapping[str, Any], definitions: Definitions) -> Filter:
    name, operator = str(given.get("propertyName", "")), str(given.get("operator", ""))
    kind = _defined(name, definitions).type
    if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        return Filter(name, kind, operator)
    if operator in {"IN", "NOT_IN"}:
        return Filter(name, kind, operator, values=_listed(given, kind))
    if operator == "BETWEEN":
        return Filter(name, kind, operator, _value(given, "value", kind), _value(given, "highValue", kind))
    if operator in {"EQ", "NEQ"}:
        value = _value(given, "value", kind)
        bound = value if operator == "EQ" else None
        return Filter(name, kind, operator, bound, bound, frozenset([value]))
    if operator not in _BOUNDS:
        raise invalid(_PROBLEM, f"{operator!r} is no operator that the sandbox knows")
    value = _value(given, "value", kind)
    return Filter(name, kind, operator, *((value, None) if _BOUNDS[operator][0] else (None, value)))


def _listed(given: Mapping[str, Any], kind: str) -> frozenset[Comparable]:
    values = given.get("values")
    if not isinstance(values, list) or not 0 < len(values) <= MAX_VALUES:
        raise invalid(_PROBLEM, f"IN and NOT_IN take 1 to {MAX_VALUES} values")
    # Text is compared in lower case here, and the documentation asks the caller to write it so.
    return frozenset(str(value) if kind == "string" else _comparable(str(value), kind) for value in values)


def _value(given: Mapping[str, Any], key: str, kind: str) -> Comparable:
    value = given.get(key)
    if value is None or value == "":
        raise invalid(_PROBLEM, f"{given.get('operator')} needs {key}")
    return _comparable(str(value), kind)


def _comparable(text: str, kind: str) -> Comparable:
    try:
        return comparable(text, kind)
    except ValueError:
        raise invalid(_PROBLEM, f"a value cannot be read as {kind}") from None


def _sort(given: Sequence[Any], definitions: Definitions) -> tuple[str, bool]:
    """The property to sort by and whether it descends; the oldest come first where nothing is asked for."""
    if len(given) > MAX_SORTS:
        raise invalid(_PROBLEM, "only one sort is supported")
    if not given:
        return "createdate", False
    if isinstance(given[0], str):
        name, descending = given[0].removeprefix("-"), given[0].startswith("-")
    else:
        name, direction = str(given[0].get("propertyName", "")), given[0].get("direction", "ASCENDING")
        if direction not in {"ASCENDING", "DESCENDING"}:
            raise invalid(_PROBLEM, "direction is ASCENDING or DESCENDING")
        descending = direction == "DESCENDING"
    return _defined(name, definitions).name, descending


def _defined(name: str, definitions: Definitions) -> PortalProperty:
    if name not in definitions:
        raise invalid(_PROBLEM, f"there is no property {name!r}")
    return definitions[name]


def _whole(body: Mapping[str, Any], key: str, default: int) -> int:
    value = body.get(key)
    if value is None or value == "":
        return default
    try:
        return int(value)
    except (TypeError, ValueError):
        raise invalid(f"Invalid input JSON: {key} must be a number") from None

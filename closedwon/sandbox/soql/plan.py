"""Which records a query has to look at: those that an index leaves over, and no more than LIMIT asks for.

A plan only saves work. What it leaves over is still put to every condition that the index did not decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from closedwon.sandbox.soql.comparing import FAMILIES, span
from closedwon.sandbox.soql.conditions import Predicate, is_null
from closedwon.sandbox.soql.nodes import Chain, Comparison, Condition, Literal, Ordering
from closedwon.sandbox.soql.paths import Resolver
from closedwon.sandbox.soql.schema import Field
from closedwon.sandbox.soql.table import INDEXED, Index, Range, Table
from closedwon.sandbox.world import Record

_RANGED = frozenset(["=", "<", "<=", ">", ">=", "IN"])


@dataclass(frozen=True, slots=True)
class Plan:
    """How to find the records by an index.

    Attributes:
        ranges: the places in the index, in order and apart from each other.
        rest: the condition that the index did not decide.
        with_empty: whether records without a value in the index's field may be meant too.
    """

    index: Index
    ranges: tuple[Range, ...]
    rest: Condition | None
    with_empty: bool

    @property
    def size(self) -> int:
        """How many records with a value it looks at."""
        return sum(end - start for start, end in self.ranges)

    def rows(self) -> Iterable[Record]:
        """The records with a value that it looks at, in the index's order."""
        return chain.from_iterable(self.index.rows[start:end] for start, end in self.ranges)

    def first_rows(self, ordering: Ordering, wanted: int, accept: Predicate | None) -> list[Record]:
        """The first ``wanted`` accepted records by the index, and all that tie with the last of them."""
        index = self.index
        empty = [row for row in index.empty if accept is None or accept(row)] if self.with_empty else []
        found = list(empty) if ordering.nulls_first else []
        if len(found) >= wanted:
            return found
        last = None
        for place in _places(self.ranges, backwards=ordering.descending):
            if len(found) >= wanted and index.keys[place] != last:
                return found
            if accept is None or accept(index.rows[place]):
                found.append(index.rows[place])
                last = index.keys[place]
        return found if ordering.nulls_first else [*found, *empty]


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans for one query over one table."""

    resolver: Resolver
    table: Table
    now: datetime

    def best(self, where: Condition | None) -> Plan | None:
        """The plan that looks at the fewest records; None where no index says anything."""
        if where is None:
            return None
        plans = [self._by(field, where) for field in self._bound_fields(where)]
        return min(plans, key=lambda plan: plan.size, default=None)

    def by_order(self, ordering: Ordering, where: Condition | None) -> Plan | None:
        """The plan that meets the records in the order of ``ordering``; None where there is no such index."""
        field = self._own_field(ordering.name.text)
        if field is None:
            return None
        if where is not None and self._binds(where, field):
            return self._by(field, where)
        index = self.table.index(field)
        return Plan(index, ((0, len(index.rows)),), where, with_empty=True)

    def _by(self, field: Field, where: Condition) -> Plan:
        index = self.table.index(field)
        ranges = self._ranges(where, field, index) or []
        return Plan(index, tuple(ranges), self._rest(where, field), with_empty=False)

    def _ranges(self, condition: Condition, field: Field, index: Index) -> list[Range] | None:
        """Where records can be that fulfil a condition; None for anywhere."""
        if isinstance(condition, Comparison):
            return self._compared(condition, index) if self._binds(condition, field) else None
        if not isinstance(condition, Chain):
            return None
        parts = [self._ranges(part, field, index) for part in condition.conditions]
        bound = [part for part in parts if part is not None]
        if condition.operator == "OR":
            return _union(chain.from_iterable(bound)) if len(bound) == len(parts) else None
        common = bound[0] if bound else None
        for part in bound[1:]:
            common = _intersection(common or [], part)
        return common

    def _compared(self, comparison: Comparison, index: Index) -> list[Range]:
        value = comparison.value
        literals = value if isinstance(value, tuple) else (value,)
        family = FAMILIES[self.resolver.path(comparison.name).field.type]
        operator = "=" if comparison.operator == "IN" else comparison.operator
        return _union(
            index.places(operator, span(literal, family, self.now))
            for literal in literals
            if isinstance(literal, Literal)
        )

    def _rest(self, where: Condition, field: Field) -> Condition | None:
        """What is left to ask of records in the ranges: comparisons with the field itself are decided."""
        if isinstance(where, Comparison):
            return None if self._binds(where, field) else where
        if not isinstance(where, Chain) or where.operator != "AND":
            return where
        kept = [
            part
            for part in where.conditions
            if not (isinstance(part, Comparison) and self._binds(part, field))
        ]
        return Chain("AND", tuple(kept)) if kept else None

    def _bound_fields(self, condition: Condition) -> list[Field]:
        names = {comparison.name.text for comparison in _comparisons(condition)}
        fields = {name: self._own_field(name) for name in sorted(names)}
        unique = {field.name: field for field in fields.values() if field is not None}
        return [field for field in unique.values() if self._binds(condition, field)]

    def _binds(self, condition: Condition, field: Field) -> bool:
        """Whether a condition says where in a field's index its records are."""
        if isinstance(condition, Comparison):
            own = self._own_field(condition.name.text)
            return own is not None and own.name == field.name and _has_ranges(condition)
        if not isinstance(condition, Chain):
            return False
        parts = (self._binds(part, field) for part in condition.conditions)
        return any(parts) if condition.operator == "AND" else all(parts)

    def _own_field(self, name: str) -> Field | None:
        """The indexed field of the object itself that a name means, else None."""
        field = self.resolver.own_field(name)
        return field if field is not None and field.type in INDEXED else None


def _has_ranges(comparison: Comparison) -> bool:
    value = comparison.value
    literals = value if isinstance(value, tuple) else (value,)
    return comparison.operator in _RANGED and all(
        isinstance(literal, Literal) and not is_null(literal) for literal in literals
    )


def _comparisons(condition: Condition) -> Iterator[Comparison]:
    if isinstance(condition, Comparison):
        yield condition
    elif isinstance(condition, Chain):
        for part in condition.conditions:
            yield from _comparisons(part)


def _places(ranges: tuple[Range, ...], *, backwards: bool) -> Iterator[int]:
    if not backwards:
        return chain.from_iterable(range(start, end) for start, end in ranges)
    return chain.from_iterable(range(end - 1, start - 1, -1) for start, end in reversed(ranges))


def _union(ranges: Iterable[Range]) -> list[Range]:
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif start < end:
            merged.append((start, end))
    return merged


def _intersection(one: list[Range], other: list[Range]) -> list[Range]:
    found: list[Range] = []
    first, second = 0, 0
    while first < len(one) and second < len(other):
        start = max(one[first][0], other[second][0])
        end = min(one[first][1], other[second][1])
        if start < end:
            found.append((start, end))
        if one[first][1] < other[second][1]:
            first += 1
        else:
            second += 1
    return found

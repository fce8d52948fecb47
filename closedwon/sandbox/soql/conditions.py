"""A WHERE clause as a predicate over records, its types checked as strictly as Salesforce checks them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from closedwon.sandbox.soql.comparing import FAMILIES, Family, is_record_id, like, span
from closedwon.sandbox.soql.errors import SoqlError, fault
from closedwon.sandbox.soql.nodes import Chain, Comparison, Condition, Literal, Not, Query
from closedwon.sandbox.soql.paths import Resolver
from closedwon.sandbox.soql.schema import Field
from closedwon.sandbox.world import Record

Predicate = Callable[[Record], bool]
Test = Callable[[Any], bool]

_TYPE_NAMES = {"datetime": "dateTime", "id": "ID"}


@dataclass(frozen=True, slots=True)
class Conditions:
    """Compiles the conditions of one query; ``values_of`` runs the inner query of a semi-join."""

    source: str
    resolver: Resolver
    now: datetime
    values_of: Callable[[Query], set[Any]]

    def accept(self, condition: Condition | None) -> Predicate | None:
        """The same as :meth:`predicate`; None where there is no condition."""
        return None if condition is None else self.predicate(condition)

    def predicate(self, condition: Condition) -> Predicate:
        """A function that tells whether a record fulfils the condition.

        Raises:
            SoqlError: INVALID_FIELD or INVALID_QUERY_FILTER_OPERATOR for a value or operator that
                does not suit the field.
        """
        if isinstance(condition, Not):
            negated = self.predicate(condition.condition)
            return lambda record: not negated(record)
        if isinstance(condition, Comparison):
            return self._comparison(condition)
        return self._chain(condition)

    def _chain(self, chain: Chain) -> Predicate:
        parts = [self.predicate(condition) for condition in chain.conditions]
        if chain.operator == "AND":
            return lambda record: all(part(record) for part in parts)
        return lambda record: any(part(record) for part in parts)

    def _comparison(self, comparison: Comparison) -> Predicate:
        path = self.resolver.path(comparison.name)
        if not path.field.filterable:
            text = f"field '{path.field.name}' can not be filtered in a query call"
            raise fault("INVALID_FIELD", self.source, comparison.name.position, text)
        family = FAMILIES[path.field.type]
        if comparison.operator not in family.operators:
            raise fault("INVALID_QUERY_FILTER_OPERATOR", self.source, comparison.position, "invalid operator")
        read = self.resolver.reader(path)
        test = self._test(comparison, path.field, family)
        return lambda record: test(read(record))

    def _test(self, comparison: Comparison, field: Field, family: Family) -> Test:
        value = comparison.value
        if isinstance(value, Literal):
            self._check(value, field, family)
            return self._single(comparison, value, family)
        if isinstance(value, Query):
            inner = self._members_of_query(comparison, field, value)
        else:
            inner = self._members_of_list(value, field, family)
        return inner if comparison.operator == "IN" else lambda found: not inner(found)

    def _single(self, comparison: Comparison, literal: Literal, family: Family) -> Test:
        operator = comparison.operator
        if operator == "LIKE":
            matches = like(literal)
            return lambda found: found is not None and matches(found)
        if is_null(literal):
            return self._null_test(comparison)
        bounds, key = span(literal, family, self.now), family.key
        if operator == "=":
            return lambda found: found is not None and bounds.has(key(found))
        if operator == "!=":
            return lambda found: found is None or not bounds.has(key(found))
        if operator == "<":
            return lambda found: found is not None and key(found) < bounds.low
        if operator == ">":
            return lambda found: found is not None and bounds.ends_before(key(found))
        if operator == "<=":
            return lambda found: found is not None and not bounds.ends_before(key(found))
        return lambda found: found is not None and key(found) >= bounds.low

    def _null_test(self, comparison: Comparison) -> Test:
        if comparison.operator == "=":
            return _is_empty
        if comparison.operator == "!=":
            return lambda found: not _is_empty(found)
        raise fault("INVALID_QUERY_FILTER_OPERATOR", self.source, comparison.position, "invalid operator")

    def _members_of_list(self, literals: tuple[Literal, ...], field: Field, family: Family) -> Test:
        for literal in literals:
            self._check(literal, field, family)
        present = [literal for literal in literals if not is_null(literal)]
        with_null = len(present) < len(literals)
        values = {family.key(literal.value) for literal in present if literal.kind != "range"}
        ranges = [span(literal, family, self.now) for literal in present if literal.kind == "range"]
        key = family.key

        def among(found: Any) -> bool:
            if _is_empty(found):
                return with_null
            wanted = key(found)
            return wanted in values or any(bounds.has(wanted) for bounds in ranges)

        return among

    def _members_of_query(self, comparison: Comparison, field: Field, query: Query) -> Test:
        if field.type not in {"id", "reference"}:
            text = f"The left operand '{field.name}' of a semi join must be an ID or reference field"
            raise fault("MALFORMED_QUERY", self.source, comparison.name.position, text)
        key = FAMILIES[field.type].key
        values = {key(value) for value in self.values_of(query)}
        return lambda found: not _is_empty(found) and key(found) in values

    def _check(self, literal: Literal, field: Field, family: Family) -> None:
        if literal.kind == "null":
            return
        if literal.kind not in family.literals:
            wanted = "should be" if family.quoted else "should not be"
            text = (
                f"value of filter criterion for field '{field.name}' must be of type "
                f"{_TYPE_NAMES.get(field.type, field.type)} and {wanted} enclosed in quotes"
            )
            raise fault("INVALID_FIELD", self.source, literal.position, text)
        if field.type in {"id", "reference"} and literal.value and not is_record_id(literal.value):
            raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {literal.value}")


def is_null(literal: Literal) -> bool:
    """Whether a literal asks for nothing: Salesforce stores no empty texts, so ``= ''`` asks for null."""
    return literal.kind == "null" or literal.value == ""


def _is_empty(found: Any) -> bool:
    return found is None or found == ""

"""A parsed query over resources: which fields there are, which rows match, and what of them is answered.

Resources are protobuf messages, so that their fields and enums are those that Google publishes. An answer has the
fields that were selected, and each resource's ``resource_name``, which Google always adds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from closedwon.sandbox.gaql.errors import QueryError
from closedwon.sandbox.gaql.parser import Condition, Query

_RESOURCE_NAME = "resource_name"
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_NUMBERS = frozenset([FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_INT64])
_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda have, given: bool(have == given),
    "!=": lambda have, given: bool(have != given),
    "<": lambda have, given: bool(have < given),
    "<=": lambda have, given: bool(have <= given),
    ">": lambda have, given: bool(have > given),
    ">=": lambda have, given: bool(have >= given),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a row, by its path, such as ``("customer", "id")``."""

    path: tuple[str, ...]
    descriptor: Any

    def value(self, row: Any) -> Any:
        """What ``row`` has there: an enum by its member's name; None where nothing is set."""
        *parents, last = self.path
        for name in parents:
            row = getattr(row, name)
        if self.descriptor.has_presence and not row.HasField(last):
            return None
        value = getattr(row, last)
        if self.descriptor.enum_type is not None:
            return self.descriptor.enum_type.values_by_number[value].name
        return value

    def parsed(self, text: str) -> Any:
        """``text`` of a query as a value to compare with.

        Raises:
            QueryError: the field has no such values.
        """
        if self.descriptor.enum_type is not None:
            if text not in self.descriptor.enum_type.values_by_name:
                raise QueryError("BAD_ENUM_CONSTANT")
            return text
        if self.descriptor.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
            if text.upper() not in {"TRUE", "FALSE"}:
                raise QueryError("BAD_VALUE")
            return text.upper() == "TRUE"
        if self.descriptor.cpp_type in _NUMBERS:
            if not _NUMBER.fullmatch(text):
                raise QueryError("BAD_NUMBER")
            return float(text)
        return text


class Catalog:
    """The resources that can be selected from, and the others that each of them brings along.

    ``row`` is the message of an answer's row; ``attributed`` has for each resource of a FROM clause the names of those
    whose fields can be selected with it.
    """

    def __init__(self, row: Any, attributed: Mapping[str, frozenset[str]]) -> None:
        self._row = row
        self._attributed = attributed

    def select(self, query: Query, rows: Iterable[Any]) -> list[Any]:
        """The answer's rows.

        Raises:
            QueryError: the query names what does not exist.
        """
        fields = [self._field(name, query.resource) for name in query.fields]
        conditions = [_matcher(self._field(one.field, query.resource), one) for one in query.where]
        sorting = [
            (self._field(one.field, query.resource), one.descending) for one in reversed(query.order_by)
        ]
        if any(one.field not in query.fields for one in query.order_by):
            raise QueryError("EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE")
        matching = [row for row in rows if all(matches(row) for matches in conditions)]
        for field, descending in sorting:
            matching.sort(key=_sort_key(field), reverse=descending)
        return [self._answer(row, fields) for row in matching[: query.limit]]

    def _field(self, name: str, resource: str) -> Field:
        if resource not in self._attributed:
            raise QueryError("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE")
        first, *rest = name.split(".")
        if first not in self._row.DESCRIPTOR.fields_by_name:
            raise QueryError("UNRECOGNIZED_FIELD")
        if first != resource and first not in self._attributed[resource]:
            raise QueryError("PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE")
        descriptor = self._row.DESCRIPTOR.fields_by_name[first]
        path = [first]
        for part in rest:
            descriptor = _inner(descriptor, part)
            path.append(descriptor.name)
        if descriptor.message_type is not None:
            # What is selected is a value; of a message, each of its fields by itself.
            raise QueryError("UNRECOGNIZED_FIELD")
        return Field(tuple(path), descriptor)

    def _answer(self, row: Any, fields: Iterable[Field]) -> Any:
        answer = self._row()
        for field in fields:
            _copy(row, answer, field.path)
            _copy(row, answer, (field.path[0], _RESOURCE_NAME))
        return answer


def _inner(descriptor: Any, name: str) -> Any:
    """The field ``name`` of a message; Python's own words have an underscore after them in the package's messages."""
    inner = descriptor.message_type
    fields = inner.fields_by_name if inner is not None else {}
    for candidate in (name, f"{name}_"):
        if candidate in fields and not name.endswith("_"):
            return fields[candidate]
    raise QueryError("UNRECOGNIZED_FIELD")


def _copy(source: Any, target: Any, path: tuple[str, ...]) -> None:
    *parents, last = path
    for name in parents:
        source, target = getattr(source, name), getattr(target, name)
        target.SetInParent()
    if last in {field.name for field, _ in source.ListFields()}:
        setattr(target, last, getattr(source, last))


def _matcher(field: Field, condition: Condition) -> Callable[[Any], bool]:
    given = [field.parsed(value) for value in condition.values]
    if condition.operator in {"IS NULL", "IS NOT NULL"}:
        absent = condition.operator == "IS NULL"
        return lambda row: (field.value(row) is None) == absent
    if condition.operator in {"IN", "NOT IN"}:
        wanted = condition.operator == "IN"
        return lambda row: (field.value(row) in given) == wanted
    if condition.operator == "BETWEEN":
        low, high = given
        return lambda row: low <= _or_least(field.value(row), like=low) <= high
    compare = _COMPARED[condition.operator]
    return lambda row: compare(_or_least(field.value(row), like=given[0]), given[0])


def _or_least(value: Any, *, like: Any) -> Any:
    """``value``, or where there is none what stands first among values ``like`` that."""
    return type(like)() if value is None else value


def _sort_key(field: Field) -> Callable[[Any], tuple[bool, Any]]:
    def key(row: Any) -> tuple[bool, Any]:
        value = field.value(row)
        return value is not None, value

    return key

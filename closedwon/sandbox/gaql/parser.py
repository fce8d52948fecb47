"""From a query's text to its parts, by the documented grammar.

The operators that are served are ``= != < <= > >= IN NOT IN IS NULL IS NOT NULL BETWEEN``; the others (``LIKE``,
``CONTAINS``, ``DURING``, ``REGEXP_MATCH``) and the clause ``PARAMETERS`` are refused as if they did not exist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from closedwon.sandbox.gaql.errors import QueryError
from closedwon.sandbox.gaql.tokens import Token, tokenize, unquote

_FIELD = re.compile(r"[a-z][a-zA-Z0-9._]*")
_RESOURCE = re.compile(r"[a-z][a-zA-Z0-9_]*")
_COMPARISONS = frozenset(["=", "!=", "<", "<=", ">", ">="])


@dataclass(frozen=True, slots=True)
class Condition:
    """``field operator values``: one value, two of ``BETWEEN``, any number of ``IN``, none of ``IS NULL``."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ordering:
    """A field to sort by."""

    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A query whose form is right; whether its fields exist is not known yet."""

    fields: tuple[str, ...]
    resource: str
    where: tuple[Condition, ...]
    order_by: tuple[Ordering, ...]
    limit: int | None


def parse(source: str) -> Query:
    """Parse one query.

    Raises:
        QueryError: what the first token is that cannot stand there.
    """
    return _Parser(source).query()


class _Parser:
    def __init__(self, source: str) -> None:
        self._tokens = tokenize(source)
        self._index = 0

    def query(self) -> Query:
        self._expect("SELECT", "EXPECTED_SELECT")
        fields = self._fields()
        self._expect("FROM", "EXPECTED_FROM")
        resource = self._resource()
        where = self._conditions() if self._accept("WHERE") else ()
        order_by = self._orderings() if self._accept("ORDER") else ()
        limit = self._limit() if self._accept("LIMIT") else None
        if self._here.kind != "end":
            raise QueryError("UNEXPECTED_INPUT")
        return Query(fields, resource, where, order_by, limit)

    def _fields(self) -> tuple[str, ...]:
        found = [self._field()]
        while self._accept(","):
            found.append(self._field())
        return tuple(found)

    def _conditions(self) -> tuple[Condition, ...]:
        found = [self._condition()]
        while self._accept("AND"):
            found.append(self._condition())
        if self._here.upper in {"OR", "WHERE"}:
            raise QueryError("EXPECTED_AND")
        return tuple(found)

    def _condition(self) -> Condition:
        field = self._field()
        operator = self._operator()
        if operator in {"IS NULL", "IS NOT NULL"}:
            return Condition(field, operator, ())
        if operator in {"IN", "NOT IN"}:
            return Condition(field, operator, self._list())
        first = self._value()
        if operator != "BETWEEN":
            return Condition(field, operator, (first,))
        self._expect("AND", "EXPECTED_VALUE_WITH_BETWEEN_OPERATOR")
        return Condition(field, operator, (first, self._value()))

    def _operator(self) -> str:
        token = self._next()
        if token.upper == "IS":
            negated = self._accept("NOT")
            self._expect("NULL", "BAD_OPERATOR")
            return "IS NOT NULL" if negated else "IS NULL"
        if token.upper == "NOT":
            self._expect("IN", "BAD_OPERATOR")
            return "NOT IN"
        if token.upper in _COMPARISONS | {"IN", "BETWEEN"}:
            return token.upper
        raise QueryError("BAD_OPERATOR")

    def _list(self) -> tuple[str, ...]:
        self._expect("(", "EXPECTED_LIST")
        if self._accept(")"):
            raise QueryError("PROHIBITED_EMPTY_LIST_IN_CONDITION")
        found = [self._value()]
        while self._accept(","):
            found.append(self._value())
        self._expect(")", "EXPECTED_LIST")
        return tuple(found)

    def _orderings(self) -> tuple[Ordering, ...]:
        self._expect("BY", "EXPECTED_BY")
        found = [self._ordering()]
        while self._accept(","):
            found.append(self._ordering())
        return tuple(found)

    def _ordering(self) -> Ordering:
        field = self._field()
        if self._accept("DESC"):
            return Ordering(field, descending=True)
        self._accept("ASC")
        return Ordering(field, descending=False)

    def _limit(self) -> int:
        token = self._next()
        if not token.text.isascii() or not token.text.isdigit():
            raise QueryError("BAD_LIMIT_VALUE")
        if int(token.text) < 1:
            raise QueryError("LIMIT_VALUE_TOO_LOW")
        return int(token.text)

    def _field(self) -> str:
        token = self._next()
        if token.kind != "word" or not _FIELD.fullmatch(token.text):
            raise QueryError("UNEXPECTED_END_OF_QUERY" if token.kind == "end" else "BAD_FIELD_NAME")
        return token.text

    def _resource(self) -> str:
        token = self._next()
        if token.kind != "word" or not _RESOURCE.fullmatch(token.text):
            raise QueryError("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE")
        return token.text

    def _value(self) -> str:
        token = self._next()
        if token.kind == "string":
            return unquote(token.text)
        if token.kind in {"number", "word"}:
            return token.text
        raise QueryError("BAD_VALUE")

    @property
    def _here(self) -> Token:
        return self._tokens[self._index]

    def _next(self) -> Token:
        token = self._here
        if token.kind != "end":
            self._index += 1
        return token

    def _accept(self, word: str) -> bool:
        if self._here.kind in {"word", "symbol"} and self._here.upper == word:
            self._index += 1
            return True
        return False

    def _expect(self, word: str, code: str) -> None:
        if not self._accept(word):
            raise QueryError(code)

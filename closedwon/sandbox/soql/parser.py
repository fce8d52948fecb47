"""From a query's text to its parts: a recursive descent over the documented grammar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

from closedwon.sandbox.soql.dates import RANGES, RANGES_OF_N
from closedwon.sandbox.soql.errors import SoqlError, fault, unexpected
from closedwon.sandbox.soql.nodes import (
    Chain,
    Comparison,
    Condition,
    Count,
    Literal,
    Name,
    Not,
    Ordering,
    Query,
)
from closedwon.sandbox.soql.tokens import Token, tokenize, unquote

_MAX_QUERY = 100_000
_MAX_STRING = 4_000
_MAX_OFFSET = 2_000

_RESERVED = frozenset(
    [
        "AND",
        "ASC",
        "DESC",
        "EXCLUDES",
        "FIRST",
        "FOR",
        "FROM",
        "GROUP",
        "HAVING",
        "IN",
        "INCLUDES",
        "LAST",
        "LIKE",
        "LIMIT",
        "NOT",
        "NULL",
        "NULLS",
        "OFFSET",
        "OR",
        "ORDER",
        "SELECT",
        "USING",
        "WHERE",
        "WITH",
    ]
)
_OPERATORS = frozenset(["=", "!=", "<>", "<", "<=", ">", ">="])
_BOOLEANS = {"TRUE": True, "FALSE": False}

_T = TypeVar("_T")


def parse(source: str) -> Query:
    """Parse one SELECT statement.

    Raises:
        SoqlError: MALFORMED_QUERY, worded as Salesforce does, at the first token that cannot stand there.
    """
    if len(source) > _MAX_QUERY:
        text = f"SOQL statements cannot be longer than {_MAX_QUERY} characters."
        raise SoqlError("MALFORMED_QUERY", text)
    parser = _Parser(source)
    query = parser.query()
    parser.expect_end()
    return query


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = tokenize(source)
        self._index = 0

    def query(self) -> Query:
        self._keyword("SELECT")
        selected = self._separated(self._selected)
        self._keyword("FROM")
        entity = self._name()
        alias = self._alias()
        where = self._condition() if self._accept("WHERE") else None
        order_by = self._order_by() if self._accept("ORDER") else ()
        limit = self._whole_number() if self._accept("LIMIT") else None
        offset = self._offset() if self._accept("OFFSET") else 0
        return Query(self._source, selected, entity, alias, where, order_by, limit, offset)

    def expect_end(self) -> None:
        if self._here.kind != "end":
            raise self._unexpected()

    def _selected(self) -> Name | Count:
        name = self._name()
        if not self._accept("("):
            return name
        if name.text.upper() != "COUNT":
            raise unexpected(self._source, name.position, name.text)
        counted = None if self._here.text == ")" else self._name()
        self._keyword(")")
        return Count(counted, self._alias(), name.position)

    def _alias(self) -> str | None:
        if self._accept("AS") or (self._here.kind == "name" and self._here.word not in _RESERVED):
            return self._name().text
        return None

    def _condition(self) -> Condition:
        """One kind of logical operator at a level: Salesforce wants parentheses wherever they mix."""
        if self._accept("NOT"):
            return Not(self._simple())
        conditions = [self._simple()]
        operator = self._here.word
        if operator not in {"AND", "OR"}:
            return conditions[0]
        while self._accept(operator):
            conditions.append(self._simple())
        if self._here.word in {"AND", "OR"}:
            raise self._unexpected()
        return Chain(operator, tuple(conditions))

    def _simple(self) -> Condition:
        if self._accept("("):
            condition = self._condition()
            self._keyword(")")
            return condition
        return self._comparison()

    def _comparison(self) -> Comparison:
        name = self._name()
        token = self._advance()
        if token.kind == "symbol" and token.text in _OPERATORS:
            operator = "!=" if token.text == "<>" else token.text
            return Comparison(name, operator, self._literal(), token.position)
        if token.word == "LIKE":
            return Comparison(name, "LIKE", self._literal(), token.position)
        if token.word == "IN":
            return Comparison(name, "IN", self._members(), token.position)
        if token.word == "NOT" and self._accept("IN"):
            return Comparison(name, "NOT IN", self._members(), token.position)
        raise unexpected(self._source, token.position, token.text)

    def _members(self) -> tuple[Literal, ...] | Query:
        self._keyword("(")
        members = self.query() if self._here.word == "SELECT" else self._separated(self._literal)
        self._keyword(")")
        return members

    def _literal(self) -> Literal:
        token = self._advance()
        try:
            kind, value = self._value(token)
        except ValueError:
            text = f"Invalid {'date' if token.kind == 'date' else 'datetime'}: {token.text}"
            raise fault("MALFORMED_QUERY", self._source, token.position, text) from None
        return Literal(kind, value, token.text, token.position)

    def _value(self, token: Token) -> tuple[str, object]:
        if token.kind == "string":
            value = unquote(token.text)
            if len(value) > _MAX_STRING:
                raise fault(
                    "MALFORMED_QUERY", self._source, token.position, "String literal exceeds 4000 characters"
                )
            return "string", value
        if token.kind == "number":
            return "number", float(token.text)
        if token.kind == "date":
            return "date", date.fromisoformat(token.text)
        if token.kind == "datetime":
            return "datetime", datetime.fromisoformat(token.text)
        if token.word in _BOOLEANS:
            return "boolean", _BOOLEANS[token.word]
        if token.word == "NULL":
            return "null", None
        if token.word in RANGES:
            return "range", (token.word, 0)
        if token.word in RANGES_OF_N:
            self._keyword(":")
            return "range", (token.word, self._whole_number())
        raise unexpected(self._source, token.position, token.text)

    def _order_by(self) -> tuple[Ordering, ...]:
        self._keyword("BY")
        return self._separated(self._ordering)

    def _ordering(self) -> Ordering:
        name = self._name()
        descending = self._accept("DESC")
        if not descending:
            self._accept("ASC")
        nulls_first = True
        if self._accept("NULLS"):
            nulls_first = not self._accept("LAST")
            if nulls_first:
                self._keyword("FIRST")
        return Ordering(name, descending, nulls_first)

    def _offset(self) -> int:
        offset = self._whole_number()
        if offset > _MAX_OFFSET:
            raise SoqlError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {_MAX_OFFSET}")
        return offset

    def _whole_number(self) -> int:
        token = self._advance()
        if token.kind != "number" or not token.text.isdigit():
            raise unexpected(self._source, token.position, token.text)
        return int(token.text)

    def _name(self) -> Name:
        token = self._advance()
        if token.kind != "name" or token.word in _RESERVED:
            raise unexpected(self._source, token.position, token.text)
        return Name(token.text, token.position)

    def _separated(self, item: Callable[[], _T]) -> tuple[_T, ...]:
        items = [item()]
        while self._accept(","):
            items.append(item())
        return tuple(items)

    @property
    def _here(self) -> Token:
        return self._tokens[self._index]

    def _advance(self) -> Token:
        token = self._here
        if token.kind != "end":
            self._index += 1
        return token

    def _accept(self, word: str) -> bool:
        if self._here.kind in {"name", "symbol"} and self._here.word == word:
            self._index += 1
            return True
        return False

    def _keyword(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected()

    def _unexpected(self) -> SoqlError:
        return unexpected(self._source, self._here.position, self._here.text)

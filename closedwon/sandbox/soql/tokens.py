"""A query's text cut into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from closedwon.sandbox.soql.errors import SoqlError, fault

_PATTERN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<string>'(?:[^'\\]|\\[nNrRtTbBfF"'\\_%])*')
    | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d(?!T))
    | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w-]))
    | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    | (?P<symbol><=|>=|!=|<>|[=<>(),:])
    """,
    re.VERBOSE | re.DOTALL,
)

_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the query; ``kind`` is string, datetime, date, number, name, symbol or end."""

    kind: str
    text: str
    position: int

    @property
    def word(self) -> str:
        """The text in upper case, to compare with keywords."""
        return self.text.upper()


def tokenize(source: str) -> list[Token]:
    """Cut ``source`` into tokens, ended by one of kind ``end``.

    Raises:
        SoqlError: MALFORMED_QUERY at the first character that begins no token (a date-time without zone).
    """
    tokens: list[Token] = []
    position = 0
    while position < len(source):
        match = _PATTERN.match(source, position)
        if match is None:
            raise _no_token(source, position)
        kind = match.lastgroup or ""
        if kind != "space":
            tokens.append(Token(kind, match.group(), position))
        position = match.end()
    tokens.append(Token("end", "<EOF>", len(source)))
    return tokens


def _no_token(source: str, position: int) -> SoqlError:
    character = source[position]
    row = source.count("\n", 0, position) + 1
    column = position - source.rfind("\n", 0, position) - 1
    text = f"line {row}:{column} no viable alternative at character '{character}'"
    return fault("MALFORMED_QUERY", source, position, text)


def characters(text: str) -> list[tuple[bool, str]]:
    """The characters inside a quoted string, each with whether it was escaped; escapes are resolved."""
    found: list[tuple[bool, str]] = []
    inside = iter(text[1:-1])
    for character in inside:
        if character == "\\":
            escaped = next(inside)
            found.append((True, _CONTROL.get(escaped.lower(), escaped)))
        else:
            found.append((False, character))
    return found


def unquote(text: str) -> str:
    """The value of a quoted string."""
    return "".join(character for _, character in characters(text))

"""A query's text cut into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from closedwon.sandbox.gaql.errors import QueryError

_PATTERN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    | (?P<number>-?\d+(?:\.\d+)?(?!\w))
    | (?P<word>[A-Za-z_][\w.]*)
    | (?P<symbol><=|>=|!=|[=<>(),])
    """,
    re.VERBOSE,
)
_QUOTES = "'\""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the query; ``kind`` is string, number, word, symbol or end."""

    kind: str
    text: str

    @property
    def upper(self) -> str:
        """The text in upper case, to compare with keywords."""
        return self.text.upper()


END = Token("end", "")


def tokenize(source: str) -> list[Token]:
    """Cut ``source`` into tokens, ended by one of kind ``end``.

    Raises:
        QueryError: at the first character that begins no token.
    """
    tokens: list[Token] = []
    position = 0
    while position < len(source):
        match = _PATTERN.match(source, position)
        if match is None:
            raise QueryError("STRING_NOT_TERMINATED" if source[position] in _QUOTES else "BAD_SYMBOL")
        if match.lastgroup != "space":
            tokens.append(Token(match.lastgroup or "", match.group()))
        position = match.end()
    return [*tokens, END]


def unquote(text: str) -> str:
    """The value of a quoted string."""
    return re.sub(r"\\(.)", r"\1", text[1:-1])

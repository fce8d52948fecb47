"""One SOQL condition, read strictly: a filter in a client's file becomes part of a query that others rely on.

What comes out is written anew from what was understood, so that nothing else can ride along: no further
clause, no query within the query, no comment. Grammar:
https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_conditionexpression.htm
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_EXAMPLE = "one SOQL condition such as LeadSource = 'Web' AND Country IN ('FR', 'BE')"
_DEEPEST = 20

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<text>'(?:[^'\\]|\\[nNrRtTbBfF"'\\_%]|\\u[0-9A-Fa-f]{4})*')
    | (?P<moment>\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))?(?![\w:.-]))
    | (?P<number>[+-]?\d+(?:\.\d+)?(?![\w.-]))
    | (?P<period>[A-Za-z]\w*:\d+(?!\w))
    | (?P<word>[A-Za-z]\w*(?:\.[A-Za-z]\w*)*)
    | (?P<sign><=|>=|!=|<>|[=<>])
    | (?P<mark>[(),])
    """,
    re.VERBOSE,
)

_RESERVED = frozenset(["AND", "OR", "NOT", "IN", "LIKE", "INCLUDES", "EXCLUDES", "NULL", "TRUE", "FALSE"])
_CONSTANTS = frozenset({"NULL", "TRUE", "FALSE"})
_UNITS = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR")
_PERIODS = frozenset(
    ["YESTERDAY", "TODAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS"]
    + [f"{which}_{unit}" for which in ("LAST", "THIS", "NEXT") for unit in _UNITS if unit != "DAY"]
)
_COUNTED_PERIODS = frozenset(
    [f"{which}_N_{unit}S" for which in ("LAST", "NEXT") for unit in _UNITS]
    + [f"N_{unit}S_AGO" for unit in _UNITS]
)


@dataclass(frozen=True)
class Condition:
    """A condition that was understood.

    Attributes:
        text: the condition in SOQL, without WHERE; to be put in parentheses where it is combined.
        fields: the paths of the fields that it asks about, each once.
    """

    text: str
    fields: tuple[str, ...]


def parse_condition(text: str) -> Condition:
    """Read ``text`` as one condition: comparisons with literals, joined by AND, OR, NOT and parentheses.

    Raises:
        ValueError: what was expected instead, as a noun phrase.
    """
    parser = _Parser(_tokens(text))
    condition = parser.condition()
    if parser.kind != "end":
        raise _refused(f"which {parser.shown} cannot follow")
    return Condition(condition, tuple(dict.fromkeys(parser.fields)))


_Token = tuple[str, str]


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _refused(_stray(text[position]))
        if match.lastgroup != "space":
            tokens.append((str(match.lastgroup), match.group()))
        position = match.end()
    return [*tokens, ("end", "")]


def _stray(character: str) -> str:
    if character == "'":
        return "with a closing quote, and \\' for a quote within text"
    if character == '"':
        return "with text in single quotes"
    if character.isdigit():
        return "with a number, or a time as in 2026-01-31 or 2026-01-31T08:00:00Z"
    return f"without {character!r} outside quotes"


def _refused(why: str) -> ValueError:
    return ValueError(f"{_EXAMPLE}, {why}")


class _Parser:
    """Descends through the tokens and returns what it understood, written anew."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._index = 0
        self._depth = 0
        self.fields: list[str] = []

    @property
    def kind(self) -> str:
        return self._tokens[self._index][0]

    @property
    def shown(self) -> str:
        return self._tokens[self._index][1] or "its end"

    def condition(self) -> str:
        """Terms joined by one operator: Salesforce wants parentheses wherever AND and OR mix."""
        terms = [self._term()]
        operator = self._word
        if operator not in {"AND", "OR"}:
            return terms[0]
        while self._accept(operator):
            terms.append(self._term())
        if self._word in {"AND", "OR"}:
            raise _refused("with parentheses where AND and OR mix")
        return f" {operator} ".join(f"({term})" if term.startswith("NOT ") else term for term in terms)

    def _term(self) -> str:
        if self._accept("NOT"):
            return f"NOT {self._operand()}"
        return self._operand()

    def _operand(self) -> str:
        if not self._accept("("):
            return self._comparison()
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _refused(f"with parentheses at most {_DEEPEST} deep")
        inner = self.condition()
        if not self._accept(")"):
            raise _refused(f"with a closing parenthesis before {self.shown}")
        self._depth -= 1
        return f"({inner})"

    def _comparison(self) -> str:
        field = self._field()
        if self.kind == "sign":
            return f"{field} {self._take()} {self._literal()}"
        if self._accept("LIKE"):
            return f"{field} LIKE {self._literal()}"
        if self._accept("NOT"):
            if not self._accept("IN"):
                raise _refused(f"with NOT before {field} or IN behind it")
            return f"{field} NOT IN {self._members()}"
        for operator in ("IN", "INCLUDES", "EXCLUDES"):
            if self._accept(operator):
                return f"{field} {operator} {self._members()}"
        raise _refused(f"with a comparison behind {field}, not {self.shown}")

    def _field(self) -> str:
        if self.kind != "word" or self._word in _RESERVED:
            raise _refused(f"with the name of a field in the place of {self.shown}")
        name = self._take()
        self.fields.append(name)
        return name

    def _members(self) -> str:
        if not self._accept("("):
            raise _refused(f"with values in parentheses in the place of {self.shown}")
        members = [self._literal()]
        while self._accept(","):
            members.append(self._literal())
        if not self._accept(")"):
            raise _refused(f"with values between commas in the place of {self.shown}")
        return f"({', '.join(members)})"

    def _literal(self) -> str:
        word = self._word
        known = word in _CONSTANTS or word in _PERIODS or word.partition(":")[0] in _COUNTED_PERIODS
        if self.kind in {"text", "moment", "number"} or (self.kind in {"word", "period"} and known):
            return self._take()
        raise _refused(
            f"with text in single quotes, a number, a date, true, false or null in the place of {self.shown}"
        )

    @property
    def _word(self) -> str:
        return self._tokens[self._index][1].upper()

    def _take(self) -> str:
        taken = self._tokens[self._index][1]
        self._index += 1
        return taken

    def _accept(self, word: str) -> bool:
        found = self.kind in {"word", "mark"} and self._word == word
        self._index += found
        return found

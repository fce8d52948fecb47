"""What Bulk API 2.0 refuses to query, and what it refuses in the request that creates a job.

Page: queries of the Bulk API 2.0 guide, "SOQL Considerations". The guide names what is not supported, but not
the codes and words of the refusals: they are those that users report.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from closedwon.sandbox.salesforce.errors import RestError
from closedwon.sandbox.soql.tokens import Token, tokenize

DELIMITERS = {
    "BACKQUOTE": "`",
    "CARET": "^",
    "COMMA": ",",
    "PIPE": "|",
    "SEMICOLON": ";",
    "TAB": "\t",
}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "operation": ("query", "queryAll"),
    "contentType": ("CSV",),
    "columnDelimiter": tuple(DELIMITERS),
    "lineEnding": tuple(LINE_ENDINGS),
}
_DEFAULTS = {"contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "LF"}

_CLAUSES = {
    "GROUP": "GROUP BY",
    "OFFSET": "OFFSET",
    "TYPEOF": "TYPEOF",
}
_AGGREGATES = frozenset(["AVG", "COUNT", "COUNT_DISTINCT", "MAX", "MIN", "SUM"])


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What a job is to do, in the API's own words."""

    operation: str
    query: str
    delimiter: str
    line_ending: str


def job_request(body: bytes) -> JobRequest:
    """Read the body of the request that creates a job.

    Raises:
        RestError: it is no JSON object, or names or lacks what it must not.
    """
    given = _object(body)
    unknown = sorted(set(given) - set(_CHOICES) - {"query"})
    if unknown:
        raise _unreadable(f'Unrecognized field "{unknown[0]}"')
    for name in ("operation", "query"):
        if not given.get(name):
            raise RestError(400, "API_ERROR", f"Required field is missing: {name}")
    for name, choices in _CHOICES.items():
        if name in given and given[name] not in choices:
            raise _unreadable(f"{name}: {given[name]!r} is none of {', '.join(choices)}")
    full = {**_DEFAULTS, **given}
    return JobRequest(full["operation"], str(full["query"]), full["columnDelimiter"], full["lineEnding"])


def check_query(soql: str) -> None:
    """Refuse SOQL that only the REST API runs.

    Raises:
        RestError: the query has a clause, an aggregate or a subquery that bulk queries do not support.
    """
    tokens = tokenize(soql)
    selected = _selected(tokens)
    for token in tokens:
        if token.kind == "name" and token.word in _CLAUSES:
            raise _unsupported(f"{_CLAUSES[token.word]} clause")
    for token, after in pairwise(selected):
        if token.text == "(" and after.word == "SELECT":
            raise _unsupported("Aggregate Relationships")
        if token.word in _AGGREGATES and after.text == "(":
            raise _unsupported("Aggregate functions")


def _selected(tokens: list[Token]) -> list[Token]:
    """The tokens of the SELECT list, up to the FROM that is not inside parentheses."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.word == "FROM" and depth == 0:
            return tokens[:index]
    return tokens


def _object(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except ValueError:
        raise _unreadable("The request body is not JSON") from None
    if not isinstance(given, dict):
        raise _unreadable("Cannot deserialize instance of JobInfo")
    return given


def _unreadable(text: str) -> RestError:
    return RestError(400, "JSON_PARSER_ERROR", text)


def _unsupported(what: str) -> RestError:
    text = f"{what} not supported in Bulk V2 Query with CSV content type"
    return RestError(400, "FEATURENOTENABLED", text)

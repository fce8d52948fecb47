"""How Salesforce says what is wrong with a query: a code, and an excerpt with a caret under the fault."""

from __future__ import annotations

_EXCERPT = 60
"""Characters of the query shown on each side of the fault; Salesforce cuts long queries likewise."""


class SoqlError(Exception):
    """A query that Salesforce refuses with status 400.

    Attributes:
        code: the ``errorCode`` of the answer, such as ``INVALID_FIELD``.
        message: the ``message`` of the answer.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def fault(code: str, source: str, position: int, text: str) -> SoqlError:
    """An error that points at ``position`` (a character offset) of the query ``source``."""
    line_start = source.rfind("\n", 0, position) + 1
    line_end = source.find("\n", position)
    line = source[line_start : line_end if line_end >= 0 else len(source)]
    column = position - line_start
    cut = max(0, column - _EXCERPT)
    excerpt = line[cut : column + _EXCERPT]
    row = source.count("\n", 0, position) + 1
    caret = " " * (column - cut) + "^"
    return SoqlError(code, f"\n{excerpt}\n{caret}\nERROR at Row:{row}:Column:{column + 1}\n{text}")


def unexpected(source: str, position: int, token: str) -> SoqlError:
    """The parser met a token that cannot stand there."""
    return fault("MALFORMED_QUERY", source, position, f"unexpected token: '{token}'")

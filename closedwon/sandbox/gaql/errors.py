"""How the Google Ads API says what is wrong with a query: a member of ``QueryError``."""

from __future__ import annotations


class QueryError(Exception):
    """A query that is refused.

    Attributes:
        code: the member of ``QueryErrorEnum.QueryError``, such as ``UNRECOGNIZED_FIELD``.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

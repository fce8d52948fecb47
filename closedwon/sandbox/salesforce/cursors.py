"""Query results in pages: locators that find the rest of a result for two days.

Page: salesforce-app-limits-platform-apicursors (no limit on open cursors since API 56.0).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from closedwon.sandbox.salesforce.errors import RestError
from closedwon.sandbox.salesforce.ids import record_id
from closedwon.sandbox.soql import Result
from closedwon.sandbox.world import SalesforceOrg

MIN_BATCH, MAX_BATCH = 200, 2000

_LOCATOR = re.compile(r"(?P<id>0r8\w{15})-(?P<start>\d+)")
_BATCH_SIZE = re.compile(r"batchSize=(\d+)", re.IGNORECASE)


def batch_size(query_options: str) -> int:
    """Rows a page from the header ``Sforce-Query-Options``; Salesforce keeps it between 200 and 2,000."""
    match = _BATCH_SIZE.search(query_options)
    return min(max(int(match[1]), MIN_BATCH), MAX_BATCH) if match else MAX_BATCH


@dataclass(frozen=True, slots=True)
class _Cursor:
    org: SalesforceOrg
    result: Result
    size: int
    opened_at: float


class Cursors:
    """The open cursors of all orgs."""

    def __init__(self) -> None:
        self._open: dict[str, _Cursor] = {}
        self._numbers = count(1)

    def first_page(
        self, org: SalesforceOrg, result: Result, size: int, resource: str, now: datetime
    ) -> dict[str, Any]:
        """The answer to a query; ``resource`` is the path under which further pages are found."""
        locator = record_id("0r8", next(self._numbers))
        if len(result.rows) > size:
            self._open[locator] = _Cursor(org, result, size, now.timestamp())
        return _page(result, locator, 0, size, resource)

    def next_page(
        self, org: SalesforceOrg, locator: str, resource: str, now: datetime, lifetime: float
    ) -> dict[str, Any]:
        """The page that a locator stands for; ``lifetime`` in seconds is how long cursors live.

        Raises:
            RestError: INVALID_QUERY_LOCATOR where it was never given to this org, or is over.
        """
        match = _LOCATOR.fullmatch(locator)
        cursor = self._open.get(match["id"]) if match else None
        if match is None or cursor is None or cursor.org is not org:
            raise _invalid()
        start = int(match["start"])
        if now.timestamp() - cursor.opened_at >= lifetime or not 0 < start < len(cursor.result.rows):
            raise _invalid()
        return _page(cursor.result, match["id"], start, cursor.size, resource)


def _page(result: Result, locator: str, start: int, size: int, resource: str) -> dict[str, Any]:
    rows: Sequence[Any] = result.rows[start : start + size]
    after = start + len(rows)
    done = after >= len(result.rows)
    more = {} if done else {"nextRecordsUrl": f"{resource}/{locator}-{after}"}
    records = [result.project(row) for row in rows]
    return {"totalSize": result.total, "done": done, **more, "records": records}


def _invalid() -> RestError:
    return RestError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")

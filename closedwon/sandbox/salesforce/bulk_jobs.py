"""Query jobs of Bulk API 2.0: their states, their results in pages, and the locators that find them again.

Pages: query_create_job, query_get_one_job, query_get_job_results, query_abort_job and query_delete_job of the
Bulk API 2.0 guide.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from closedwon.sandbox.salesforce.bulk_rules import JobRequest
from closedwon.sandbox.salesforce.changes import stamp
from closedwon.sandbox.salesforce.errors import RestError
from closedwon.sandbox.salesforce.ids import record_id
from closedwon.sandbox.soql import Result
from closedwon.sandbox.world import Record, SalesforceOrg

LAST_LOCATOR = "null"
"""The header's value, a word, where no further results follow."""

_WORKING = frozenset(["UploadComplete", "InProgress"])
_USER = record_id("005", 1)


@dataclass(slots=True)
class Job:
    """One query job of one org, and what it found when it was created.

    Attributes:
        polls: how many times its state will still be asked before it is over.
        error: why it will fail, or nothing.
    """

    number: int
    org: SalesforceOrg
    request: JobRequest
    version: int
    result: Result
    created: datetime
    polls: int
    error: str
    state: str = "UploadComplete"
    modified: datetime | None = None
    _starts: dict[str, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The job's id, of 18 characters."""
        return record_id("750", self.number)

    def created_info(self) -> dict[str, Any]:
        """The answer to the request that created it."""
        return {
            "id": self.id,
            "operation": self.request.operation,
            "object": self.result.entity,
            "createdById": _USER,
            "createdDate": stamp(self.created),
            "systemModstamp": stamp(self.modified or self.created),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "lineEnding": self.request.line_ending,
            "columnDelimiter": self.request.delimiter,
        }

    def info(self) -> dict[str, Any]:
        """What is known of it now."""
        complete = self.state == "JobComplete"
        processed = len(self.result.rows) if complete else 0
        took = (self.modified or self.created) - self.created
        more = {"errorMessage": self.error} if self.state == "Failed" else {}
        return {
            **self.created_info(),
            "jobType": "V2Query",
            "numberRecordsProcessed": processed,
            "retries": 0,
            "totalProcessingTime": round(took.total_seconds() * 1000),
            "isPkChunkingSupported": True,
            **more,
        }

    def work(self, now: datetime) -> None:
        """Go on, as far as being asked for brings it."""
        if self.state not in _WORKING:
            return
        self.modified = now
        if self.polls > 0:
            self.polls -= 1
            self.state = "InProgress"
        else:
            self.state = "Failed" if self.error else "JobComplete"

    def abort(self, now: datetime) -> None:
        """Stop it.

        Raises:
            RestError: it is over already.
        """
        if self.state not in _WORKING:
            raise RestError(400, "INVALIDJOBSTATE", f"Aborting already {self.state} job not allowed")
        self.state, self.modified = "Aborted", now

    def check_deletable(self) -> None:
        """Refuse to delete it while it works."""
        if self.state in _WORKING:
            text = "Error encountered when deleting the job because the job is not terminated"
            raise RestError(400, "API_ERROR", text)

    def page(self, locator: str | None, size: int) -> tuple[Sequence[Record], str]:
        """Up to ``size`` rows from a locator on, or from the start, and the locator of those that follow.

        Raises:
            RestError: the locator was never given for this job.
        """
        start = 0 if locator is None else self._starts.get(locator)
        if start is None:
            raise RestError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        end = start + size
        more = end < len(self.result.rows)
        return self.result.rows[start:end], self._locator(end) if more else LAST_LOCATOR

    def _locator(self, start: int) -> str:
        """The same for the same place, and of no use to another job."""
        text = f"{start}:{record_id('0Ga', self.number)}".encode()
        locator = base64.urlsafe_b64encode(text).decode().rstrip("=")
        self._starts[locator] = start
        return locator

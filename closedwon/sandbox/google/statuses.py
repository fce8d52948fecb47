"""What ``requestStatus:retrieve`` says of accepted requests: PROCESSING first, then counts by reason.

Pages: "Diagnostics", and the REST reference of ``requestStatus.retrieve``. Which event failed is never said. A status
is kept for "approximately 50 days" (ErrorReason.REQUEST_TOO_OLD).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from closedwon.sandbox.google.errors import invalid_argument

KEPT_FOR = timedelta(days=50)


class RequestStatuses:
    """The statuses of one world's requests.

    Attributes:
        processing_time: how long a status stays PROCESSING; 30 minutes and more at Google.
    """

    def __init__(self) -> None:
        self.processing_time = timedelta(seconds=1)
        self._known: dict[str, tuple[datetime, list[dict[str, Any]]]] = {}

    def add(self, request_id: str, now: datetime, statuses: list[dict[str, Any]]) -> None:
        """Keep what became of a request, one status a destination."""
        self._known[request_id] = (now, statuses)

    def read(self, request_id: str, now: datetime) -> dict[str, Any]:
        """The answer to ``requestStatus:retrieve``.

        Raises:
            GoogleError: the request is unknown, was only validated, or is too old.
        """
        accepted_at, statuses = self._known.get(request_id, (None, []))
        if accepted_at is None:
            raise _refused("INVALID_REQUEST_ID", "The request ID is not valid.")
        if now - accepted_at > KEPT_FOR:
            raise _refused("REQUEST_TOO_OLD", "The status of the request is no longer available.")
        if now - accepted_at < self.processing_time:
            statuses = [
                {"destination": status["destination"], "requestStatus": "PROCESSING"} for status in statuses
            ]
        return {"requestStatusPerDestination": statuses}


def status_of(
    destination: Mapping[str, Any],
    count: int,
    errors: Counter[str],
    warning: str | None,
    *,
    kind: Sequence[str] = ("eventsIngestionStatus",),
) -> dict[str, Any]:
    """The final status of ``count`` events, or members, for one destination.

    Args:
        errors: how many failed, by ProcessingErrorReason.
        warning: a ProcessingWarningReason that all of them have.
        kind: the fields, one within the other, that say how many there were.
    """
    failed = errors.total()
    outcome = "SUCCESS" if not failed else "FAILED" if failed == count else "PARTIAL_SUCCESS"
    status: dict[str, Any] = {
        "destination": destination,
        "requestStatus": outcome,
    }
    said: dict[str, Any] = {"recordCount": str(count)}
    for field in reversed(kind):
        said = {field: said}
    status |= said
    if errors:
        counts = [{"recordCount": str(number), "reason": reason} for reason, number in sorted(errors.items())]
        status["errorInfo"] = {"errorCounts": counts}
    if warning:
        status["warningInfo"] = {"warningCounts": [{"recordCount": str(count), "reason": warning}]}
    return status


def _refused(reason: str, description: str) -> Exception:
    return invalid_argument([{"field": "request_id", "description": description, "reason": reason}])

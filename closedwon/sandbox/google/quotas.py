"""The quotas of Cloud projects: requests a minute and a day, reading and writing apart, for all accounts together.

Page: "Limits and quotas" of the Data Manager API. When a day begins is that of Google's other quotas: at midnight
in California.
"""

from __future__ import annotations

from collections import Counter, deque
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from closedwon.sandbox.google.errors import resource_exhausted

_MINUTE = timedelta(minutes=1)
_ZONE = ZoneInfo("America/Los_Angeles")


class ProjectQuotas:
    """What each project has left.

    Attributes:
        requests_per_minute, requests_per_day: of each project, once for reading and once for writing.
    """

    def __init__(self) -> None:
        self.requests_per_minute = 300
        self.requests_per_day = 100_000
        self._last_minute: dict[tuple[str, str], deque[datetime]] = {}
        self._of_day: Counter[tuple[str, str, str]] = Counter()

    def spend(self, project: str, operation: str, now: datetime) -> None:
        """Count one request; ``operation`` is ``Mutate`` or ``Read``.

        Raises:
            GoogleError: none is left.
        """
        recent = self._last_minute.setdefault((project, operation), deque())
        while recent and recent[0] <= now - _MINUTE:
            recent.popleft()
        day = (project, operation, now.astimezone(_ZONE).date().isoformat())
        if self._of_day[day] >= self.requests_per_day:
            raise resource_exhausted(
                f"Ingestion{operation}RequestsPerDayPerProject", self.requests_per_day, None
            )
        if len(recent) >= self.requests_per_minute:
            delay = (recent[0] + _MINUTE - now).total_seconds() if recent else _MINUTE.total_seconds()
            raise resource_exhausted(
                f"Ingestion{operation}RequestsPerMinutePerProject", self.requests_per_minute, delay
            )
        recent.append(now)
        self._of_day[day] += 1

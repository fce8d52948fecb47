"""How much may be asked: by ten seconds, by day, and apart from both by second for search.

Page: "API usage guidelines". Limits are a portal's, whatever the token; answers of search carry no limit headers.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from closedwon.sandbox.hubspot.errors import too_many
from closedwon.sandbox.hubspot.settings import HubSpotSettings

_BURST = timedelta(seconds=10)
_SECOND = timedelta(seconds=1)


class Limits:
    """What one portal has used."""

    def __init__(self) -> None:
        self._burst: deque[datetime] = deque()
        self._searches: deque[datetime] = deque()
        self._day: int = 0
        self._used_today = 0

    def admit(self, settings: HubSpotSettings, now: datetime, *, search: bool) -> None:
        """Count one request.

        Raises:
            HubSpotError: 429, naming the policy; a refused request counts for none.
        """
        if now.toordinal() != self._day:
            self._day, self._used_today = now.toordinal(), 0
        _forget(self._burst, now - _BURST)
        _forget(self._searches, now - _SECOND)
        if self._used_today >= settings.daily_requests:
            raise too_many("DAILY")
        if len(self._burst) >= settings.per_ten_seconds:
            raise too_many("TEN_SECONDLY_ROLLING")
        if search and len(self._searches) >= settings.searches_per_second:
            raise too_many("SECONDLY")
        self._used_today += 1
        self._burst.append(now)
        if search:
            self._searches.append(now)

    def headers(self, settings: HubSpotSettings, *, daily: bool) -> dict[str, str]:
        """What an answer says of the limits; to OAuth tokens it says nothing of the ``daily`` one."""
        shown = {
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(round(_BURST.total_seconds() * 1000)),
            "X-HubSpot-RateLimit-Max": str(settings.per_ten_seconds),
            "X-HubSpot-RateLimit-Remaining": str(max(0, settings.per_ten_seconds - len(self._burst))),
        }
        if daily:
            remaining = max(0, settings.daily_requests - self._used_today)
            shown["X-HubSpot-RateLimit-Daily"] = str(settings.daily_requests)
            shown["X-HubSpot-RateLimit-Daily-Remaining"] = str(remaining)
        return shown


def _forget(times: deque[datetime], before: datetime) -> None:
    while times and times[0] <= before:
        times.popleft()

"""Keeping within a portal's rate limits, together: every call of this process that shares a token waits in one line.

Usage guidelines: 100 calls in any ten seconds (190 from Professional up), and five searches a second.
https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Mapping
from threading import Lock
from weakref import WeakValueDictionary

CALLS = (100, 10.0)
SEARCHES = (5, 1.0)
"""Calls, and the seconds in any stretch of which so many are allowed."""


class _Window:
    """So many calls in any stretch of so many seconds."""

    def __init__(self, calls: int, seconds: float) -> None:
        self.calls = calls
        self.seconds = seconds
        self._taken: deque[float] = deque()

    def free_at(self) -> float:
        """The first moment at which one more call fits."""
        return self._taken[-self.calls] + self.seconds if len(self._taken) >= self.calls else 0.0

    def take(self, moment: float) -> None:
        """Count a call at ``moment``."""
        while self._taken and self._taken[0] <= moment - self.seconds:
            self._taken.popleft()
        self._taken.append(moment)


class Limiter:
    """One portal's allowance. Calls reserve their moment in turn and wait for it outside of the lock."""

    def __init__(
        self,
        *,
        calls: tuple[int, float] = CALLS,
        searches: tuple[int, float] = SEARCHES,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        self._calls = _Window(*calls)
        self._searches = _Window(*searches)
        self._not_before = 0.0
        self._daily = ""

    @property
    def allowance(self) -> str:
        """HubSpot's last word on the day's calls (``0 of 250000 calls left today``), or empty."""
        return self._daily

    def wait(self, *, search: bool) -> None:
        """Come back when the call may be made; a search is counted as a call too."""
        with self._lock:
            windows = [self._calls, self._searches] if search else [self._calls]
            moment = max(self._clock(), self._not_before, *(window.free_at() for window in windows))
            for window in windows:
                window.take(moment)
        if (seconds := moment - self._clock()) > 0:
            self._sleep(seconds)

    def hold(self, seconds: float) -> None:
        """Let nobody call for so long: HubSpot counted more calls than this process made."""
        with self._lock:
            self._not_before = max(self._not_before, self._clock() + seconds)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over the limits that an answer states; search answers state none."""
        calls, milliseconds = (
            _number(headers, f"X-HubSpot-RateLimit-{name}") for name in ("Max", "Interval-Milliseconds")
        )
        with self._lock:
            if calls and milliseconds:
                self._calls.calls, self._calls.seconds = calls, milliseconds / 1000
            daily, left = (
                _number(headers, f"X-HubSpot-RateLimit-{name}") for name in ("Daily", "Daily-Remaining")
            )
            if daily is not None and left is not None:
                self._daily = f"{left} of {daily} calls left today"


_limiters: WeakValueDictionary[str, Limiter] = WeakValueDictionary()
_registry = Lock()


def shared_limiter(host: str, credential: str) -> Limiter:
    """The limiter of all who call ``host`` with ``credential`` in this process."""
    key = hashlib.sha256(f"{host}\n{credential}".encode()).hexdigest()
    with _registry:
        return _limiters.setdefault(key, Limiter())


def _number(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(name, "")
    return int(value) if value.isdigit() else None

"""Requests held back before the platform refuses them: one limiter an app or project, for all clients that use it.

Google's quotas are fixed and counted here; Meta tells its own with each answer. Both count an app's or a project's
requests over all clients, so what one client is told of these holds for the others, while another app's clients go on;
what it is told of its own account's quota holds for itself alone. What is known is this process's: another process
with the same project shows in the platform's refusals only.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition, Lock

from uploads.errors import Action, PlatformError, Policy
from uploads.retrying import LONGEST_WAIT, Sleep
from uploads.usage import Usage, account_usage, app_usage

_log = logging.getLogger(__name__)

Clock = Callable[[], float]
"""Seconds of a clock that is never put back, such as :func:`time.monotonic`."""

AT_ONCE = 4
"""Requests of one app that may be under way together."""

SLOWING_FROM = 75.0
"""Percent of a told quota from which requests are spread out."""

_SLOWEST = 60.0
_EXHAUSTED_PAUSE = 300.0
"""Seconds without a request once a quota is used up and no time was told: Meta's longest block of that kind."""

_UNTOLD_PAUSE = 30.0
_LONGEST_PAUSE = 86_400.0
_TOLD_FOR = 3_600.0
"""Seconds for which told usage counts: Meta's windows are rolling hours."""

_SLACK = 1.0
"""Seconds added to a quota's window: a request arrives later than it starts, and not always equally later."""

_LOOK_FOR_STOP = 0.5

BUSY = "quota"
_POLICY = Policy(
    Action.RETRY, "the quota that this client shares with others is used up for now", throttled=True
)


@dataclass(frozen=True)
class Quota:
    """At most ``requests`` in any span of ``seconds``."""

    requests: int
    seconds: float


class _Meter:
    """When the next request may start, by what is known of one quota; its owner holds the lock."""

    def __init__(self) -> None:
        self.open_from = float("-inf")
        self._interval = 0.0
        self._told_at = float("-inf")
        self._last = float("-inf")

    def earliest(self, now: float) -> float:
        """The first moment at which a request may start."""
        interval = self._interval if now - self._told_at < _TOLD_FOR else 0.0
        return max(now, self.open_from, self._last + interval)

    def take(self, start: float) -> None:
        """A request starts at ``start``."""
        self._last = max(self._last, start)

    def pause(self, until: float) -> None:
        """No request may start before ``until``; a longer pause stays."""
        self.open_from = max(self.open_from, until)

    def told(self, usage: Usage, now: float) -> None:
        """Follow what the platform says of the quota."""
        self._interval, self._told_at = _interval(usage.percent), now
        if usage.percent >= 100 or usage.wait:
            self.pause(now + min(usage.wait or _EXHAUSTED_PAUSE, _LONGEST_PAUSE))


class _App:
    """What all clients of one app or project share: its quotas, its usage, and the places for requests."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.meter = _Meter()
        self.changed = Condition(Lock())
        self.under_way = 0
        self._quotas: dict[float, int] = {}
        self._starts: deque[float] = deque()

    def allow(self, quotas: Sequence[Quota]) -> None:
        """Take the highest that any client names: it is the app's, and so is what more was granted."""
        with self.changed:
            for quota in quotas:
                span = quota.seconds + _SLACK
                self._quotas[span] = max(quota.requests, self._quotas.get(span, 0))

    def earliest(self, now: float) -> float:
        """The first moment at which a request may start; starts are given out in their order."""
        start = max(self.meter.earliest(now), self._starts[-1] if self._starts else now)
        for span, requests in self._quotas.items():
            if len(self._starts) >= requests:
                start = max(start, self._starts[-requests] + span)
        return start

    def take(self, start: float) -> None:
        """A request starts at ``start``."""
        self.meter.take(start)
        if self._quotas:
            self._starts.append(start)
            longest = max(self._quotas)
            while self._starts[0] + longest <= start:
                self._starts.popleft()


class Limiter:
    """One account's requests among those of its app. Safe to use from any thread."""

    def __init__(self, name: str, app: _App) -> None:
        self._name = name
        self._app = app
        self._account = _Meter()

    @contextmanager
    def turn(self, sleep: Sleep) -> Iterator[None]:
        """Make one request inside the block, which begins as soon as the request may start.

        A :class:`PlatformError` that leaves the block and says that a quota is used up makes the others wait too.

        Raises:
            PlatformError: the wait would be longer than ``LONGEST_WAIT``; nothing was requested.
        """
        self._enter(sleep)
        try:
            yield
        except PlatformError as error:
            if error.policy.throttled:
                self._refused(error)
            raise
        finally:
            with self._app.changed:
                self._app.under_way -= 1
                self._app.changed.notify()

    def heard(self, headers: Mapping[str, str]) -> None:
        """Follow what an answer's headers say of the app's and the account's usage."""
        told = ((self._app.meter, app_usage(headers)), (self._account, account_usage(headers)))
        with self._app.changed:
            for meter, usage in told:
                if usage is not None:
                    meter.told(usage, self._app.clock())

    def _enter(self, sleep: Sleep) -> None:
        while True:
            # The account first, outside of any place: while it waits, the app's other accounts go on.
            start = self._wait(self._account, sleep)
            start = max(start, self._wait(self._app, sleep))
            with self._app.changed:
                while self._app.under_way >= AT_ONCE:
                    self._app.changed.wait(_LOOK_FOR_STOP)
                    sleep(0)
                # Meanwhile another request may have been told to wait.
                if max(self._app.meter.open_from, self._account.open_from) <= start:
                    self._app.under_way += 1
                    return

    def _wait(self, meter: _Meter | _App, sleep: Sleep) -> float:
        """Wait until ``meter`` lets a request start; returns that moment, which is given to no other."""
        with self._app.changed:
            now = self._app.clock()
            start = meter.earliest(now)
            wait = start - now
            if wait > LONGEST_WAIT:
                raise PlatformError(BUSY, _POLICY, f"{self._name}: free in {wait:,.0f} s", wait=wait)
            meter.take(start)
        if wait > 0:
            _log.info("%s: the next request in %.1f s, to stay within its quota", self._name, wait)
        sleep(max(wait, 0.0))
        return start

    def _refused(self, error: PlatformError) -> None:
        meter = self._account if error.policy.of_account else self._app.meter
        with self._app.changed:
            wait = min(error.wait or _UNTOLD_PAUSE, _LONGEST_PAUSE)
            meter.pause(self._app.clock() + wait)


class Limiters:
    """The limiters of one process, each made once."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._apps: dict[tuple[str, str], _App] = {}
        self._limiters: dict[tuple[str, str, str], Limiter] = {}

    def shared(
        self, platform: str, app_key: str, account_key: str, *, quotas: Sequence[Quota] = ()
    ) -> Limiter:
        """The limiter of ``account_key`` among all accounts that are reached through ``app_key``.

        The keys are ids or digests, never secrets; ``quotas`` are the app's own, where they are known beforehand.
        """
        with self._lock:
            app = self._apps.setdefault((platform, app_key), _App(self._clock))
            app.allow(quotas)
            name = f"{platform} {account_key}"
            return self._limiters.setdefault((platform, app_key, account_key), Limiter(name, app))


shared = Limiters().shared


def _interval(percent: float) -> float:
    """Seconds between two requests: none while there is plenty, ever more the less is left."""
    if percent < SLOWING_FROM:
        return 0.0
    left = max(100.0 - percent, 0.0)
    return min(_SLOWEST, (percent - SLOWING_FROM) / left) if left else _SLOWEST

"""The points of a run at which a death leaves something else behind than a moment before, numbered as they come.

They are: before every statement and every COMMIT, after every COMMIT, before every request, and once a request was
processed and its answer has not been looked at. What lies between two of them is memory of the process alone, so a
death there leaves what a death at the next one leaves.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, Pool, event

from closedwon.pipeline.delivery import Lane

Reached = Callable[[str], None]
"""What is to happen at a point; it is told which."""

_ORDER = ("meta", "google")


def install(reached: Reached) -> None:
    """Call ``reached`` at every point of every run of this process, which nobody may need afterwards."""
    lock = threading.Lock()

    def at(point: str) -> None:
        with lock:
            reached(point)

    _watch_database(at)
    _watch_requests(at)
    _send_to_one_after_another()


def _watch_database(at: Reached) -> None:
    committed = threading.local()

    @event.listens_for(Engine, "before_cursor_execute")
    def _statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        at("before " + " ".join(statement.split()[:6]))

    @event.listens_for(Engine, "commit")
    def _commit(_connection: Any) -> None:
        at("before COMMIT")
        committed.now = True

    @event.listens_for(Pool, "reset")
    def _given_back(*_: Any) -> None:
        if getattr(committed, "now", False):
            committed.now = False
            at("after COMMIT")


def _watch_requests(at: Reached) -> None:
    connection = http.client.HTTPConnection
    put, get = connection.putrequest, connection.getresponse

    def putrequest(self: Any, method: str, url: str, **options: Any) -> None:
        self.asked = f"{method} {url.partition('?')[0]}"
        at(f"before {self.asked}")
        put(self, method, url, **options)

    def getresponse(self: Any) -> Any:
        answer = get(self)
        at(f"processed {self.asked}")
        return answer

    connection.putrequest = putrequest  # type: ignore[method-assign,assignment]
    connection.getresponse = getresponse  # type: ignore[method-assign]


def _send_to_one_after_another() -> None:
    """Lanes share nothing but the ledger; one after the other, points have the same numbers in every run."""
    done = {name: threading.Event() for name in _ORDER}
    run = Lane.run

    def in_turn(lane: Lane) -> None:
        own = _ORDER.index(lane.report.name)
        for name in _ORDER[:own]:
            done[name].wait()
        try:
            run(lane)
        finally:
            done[lane.report.name].set()

    Lane.run = in_turn  # type: ignore[method-assign]

"""The points of a run at which a death leaves something else behind than a moment before, numbered as they come.

They are: before every statement and every COMMIT, after every COMMIT, before and after a file is put in its place or
the database's own are rewritten, before every request, and once a request was processed and its answer has not been
looked at. What lies between two of them is memory of the process alone, so a
death there leaves what a death at the next one leaves.
"""

from __future__ import annotations

import http.client
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Pool, event

from closedwon.ledger import Ledger
from closedwon.pipeline.outgoing.delivery import Lane

Reached = Callable[[str], None]
"""What is to happen at a point; it is told which."""


def install(reached: Reached, *, lanes: Sequence[str]) -> None:
    """Call ``reached`` at every point of every run of this process, which nobody may need afterwards.

    ``lanes`` are the destinations of its one client.
    """
    lock = threading.Lock()

    def at(point: str) -> None:
        with lock:
            reached(point)

    _watch_database(at)
    _watch_files(at)
    _watch_requests(at)
    _watch_calls(at)
    _send_to_one_after_another(lanes)


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


def _watch_files(at: Reached) -> None:
    replace, scrub = Path.replace, Ledger.scrub

    def replaced(self: Path, target: Path) -> Path:
        at(f"before {target.name}")
        done = replace(self, target)
        at(f"after {target.name}")
        return done

    def scrubbed(self: Ledger) -> bool:
        at("before the files are rewritten")
        done = scrub(self)
        at("after the files were rewritten")
        return done

    Path.replace = replaced  # type: ignore[method-assign,assignment]
    Ledger.scrub = scrubbed  # type: ignore[method-assign]


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


def _watch_calls(at: Reached) -> None:
    """gRPC does not speak through Python's own HTTP; who does not use it has not imported it."""
    if "uploads.google_ads.session" not in sys.modules:
        return
    from uploads.google_ads.session import Session

    call = Session.call

    def called(self: Session, method: Callable[..., Any], request: Any) -> Any:
        def asked(**options: Any) -> Any:
            at(f"before {method.__name__}")
            try:
                return method(**options)
            finally:
                at(f"processed {method.__name__}")

        return call(self, asked, request)

    Session.call = called  # type: ignore[method-assign]


def _send_to_one_after_another(lanes: Sequence[str]) -> None:
    """Lanes share nothing but the ledger; one after the other, points have the same numbers in every run."""
    done = {name: threading.Event() for name in lanes}
    run = Lane.run

    def in_turn(lane: Lane) -> None:
        own = lanes.index(lane.report.name)
        for name in lanes[:own]:
            done[name].wait()
        try:
            run(lane)
        finally:
            done[lane.report.name].set()

    Lane.run = in_turn  # type: ignore[method-assign]

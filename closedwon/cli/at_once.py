"""Several clients at once: a bounded number of threads, in which no client waits for another's failure.

Clients mostly wait for CRMs and platforms, so threads are enough. The main thread does nothing but wait: Ctrl-C
reaches it at once, whatever the clients are doing.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from threading import Event, Thread
from typing import TypeVar

Client = TypeVar("Client")
Report = TypeVar("Report")

GRACE_SECONDS = 5.0
"""How long what is under way may take to end in order after Ctrl-C."""

_LOOK_FOR_SIGNALS = 0.2


class Unfinished(KeyboardInterrupt):
    """Ctrl-C came, and some clients did not end in time: only the end of the process ends them.

    They may be killed: the ledger is safe at every point.
    """


def run_at_once(
    run: Callable[[Client, Event], Report], clients: Sequence[Client], *, jobs: int
) -> list[Report]:
    """What ``run`` returned for each client, in their order, of which ``jobs`` at most run together.

    ``run`` should end soon after the event that it is given is set, which Ctrl-C does.

    Raises:
        KeyboardInterrupt: after Ctrl-C, once all have ended.
        Unfinished: after Ctrl-C, if some have not.
    """
    stop = Event()
    reports: list[Future[Report]] = [Future() for _ in clients]
    waiting = deque(zip(clients, reports, strict=True))

    def work(ended: Event) -> None:
        try:
            while not stop.is_set():
                _fulfil(*waiting.popleft(), run, stop)
        except IndexError:
            pass
        finally:
            ended.set()

    # Not a pool: Ctrl-C while it takes a task would leave nothing to wait for. Daemons, since an abandoned
    # thread must not keep the process. Events, since a join that Ctrl-C breaks off takes the thread for ended.
    ends: list[Event] = []
    try:
        for _ in range(min(jobs, len(clients))):
            ends.append(Event())
            Thread(target=work, args=(ends[-1],), name="clients", daemon=True).start()
        for end in ends:
            while not end.wait(_LOOK_FOR_SIGNALS):
                # Without a look now and then, a signal that another thread received would wait for the end.
                pass
    except KeyboardInterrupt:
        stop.set()
        if not _ended(ends):
            raise Unfinished from None
        raise
    return [report.result() for report in reports]


def _fulfil(
    client: Client, report: Future[Report], run: Callable[[Client, Event], Report], stop: Event
) -> None:
    try:
        report.set_result(run(client, stop))
    except BaseException as error:  # for the main thread to raise; the next client's turn comes all the same
        report.set_exception(error)


def _ended(ends: Sequence[Event]) -> bool:
    """Whether all ended within the grace; a second Ctrl-C ends it."""
    until = time.monotonic() + GRACE_SECONDS
    with suppress(KeyboardInterrupt):
        return all(end.wait(max(0.0, until - time.monotonic())) for end in ends)
    return False

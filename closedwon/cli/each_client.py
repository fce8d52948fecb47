"""What a command does for several clients: each in its turn and by its own ledger, and no failure beyond its client."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Event
from typing import Protocol, TypeVar

from closedwon.cli.at_once import Unfinished, run_at_once
from closedwon.cli.clients import open_ledger
from closedwon.cli.failures import abandon
from closedwon.cli.progress import observer
from closedwon.ledger import Ledger, LedgerError
from closedwon.pipeline.observer import Observer
from closedwon.unexpected import unexpected
from config import ClientFile

_log = logging.getLogger(__name__)


class ClientReport(Protocol):
    """What became of one client."""

    @property
    def client(self) -> str: ...  # noqa: D102

    @property
    def complete(self) -> bool: ...  # noqa: D102


Report = TypeVar("Report")
OfClient = TypeVar("OfClient", bound=ClientReport)


def for_each_client(
    run: Callable[[ClientFile, Observer, Event], OfClient], files: Sequence[ClientFile], *, jobs: int
) -> list[OfClient]:
    """What ``run`` reports of each client, ``jobs`` of them at once at most, with their progress on standard error.

    As :func:`closedwon.cli.at_once.run_at_once`, except that the process ends where clients do not end in time after
    Ctrl-C.
    """
    try:
        with observer(clients=len(files)) as watching:

            def watched(file: ClientFile, stop: Event) -> OfClient:
                report = run(file, watching, stop)
                watching.ended(report.client, complete=report.complete)
                return report

            return run_at_once(watched, files, jobs=jobs)
    except Unfinished:
        abandon()


def by_ledger(
    file: ClientFile, work: Callable[[Ledger], Report], *, failed: Callable[[str], Report]
) -> Report:
    """The report of ``work`` on the client's ledger, or the one that ``failed`` makes of what went wrong, in words."""
    try:
        with open_ledger(file) as ledger:
            return work(ledger)
    except LedgerError as error:
        return failed(str(error))
    except Exception as error:  # one client must not take the others down; its text may be data
        return failed(f"{unexpected(error, _log, file.settings.client)}. What was committed stays")

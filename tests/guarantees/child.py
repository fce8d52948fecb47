"""What a process does that is there to be killed: runs of one client, to their end or to a numbered point."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from closedwon.ledger import Ledger, LedgerError
from closedwon.pipeline.opening import utc_now
from closedwon.pipeline.run import RunOptions, run_client
from config import load_client
from tests.guarantees import boundaries
from uploads.google_data_manager import GoogleDataManagerUploader
from uploads.meta import MetaUploader

DIED = 86
AT_ONCE = 3
"""Events that a platform takes at once, so that few of them are several requests."""


@dataclass(frozen=True)
class Task:
    """Runs of the client of ``file``, by a clock that is ``ahead`` of this machine's.

    Attributes:
        runs: what each run does; one after the other.
        dies_at: the number of the point at which the process dies; None for never.
        watched: whether to say of each point that it is reached, and wait for leave to go on.
        patience: seconds for which a database is waited for that went away.
    """

    file: Path
    ledger: str
    runs: Sequence[RunOptions] = (RunOptions(),)
    dies_at: int | None = None
    watched: bool = False
    ahead: timedelta = timedelta()
    patience: float = 0.0


def perform(task: Task, channel: Connection) -> None:
    """Do ``task``; each run's report is sent through ``channel``, or what the ledger says of why there is none."""
    MetaUploader.batch_size = GoogleDataManagerUploader.batch_size = AT_ONCE
    if task.watched or task.dies_at is not None:
        boundaries.install(_reached(task, channel))
    settings = load_client(task.file).settings
    try:
        ledger = Ledger(task.ledger, folder=task.file.parent / ".closedwon", patience=task.patience)
        for options in task.runs:
            report = run_client(settings, ledger, options=options, clock=lambda: utc_now() + task.ahead)
            channel.send(("ran", report.as_json()))
    except LedgerError as error:
        channel.send(("failed", f"{type(error).__name__}: {error}"))


def _reached(task: Task, channel: Connection) -> boundaries.Reached:
    count = 0

    def reached(point: str) -> None:
        nonlocal count
        count += 1
        if count == task.dies_at:
            os._exit(DIED)
        if task.watched:
            channel.send(("at", point))
            channel.recv()

    return reached

"""What a process does that may be there to be killed: runs of one client, to their end or to a numbered point."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from closedwon.ledger import Ledger, LedgerError
from closedwon.pipeline import run
from closedwon.pipeline.forgetting.forget import Asked, forget
from closedwon.pipeline.opening import open_uploader, utc_now
from closedwon.pipeline.run import RunOptions, run_client
from config import load_client
from config.settings import ClientSettings
from tests.guarantees import boundaries
from uploads.base import Uploader

DIED = 86
AT_ONCE = 3
"""Events that a platform takes at once, so that few of them are several requests."""


@dataclass(frozen=True)
class Task:
    """Runs of the client of ``file``, by a clock that jumps.

    Attributes:
        runs: what each run does, or whom it forgets; one after the other.
        dies_at: the number of the point at which the process dies; None for never.
        watched: whether to say of each point that it is reached, and wait for leave to go on.
        ahead: by how much the clock is, once it was read ``right_for`` times.
        patience: seconds for which a database is waited for that went away.
        imports: what the process has to have imported besides what all need.
    """

    file: Path
    ledger: str
    runs: Sequence[RunOptions | Asked] = (RunOptions(),)
    dies_at: int | None = None
    watched: bool = False
    ahead: timedelta = timedelta()
    right_for: int = 0
    patience: float = 0.0
    imports: Sequence[str] = ()

    @property
    def is_disturbed(self) -> bool:
        """Whether the process may not be used again."""
        return self.watched or self.dies_at is not None


class _Clock:
    def __init__(self, task: Task) -> None:
        self._task = task
        self.readings = 0

    def __call__(self) -> datetime:
        self.readings += 1
        return utc_now() + (self._task.ahead if self.readings > self._task.right_for else timedelta())


@cache
def settings_of(file: Path) -> ClientSettings:
    """The settings of a client's file, which nobody changes."""
    return load_client(file).settings


def perform(task: Task, channel: Connection) -> None:
    """Do ``task``; each run's report is sent through ``channel``, or what the ledger says of why there is none."""
    run.open_uploader = _few_at_once
    settings = settings_of(task.file)
    if task.is_disturbed:
        boundaries.install(_reached(task, channel), lanes=list(settings.destinations.configured()))
    clock = _Clock(task)
    try:
        folder = task.file.parent / ".closedwon"
        with closing(Ledger(task.ledger, folder=folder, patience=task.patience)) as ledger:
            for one in task.runs:
                if isinstance(one, Asked):
                    report = forget(settings, ledger, one, now=clock()).as_json()
                else:
                    report = run_client(settings, ledger, options=one, clock=clock).as_json()
                channel.send(("ran", report))
    except LedgerError as error:
        channel.send(("failed", f"{type(error).__name__}: {error}"))
    channel.send(("clock", clock.readings))


def _few_at_once(settings: ClientSettings, name: str, **options: Any) -> Uploader:
    uploader: Any = open_uploader(settings, name, **options)
    uploader.batch_size = AT_ONCE
    opened: Uploader = uploader
    return opened


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

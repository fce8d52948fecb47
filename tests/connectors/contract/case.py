"""What a connector brings to its contract: a small system of its own, and ways to change and to break it.

A new connector adds a module beside this one with a :class:`Case` that serves its system, and lists it in
``conftest.py``; every promise of ``test_contract.py`` then holds for it too, or fails.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from connectors.base import Batch, Connector, Cursor, SourceError

Entry = tuple[str, str, str, datetime]
"""What identifies a stage entry: object, record, stage and the time of entry."""


class Case(ABC):
    """One connector's system, with records enough for several batches.

    Attributes:
        source: the name that the client's file gives the source.
        stages: funnel stages that its records can enter.
        personal: texts of its people that no log, error or check may show.
        secrets: what signs in.
        is_remote: whether it is reached by requests that can be refused, throttled and cut.
    """

    source = "tested"
    stages: frozenset[str]
    personal: tuple[str, ...]
    secrets: tuple[str, ...] = ()
    is_remote = True

    @abstractmethod
    def connector(self) -> Connector:
        """A connector as a new process would make it; it waits no longer than a test can."""

    @abstractmethod
    def add_record(self) -> str:
        """A record that entered a stage just now; returns its id."""

    @abstractmethod
    def add_unusable_record(self) -> None:
        """A record from which no stage entry can be made."""

    @abstractmethod
    def empty(self) -> None:
        """Take all records away."""

    @contextmanager
    @abstractmethod
    def refusing(self) -> Iterator[None]:
        """Refuse every login, and what was logged in before."""

    @abstractmethod
    def expire_session(self, after: int) -> None:
        """End the session once, after so many requests."""

    @abstractmethod
    def throttle(self, *, times: int | None, after: int = 0) -> None:
        """Answer so many requests (None: all) by asking for patience, after the first few."""

    @abstractmethod
    def cut(self, *, times: int | None, after: int = 0) -> None:
        """Drop so many connections (None: all) without an answer, after the first few requests."""

    @abstractmethod
    def recover(self) -> None:
        """Be well again."""


def as_stored(cursor: Cursor) -> Cursor:
    """``cursor`` as the ledger gives it back."""
    stored: dict[str, Any] = json.loads(json.dumps(cursor))
    return stored


def entries(*batches: Batch) -> list[Entry]:
    """Every stage entry of ``batches``, in their order."""
    columns = ["object", "record_id", "stage", "entered_at"]
    return [row for batch in batches for row in batch.entries[columns].itertuples(index=False, name=None)]


def read_until_it_fails(
    connector: Connector, cursor: Cursor | None = None
) -> tuple[list[Batch], SourceError | None]:
    """The batches that came, and why no more did."""
    batches: list[Batch] = []
    try:
        batches.extend(connector.read(cursor))
    except SourceError as error:
        return batches, error
    return batches, None

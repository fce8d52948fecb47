"""What every connector is: something that reads batches of stage entries, each with the cursor that is safe
once the batch is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import pandas as pd

Cursor = Mapping[str, Any]
"""A JSON-able position in a source; its keys are the connector's own business."""


class SourceError(Exception):
    """A source could not be read to its end; what was read before stays valid.

    Attributes:
        advice: what the user can do, in one sentence.
        configuration: the client's file or the credentials must be mended; trying again will not help.
    """

    def __init__(self, message: str, *, advice: str = "", configuration: bool = False) -> None:
        super().__init__(message)
        self.advice = advice
        self.configuration = configuration


@dataclass(frozen=True)
class Reject:
    """A row that could not be read, set aside; ``masked`` shows its cells without personal data."""

    file: str
    line: int
    reason: str
    masked: str


@dataclass(frozen=True)
class Gone:
    """A record that no longer exists: deleted, erased, or merged into the record ``merged_into`` of its object."""

    object_name: str
    record_id: str
    merged_into: str | None = None


@dataclass(frozen=True)
class Batch:
    """Stage entries, and the cursor that is safe once they are stored.

    Attributes:
        entries: a frame with the columns of :data:`connectors.entries.STAGE_ENTRY_SCHEMA` and any ``extra.*``.
        cursor: where the next read starts; save it only together with ``entries``.
        rows_read: records or rows taken from the source for this batch, rejected ones included.
        rejects: rows that were set aside.
        restarted: files, named as in :class:`Reject`, that are read from their beginning from this batch on: what
            was set aside of them before is out of date.
        notes: what the user should know, each said once a run (a guessed encoding, a missing history).
        gone: records that the source says no longer exist; what was queued of them is not sent.
    """

    entries: pd.DataFrame
    cursor: Cursor
    rows_read: int
    rejects: tuple[Reject, ...] = ()
    notes: tuple[str, ...] = ()
    restarted: tuple[str, ...] = ()
    gone: tuple[Gone, ...] = ()


@dataclass(frozen=True)
class Table:
    """What a check found, for ``closedwon check --details``; no cell holds personal data in clear."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Check:
    """One thing that ``closedwon check`` looked at: ``ok`` or a ``message`` that says what to do."""

    name: str
    ok: bool
    message: str
    details: tuple[Table, ...] = ()


@dataclass(frozen=True)
class SourceContext:
    """What a connector needs to know of the client: its own name in the file, and the client's defaults.

    Attributes:
        consent_fields: where a record's consents stand, by their columns.
        consent_required: they can only stand in this source, so that one that lacks them must not be read as if
            nobody had been asked.
    """

    name: str
    timezone: str
    country: str
    currency: str | None
    consent_fields: Mapping[str, str] = field(default_factory=dict)
    consent_required: bool = False


@runtime_checkable
class Connector(Protocol):
    """A system that is read.

    ``read`` yields batches in an order in which every batch's cursor is safe once that batch and all before it
    are stored; the same cursor twice yields the same entries, or more. It raises :class:`SourceError` where the
    source cannot be read to its end.
    """

    def read(self, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield what is new since ``cursor`` (all that there is for ``None``)."""
        ...

    def total(self, cursor: Cursor | None) -> int | None:
        """How many rows or records ``read`` is about to visit, where that is cheap to know."""
        ...

    def check(self) -> list[Check]:
        """Try credentials and access without reading any person's data."""
        ...


@runtime_checkable
class Reconciling(Protocol):
    """A connector that can say which records no longer exist, where a source forgets them without a trace."""

    def missing(self, object_name: str, record_ids: Sequence[str]) -> Iterator[Gone]:
        """Yield those of ``record_ids``, however many, that the source does not have any more."""
        ...

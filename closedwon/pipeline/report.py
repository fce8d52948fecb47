"""What a run did, in numbers that add up: the one record that the terminal, ``--json`` and the ledger share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from closedwon.pipeline.audiences.report import AudienceReport
from closedwon.pipeline.noting import Noting
from config.redaction import redact


@dataclass
class SourceReport(Noting):
    """What was read of one source.

    Attributes:
        read: records or rows visited, set-aside ones included.
        entries: stage entries by stage.
        set_aside: rows that could not be read; ``rejects_file`` lists them.
        collisions: order numbers that stand for several purchases; the first was taken, the others are lost.
        amended: records whose amount has changed since it was read.
        refunded_after_sending: orders that a platform had heard of before their refund was read.
        unusable: cells that hold something, but no identifier, by column.
        shared: stage entries with an identifier that stands for too many people, by its kind.
        conflicts: stage entries whose phone number or id stands for several people in other records.
        unresolved: those of them to which nothing is carried for that.
        gone: records that the source says were deleted, erased or merged.
        withdrawn: deliveries that waited and are not sent, because their record is gone, or all that they could be
            matched on was taken back.
        forgotten: stage entries that were left out, being of people who are to be forgotten.
        retired: stage entries that were left out, being older than the ledger's history.
        notes: what the user should know, each once.
        error: why the source could not be read to its end; ``advice`` says what to do.
    """

    name: str
    system: str
    read: int = 0
    entries: Counter[str] = field(default_factory=Counter)
    set_aside: int = 0
    collisions: int = 0
    amended: int = 0
    refunded_after_sending: int = 0
    unusable: Counter[str] = field(default_factory=Counter)
    shared: Counter[str] = field(default_factory=Counter)
    conflicts: int = 0
    unresolved: int = 0
    gone: int = 0
    withdrawn: int = 0
    forgotten: int = 0
    retired: int = 0
    rejects_file: str | None = None
    notes: list[str] = field(default_factory=list)
    error: str | None = None
    advice: str | None = None

    @property
    def complete(self) -> bool:
        """Whether everything that was there has been read."""
        return self.error is None and self.set_aside == 0 and self.collisions == 0


@dataclass
class DestinationReport(Noting):
    """What one destination was to hear, and what it said.

    Attributes:
        conversions: conversions found in what was read, by stage; each is queued, known already or skipped.
        queued: new deliveries of this run.
        stitched: those of them that carry what another record of the person holds.
        changed: conversions that the platform accepted and that are worth something else now.
        restated: those of them that it was told of.
        processing: requests of earlier runs that the platform has finished, by how; ``failed_later`` counts their
            events that it did not count, by its reason.
        reopened: deliveries of requests that failed as a whole, which are sent again or held.
        expiring: deliveries that wait and grow too old within a day.
        skipped: conversions that a gate stopped, by its name; ``already_known`` among them.
        sent: deliveries that a request carried to the platform's answer.
        rejected: deliveries that the platform refused for good, by its reason.
        unmatched: deliveries that it refused because they belong to no ad click, which is nobody's mistake.
        expired: deliveries that grew too old while they waited.
        held: deliveries that wait for mended configuration at the end.
        probing: deliveries that were held and were sent to try, of which the platform has not said more yet.
        waiting: deliveries still queued at the end.
        value: value of the accepted deliveries by currency.
        messages: what each reason of ``rejected`` means, in words.
        notes: what the user should know, each once.
        error: why the lane stopped early.
    """

    name: str
    conversions: Counter[str] = field(default_factory=Counter)
    queued: int = 0
    stitched: int = 0
    changed: int = 0
    restated: int = 0
    restatements_refused: Counter[str] = field(default_factory=Counter)
    processing: Counter[str] = field(default_factory=Counter)
    failed_later: Counter[str] = field(default_factory=Counter)
    reopened: int = 0
    expiring: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    accepted: int = 0
    accepted_by_stage: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    unmatched: int = 0
    expired: int = 0
    held: int = 0
    probing: int = 0
    waiting: int = 0
    value: Counter[str] = field(default_factory=Counter)
    messages: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    error: str | None = None

    @property
    def refused(self) -> int:
        """Deliveries that the platform did not take: with those it accepted, all that were sent."""
        return self.rejected.total() + self.unmatched

    @property
    def complete(self) -> bool:
        """Whether nothing failed, was refused or was lost to time; what waits for its own time is in order."""
        lost = self.rejected.total() + self.expired
        return self.error is None and not lost + self.held + self.probing


@dataclass
class RunReport:
    """One run of one client; ``errors`` concern the run as a whole."""

    client: str
    started_at: datetime
    finished_at: datetime | None = None
    dry_run: bool = False
    sources: list[SourceReport] = field(default_factory=list)
    destinations: list[DestinationReport] = field(default_factory=list)
    audiences: list[AudienceReport] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether the run did all that there was to do."""
        return (
            not self.errors
            and all(source.complete for source in self.sources)
            and all(destination.complete for destination in self.destinations)
            and all(audience.complete for audience in self.audiences)
        )

    @property
    def failures(self) -> list[str]:
        """What went wrong as a whole, by lane: sources that broke off, lanes that stopped, and the run's own errors."""
        return [
            *self.errors,
            *(source.error for source in self.sources if source.error),
            *(destination.error for destination in self.destinations if destination.error),
            *(audience.error for audience in self.audiences if audience.error),
        ]

    def as_json(self) -> dict[str, Any]:
        """The report as JSON-able data, times in RFC 3339."""
        return {
            "client": self.client,
            "outcome": "complete" if self.complete else "incomplete",
            "dry_run": self.dry_run,
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
            "sources": [_plain(source) for source in self.sources],
            "destinations": [_plain(destination) for destination in self.destinations],
            "audiences": [audience.as_json() for audience in self.audiences],
            "errors": [redact(error) for error in self.errors],
        }


def _plain(part: SourceReport | DestinationReport) -> dict[str, Any]:
    """The fields of ``part``, counters as objects; :func:`dataclasses.asdict` would count a counter's items."""
    values = {field.name: getattr(part, field.name) for field in fields(part)}
    return {
        name: _rounded(value) if isinstance(value, Counter) else _SAID.get(name, lambda same: same)(value)
        for name, value in values.items()
    }


_SAID: Mapping[str, Callable[[Any], Any]] = {
    "error": lambda text: text and redact(text),
    "advice": lambda text: text and redact(text),
    "notes": lambda texts: [redact(text) for text in texts],
    "messages": lambda texts: {name: redact(text) for name, text in texts.items()},
}
"""What is in words, and may quote a file's name or a platform: it is stored and shown without anybody's data."""


def _rounded(counter: Counter[str]) -> dict[str, float]:
    return {key: round(count, 2) for key, count in counter.items()}

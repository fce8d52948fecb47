"""Where the reading of an object stands between two runs, as a source's cursor holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from connectors.salesforce.records.queries import Position, Window, stamp


@dataclass(frozen=True)
class JobPlace:
    """A place in the result of a Bulk API job, which Salesforce keeps for seven days.

    Attributes:
        job: the job's id.
        query: the digest of what was asked; a job for anything else is of no use.
        horizon: when the job was made.
        locator: the next page of the result, empty for the first.
        seen: the latest position among the pages before, which are in no order.
    """

    job: str
    query: str
    horizon: datetime
    locator: str = ""
    seen: Position | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The opposite of :meth:`to_json`."""
        seen, horizon = value.get("seen"), datetime.fromisoformat(value["horizon"]).astimezone(UTC)
        return cls(
            value["id"], value["query"], horizon, value["locator"], Position.from_json(seen) if seen else None
        )

    def to_json(self) -> dict[str, Any]:
        """The place as a bookmark holds it."""
        place = {
            "id": self.job,
            "query": self.query,
            "horizon": stamp(self.horizon),
            "locator": self.locator,
        }
        return {**place, "seen": self.seen.to_json()} if self.seen else {**place}


@dataclass(frozen=True)
class Bookmark:
    """How far an object was read.

    Attributes:
        reached: everything up to here was read; ``None`` before that can be said of any record.
        job: a job that is being read and covers what comes behind ``reached``.
    """

    reached: Position | None = None
    job: JobPlace | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> Self:
        """The opposite of :meth:`to_json`; ``None`` is the beginning."""
        value = value or {}
        return cls(
            Position.from_json(value) if "modstamp" in value else None,
            JobPlace.from_json(value["job"]) if "job" in value else None,
        )

    def to_json(self) -> dict[str, Any]:
        """The bookmark as a cursor holds it; empty at the beginning."""
        reached = self.reached.to_json() if self.reached else {}
        return {**reached, "job": self.job.to_json()} if self.job else {**reached}

    def window(self, overlap: timedelta) -> Window:
        """What the next read covers: records become visible some time after the moment they are stamped with."""
        return Window(since=self.reached.modstamp - overlap if self.reached else None)

    def within(self, job: JobPlace) -> Self:
        """This bookmark while ``job`` is being read."""
        return replace(self, job=job)

    def moved_to(self, position: Position | None, *, horizon: datetime) -> Self:
        """This bookmark at ``position``, but never back, and never beyond ``horizon``, when the read began.

        What was stamped before a read began and shows up during it is then within the next one's overlap,
        however long this one takes.
        """
        reached = self.reached
        if position is not None:
            position = min(position, Position(horizon, ""))
            reached = max(reached, position) if reached else position
        return replace(self, reached=reached, job=None)

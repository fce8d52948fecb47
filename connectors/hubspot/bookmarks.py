"""How far an object has been read, as a source's cursor holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self


@dataclass(frozen=True)
class Bookmark:
    """A place in reading an object again and again.

    One walk goes through the ids of all records that were changed since some moment. Ids do not change, so a walk
    that stopped goes on behind the id that it reached; what is changed meanwhile belongs to the next walk.

    Attributes:
        since: everything that was changed before has been read; None before the first walk has ended.
        mark: what ``since`` becomes at the end of the walk under way: the newest change when it began.
        after: the place that the walk under way has reached; None where none is under way.
        archived: everything that was archived before has been told.
    """

    since: datetime | None = None
    mark: datetime | None = None
    after: str | None = None
    archived: datetime | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, str] | None) -> Self:
        """The opposite of :meth:`to_json`; the beginning for ``None``."""
        given = value or {}
        times = {name: moment(given[name]) for name in ("since", "mark", "archived") if name in given}
        return cls(**times, after=given.get("after"))

    def to_json(self) -> dict[str, str]:
        """The bookmark without what is None."""
        times = {"since": self.since, "mark": self.mark, "archived": self.archived}
        known = {name: stamp(value) for name, value in times.items() if value is not None}
        return known if self.after is None else {**known, "after": self.after}


def moment(text: str) -> datetime:
    """A date-time of HubSpot's answers (``2026-11-20T10:11:12.345Z``) as UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def stamp(value: datetime) -> str:
    """The opposite of :func:`moment`, to the millisecond, which is all that HubSpot keeps."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"

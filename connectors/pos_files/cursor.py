"""Remembers which files have been read to their end, and how far the one in hand has been read."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from connectors.base import Cursor
from connectors.pos_files.records import Extent

SETTLING_MINUTES = 15
"""How long a file must have been unchanged before its last line counts as complete without a line end: longer than
any till or copy pauses within a line, and short enough that an export without a last line end is read the same day.
"""

_HEAD_BYTES = 1 << 16
_NANOSECONDS = 60 * 10**9


@dataclass(frozen=True)
class Stamp:
    """What changes when a file is changed, grown or replaced: its size, its time, and a digest of its first 64 KiB."""

    size: int
    mtime_ns: int
    head: str

    @classmethod
    def of(cls, handle: BinaryIO) -> Stamp:
        """The stamp of an open file."""
        status = os.fstat(handle.fileno())
        handle.seek(0)
        return cls(
            status.st_size, status.st_mtime_ns, hashlib.sha256(handle.read(_HEAD_BYTES)).hexdigest()[:16]
        )

    def extent(self) -> Extent:
        """What of the file can be relied on now: what it holds may be followed by more while it is being read."""
        unchanged = time.time_ns() - self.mtime_ns
        return Extent(self.size, closed=unchanged >= SETTLING_MINUTES * _NANOSECONDS)


@dataclass(frozen=True)
class Place:
    """A byte in a file that starts a record, and the physical line that it starts."""

    offset: int
    line: int


class Progress:
    """What has been read, file by file; :meth:`cursor` is its JSON-able form.

    Files that are gone are forgotten. All of them are read again when ``reading``, a digest of how they are read,
    is another: a column that has just been mapped shall be seen in old files too.
    """

    def __init__(self, cursor: Cursor | None, names: Collection[str], reading: str) -> None:
        cursor = cursor or {}
        known = cast(
            Mapping[str, dict[str, Any]], cursor.get("files", {}) if cursor.get("reading") == reading else {}
        )
        self._reading = reading
        self._files = {name: known[name] for name in names if name in known}

    def is_done(self, name: str, stamp: Stamp) -> bool:
        """Whether the file has been read to its end and is as it was then."""
        entry = self._files.get(name)
        return entry is not None and "offset" not in entry and _stamp(entry) == stamp

    def place(self, name: str, stamp: Stamp) -> Place | None:
        """Where reading the file as it is now stopped; ``None`` to start from its first row."""
        entry = self._files.get(name)
        if entry is None or "offset" not in entry or _stamp(entry) != stamp:
            return None
        return Place(entry["offset"], entry["line"])

    def reached(self, name: str, stamp: Stamp, place: Place | None) -> None:
        """The file has been read up to ``place``, or to its end for ``None``."""
        entry = {"size": stamp.size, "mtime_ns": stamp.mtime_ns, "head": stamp.head}
        self._files[name] = entry if place is None else {**entry, "offset": place.offset, "line": place.line}

    def forget(self, name: str) -> None:
        """The file is gone, or will start anew."""
        self._files.pop(name, None)

    def cursor(self) -> Cursor:
        """A cursor that later progress does not change."""
        return {"reading": self._reading, "files": dict(self._files)}


def _stamp(entry: Mapping[str, Any]) -> Stamp:
    return Stamp(entry["size"], entry["mtime_ns"], entry["head"])

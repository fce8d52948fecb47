"""Remembers which files have been read to their end, and how far the one in hand has been read."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from connectors.base import Cursor
from connectors.pos_files.formats.table import Place
from connectors.pos_files.storage.exports import Opened

_HEAD_BYTES = 1 << 16


@dataclass(frozen=True)
class Stamp:
    """What changes when a file is changed, grown or replaced: its size, its time, and its content's name.

    ``head`` is what the storage calls the content, else a digest of its first 64 KiB.
    """

    size: int
    mtime_ns: int
    head: str

    @classmethod
    def of(cls, opened: Opened) -> Stamp:
        """The stamp of an open file."""
        return cls(opened.size, opened.changed_ns, opened.version or _head(opened))


@dataclass(frozen=True)
class Reached:
    """Where reading a file stopped, by which plan, and whether the file is known to be as it was then."""

    place: Place
    plan: str
    certain: bool


class Progress:
    """What has been read, file by file; :meth:`cursor` is its JSON-able form.

    All files are read again when ``reading``, a digest of how they are read, is another: a column that has just
    been mapped shall be seen in old files too.

    Attributes:
        vanished: the files that an earlier run read and that are not there any more; they are forgotten.
    """

    def __init__(self, cursor: Cursor | None, names: Collection[str], reading: str) -> None:
        cursor = cursor or {}
        read = cast(Mapping[str, dict[str, Any]], cursor.get("files", {}))
        known = read if cursor.get("reading") == reading else {}
        self._reading = reading
        self._files = {name: known[name] for name in names if name in known}
        self.vanished = tuple(sorted(read.keys() - set(names)))

    def is_done(self, name: str, stamp: Stamp) -> bool:
        """Whether the file has been read to its end and is as it was then."""
        entry = self._files.get(name)
        return entry is not None and entry["done"] and _stamp(entry) == stamp

    def reached(self, name: str, stamp: Stamp) -> Reached | None:
        """Where reading the file stopped, if reading it as it is now may go on there."""
        entry = self._files.get(name)
        if entry is None or "place" not in entry:
            return None
        return Reached(Place(*entry["place"]), entry["plan"], certain=_stamp(entry) == stamp)

    def move(self, name: str, stamp: Stamp, place: Place, plan: str) -> None:
        """The file has been read by ``plan`` up to ``place``, and not yet to its end."""
        self._files[name] = {**asdict(stamp), "done": False, **_reached(place, plan)}

    def finish(self, name: str, stamp: Stamp, place: Place | None, plan: str = "") -> None:
        """The file has been read to its end; ``place`` is where it may go on later, if it may."""
        self._files[name] = {**asdict(stamp), "done": True, **(_reached(place, plan) if place else {})}

    def forget(self, name: str) -> None:
        """The file is gone, or will start anew."""
        self._files.pop(name, None)

    def cursor(self) -> Cursor:
        """A cursor that later progress does not change."""
        return {"reading": self._reading, "files": dict(self._files)}


def _reached(place: Place, plan: str) -> dict[str, Any]:
    return {"place": [place.offset, place.line, place.crc], "plan": plan}


def _stamp(entry: Mapping[str, Any]) -> Stamp:
    return Stamp(entry["size"], entry["mtime_ns"], entry["head"])


def _head(opened: Opened) -> str:
    opened.handle.seek(0)
    return hashlib.sha256(opened.handle.read(_HEAD_BYTES)).hexdigest()[:16]

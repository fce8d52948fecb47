"""SOQL texts: stamps as literals, keyset windows, id lists that fit into one request.

Object and field names come from this package's tables and from describe, never unchecked from a file.
"""

# ruff: noqa: S608 (SOQL has no parameters to bind)

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from urllib.parse import quote_plus

import polars as pl

from connectors.chunks import chunks

MAX_QUERY_BYTES = 16_384
"""URL-encoded SOQL in a GET; the rest of the line needs some of it too.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_limits.htm
"""

_ROOM_FOR_ADDRESS = 512


@dataclass(frozen=True, order=True)
class Position:
    """A place in the order of (SystemModstamp, Id) in which an object's records are read."""

    modstamp: datetime
    id: str

    @classmethod
    def of_last(cls, records: pl.DataFrame) -> Self:
        """Where the last row of ``records`` stands, which are in that order."""
        return cls(datetime.fromisoformat(records["SystemModstamp"][-1]).astimezone(UTC), records["Id"][-1])

    @classmethod
    def from_json(cls, value: Mapping[str, str]) -> Self:
        """The opposite of :meth:`to_json`."""
        return cls(datetime.fromisoformat(value["modstamp"]).astimezone(UTC), value["id"])

    def to_json(self) -> dict[str, str]:
        """The position as a source's cursor holds it."""
        return {"modstamp": stamp(self.modstamp), "id": self.id}


def stamp(moment: datetime) -> str:
    """``moment`` as a SOQL dateTime literal in UTC, to the millisecond and beyond where it has more.

    ``format_soql`` drops what is below the second and takes naive times as local: a watermark built with it
    skips or repeats records.
    """
    exact = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=exact) + "Z"


def text(value: str) -> str:
    """``value`` as a SOQL string literal."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


@dataclass(frozen=True)
class Window:
    """A stretch of an object's records by SystemModstamp.

    Attributes:
        since: from this moment on, itself included; ``None`` for the beginning.
        after: strictly behind this position; wins over ``since``.
        before: up to this moment, itself not included.
    """

    since: datetime | None = None
    after: Position | None = None
    before: datetime | None = None

    def conditions(self) -> list[str]:
        """The window as SOQL conditions, all of which must hold."""
        conditions = []
        if self.after is not None:
            # The redundant range is what lets Salesforce use its index on SystemModstamp.
            literal = stamp(self.after.modstamp)
            conditions.append(f"SystemModstamp >= {literal}")
            conditions.append(f"(SystemModstamp > {literal} OR Id > {text(self.after.id)})")
        elif self.since is not None:
            conditions.append(f"SystemModstamp >= {stamp(self.since)}")
        if self.before is not None:
            conditions.append(f"SystemModstamp < {stamp(self.before)}")
        return conditions


@dataclass(frozen=True)
class RecordQuery:
    """Which records of one object are read, and what of each.

    Attributes:
        object_name: the object's API name.
        fields: field paths, ``Id`` and ``SystemModstamp`` among them; the columns of the answer are named so.
        condition: what every record must meet, or nothing; it goes out as it is given, so that it must be able to
            stand beside others under AND. A semi-join may only stand there without parentheses around it.
        include_deleted: also records in the recycle bin and those that a merge absorbed (``queryAll``).
    """

    object_name: str
    fields: tuple[str, ...]
    condition: str = ""
    include_deleted: bool = False

    def page(self, window: Window, limit: int) -> str:
        """The first ``limit`` records of ``window``, in the order of (SystemModstamp, Id)."""
        return f"{self.everything(window)} ORDER BY SystemModstamp, Id LIMIT {limit}"

    def everything(self, window: Window) -> str:
        """All records of ``window``, in no order."""
        return f"SELECT {', '.join(self.fields)} FROM {self.object_name}{self._where(window)}"

    def count(self, window: Window) -> str:
        """How many records ``window`` holds."""
        return f"SELECT COUNT() FROM {self.object_name}{self._where(window)}"

    def digest(self, api_version: str) -> str:
        """What tells this query from others over the same records: the first 64 bits of a SHA-256.

        A job's result can only be had by the version that made the job.
        """
        told = f"{api_version} {self.everything(Window())} {self.include_deleted}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def _where(self, window: Window) -> str:
        own = [self.condition] if self.condition else []
        conditions = [*own, *window.conditions()]
        return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def probe_query(object_name: str, condition: str = "") -> str:
    """Whether ``object_name`` can be read at all and holds anything, without reading anything of it but an id."""
    where = f" WHERE {condition}" if condition else ""
    return f"SELECT Id FROM {object_name}{where} LIMIT 1"


def related_query(object_name: str, fields: Sequence[str], reference: str, condition: str) -> str:
    """Rows that refer to some records, oldest first; a template with ``{ids}`` where the records' ids go."""
    where = f"WHERE {reference} IN ({{ids}}){condition}"
    return f"SELECT {', '.join(fields)} FROM {object_name} {where} ORDER BY CreatedDate, Id"


def id_chunks(query: str, ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut ``ids`` so that ``query`` (a template with ``{ids}``) fits into one GET with each chunk."""
    room = MAX_QUERY_BYTES - _ROOM_FOR_ADDRESS - len(quote_plus(query))
    size = max(1, room // (len(quote_plus(text("0" * 18) + ","))))
    return chunks(ids, size)


def with_ids(query: str, ids: Sequence[str]) -> str:
    """``query`` with its ``{ids}`` filled in."""
    return query.replace("{ids}", ",".join(map(text, ids)))

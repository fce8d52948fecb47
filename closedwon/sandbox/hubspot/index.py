"""The search index of one object: what search sees, which lags behind the records themselves.

Columns of comparable values are kept sorted, so that a page out of many thousand records costs little.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import datetime

from closedwon.sandbox.hubspot.schema import Entity, value_of
from closedwon.sandbox.hubspot.times import milliseconds
from closedwon.sandbox.world import PortalRecord

Comparable = float | str
SortKey = tuple[int, Comparable, int, str]
"""Whether there is no value, the value, an arbitrary number for ties, the record's id."""

NO_VALUE = 1


class SearchIndex:
    """Records as search sees them, with a column of comparable values a property."""

    def __init__(self, entity: Entity, records: Mapping[str, PortalRecord]) -> None:
        self._entity = entity
        self.records = {key: record for key, record in records.items() if record.archived_at is None}
        self.version = 0
        self._waiting: list[tuple[datetime, str, PortalRecord | None]] = []
        self._columns: dict[str, dict[str, Comparable]] = {}
        self._sorted: dict[str, list[SortKey]] = {}

    def put(self, record_id: str, record: PortalRecord | None, visible_at: datetime) -> None:
        """Let search find a record as it is now, or None not any more, from ``visible_at`` on."""
        self._waiting.append((visible_at, record_id, record))

    def settle(self, now: datetime) -> None:
        """Take in everything whose time has come."""
        due = [entry for entry in self._waiting if entry[0] <= now]
        if not due:
            return
        self._waiting = [entry for entry in self._waiting if entry[0] > now]
        for _, record_id, record in due:
            if record is None or record.archived_at is not None:
                self.records.pop(record_id, None)
            else:
                self.records[record_id] = record
        self.version += 1
        self._columns.clear()
        self._sorted.clear()

    def column(self, name: str, kind: str) -> Mapping[str, Comparable]:
        """Comparable values of a property of type ``kind`` by record id; records without a value are missing."""
        if name not in self._columns:
            found: dict[str, Comparable] = {}
            for record_id, record in self.records.items():
                text = value_of(self._entity, record, name)
                if text:
                    found[record_id] = comparable(text, kind)
            self._columns[name] = found
        return self._columns[name]

    def order(self, name: str, kind: str) -> list[SortKey]:
        """All records in the order of a property, those without a value last; ties in no order to rely on."""
        if name not in self._sorted:
            column = self.column(name, kind)
            lowest: Comparable = "" if isinstance(next(iter(column.values()), 0), str) else 0
            self._sorted[name] = sorted(
                (int(key not in column), column.get(key, lowest), zlib.crc32(key.encode()), key)
                for key in self.records
            )
        return self._sorted[name]


def comparable(text: str, kind: str) -> Comparable:
    """A property's value, or a filter's, as search compares it: numbers and moments as numbers, text without case.

    Raises:
        ValueError: text where the type asks for a number or a date.
    """
    if kind == "number":
        return float(text)
    return milliseconds(text) if kind in {"datetime", "date"} else text.lower()

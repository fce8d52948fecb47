"""An object's records as queries look through them: in no particular order, and in the order of a field."""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from closedwon.sandbox.soql.comparing import FAMILIES, Span
from closedwon.sandbox.soql.schema import Field
from closedwon.sandbox.world import Record

INDEXED = frozenset(["id", "reference", "date", "datetime"])
"""Field types by which records are found without looking at all of them."""

Range = tuple[int, int]
"""Places in an index: the first, and the one behind the last."""


class Index:
    """The records that have a value in one field, in the order of their values."""

    def __init__(self, rows: Iterable[Record], field: Field) -> None:
        key, name = FAMILIES[field.type].key, field.name
        self.empty: list[Record] = []
        found: list[tuple[Any, Record]] = []
        for row in rows:
            value = row.get(name)
            if value is None or value == "":
                self.empty.append(row)
            else:
                found.append((key(value), row))
        found.sort(key=itemgetter(0))
        self.keys = [value for value, _ in found]
        self.rows = [row for _, row in found]

    def places(self, operator: str, span: Span) -> Range:
        """Where the records are whose values fulfil a comparison with a literal's span."""
        low = bisect_left(self.keys, span.low)
        after = (bisect_left if span.open_end else bisect_right)(self.keys, span.high)
        return {
            "=": (low, after),
            "<": (0, low),
            "<=": (0, after),
            ">": (after, len(self.keys)),
            ">=": (low, len(self.keys)),
        }[operator]


class Table:
    """The records of one object at one moment."""

    def __init__(self, records: Mapping[str, Record], *, with_deleted: bool) -> None:
        # The order that ORDER BY leaves open is nobody's promise: shuffled, so that reliance on it shows.
        self.rows = sorted(
            (row for row in records.values() if with_deleted or not row.get("IsDeleted")),
            key=lambda row: zlib.crc32(row["Id"].encode()),
        )
        self._indexes: dict[str, Index] = {}

    def index(self, field: Field) -> Index:
        """The records in the order of a field of one of the :data:`INDEXED` types."""
        if field.name not in self._indexes:
            self._indexes[field.name] = Index(self.rows, field)
        return self._indexes[field.name]

"""One portal's records as its resources see them: live, archived, merged away, and in the search index."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import count

from closedwon.sandbox.hubspot.index import SearchIndex
from closedwon.sandbox.hubspot.schema import ENTITIES, Entity, definitions
from closedwon.sandbox.world import HubSpotPortal, PortalProperty, PortalRecord


class PortalStore:
    """The records of one portal. Records are replaced, never edited."""

    def __init__(self, portal: HubSpotPortal) -> None:
        self.portal = portal
        self.indexes = {
            entity.name: SearchIndex(entity, portal.objects.setdefault(entity.name, {}))
            for entity in ENTITIES
        }
        self._definitions = {entity.name: definitions(portal, entity) for entity in ENTITIES}
        self._merged = {entity.name: _merged(portal.objects[entity.name]) for entity in ENTITIES}
        self._order: dict[str, list[int]] = {}
        self._new_ids = {
            name: count(max(map(int, records), default=1_000) + 1) for name, records in portal.objects.items()
        }

    def definitions(self, entity: Entity) -> dict[str, PortalProperty]:
        """The object's properties by name."""
        return self._definitions[entity.name]

    def find(self, entity: Entity, record_id: str, *, archived: bool = False) -> PortalRecord | None:
        """The live (or the archived) record of an id; an id that was merged away finds the record it became."""
        merged = self._merged[entity.name]
        while record_id in merged:
            record_id = merged[record_id]
        record = self.portal.objects[entity.name].get(record_id)
        return record if record is not None and (record.archived_at is not None) is archived else None

    def page(
        self, entity: Entity, start: int, limit: int, *, archived: bool
    ) -> tuple[list[PortalRecord], int | None]:
        """``limit`` records in the order of their ids from ``start`` on, and the id where the next page starts."""
        found: list[PortalRecord] = []
        for record in self._from(entity, start, archived=archived):
            if len(found) == limit:
                return found, int(record.id)
            found.append(record)
        return found, None

    def put(self, entity: Entity, record: PortalRecord, visible_at: datetime) -> None:
        """Store a record at once, and let search find it from ``visible_at`` on."""
        records = self.portal.objects[entity.name]
        if record.id not in records:
            self._order.pop(entity.name, None)
        records[record.id] = record
        self.indexes[entity.name].put(record.id, record, visible_at)

    def remove(
        self, entity: Entity, record_id: str, visible_at: datetime, *, into: str | None = None
    ) -> None:
        """Forget a record without a trace, or but for the record that it was merged into."""
        self.portal.objects[entity.name].pop(record_id)
        self._order.pop(entity.name, None)
        self.indexes[entity.name].put(record_id, None, visible_at)
        if into is not None:
            self._merged[entity.name][record_id] = into

    def settle(self, now: datetime) -> None:
        """Let search find what it is time for."""
        for index in self.indexes.values():
            index.settle(now)

    def next_id(self, entity: Entity) -> str:
        """An id above all that the object ever had here."""
        return str(next(self._new_ids[entity.name]))

    def _from(self, entity: Entity, start: int, *, archived: bool) -> Iterator[PortalRecord]:
        records = self.portal.objects[entity.name]
        if entity.name not in self._order:
            self._order[entity.name] = sorted(map(int, records))
        order = self._order[entity.name]
        for number in order[bisect_left(order, start) :]:
            record = records[str(number)]
            if (record.archived_at is not None) is archived:
                yield record


def _merged(records: Mapping[str, PortalRecord]) -> dict[str, str]:
    """Ids that were merged away before the portal was served, and the record that each became."""
    return {
        loser: record.id
        for record in records.values()
        for loser in record.properties.get("hs_merged_object_ids", "").split(";")
        if loser and loser not in records
    }

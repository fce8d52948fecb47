"""The recycle bin: what a deletion, an undeletion and a merge write.

Pages: delete(), undelete() and merge() of the SOAP API guide. Deleted records stay visible to ``queryAll`` with
IsDeleted; those that a merge deleted name the winner in MasterRecordId.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from closedwon.sandbox.salesforce.changes import Changes, stamp
from closedwon.sandbox.salesforce.errors import RestError, not_found
from closedwon.sandbox.salesforce.objects import DEPENDENTS, MERGEABLE
from closedwon.sandbox.salesforce.store import Store, Write
from closedwon.sandbox.world import Record

_MOST_LOSERS = 2


class Recycling:
    """Makes the records that follow from deleting, undeleting and merging in one org."""

    def __init__(self, store: Store, changes: Changes) -> None:
        self._store = store
        self._changes = changes

    def delete(self, entity: str, ids: Collection[str], now: datetime) -> list[Write]:
        """Records and their dependents, deleted.

        Raises:
            RestError: NOT_FOUND for an unknown record, ENTITY_IS_DELETED for one that is deleted already.
        """
        for record_id in ids:
            self._alive(entity, record_id)
        moment = stamp(now)
        changed = {"IsDeleted": True, "LastModifiedDate": moment, "SystemModstamp": moment}
        return [
            (name, _with(record, changed))
            for name, record in self.with_dependents(entity, ids)
            if not record.get("IsDeleted")
        ]

    def undelete(self, entity: str, ids: Collection[str], now: datetime) -> list[Write]:
        """Records, and the dependents that were deleted in the same commit, alive again.

        Raises:
            RestError: NOT_FOUND for an unknown record, UNDELETE_FAILED for one that is not deleted.
        """
        found = [self._known(entity, record_id) for record_id in ids]
        if not all(record.get("IsDeleted") for record in found):
            raise RestError(400, "UNDELETE_FAILED", "Entity is not in the recycle bin")
        deleted_at = {record.get("SystemModstamp") for record in found}
        moment = stamp(now)
        changed = {
            "IsDeleted": False,
            "MasterRecordId": None,
            "LastModifiedDate": moment,
            "SystemModstamp": moment,
        }
        return [
            (name, _with(record, changed))
            for name, record in self.with_dependents(entity, ids)
            if record.get("IsDeleted") and record.get("SystemModstamp") in {*deleted_at, None}
        ]

    def merge(
        self, entity: str, winner: str, losers: Sequence[str], fields: Mapping[str, Any], now: datetime
    ) -> list[Write]:
        """The winner with a new stamp, its new children, and the losers, deleted.

        Values of losers are not taken over, but for those that ``fields`` gives. A loser's own history goes
        with it.

        Raises:
            RestError: records that cannot be merged.
        """
        if entity not in MERGEABLE or not 1 <= len(losers) <= _MOST_LOSERS or winner in losers:
            raise RestError(400, "INVALID_OPERATION", f"cannot merge {len(losers)} records of {entity}")
        for loser in losers:
            self._alive(entity, loser)
        self._alive(entity, winner)
        moment = stamp(now)
        writes = self._changes.update(entity, winner, fields, now)
        writes += self._changes.merged(entity, winner, now)
        for name, reference in MERGEABLE[entity]:
            children = self._children(name, reference, losers)
            changed = {reference: winner, "SystemModstamp": moment}
            writes += [(name, _with(record, changed)) for record in children]
        adopted = {(name, record["Id"]) for name, record in writes}
        deleted = [
            (name, record)
            for name, record in self.delete(entity, losers, now)
            if (name, record["Id"]) not in adopted
        ]
        mastered = {"MasterRecordId": winner}
        return [
            *writes,
            *((name, _with(record, mastered) if name == entity else record) for name, record in deleted),
        ]

    def with_dependents(self, entity: str, ids: Collection[str]) -> Iterator[Write]:
        """Records by id as they were last written, and what is deleted along with them."""
        found = [self._known(entity, record_id) for record_id in ids]
        yield from ((entity, record) for record in found)
        for name, reference in DEPENDENTS.get(entity, ()):
            children = [record["Id"] for record in self._children(name, reference, ids)]
            if children:
                yield from self.with_dependents(name, children)

    def _children(self, entity: str, reference: str, parents: Collection[str]) -> list[Record]:
        wanted = set(parents)
        return [record for record in self._store.all_latest(entity) if record.get(reference) in wanted]

    def _alive(self, entity: str, record_id: str) -> Record:
        record = self._known(entity, record_id)
        if record.get("IsDeleted"):
            raise RestError(404, "ENTITY_IS_DELETED", "entity is deleted")
        return record

    def _known(self, entity: str, record_id: str) -> Record:
        record = self._store.latest(entity, record_id)
        if record is None:
            raise not_found()
        return record


def _with(record: Record, changed: Mapping[str, Any]) -> Record:
    """The record with those of the changed fields that it has, and IsDeleted in any case."""
    known = {name: value for name, value in changed.items() if name in record or name in _ALWAYS}
    return {**record, **known}


_ALWAYS = frozenset(["IsDeleted", "MasterRecordId"])

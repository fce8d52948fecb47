"""Records as answers: by list, by id, in batches, and as results of a search.

Pages: "Contacts" and "Deals" (list, retrieve, batch read) of the API reference.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from closedwon.sandbox.hubspot.errors import HubSpotError, invalid, missing_scopes
from closedwon.sandbox.hubspot.schema import Entity, value_of
from closedwon.sandbox.hubspot.store import PortalStore
from closedwon.sandbox.hubspot.times import iso
from closedwon.sandbox.world import PortalRecord, PropertyVersion

Json = dict[str, Any]

MAX_BATCH = 100
MAX_LIST = 100
MAX_WITH_HISTORY = 50
"""Records that one list page or batch may ask for, and how many with histories."""

_BATCH_KEYS = frozenset(["inputs", "properties", "propertiesWithHistory", "idProperty"])


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which properties an answer holds, and of which also the history.

    Attributes:
        kept: whether the id and the dates come along unasked.
    """

    names: tuple[str, ...]
    histories: tuple[str, ...] = ()
    kept: bool = True


def view(entity: Entity, store: PortalStore, record: PortalRecord, wanted: Wanted) -> Json:
    """A record as JSON. Names that no property has are passed over; a property without a value is null."""
    defined = store.definitions(entity)
    names = {*wanted.names, *wanted.histories, *(entity.kept if wanted.kept else ())}
    shown: Json = {
        "id": record.id,
        "properties": {name: value_of(entity, record, name) for name in sorted(names) if name in defined},
        "createdAt": iso(record.created_at),
        "updatedAt": iso(record.updated_at),
        "archived": record.archived_at is not None,
    }
    if wanted.histories:
        histories = {name: _history(entity, record, name) for name in wanted.histories if name in defined}
        shown["propertiesWithHistory"] = histories
    if record.archived_at is not None:
        shown["archivedAt"] = iso(record.archived_at)
    return shown


def wanted_of(
    entity: Entity, properties: Sequence[str] | None, histories: Sequence[str] | None, history: str
) -> Wanted:
    """What a request asks for; ``history`` is the setting of that name.

    Raises:
        HubSpotError: 403 where histories may not be read.
    """
    if histories and history == "refused":
        raise missing_scopes([entity.read_scope])
    return Wanted(
        tuple(properties) if properties else entity.defaults,
        tuple(histories or ()) if history == "readable" else (),
    )


def batch_read(
    entity: Entity,
    store: PortalStore,
    body: Mapping[str, Any],
    *,
    archived: bool,
    history: str,
    now: datetime,
) -> tuple[int, Json]:
    """Status and answer of a batch read: 207 where some ids find nothing.

    An id that was merged away finds the record that it became, under that record's own id.

    Raises:
        HubSpotError: 400 for a body that breaks a limit, 403 where histories may not be read.
    """
    unknown = sorted(set(body) - _BATCH_KEYS)
    if unknown:
        raise invalid(f"Invalid input JSON: Unrecognized field {unknown[0]!r}")
    if body.get("idProperty"):
        raise invalid("the sandbox reads batches by record id only")
    ids = _ids(body.get("inputs"))
    histories = body.get("propertiesWithHistory")
    most = MAX_WITH_HISTORY if histories else MAX_BATCH
    if len(ids) > most:
        raise invalid(f"The number of inputs in a batch is limited to {most}")
    wanted = wanted_of(entity, body.get("properties"), histories, history)
    found = {record_id: store.find(entity, record_id, archived=archived) for record_id in ids}
    records = {record.id: record for record in found.values() if record is not None}
    missing = [record_id for record_id, record in found.items() if record is None]
    answer: Json = {
        "status": "COMPLETE",
        "results": [view(entity, store, record, wanted) for record in _in_any_order(records.values())],
        "startedAt": iso(now),
        "completedAt": iso(now),
    }
    if not missing:
        return 200, answer
    error = {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": (
            f"Could not get some {entity.singular.upper()} objects, they may be deleted or not exist. "
            "Check that ids are valid."
        ),
        "context": {"ids": missing},
    }
    return 207, {**answer, "numErrors": 1, "errors": [error]}


def _ids(inputs: Any) -> list[str]:
    if not isinstance(inputs, list) or not all(isinstance(item, dict) and "id" in item for item in inputs):
        raise invalid("Invalid input JSON: inputs must be a list of objects with an id")
    ids = [str(item["id"]) for item in inputs]
    twice = sorted({record_id for record_id in ids if ids.count(record_id) > 1})
    if twice:
        raise invalid(f"Duplicate IDs found in batch input: [{', '.join(twice)}]. IDs must be unique")
    if not all(record_id.isdigit() for record_id in ids):
        raise HubSpotError(400, "Object ids must be numeric", "VALIDATION_ERROR")
    return ids


def _in_any_order(records: Iterable[PortalRecord]) -> list[PortalRecord]:
    """The documentation promises no order."""
    return sorted(records, key=lambda record: zlib.crc32(record.id.encode()))


def _history(entity: Entity, record: PortalRecord, name: str) -> list[Json]:
    """The versions of a property, newest first."""
    value = value_of(entity, record, name)
    since_creation = () if value is None else (PropertyVersion(value, record.created_at),)
    return [
        {
            "value": version.value,
            "timestamp": iso(version.at),
            "sourceType": version.source,
            "sourceId": None,
        }
        for version in reversed(record.history.get(name, since_creation))
    ]

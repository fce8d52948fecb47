"""Which contacts a deal has, and the other way round, in batches.

Page: "Associations" (batch read) of the API reference; v3 answers in a shape of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from closedwon.sandbox.hubspot.errors import invalid
from closedwon.sandbox.hubspot.schema import DEALS, Entity
from closedwon.sandbox.hubspot.store import PortalStore
from closedwon.sandbox.hubspot.times import iso

Json = dict[str, Any]

MAX_INPUTS = 1_000
_TYPE_IDS = {("deals", "contacts"): 3, ("contacts", "deals"): 4}


def links(store: PortalStore, entity: Entity, to: Entity) -> Mapping[str, Sequence[str]]:
    """Ids of the records of ``entity`` to those of ``to`` that each is associated with, the first one first."""
    known = store.portal.deal_contacts
    if entity is to:
        return {}
    if entity is DEALS:
        return known
    deals: dict[str, list[str]] = {}
    for deal, contacts in known.items():
        for contact in contacts:
            deals.setdefault(contact, []).append(deal)
    return deals


def linked(
    store: PortalStore, entity: Entity, to: Entity, record_id: str, known: Mapping[str, Sequence[str]]
) -> list[str]:
    """The records of ``to`` that a record is associated with; only live ones, and of a live one, count."""
    record = store.find(entity, record_id)
    others = known.get(record.id, ()) if record is not None else ()
    return [other for other in others if store.find(to, other) is not None]


def batch_read(
    store: PortalStore,
    entity: Entity,
    to: Entity,
    body: Mapping[str, Any],
    version: str,
    page: int,
    now: datetime,
) -> tuple[int, Json]:
    """Status and answer: 207 where a record has no association, or does not exist.

    Raises:
        HubSpotError: 400 for a body that breaks a limit.
    """
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(item, dict) and "id" in item for item in inputs):
        raise invalid("Invalid input JSON: inputs must be a list of objects with an id")
    if len(inputs) > MAX_INPUTS:
        raise invalid(f"The number of inputs in a batch is limited to {MAX_INPUTS}")
    results, errors = [], []
    known = links(store, entity, to)
    for given in inputs:
        record_id = str(given["id"])
        found = linked(store, entity, to, record_id, known)
        if found:
            start = 0 if version == "v3" else int(given.get("after") or 0)
            results.append(_result(record_id, found, start, page, entity, to, version))
        else:
            errors.append(_nothing(record_id, entity, to))
    answer: Json = {"status": "COMPLETE", "results": results, "startedAt": iso(now), "completedAt": iso(now)}
    return (207, {**answer, "numErrors": len(errors), "errors": errors}) if errors else (200, answer)


def short(entity: Entity, to: Entity, others: Sequence[str]) -> list[Json]:
    """Associations as lists and single reads show them when asked."""
    return [{"id": other, "type": f"{entity.singular}_to_{to.singular}"} for other in others]


def _result(
    record_id: str, found: list[str], start: int, page: int, entity: Entity, to: Entity, version: str
) -> Json:
    kind = f"{entity.singular}_to_{to.singular}"
    shown = found[start : start + page]
    result: Json = {"from": {"id": record_id}}
    if version == "v3":
        result["to"] = [{"id": other, "type": kind} for other in shown]
    else:
        types = [{"category": "HUBSPOT_DEFINED", "typeId": _TYPE_IDS[entity.name, to.name], "label": None}]
        result["to"] = [
            {"toObjectId": int(other) if version == "v4" else other, "associationTypes": types}
            for other in shown
        ]
    if start + page < len(found):
        result["paging"] = {"next": {"after": str(start + page)}}
    return result


def _nothing(record_id: str, entity: Entity, to: Entity) -> Json:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {to.singular} is associated with {entity.singular} {record_id}.",
        "context": {
            "fromObjectId": [record_id],
            "fromObjectType": [entity.singular],
            "toObjectType": [to.singular],
        },
    }

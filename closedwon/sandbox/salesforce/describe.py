"""What ``describe`` says of an object, as far as a client that maps fields needs it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from closedwon.sandbox.salesforce.objects import label_of
from closedwon.sandbox.soql import Entity, Field
from closedwon.sandbox.world import Record

FIRST_VERSION, LAST_VERSION = 31, 68
"""API versions that Salesforce serves: older ones are retired, 68.0 is Winter '27."""

_LAST_WINTER = (59, 24)
_MASTER = "012000000000000AAA"
_SEASONS = ("Winter", "Spring", "Summer")


def versions() -> list[dict[str, str]]:
    """The answer of ``GET /services/data/``: every version with its release."""
    return [
        {"label": _release(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
        for number in range(FIRST_VERSION, LAST_VERSION + 1)
    ]


def _release(number: int) -> str:
    version, year = _LAST_WINTER
    years, season = divmod(number - version, len(_SEASONS))
    return f"{_SEASONS[season]} '{year + years}"


def summary(entity: Entity, base: str) -> dict[str, Any]:
    """One entry of the list of objects; ``base`` is the path of ``sobjects``."""
    path = f"{base}/{entity.name}"
    return {
        "name": entity.name,
        "label": entity.label,
        "keyPrefix": entity.key_prefix,
        "custom": False,
        "queryable": True,
        "retrieveable": True,
        "urls": {"sobject": path, "describe": f"{path}/describe", "rowTemplate": f"{path}/{{ID}}"},
    }


def describe(entity: Entity, base: str, record_types: Iterable[Record]) -> dict[str, Any]:
    """The answer of ``describe`` for one object; ``record_types`` are the org's, of whatever object."""
    own = [record for record in record_types if record.get("SobjectType") == entity.name]
    return summary(entity, base) | {
        "fields": [_field(field) for field in entity.fields],
        "recordTypeInfos": [*(_record_type(record, entity, base) for record in own), _master(entity, base)],
    }


def _record_type(record: Record, entity: Entity, base: str) -> dict[str, Any]:
    active = bool(record.get("IsActive", True))
    return {
        "active": active,
        "available": active,
        "defaultRecordTypeMapping": False,
        "developerName": record["DeveloperName"],
        "master": False,
        "name": record.get("Name", record["DeveloperName"]),
        "recordTypeId": record["Id"],
        "urls": {"layout": f"{base}/{entity.name}/describe/layouts/{record['Id']}"},
    }


def _master(entity: Entity, base: str) -> dict[str, Any]:
    """The record type that every object has and no query finds."""
    record = {"Id": _MASTER, "DeveloperName": "Master", "Name": "Master"}
    return _record_type(record, entity, base) | {"defaultRecordTypeMapping": True, "master": True}


def _field(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": label_of(field),
        "type": field.type,
        "custom": field.custom,
        "nillable": field.type not in {"id", "boolean"},
        "filterable": field.filterable,
        "sortable": field.filterable,
        "referenceTo": [field.references] if field.references else [],
        "relationshipName": field.relationship,
        "picklistValues": [
            {"active": True, "defaultValue": False, "label": value, "validFor": None, "value": value}
            for value in field.values
        ],
    }

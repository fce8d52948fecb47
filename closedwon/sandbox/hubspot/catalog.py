"""What a portal consists of: property definitions, deal pipelines, the account itself.

Pages: "Properties", "Pipelines" and "Account information" of the API reference.
"""

from __future__ import annotations

from typing import Any

from closedwon.sandbox.hubspot.schema import Entity
from closedwon.sandbox.hubspot.store import PortalStore
from closedwon.sandbox.world import HubSpotPortal, Pipeline, PortalProperty

Json = dict[str, Any]

_SINCE = "2024-01-15T09:30:00Z"


def properties(store: PortalStore, entity: Entity) -> list[Json]:
    """All property definitions of an object."""
    own = {known.name for known in store.portal.custom_properties.get(entity.name, ())}
    return [
        describe_property(known, hubspot_defined=known.name not in own)
        for known in store.definitions(entity).values()
    ]


def describe_property(known: PortalProperty, *, hubspot_defined: bool) -> Json:
    """One definition as the Properties API gives it."""
    return {
        "name": known.name,
        "label": known.label,
        "type": known.type,
        "fieldType": known.field_type,
        "description": "",
        "groupName": "information",
        "options": [
            {"label": label, "value": value, "displayOrder": place, "hidden": False}
            for place, (value, label) in enumerate(known.options)
        ],
        "displayOrder": -1,
        "calculated": known.field_type.startswith("calculation"),
        "externalOptions": False,
        "hasUniqueValue": known.name == "hs_object_id",
        "hidden": False,
        "hubspotDefined": hubspot_defined,
        "formField": False,
        "archived": False,
        "createdAt": _SINCE,
        "updatedAt": _SINCE,
        "modificationMetadata": {
            "archivable": not hubspot_defined,
            "readOnlyDefinition": hubspot_defined,
            "readOnlyValue": known.field_type.startswith("calculation"),
        },
    }


def describe_pipeline(pipeline: Pipeline, place: int) -> Json:
    """A pipeline with its stages; the metadata of stages are texts."""
    stages = [
        {
            "id": stage.id,
            "label": stage.label,
            "displayOrder": nth,
            "metadata": {"isClosed": str(stage.closed).lower(), "probability": f"{stage.probability:.1f}"},
            "createdAt": _SINCE,
            "updatedAt": _SINCE,
            "archived": False,
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        }
        for nth, stage in enumerate(pipeline.stages)
    ]
    return {
        "id": pipeline.id,
        "label": pipeline.label,
        "displayOrder": place,
        "stages": stages,
        "createdAt": _SINCE,
        "updatedAt": _SINCE,
        "archived": False,
    }


def account(portal: HubSpotPortal) -> Json:
    """The account's details."""
    return {
        "portalId": portal.id,
        "accountType": "STANDARD",
        "timeZone": "Europe/Paris",
        "companyCurrency": portal.currency,
        "additionalCurrencies": [],
        "utcOffset": "+01:00",
        "utcOffsetMilliseconds": 3_600_000,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "eu1",
    }

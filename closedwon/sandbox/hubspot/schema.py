"""The properties of contacts and deals: their definitions, their defaults, and the values that HubSpot keeps itself.

Pages: "Properties" and "Search the CRM" (default properties an object), "Use stage calculated properties" of the
knowledge base.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from closedwon.sandbox.hubspot.times import iso
from closedwon.sandbox.world import HubSpotPortal, PortalProperty, PortalRecord

Json = dict[str, Any]

LIFECYCLE = (
    ("subscriber", "Subscriber"),
    ("lead", "Lead"),
    ("marketingqualifiedlead", "Marketing Qualified Lead"),
    ("salesqualifiedlead", "Sales Qualified Lead"),
    ("opportunity", "Opportunity"),
    ("customer", "Customer"),
    ("evangelist", "Evangelist"),
    ("other", "Other"),
)
"""Values and labels of ``lifecyclestage``, in the funnel's order."""

DATE_ENTERED = "hs_v2_date_entered_"


def _text(name: str, label: str) -> PortalProperty:
    return PortalProperty(name, label)


def _moment(name: str, label: str) -> PortalProperty:
    return PortalProperty(name, label, "datetime", "calculation_read_time")


def _number(name: str, label: str) -> PortalProperty:
    return PortalProperty(name, label, "number", "number")


@dataclass(frozen=True, slots=True)
class Entity:
    """An object type: its names, which property holds its stage, and what it has.

    Attributes:
        name: as paths mostly have it; ``singular`` as associations have it.
        modified: the property with the modification date, which contacts call differently.
        defaults: what an answer holds where no properties are asked for.
    """

    name: str
    singular: str
    type_id: str
    stage: str
    modified: str
    defaults: tuple[str, ...]
    properties: tuple[PortalProperty, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All names that a path may use."""
        return (self.name, self.singular, self.type_id)

    @property
    def kept(self) -> tuple[str, ...]:
        """Properties that every record read by list, id or batch holds, asked for or not."""
        return ("hs_object_id", "createdate", self.modified)

    @property
    def read_scope(self) -> str:
        """The scope that reading records takes."""
        return f"crm.objects.{self.name}.read"

    @property
    def schema_scope(self) -> str:
        """The scope that reading property definitions takes."""
        return f"crm.schemas.{self.name}.read"


CONTACTS = Entity(
    "contacts",
    "contact",
    "0-1",
    stage="lifecyclestage",
    modified="lastmodifieddate",
    defaults=("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    properties=(
        _number("hs_object_id", "Record ID"),
        _moment("createdate", "Create Date"),
        _moment("lastmodifieddate", "Last Modified Date"),
        _text("email", "Email"),
        PortalProperty("phone", "Phone Number", field_type="phonenumber"),
        PortalProperty("mobilephone", "Mobile Phone Number", field_type="phonenumber"),
        _text("firstname", "First Name"),
        _text("lastname", "Last Name"),
        _text("address", "Street Address"),
        _text("city", "City"),
        _text("state", "State/Region"),
        _text("zip", "Postal Code"),
        _text("country", "Country/Region"),
        _text("hs_country_region_code", "Country/Region Code"),
        _text("date_of_birth", "Date of birth"),
        _text("gender", "Gender"),
        _text("company", "Company Name"),
        PortalProperty("lifecyclestage", "Lifecycle Stage", "enumeration", "radio", LIFECYCLE),
        PortalProperty(
            "hs_lead_status", "Lead Status", "enumeration", "radio", (("NEW", "New"), ("OPEN", "Open"))
        ),
        _text("hs_google_click_id", "Google ad click id"),
        _text("hs_facebook_click_id", "Facebook click id"),
        PortalProperty(
            "hs_analytics_source",
            "Original Traffic Source",
            "enumeration",
            "select",
            (
                ("PAID_SEARCH", "Paid Search"),
                ("PAID_SOCIAL", "Paid Social"),
                ("ORGANIC_SEARCH", "Organic Search"),
                ("REFERRALS", "Referrals"),
                ("DIRECT_TRAFFIC", "Direct Traffic"),
                ("OFFLINE", "Offline Sources"),
            ),
        ),
        _text("hs_analytics_source_data_1", "Original Traffic Source Drill-Down 1"),
        _text("hs_analytics_source_data_2", "Original Traffic Source Drill-Down 2"),
        _text("hs_merged_object_ids", "Merged record IDs"),
        _text("hs_calculated_merged_vids", "Merged vids with timestamps of a contact"),
    ),
)

DEALS = Entity(
    "deals",
    "deal",
    "0-3",
    stage="dealstage",
    modified="hs_lastmodifieddate",
    defaults=(
        "amount",
        "closedate",
        "createdate",
        "dealname",
        "dealstage",
        "hs_lastmodifieddate",
        "hs_object_id",
        "pipeline",
    ),
    properties=(
        _number("hs_object_id", "Record ID"),
        _moment("createdate", "Create Date"),
        _moment("hs_lastmodifieddate", "Last Modified Date"),
        _text("dealname", "Deal Name"),
        PortalProperty("pipeline", "Pipeline", "enumeration", "select"),
        PortalProperty("dealstage", "Deal Stage", "enumeration", "radio"),
        _number("amount", "Amount"),
        _number("amount_in_home_currency", "Amount in company currency"),
        PortalProperty("deal_currency_code", "Currency", "enumeration", "select"),
        PortalProperty("closedate", "Close Date", "datetime", "date"),
        PortalProperty("hs_is_closed", "Is Deal Closed?", "bool", "calculation_equation"),
        PortalProperty("hs_is_closed_won", "Is Closed Won", "bool", "calculation_equation"),
        _text("hs_analytics_source", "Original Traffic Source"),
        _text("hs_merged_object_ids", "Merged record IDs"),
    ),
)

ENTITIES = (CONTACTS, DEALS)


def entity_of(name: str) -> Entity | None:
    """The object type by any of its names, in whatever case."""
    return next((entity for entity in ENTITIES if name.lower() in entity.names), None)


def definitions(portal: HubSpotPortal, entity: Entity) -> dict[str, PortalProperty]:
    """Every property of an object in a portal, by name: HubSpot's, one a stage, and the portal's own."""
    own = portal.custom_properties.get(entity.name, ())
    stages = (
        [stage for stage, _ in LIFECYCLE]
        if entity is CONTACTS
        else [stage for stage, _ in deal_stages(portal)]
    )
    entered = [_moment(f"{DATE_ENTERED}{stage}", f'Date entered "{stage}"') for stage in stages]
    options = {"dealstage": tuple(deal_stages(portal)), "pipeline": _pipelines(portal)}
    standard = [
        PortalProperty(known.name, known.label, known.type, known.field_type, options[known.name])
        if entity is DEALS and known.name in options
        else known
        for known in entity.properties
    ]
    return {known.name: known for known in (*standard, *entered, *own)}


def deal_stages(portal: HubSpotPortal) -> Iterator[tuple[str, str]]:
    """(id, label) of the stages of all pipelines."""
    for pipeline in portal.pipelines:
        for stage in pipeline.stages:
            yield stage.id, stage.label


def value_of(entity: Entity, record: PortalRecord, name: str) -> str | None:
    """The value of a property, those included that HubSpot keeps itself; None where it has none."""
    if name == "hs_object_id":
        return record.id
    if name == "createdate":
        return iso(record.created_at)
    if name == entity.modified:
        return iso(record.updated_at)
    if name.startswith(DATE_ENTERED):
        return _date_entered(entity, record, name.removeprefix(DATE_ENTERED))
    return record.properties.get(name)


def _date_entered(entity: Entity, record: PortalRecord, stage: str) -> str | None:
    """When the record entered the stage last."""
    if entity.stage not in record.history and record.properties.get(entity.stage) == stage:
        return iso(record.created_at)
    versions = record.history.get(entity.stage, ())
    return next((iso(version.at) for version in reversed(versions) if version.value == stage), None)


def _pipelines(portal: HubSpotPortal) -> tuple[tuple[str, str], ...]:
    return tuple((pipeline.id, pipeline.label) for pipeline in portal.pipelines)

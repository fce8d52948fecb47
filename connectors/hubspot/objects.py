"""The two objects that are read, as tables: what each calls its stage, its last change and its person.

Properties: https://knowledge.hubspot.com/properties/hubspots-default-contact-properties and its neighbour for deals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

ObjectName = Literal["contact", "deal"]
StageKey = Literal["contact.lifecyclestage", "deal.dealstage"]

MERGED_IDS = "hs_merged_object_ids"
"""Ids of the records that were merged into one, with semicolons between them."""
DATE_ENTERED = "hs_v2_date_entered_"
"""Begins the name of the property that holds when a stage was entered last, one a stage."""


@dataclass(frozen=True)
class ObjectModel:
    """One object: which properties make its stage entries.

    Attributes:
        name: what an entry and a client's file call it.
        path: what HubSpot's paths call it.
        stage_key: the object's key under ``stages`` in a client's file.
        stage_property: its values are the stages.
        modified_property: when the record was changed last, which contacts call differently.
        columns: stage-entry columns that need no mapping, each from the first of some properties with a value.
    """

    name: ObjectName
    path: str
    stage_key: StageKey
    stage_property: str
    modified_property: str
    columns: Mapping[str, tuple[str, ...]]

    @property
    def required(self) -> tuple[str, ...]:
        """Properties that every reading asks for."""
        return ("createdate", self.modified_property, self.stage_property, MERGED_IDS)


CONTACT = ObjectModel(
    name="contact",
    path="contacts",
    stage_key="contact.lifecyclestage",
    stage_property="lifecyclestage",
    modified_property="lastmodifieddate",
    columns=MappingProxyType(
        {
            "email": ("email",),
            "phone": ("phone", "mobilephone"),
            "first_name": ("firstname",),
            "last_name": ("lastname",),
            "date_of_birth": ("date_of_birth",),
            "gender": ("gender",),
            "street": ("address",),
            "city": ("city",),
            "state": ("hs_state_code", "state"),
            "postal_code": ("zip",),
            "country": ("hs_country_region_code", "country"),
            "gclid": ("hs_google_click_id",),
            "fbclid": ("hs_facebook_click_id",),
            "lead_source": ("hs_analytics_source",),
        }
    ),
)

DEAL = ObjectModel(
    name="deal",
    path="deals",
    stage_key="deal.dealstage",
    stage_property="dealstage",
    modified_property="hs_lastmodifieddate",
    columns=MappingProxyType({"amount": ("amount",), "currency": ("deal_currency_code",)}),
)

MODELS = (CONTACT, DEAL)
"""In the order in which they are read: a person is a lead before there is a deal."""

"""The two objects that are read, as tables: what each calls its stage, its person and its history.

Fields: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_lead.htm
and its neighbours for Opportunity, Contact, LeadHistory and OpportunityHistory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from connectors.salesforce.queries import related_query

ObjectName = Literal["Lead", "Opportunity"]


@dataclass(frozen=True)
class History:
    """Where an object's past stages are recorded.

    Attributes:
        object_name: the object that holds a row for each change.
        record_field: its reference to the record.
        fields: what is read of a row, besides that reference.
        condition: which rows matter, as a SOQL condition with a leading AND, or nothing.
    """

    object_name: str
    record_field: str
    fields: tuple[str, ...]
    condition: str = ""

    def query(self) -> str:
        """The rows of some records, oldest first; a template with ``{ids}``."""
        fields = (self.record_field, *self.fields)
        return related_query(self.object_name, fields, self.record_field, self.condition)


@dataclass(frozen=True)
class ObjectModel:
    """One object: which fields make its stage entries.

    Attributes:
        name: the object's API name.
        stage_field: the picklist whose values are funnel stages.
        history: where past stages are recorded.
        columns: stage-entry columns that need no mapping, each from the first of some fields that has a value.
        required: fields without which nothing can be read.
        stage_changed_field: when the present stage was entered, where the object knows.
        parents: relationships that a field path may start with, and the objects that they lead to.
    """

    name: ObjectName
    stage_field: str
    history: History
    columns: Mapping[str, tuple[str, ...]]
    stage_changed_field: str | None = None
    parents: Mapping[str, str] = field(default_factory=dict)

    @property
    def stage_key(self) -> Literal["Lead.Status", "Opportunity.StageName"]:
        """The object's key under ``stages`` in a client's file."""
        return "Lead.Status" if self.name == "Lead" else "Opportunity.StageName"

    @property
    def required(self) -> tuple[str, ...]:
        """Fields without which nothing can be read."""
        return ("Id", "CreatedDate", "LastModifiedDate", "SystemModstamp", self.stage_field)


LEAD = ObjectModel(
    name="Lead",
    stage_field="Status",
    history=History(
        object_name="LeadHistory",
        record_field="LeadId",
        fields=("Id", "Field", "OldValue", "NewValue", "CreatedDate"),
        # "created" tells a lead whose status never changed from one whose changes were not recorded;
        # "leadConverted" times the last status, which conversion sets.
        condition=" AND Field IN ('created','Status','leadConverted')",
    ),
    columns=MappingProxyType(
        {
            "email": ("Email",),
            "phone": ("Phone", "MobilePhone"),
            "first_name": ("FirstName",),
            "last_name": ("LastName",),
            "city": ("City",),
            "state": ("StateCode", "State"),
            "postal_code": ("PostalCode",),
            "country": ("CountryCode", "Country"),
            "lead_source": ("LeadSource",),
            "currency": ("CurrencyIsoCode",),
        }
    ),
)

OPPORTUNITY = ObjectModel(
    name="Opportunity",
    stage_field="StageName",
    history=History(
        object_name="OpportunityHistory",
        record_field="OpportunityId",
        fields=("Id", "StageName", "CreatedDate"),
    ),
    columns=MappingProxyType(
        {
            "amount": ("Amount",),
            "email": ("Contact.Email",),
            "phone": ("Contact.Phone", "Contact.MobilePhone"),
            "first_name": ("Contact.FirstName",),
            "last_name": ("Contact.LastName",),
            "city": ("Contact.MailingCity",),
            "state": ("Contact.MailingStateCode", "Contact.MailingState"),
            "postal_code": ("Contact.MailingPostalCode",),
            "country": ("Contact.MailingCountryCode", "Contact.MailingCountry"),
            "lead_source": ("LeadSource",),
            "currency": ("CurrencyIsoCode",),
        }
    ),
    stage_changed_field="LastStageChangeDate",
    parents=MappingProxyType({"Contact": "Contact", "Account": "Account"}),
)

MODELS = (LEAD, OPPORTUNITY)
"""In the order in which they are read: a person is a lead before it is an opportunity."""

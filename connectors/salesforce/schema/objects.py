"""The two objects that are read, as tables: what each calls its stage, its person and its history.

Fields: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_lead.htm
and its neighbours for Opportunity, Contact, Account, LeadHistory, OpportunityHistory and OpportunityFieldHistory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

ObjectName = Literal["Lead", "Opportunity"]


@dataclass(frozen=True)
class History:
    """Where an object's past stages are recorded.

    Attributes:
        object_name: the object that holds the rows.
        record_field: its reference to the record.
        stage: the row's field that holds the stage.
        old_stage: the row's field that holds the stage before it; ``None`` where rows are snapshots.
        what: the row's field that says what changed; ``None`` where rows are snapshots.
        events: the values of ``what`` that matter, besides the stage field's name.
    """

    object_name: str
    record_field: str
    stage: str
    old_stage: str | None = None
    what: str | None = None
    events: tuple[str, ...] = ()


@dataclass(frozen=True)
class ObjectModel:
    """One object: which fields make its stage entries.

    Attributes:
        name: the object's API name.
        stage_field: the picklist whose values are funnel stages.
        contact: its relationship to the contact that is its person.
        histories: where past stages are recorded; the first that can be read is.
        columns: stage-entry columns that need no mapping, each from the first of some fields that has a value.
        facts: what else is read where it can be seen, by the name that this package knows it by.
    """

    name: ObjectName
    stage_field: str
    contact: str
    histories: tuple[History, ...]
    columns: Mapping[str, tuple[str, ...]]
    facts: Mapping[str, str]

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
    contact="ConvertedContact",
    histories=(
        History(
            object_name="LeadHistory",
            record_field="LeadId",
            stage="NewValue",
            old_stage="OldValue",
            what="Field",
            # "created" tells a lead whose status never changed from one whose changes were not recorded;
            # "leadConverted" times the last status, which conversion sets.
            events=("created", "leadConverted"),
        ),
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
    facts=MappingProxyType(
        {
            "converted_on": "ConvertedDate",
            "opportunity": "ConvertedOpportunityId",
            "contact": "ConvertedContactId",
            "opportunity_created": "ConvertedOpportunity.CreatedDate",
            "contact_created": "ConvertedContact.CreatedDate",
        }
    ),
)

OPPORTUNITY = ObjectModel(
    name="Opportunity",
    stage_field="StageName",
    contact="Contact",
    histories=(
        History(object_name="OpportunityHistory", record_field="OpportunityId", stage="StageName"),
        History(
            object_name="OpportunityFieldHistory",
            record_field="OpportunityId",
            stage="NewValue",
            old_stage="OldValue",
            what="Field",
            events=("created",),
        ),
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
    facts=MappingProxyType(
        {
            "changed": "LastStageChangeDate",
            "contact": "ContactId",
            "person_account": "Account.IsPersonAccount",
            "person_contact": "Account.PersonContactId",
        }
    ),
)

MODELS = (LEAD, OPPORTUNITY)
"""In the order in which they are read: a person is a lead before it is an opportunity."""

FACTS = tuple(dict.fromkeys(name for model in MODELS for name in model.facts))
"""The names of all facts; an object that does not have one is as one that cannot be seen."""

FACT_TIMES = frozenset({"changed", "opportunity_created", "contact_created"})
"""Facts that are times; all others are texts."""

"""The standard objects and fields that every org of the sandbox has, as one table.

A field is written ``Name:type``; ``>Object`` after a reference names what it points at (its relationship is
the name without ``Id``), ``!`` marks a field that queries cannot filter by, ``?`` one that exists only in
orgs whose records carry it. Pages: object reference of Lead, Opportunity, LeadHistory, OpportunityHistory, ….
"""

from __future__ import annotations

import re

from closedwon.sandbox.soql import Entity, Field

_AUDIT = (
    "Id:id IsDeleted:boolean CreatedDate:datetime CreatedById:reference LastModifiedDate:datetime "
    "LastModifiedById:reference SystemModstamp:datetime"
)
_HISTORY = (
    "Id:id IsDeleted:boolean CreatedById:reference CreatedDate:datetime Field:picklist DataType:picklist "
    "OldValue:string! NewValue:string!"
)

_OBJECTS = {
    "Lead": (
        "00Q",
        f"{_AUDIT} MasterRecordId:reference>Lead LastName:string FirstName:string Salutation:picklist "
        "Name:string Title:string Company:string Street:textarea City:string State:string "
        "PostalCode:string Country:string Phone:phone MobilePhone:phone Fax:phone Email:email "
        "Website:url Description:textarea! LeadSource:picklist Status:picklist Industry:picklist "
        "Rating:picklist AnnualRevenue:currency NumberOfEmployees:int OwnerId:reference "
        "HasOptedOutOfEmail:boolean IsConverted:boolean ConvertedDate:date "
        "ConvertedAccountId:reference>Account ConvertedContactId:reference>Contact "
        "ConvertedOpportunityId:reference>Opportunity IsUnreadByOwner:boolean LastActivityDate:date "
        "DoNotCall:boolean IndividualId:reference CurrencyIsoCode:picklist?",
    ),
    "Contact": (
        "003",
        f"{_AUDIT} MasterRecordId:reference>Contact AccountId:reference>Account LastName:string "
        "FirstName:string Salutation:picklist Name:string MailingStreet:textarea MailingCity:string "
        "MailingState:string MailingPostalCode:string MailingCountry:string OtherCity:string "
        "OtherState:string OtherPostalCode:string OtherCountry:string Phone:phone MobilePhone:phone "
        "HomePhone:phone OtherPhone:phone Email:email Title:string Department:string "
        "LeadSource:picklist Birthdate:date Description:textarea! OwnerId:reference "
        "HasOptedOutOfEmail:boolean DoNotCall:boolean IndividualId:reference "
        "CurrencyIsoCode:picklist?",
    ),
    "Account": (
        "001",
        f"{_AUDIT} MasterRecordId:reference>Account Name:string Type:picklist "
        "ParentId:reference>Account BillingStreet:textarea BillingCity:string BillingState:string "
        "BillingPostalCode:string BillingCountry:string Phone:phone Website:url Industry:picklist "
        "AnnualRevenue:currency OwnerId:reference Description:textarea! CurrencyIsoCode:picklist?",
    ),
    "Campaign": (
        "701",
        f"{_AUDIT} Name:string Type:picklist Status:picklist IsActive:boolean StartDate:date "
        "EndDate:date OwnerId:reference CurrencyIsoCode:picklist?",
    ),
    "Opportunity": (
        "006",
        f"{_AUDIT} AccountId:reference>Account ContactId:reference>Contact "
        "CampaignId:reference>Campaign Name:string Description:textarea! StageName:picklist "
        "Amount:currency Probability:percent ExpectedRevenue:currency CloseDate:date Type:picklist "
        "NextStep:string LeadSource:picklist IsClosed:boolean IsWon:boolean ForecastCategory:picklist "
        "ForecastCategoryName:picklist HasOpportunityLineItem:boolean OwnerId:reference "
        "LastStageChangeDate:datetime LastActivityDate:date FiscalQuarter:int FiscalYear:int "
        "CurrencyIsoCode:picklist?",
    ),
    "LeadHistory": ("017", f"{_HISTORY} LeadId:reference>Lead"),
    "OpportunityFieldHistory": ("017", f"{_HISTORY} OpportunityId:reference>Opportunity"),
    "OpportunityHistory": (
        "008",
        "Id:id IsDeleted:boolean OpportunityId:reference>Opportunity CreatedById:reference "
        "CreatedDate:datetime SystemModstamp:datetime StageName:picklist Amount:currency "
        "ExpectedRevenue:currency CloseDate:date Probability:percent ForecastCategory:picklist "
        "PrevAmount:currency PrevCloseDate:date CurrencyIsoCode:picklist?",
    ),
}

PICKLISTS = {
    ("Lead", "Status"): (
        "Open - Not Contacted",
        "Working - Contacted",
        "Closed - Converted",
        "Closed - Not Converted",
    ),
    ("Opportunity", "StageName"): (
        "Prospecting",
        "Qualification",
        "Proposal/Price Quote",
        "Negotiation/Review",
        "Closed Won",
        "Closed Lost",
    ),
    ("Lead", "LeadSource"): ("Web", "Phone Inquiry", "Partner Referral", "Other"),
    ("Opportunity", "LeadSource"): ("Web", "Phone Inquiry", "Partner Referral", "Other"),
}
"""Values that a new org has; an org's own are added to them by what its records hold."""

_FIELD = re.compile(
    r"(?P<name>\w+):(?P<type>[a-z]+)(?:>(?P<references>\w+))?(?P<filterable>!?)(?P<optional>\??)"
)


def _label(name: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("__c").replace("_", " "))
    return words.removesuffix(" Id")


def _fields(text: str) -> tuple[tuple[Field, bool], ...]:
    found = []
    for match in _FIELD.finditer(text):
        name, references = match["name"], match["references"]
        relationship = name.removesuffix("Id") if references else None
        field = Field(name, match["type"], references, relationship, filterable=not match["filterable"])
        found.append((field, bool(match["optional"])))
    return tuple(found)


def label_of(field: Field) -> str:
    """The field's label, as a new org has it."""
    return _label(field.name)


_PARSED = {name: (prefix, _fields(text)) for name, (prefix, text) in _OBJECTS.items()}

STANDARD: dict[str, Entity] = {
    name: Entity(name, _label(name), prefix, tuple(field for field, optional in fields if not optional))
    for name, (prefix, fields) in _PARSED.items()
}
"""Objects that every org has, by name, with the fields that every org has."""

OPTIONAL: dict[str, tuple[Field, ...]] = {
    name: tuple(field for field, optional in fields if optional) for name, (_, fields) in _PARSED.items()
}
"""Standard fields that a feature adds (several currencies), by object."""

STAGES: dict[str, tuple[int, bool, bool, str]] = {
    "Prospecting": (10, False, False, "Pipeline"),
    "Qualification": (10, False, False, "Pipeline"),
    "Proposal": (75, False, False, "Pipeline"),
    "Proposal/Price Quote": (75, False, False, "Pipeline"),
    "Negotiation": (90, False, False, "Pipeline"),
    "Negotiation/Review": (90, False, False, "Pipeline"),
    "Closed Won": (100, True, True, "Closed"),
    "Closed Lost": (0, True, False, "Omitted"),
}
"""What a stage sets on its opportunity: probability, IsClosed, IsWon, forecast category."""

OTHER_STAGE = (50, False, False, "Pipeline")

TRACKED = {"Lead": ("Status", "OwnerId"), "Opportunity": ("StageName", "Amount", "CloseDate")}
"""Fields whose changes LeadHistory and OpportunityFieldHistory record."""

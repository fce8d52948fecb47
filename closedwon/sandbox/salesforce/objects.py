"""The standard objects and fields that every org of the sandbox has, as one table.

A field is written ``Name:type``; ``>Object`` after a reference names what it points at (its relationship is
the name without ``Id``), ``!`` marks a field that queries cannot filter by, ``?`` one that a feature of the org
adds: ``?c`` several currencies, ``?p`` person accounts, ``?r`` record types of that object. Pages: object
reference of Lead, Account, Opportunity, LeadHistory, OpportunityContactRole, RecordType, ….
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
        "DoNotCall:boolean IndividualId:reference CurrencyIsoCode:picklist?c "
        "RecordTypeId:reference>RecordType?r",
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
        "CurrencyIsoCode:picklist?c RecordTypeId:reference>RecordType?r IsPersonAccount:boolean?p",
    ),
    "Account": (
        "001",
        f"{_AUDIT} MasterRecordId:reference>Account Name:string Type:picklist "
        "ParentId:reference>Account BillingStreet:textarea BillingCity:string BillingState:string "
        "BillingPostalCode:string BillingCountry:string Phone:phone Website:url Industry:picklist "
        "AnnualRevenue:currency OwnerId:reference Description:textarea! CurrencyIsoCode:picklist?c "
        "RecordTypeId:reference>RecordType?r IsPersonAccount:boolean?p FirstName:string?p "
        "LastName:string?p Salutation:picklist?p PersonContactId:reference>Contact?p PersonEmail:email?p "
        "PersonMobilePhone:phone?p PersonHomePhone:phone?p PersonOtherPhone:phone?p "
        "PersonMailingStreet:textarea?p PersonMailingCity:string?p PersonMailingState:string?p "
        "PersonMailingPostalCode:string?p PersonMailingCountry:string?p PersonBirthdate:date?p "
        "PersonTitle:string?p PersonDepartment:string?p PersonLeadSource:picklist?p "
        "PersonHasOptedOutOfEmail:boolean?p PersonDoNotCall:boolean?p PersonIndividualId:reference?p",
    ),
    "Campaign": (
        "701",
        f"{_AUDIT} Name:string Type:picklist Status:picklist IsActive:boolean StartDate:date "
        "EndDate:date OwnerId:reference CurrencyIsoCode:picklist?c",
    ),
    "Opportunity": (
        "006",
        f"{_AUDIT} AccountId:reference>Account ContactId:reference>Contact "
        "CampaignId:reference>Campaign Name:string Description:textarea! StageName:picklist "
        "Amount:currency Probability:percent ExpectedRevenue:currency CloseDate:date Type:picklist "
        "NextStep:string LeadSource:picklist IsClosed:boolean IsWon:boolean ForecastCategory:picklist "
        "ForecastCategoryName:picklist HasOpportunityLineItem:boolean OwnerId:reference "
        "LastStageChangeDate:datetime LastActivityDate:date FiscalQuarter:int FiscalYear:int "
        "CurrencyIsoCode:picklist?c RecordTypeId:reference>RecordType?r",
    ),
    "OpportunityContactRole": (
        "00K",
        f"{_AUDIT} OpportunityId:reference>Opportunity ContactId:reference>Contact Role:picklist "
        "IsPrimary:boolean CurrencyIsoCode:picklist?c",
    ),
    "RecordType": (
        "012",
        "Id:id Name:string DeveloperName:string NamespacePrefix:string Description:string "
        "BusinessProcessId:reference SobjectType:picklist IsActive:boolean IsPersonType:boolean?p "
        "CreatedById:reference CreatedDate:datetime LastModifiedById:reference "
        "LastModifiedDate:datetime SystemModstamp:datetime",
    ),
    "LeadHistory": ("017", f"{_HISTORY} LeadId:reference>Lead"),
    "OpportunityFieldHistory": ("017", f"{_HISTORY} OpportunityId:reference>Opportunity"),
    "OpportunityHistory": (
        "008",
        "Id:id IsDeleted:boolean OpportunityId:reference>Opportunity CreatedById:reference "
        "CreatedDate:datetime SystemModstamp:datetime StageName:picklist Amount:currency "
        "ExpectedRevenue:currency CloseDate:date Probability:percent ForecastCategory:picklist "
        "PrevAmount:currency PrevCloseDate:date CurrencyIsoCode:picklist?c",
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
    r"(?P<name>\w+):(?P<type>[a-z]+)(?:>(?P<references>\w+))?(?P<unfilterable>!?)(?:\?(?P<feature>[cpr]))?"
)


_FEATURES = {"c": "currencies", "p": "person accounts", "r": "record types"}


def _label(name: str) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("__c").replace("_", " "))
    return words.removesuffix(" Id")


def _fields(text: str) -> tuple[tuple[str, Field], ...]:
    """Each field with the feature that adds it, which is nothing for a field that always exists."""
    found = []
    for match in _FIELD.finditer(text):
        name, references = match["name"], match["references"]
        relationship = name.removesuffix("Id") if references else None
        field = Field(name, match["type"], references, relationship, filterable=not match["unfilterable"])
        found.append((_FEATURES.get(match["feature"] or "", ""), field))
    return tuple(found)


def label_of(field: Field) -> str:
    """The field's label, as a new org has it."""
    return _label(field.name)


_PARSED = {name: (prefix, _fields(text)) for name, (prefix, text) in _OBJECTS.items()}

STANDARD: dict[str, Entity] = {
    name: Entity(name, _label(name), prefix, tuple(field for feature, field in fields if not feature))
    for name, (prefix, fields) in _PARSED.items()
}
"""Objects that every org has, by name, with the fields that every org has."""

OPTIONAL: dict[str, tuple[tuple[str, Field], ...]] = {
    name: tuple((feature, field) for feature, field in fields if feature)
    for name, (_, fields) in _PARSED.items()
}
"""Standard fields that a feature adds, each with that feature, by object."""

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

HISTORIES = {"Lead": "LeadHistory", "Opportunity": "OpportunityFieldHistory"}
"""Where an object's tracked changes are recorded."""

DEPENDENTS: dict[str, tuple[tuple[str, str], ...]] = {
    "Account": (("Contact", "AccountId"), ("Opportunity", "AccountId")),
    "Contact": (("OpportunityContactRole", "ContactId"),),
    "Lead": (("LeadHistory", "LeadId"),),
    "Opportunity": (
        ("OpportunityContactRole", "OpportunityId"),
        ("OpportunityHistory", "OpportunityId"),
        ("OpportunityFieldHistory", "OpportunityId"),
    ),
}
"""What is deleted along with a record: an object, and the field by which it refers to that record."""

MERGEABLE: dict[str, tuple[tuple[str, str], ...]] = {
    "Account": (("Contact", "AccountId"), ("Opportunity", "AccountId")),
    "Contact": (("Opportunity", "ContactId"), ("OpportunityContactRole", "ContactId")),
    "Lead": (),
}
"""What can be merged, and which records then get the winner as their parent, by which field."""

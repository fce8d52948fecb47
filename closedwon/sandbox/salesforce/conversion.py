"""Lead conversion: one lead becomes an account, a contact and an opportunity, and says which.

Page: convertLead() of the SOAP API guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from closedwon.sandbox.salesforce.changes import Changes
from closedwon.sandbox.salesforce.errors import RestError, not_found
from closedwon.sandbox.salesforce.store import Store, Write
from closedwon.sandbox.world import Record

_FIRST_STAGE = "Prospecting"
_OPEN_FOR = timedelta(days=30)
_TO_CONTACT = {
    "FirstName": "FirstName",
    "LastName": "LastName",
    "Email": "Email",
    "Phone": "Phone",
    "MobilePhone": "MobilePhone",
    "LeadSource": "LeadSource",
    "Street": "MailingStreet",
    "City": "MailingCity",
    "State": "MailingState",
    "PostalCode": "MailingPostalCode",
    "Country": "MailingCountry",
}
"""Lead field to contact field, as every org maps them."""


def convert(
    store: Store,
    changes: Changes,
    lead_id: str,
    status: str,
    contact_fields: Mapping[str, Any],
    opportunity_fields: Mapping[str, Any],
    now: datetime,
) -> tuple[list[Write], dict[str, str]]:
    """What a conversion writes, and the new ids by object.

    Raises:
        RestError: there is no such lead, or it was converted before.
    """
    lead = store.latest("Lead", lead_id)
    if lead is None or lead.get("IsDeleted"):
        raise not_found()
    if lead.get("IsConverted"):
        raise RestError(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    writes: list[Write] = []

    def made(entity: str, fields: Record) -> str:
        created = changes.create(entity, None, fields, now)
        writes.extend(created)
        return str(created[0][1]["Id"])

    name = lead.get("Company") or lead.get("LastName")
    account = made("Account", {"Name": name})
    mapped = {target: lead.get(source) for source, target in _TO_CONTACT.items()}
    contact = made("Contact", {"AccountId": account, **mapped, **contact_fields})
    opportunity = made(
        "Opportunity",
        {
            "AccountId": account,
            "ContactId": contact,
            "Name": f"{name}-",
            "StageName": _FIRST_STAGE,
            "CloseDate": (now + _OPEN_FOR).date().isoformat(),
            "LeadSource": lead.get("LeadSource"),
            **opportunity_fields,
        },
    )
    made(
        "OpportunityContactRole",
        {"OpportunityId": opportunity, "ContactId": contact, "IsPrimary": True, "Role": None},
    )
    converted = {
        "Status": status,
        "IsConverted": True,
        "ConvertedDate": now.date().isoformat(),
        "ConvertedAccountId": account,
        "ConvertedContactId": contact,
        "ConvertedOpportunityId": opportunity,
    }
    writes += changes.update("Lead", lead_id, converted, now)
    return writes, {"Account": account, "Contact": contact, "Opportunity": opportunity}

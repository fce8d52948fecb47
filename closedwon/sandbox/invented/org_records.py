"""Writes leads as a Salesforce org holds them: leads, accounts, contacts, opportunities, and their history rows.

Pages: object reference of Lead, Contact, Opportunity, LeadHistory, OpportunityHistory, OpportunityFieldHistory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from closedwon.sandbox.invented.leads import Lead
from closedwon.sandbox.salesforce.ids import record_id
from closedwon.sandbox.salesforce.objects import STAGES, STANDARD
from closedwon.sandbox.world import Record

_USER = record_id("005", 1)
_BULK_UPDATE_EVERY = 33
_BULK_UPDATES_DAYS_AGO = (1, 3, 8)
_OBJECTS = (
    "Lead",
    "Account",
    "Contact",
    "Opportunity",
    "LeadHistory",
    "OpportunityHistory",
    "OpportunityFieldHistory",
)


@dataclass(frozen=True, slots=True)
class StageEntry:
    """One stage that one record entered: what a connector should find.

    ``stage`` is the raw status or stage name, ``amount`` the opportunity's present amount in EUR.
    """

    object: str
    record_id: str
    stage: str
    entered_at: datetime
    amount: float | None
    person_id: int


class OrgRecords:
    """Collects the records of one org; ``objects`` maps object name to id to record."""

    def __init__(self, now: datetime) -> None:
        self.objects: dict[str, dict[str, Record]] = {name: {} for name in _OBJECTS}
        self.entries: list[StageEntry] = []
        midnight = now.replace(hour=2, minute=0, second=0, microsecond=0)
        self._bulk_updates = [midnight - timedelta(days=days) for days in _BULK_UPDATES_DAYS_AGO]
        self._numbers: Counter[str] = Counter()

    def add(self, leads: Iterable[Lead]) -> None:
        """Write leads and everything that hangs on them."""
        for lead in leads:
            self._add(lead)

    def _add(self, lead: Lead) -> None:
        lead_id = self._next_id("Lead")
        converted = self._convert(lead) if lead.opportunity_steps() else {}
        self._put("Lead", {"Id": lead_id, **_lead_fields(lead), **converted, **self._audit(lead)})
        self._lead_history(lead_id, lead)

    def _convert(self, lead: Lead) -> Record:
        account_id, contact_id = self._next_id("Account"), self._next_id("Contact")
        opportunity_id = self._next_id("Opportunity")
        converted_at = lead.opportunity_steps()[0][1]
        audit = self._audit(lead) | {"CreatedDate": stamp(converted_at)}
        self._put("Account", {"Id": account_id, "Name": f"Household {lead.last_name}", **audit})
        contact = {"Id": contact_id, "AccountId": account_id, **_contact_fields(lead), **audit}
        self._put("Contact", contact)
        parents = {"AccountId": account_id, "ContactId": contact_id}
        self._put("Opportunity", {"Id": opportunity_id, **parents, **_opportunity_fields(lead), **audit})
        self._opportunity_history(opportunity_id, lead)
        return {
            "IsConverted": True,
            "ConvertedDate": converted_at.date().isoformat(),
            "ConvertedAccountId": account_id,
            "ConvertedContactId": contact_id,
            "ConvertedOpportunityId": opportunity_id,
        }

    def _lead_history(self, lead_id: str, lead: Lead) -> None:
        steps = lead.lead_steps()
        self._history("LeadHistory", "LeadId", lead_id, "created", lead.created_at)
        self._expect("Lead", lead_id, lead, steps)
        for (old, _), (new, moment) in pairwise(steps):
            self._history("LeadHistory", "LeadId", lead_id, "Status", moment, old=old, new=new)
        if lead.opportunity_steps():
            self._history("LeadHistory", "LeadId", lead_id, "leadConverted", lead.opportunity_steps()[0][1])

    def _opportunity_history(self, opportunity_id: str, lead: Lead) -> None:
        steps = lead.opportunity_steps()
        parent = ("OpportunityFieldHistory", "OpportunityId", opportunity_id)
        self._history(*parent, "created", steps[0][1])
        self._expect("Opportunity", opportunity_id, lead, steps)
        for nth, (stage, moment) in enumerate(steps):
            amount = _amount_at(lead, nth)
            self._snapshot(opportunity_id, stage, amount, moment)
            if nth:
                self._history(*parent, "StageName", moment, old=steps[nth - 1][0], new=stage)
                before = _amount_at(lead, nth - 1)
                if before != amount:
                    self._history(*parent, "Amount", moment, old=before, new=amount, data_type="Currency")

    def _snapshot(self, opportunity_id: str, stage: str, amount: float | None, moment: datetime) -> None:
        probability, _, _, category = STAGES[stage]
        self._put(
            "OpportunityHistory",
            {
                "Id": self._next_id("OpportunityHistory"),
                "IsDeleted": False,
                "OpportunityId": opportunity_id,
                "StageName": stage,
                "Amount": amount,
                "ExpectedRevenue": _expected(amount, probability),
                "CloseDate": (moment + timedelta(days=30)).date().isoformat(),
                "Probability": probability,
                "ForecastCategory": category,
                "CreatedById": _USER,
                "CreatedDate": stamp(moment),
                "SystemModstamp": stamp(moment),
            },
        )

    def _history(
        self,
        table: str,
        parent_field: str,
        parent_id: str,
        field: str,
        moment: datetime,
        *,
        old: Any = None,
        new: Any = None,
        data_type: str = "Text",
    ) -> None:
        row = {"Id": self._next_id(table), "IsDeleted": False, parent_field: parent_id, "Field": field}
        row |= {"DataType": data_type, "OldValue": old, "NewValue": new}
        self._put(table, row | {"CreatedById": _USER, "CreatedDate": stamp(moment)})

    def _expect(self, name: str, parent_id: str, lead: Lead, steps: Sequence[tuple[str, datetime]]) -> None:
        amount = lead.amount if name == "Opportunity" else None
        for stage, moment in steps:
            self.entries.append(StageEntry(name, parent_id, stage, moment, amount, lead.person.id))

    def _audit(self, lead: Lead) -> Record:
        """Stamps of a record; now and then a bulk update touched many records in one second."""
        modified = lead.settled_at
        if self._numbers["Lead"] % _BULK_UPDATE_EVERY == 0:
            modified = max(modified, next((day for day in self._bulk_updates if day > modified), modified))
        return {
            "IsDeleted": False,
            "CreatedDate": stamp(lead.created_at),
            "CreatedById": _USER,
            "LastModifiedDate": stamp(modified),
            "LastModifiedById": _USER,
            "SystemModstamp": stamp(modified),
        }

    def _next_id(self, name: str) -> str:
        # LeadHistory and OpportunityFieldHistory share a key prefix, so they must share its numbers.
        prefix = STANDARD[name].key_prefix
        self._numbers[prefix] += 1
        self._numbers[name] += 1
        return record_id(prefix, 1_000_000 + self._numbers[prefix])

    def _put(self, name: str, record: Record) -> None:
        self.objects[name][record["Id"]] = record


def stamp(moment: datetime) -> str:
    """A date-time as the REST API writes it: whole seconds, UTC as ``+0000``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _lead_fields(lead: Lead) -> Record:
    person = lead.person
    address = {"Street": None, "City": person.city, "State": person.state, "PostalCode": person.postal_code}
    return {
        **_name_fields(lead),
        "Company": f"Household {lead.last_name}",
        **(dict.fromkeys(address) if lead.anonymous else address),
        "Country": lead.country,
        "Phone": lead.phone,
        "MobilePhone": None,
        "Email": lead.email,
        "LeadSource": lead.source,
        "Status": lead.lead_steps()[-1][0],
        "HasOptedOutOfEmail": False,
        "IsConverted": False,
        "ConvertedDate": None,
        "ConvertedAccountId": None,
        "ConvertedContactId": None,
        "ConvertedOpportunityId": None,
        **_custom_fields(lead),
    }


def _contact_fields(lead: Lead) -> Record:
    person = lead.person
    address = {"City": person.city, "State": person.state, "PostalCode": person.postal_code}
    mailing = dict.fromkeys(address) if lead.anonymous else address
    return {
        **_name_fields(lead),
        "Email": lead.email,
        "Phone": lead.phone,
        "MobilePhone": None,
        **{f"Mailing{field}": value for field, value in mailing.items()},
        "MailingCountry": lead.country,
        "LeadSource": lead.source,
        "HasOptedOutOfEmail": False,
    }


def _opportunity_fields(lead: Lead) -> Record:
    stage, moment = lead.opportunity_steps()[-1]
    probability, closed, won, category = STAGES[stage]
    amount = _amount_at(lead, len(lead.opportunity_steps()) - 1)
    return {
        "Name": f"Solar roof for {lead.last_name}",
        "StageName": stage,
        "Amount": amount,
        "ExpectedRevenue": _expected(amount, probability),
        "Probability": probability,
        "CloseDate": (moment if closed else moment + timedelta(days=30)).date().isoformat(),
        "IsClosed": closed,
        "IsWon": won,
        "ForecastCategory": category,
        "LeadSource": lead.source,
        "CampaignId": None,
        "LastStageChangeDate": stamp(moment),
        **_custom_fields(lead),
    }


def _name_fields(lead: Lead) -> Record:
    full_name = " ".join(filter(None, (lead.first_name, lead.last_name)))
    return {"FirstName": lead.first_name, "LastName": lead.last_name, "Name": full_name}


def _custom_fields(lead: Lead) -> Record:
    return {
        "GCLID__c": lead.gclid,
        "FBCLID__c": lead.fbclid,
        "Facebook_Lead_ID__c": lead.meta_lead_id,
        "Marketing_Consent__c": lead.consent,
    }


def _amount_at(lead: Lead, nth: int) -> float | None:
    """The amount is what was first offered until the price is negotiated."""
    return lead.amount if nth else lead.offered


def _expected(amount: float | None, probability: int) -> float | None:
    return None if amount is None else round(amount * probability / 100, 2)

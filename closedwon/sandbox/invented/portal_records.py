"""Writes people as a HubSpot portal holds them: contacts and deals with the histories of their stages.

Pages: "Contacts" and "Deals" of the API reference, "Merge records" of the knowledge base.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from closedwon.sandbox.invented.contacts import Contact, Step
from closedwon.sandbox.invented.org_records import StageEntry
from closedwon.sandbox.world import (
    Pipeline,
    PipelineStage,
    PortalProperty,
    PortalRecord,
    PropertyVersion,
)

CURRENCY = "EUR"
CONSENT = PortalProperty(
    "marketing_consent",
    "Marketing consent",
    "enumeration",
    "booleancheckbox",
    (("true", "Yes"), ("false", "No")),
)
AD_IDS = (
    PortalProperty("gbraid", "GBRAID"),
    PortalProperty("wbraid", "WBRAID"),
    PortalProperty("facebook_lead_id", "Facebook lead ID"),
)
"""Properties that a portal adds for ids which HubSpot has no property of its own for."""

PIPELINES = (
    Pipeline(
        "default",
        "Courses",
        (
            PipelineStage("appointmentscheduled", "Trial lesson", 0.3),
            PipelineStage("contractsent", "Offer sent", 0.6),
            PipelineStage("closedwon", "Enrolled", 1.0, closed=True),
            PipelineStage("closedlost", "Lost", 0.0, closed=True),
        ),
    ),
    Pipeline(
        "1042871",
        "Company training",
        (
            PipelineStage("1042872", "Needs analysis", 0.2),
            PipelineStage("1042873", "Offer sent", 0.5),
            PipelineStage("1042874", "Signed", 1.0, closed=True),
        ),
    ),
)
"""Two pipelines with a stage of the same name each, as portals have them; the school's deals are in the first."""

FIRST_CONTACT = 21_400_000_001
_FIRST_DEAL = 9_800_000_001
_CLICK_PROPERTIES = {
    "gclid": "hs_google_click_id",
    "fbclid": "hs_facebook_click_id",
    "gbraid": "gbraid",
    "wbraid": "wbraid",
    "meta_lead_id": "facebook_lead_id",
}
_STEP = 3
"""Distance of ids, which leaves room for contacts that were merged away."""

_MERGED_EVERY = 90
_IMPORT_EVERY = 33
_IMPORTS_DAYS_AGO = (1, 3, 8)
_WON = "closedwon"


class PortalRecords:
    """Collects the records of one portal, and what a connector should find in them.

    ``first_contact`` is the id of the first contact, which tells the portals' records apart.

    Attributes:
        objects: ``contacts`` and ``deals``, each id to record.
        deal_contacts: deal id to the ids of its contacts.
        entries: every stage that a contact or a deal entered, by internal value.
    """

    def __init__(self, now: datetime, *, first_contact: int = FIRST_CONTACT) -> None:
        self._first_contact = first_contact
        self.objects: dict[str, dict[str, PortalRecord]] = {"contacts": {}, "deals": {}}
        self.deal_contacts: dict[str, list[str]] = {}
        self.entries: list[StageEntry] = []
        midnight = now.replace(hour=2, minute=0, second=0, microsecond=0)
        self._imports = [midnight - timedelta(days=days) for days in _IMPORTS_DAYS_AGO]

    def add(self, contacts: Iterable[Contact]) -> None:
        """Write contacts and the deals that hang on them."""
        for nth, contact in enumerate(contacts):
            contact_id = str(self._first_contact + _STEP * nth)
            self._contact(contact_id, contact, nth)
            if contact.deal_steps:
                self._deal(str(_FIRST_DEAL + _STEP * nth), contact_id, contact)

    def _contact(self, record_id: str, contact: Contact, nth: int) -> None:
        properties = _contact_properties(contact)
        if nth % _MERGED_EVERY == 7:
            properties["hs_merged_object_ids"] = f"{int(record_id) - 2};{int(record_id) - 1}"
        modified = contact.lifecycle[-1][1]
        if nth % _IMPORT_EVERY == 0:
            modified = max(modified, next((day for day in self._imports if day > modified), modified))
        history = {"lifecyclestage": _versions(contact.lifecycle)}
        self.objects["contacts"][record_id] = PortalRecord(
            record_id, contact.created_at, modified, properties, history
        )
        self._expect("contact", record_id, contact.lifecycle, contact, None)

    def _deal(self, record_id: str, contact_id: str, contact: Contact) -> None:
        steps = contact.deal_steps
        history = {"dealstage": _versions(steps)}
        record = PortalRecord(record_id, steps[0][1], steps[-1][1], _deal_properties(contact), history)
        self.objects["deals"][record_id] = record
        self.deal_contacts[record_id] = [contact_id]
        self._expect("deal", record_id, steps, contact, contact.amount)

    def _expect(
        self, name: str, record_id: str, steps: Sequence[Step], contact: Contact, amount: float | None
    ) -> None:
        for stage, moment in steps:
            self.entries.append(StageEntry(name, record_id, stage, moment, amount, contact.person.id))


def _contact_properties(contact: Contact) -> dict[str, str]:
    person = contact.person
    values = {
        "email": contact.email,
        "phone": contact.phone,
        "firstname": person.first_name,
        "lastname": person.last_name,
        "city": person.city,
        "state": person.state,
        "zip": person.postal_code,
        "country": contact.country,
        "lifecyclestage": contact.lifecycle[-1][0],
        "hs_analytics_source": contact.source,
        **{_CLICK_PROPERTIES[name]: click_id for name, click_id in contact.click_ids.items()},
        "marketing_consent": str(contact.consent).lower(),
    }
    return {name: value for name, value in values.items() if value}


def _deal_properties(contact: Contact) -> dict[str, str]:
    stage = contact.deal_steps[-1][0]
    values = {
        "dealname": f"Course for {contact.person.first_name} {contact.person.last_name}",
        "pipeline": PIPELINES[0].id,
        "dealstage": stage,
        "deal_currency_code": CURRENCY,
        "hs_is_closed": str(stage.startswith("closed")).lower(),
        "hs_is_closed_won": str(stage == _WON).lower(),
    }
    if contact.amount is not None:
        amount = f"{contact.amount:g}"
        values |= {"amount": amount, "amount_in_home_currency": amount}
    return values


def _versions(steps: Sequence[Step]) -> tuple[PropertyVersion, ...]:
    return tuple(PropertyVersion(stage, moment, "AUTOMATION_PLATFORM") for stage, moment in steps)

"""Writes students as a HubSpot portal holds them: contacts and deals with the histories of their stages.

Pages: "Contacts" and "Deals" of the API reference, "Merge records" of the knowledge base.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from closedwon.sandbox.invented.org_records import StageEntry
from closedwon.sandbox.invented.students import Step, Student
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

_FIRST_CONTACT, _FIRST_DEAL = 21_400_000_001, 9_800_000_001
_STEP = 3
"""Distance of ids, which leaves room for contacts that were merged away."""

_MERGED_EVERY = 90
_IMPORT_EVERY = 33
_IMPORTS_DAYS_AGO = (1, 3, 8)
_WON = "closedwon"


class PortalRecords:
    """Collects the records of one portal, and what a connector should find in them.

    Attributes:
        objects: ``contacts`` and ``deals``, each id to record.
        deal_contacts: deal id to the ids of its contacts.
        entries: every stage that a contact or a deal entered, by internal value.
    """

    def __init__(self, now: datetime) -> None:
        self.objects: dict[str, dict[str, PortalRecord]] = {"contacts": {}, "deals": {}}
        self.deal_contacts: dict[str, list[str]] = {}
        self.entries: list[StageEntry] = []
        midnight = now.replace(hour=2, minute=0, second=0, microsecond=0)
        self._imports = [midnight - timedelta(days=days) for days in _IMPORTS_DAYS_AGO]

    def add(self, students: Iterable[Student]) -> None:
        """Write contacts and the deals that hang on them."""
        for nth, student in enumerate(students):
            contact_id = str(_FIRST_CONTACT + _STEP * nth)
            self._contact(contact_id, student, nth)
            if student.deal_steps:
                self._deal(str(_FIRST_DEAL + _STEP * nth), contact_id, student)

    def _contact(self, record_id: str, student: Student, nth: int) -> None:
        properties = _contact_properties(student)
        if nth % _MERGED_EVERY == 7:
            properties["hs_merged_object_ids"] = f"{int(record_id) - 2};{int(record_id) - 1}"
        modified = student.lifecycle[-1][1]
        if nth % _IMPORT_EVERY == 0:
            modified = max(modified, next((day for day in self._imports if day > modified), modified))
        history = {"lifecyclestage": _versions(student.lifecycle)}
        self.objects["contacts"][record_id] = PortalRecord(
            record_id, student.created_at, modified, properties, history
        )
        self._expect("contact", record_id, student.lifecycle, student, None)

    def _deal(self, record_id: str, contact_id: str, student: Student) -> None:
        steps = student.deal_steps
        history = {"dealstage": _versions(steps)}
        record = PortalRecord(record_id, steps[0][1], steps[-1][1], _deal_properties(student), history)
        self.objects["deals"][record_id] = record
        self.deal_contacts[record_id] = [contact_id]
        self._expect("deal", record_id, steps, student, student.amount)

    def _expect(
        self, name: str, record_id: str, steps: Sequence[Step], student: Student, amount: float | None
    ) -> None:
        for stage, moment in steps:
            self.entries.append(StageEntry(name, record_id, stage, moment, amount, student.person.id))


def _contact_properties(student: Student) -> dict[str, str]:
    person = student.person
    values = {
        "email": student.email,
        "phone": student.phone,
        "firstname": person.first_name,
        "lastname": person.last_name,
        "city": person.city,
        "state": person.state,
        "zip": person.postal_code,
        "country": student.country,
        "lifecyclestage": student.lifecycle[-1][0],
        "hs_analytics_source": student.source,
        "hs_google_click_id": student.gclid,
        "hs_facebook_click_id": student.fbclid,
        "marketing_consent": str(student.consent).lower(),
    }
    return {name: value for name, value in values.items() if value}


def _deal_properties(student: Student) -> dict[str, str]:
    stage = student.deal_steps[-1][0]
    values = {
        "dealname": f"Course for {student.person.first_name} {student.person.last_name}",
        "pipeline": PIPELINES[0].id,
        "dealstage": stage,
        "deal_currency_code": CURRENCY,
        "hs_is_closed": str(stage.startswith("closed")).lower(),
        "hs_is_closed_won": str(stage == _WON).lower(),
    }
    if student.amount is not None:
        amount = f"{student.amount:g}"
        values |= {"amount": amount, "amount_in_home_currency": amount}
    return values


def _versions(steps: Sequence[Step]) -> tuple[PropertyVersion, ...]:
    return tuple(PropertyVersion(stage, moment, "AUTOMATION_PLATFORM") for stage, moment in steps)

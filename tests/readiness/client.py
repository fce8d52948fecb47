"""A client of a CRM and both platforms, with a ledger that a test fills row by row."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from closedwon.ledger import Ledger
from closedwon.ledger.ledger import microseconds
from closedwon.ledger.schema import deliveries, requests, runs, stage_entries
from closedwon.readiness.judging import Result, readiness
from closedwon.readiness.platforms import Account, Platforms
from config.settings import ClientSettings
from uploads.base import Check
from uploads.google_ads.conversion_actions import ConversionAction, Tracking
from uploads.meta_quality import EventQuality, Score

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CUSTOMER = "1234567890"
QUALIFIED, WON = "111111111", "222222222"


def settings(key: Path, **changes: Any) -> ClientSettings:
    key.write_text("{}", encoding="utf-8")
    given: dict[str, Any] = {
        "client": "acme",
        "timezone": "Europe/Paris",
        "country": "FR",
        "currency": "EUR",
        "sources": {
            "crm": {
                "type": "hubspot",
                "auth": {"flow": "service_key", "token": "invented"},
                "stages": {
                    "contact.lifecyclestage": {"Lead": "lead", "MQL": "qualified"},
                    "deal.dealstage": {"Won": "won"},
                },
            }
        },
        "funnel": ["lead", "qualified", "won"],
        "destinations": {
            "meta": {"dataset_id": "1234567890", "access_token": "invented-token"},
            "google": {"customer_id": CUSTOMER, "credentials": key},
        },
        "conversions": {
            "lead": {"value": 5, "meta": "Raw Lead"},
            "qualified": {"value": 80, "meta": "Qualified Lead", "google": QUALIFIED},
            "won": {"value": "amount", "meta": "Converted", "google": WON},
        },
    }
    return ClientSettings.model_validate(given | changes)


def action(number: str, category: str = "QUALIFIED_LEAD") -> ConversionAction:
    return ConversionAction(
        id=number,
        name=f"Action {number}",
        status="ENABLED",
        type="UPLOAD_CLICKS",
        category=category,
        owner=CUSTOMER,
        counting_type="MANY_PER_CLICK",
        default_value=None,
        always_use_default_value=False,
        primary_for_goal=True,
        click_window_days=90,
    )


TRACKING = Tracking(
    CUSTOMER, "CONVERSION_TRACKING_MANAGED_BY_SELF", terms_accepted=True, enhanced_conversions="ON"
)
PLATFORMS = Platforms(
    account=Account(TRACKING, {QUALIFIED: action(QUALIFIED), WON: action(WON, "CONVERTED_LEAD")}),
    dataset=Check("dataset", ok=True, message="reached"),
    quality=[EventQuality("Purchase", Score(9.0, None), *(Score(9.0, None),) * 3)],
)


@dataclass
class Filled:
    """A ledger with the client's rows; ``began`` is when Closedwon first ran."""

    ledger: Ledger
    settings: ClientSettings
    began: datetime = NOW - timedelta(days=80)
    platforms: Platforms = PLATFORMS
    _entries: list[dict[str, Any]] = field(default_factory=list)
    _deliveries: list[dict[str, Any]] = field(default_factory=list)

    def enter(
        self,
        stage: str,
        count: int = 1,
        *,
        days_ago: float = 3,
        days_after_lead: float = 0,
        meta: dict[str, Any] | None = None,
        google: dict[str, Any] | None = None,
    ) -> None:
        """``count`` records that entered ``stage``, with a delivery each to the destinations that are given."""
        at = microseconds(NOW - timedelta(days=days_ago))
        for _ in range(count):
            # Digests are spread evenly, as those of a sample must be.
            event_id = f"{len(self._entries) * 2654435761 % 2**32:08x}".ljust(32, "0")
            self._entries.append(
                {
                    "client": "acme", "event_id": event_id, "source": "crm", "object": "contact",
                    "record_id": event_id, "stage": stage, "entered_at": at, "time_known": True, "read_at": at,
                    "lead_created_at": at - round(days_after_lead * 86_400_000_000),
                }
            )  # fmt: skip
            for destination, given in (("meta", meta), ("google", google)):
                if given is not None:
                    row = {
                        "client": "acme", "event_id": event_id, "destination": destination, "stage": stage,
                        "name": stage, "event_time": at, "value": 80.0, "told_value": 80.0, "currency": "EUR",
                        "told_currency": "EUR", "state": "accepted", "reason": None,
                        "identifiers": "em lead_id" if destination == "meta" else "email gclid",
                        "expires_at": at, "queued_at": at, "accepted_at": at + 3_600_000_000, "updated_at": at,
                    }  # fmt: skip
                    self._deliveries.append(row | given)

    def request(self, count: int, **said: Any) -> None:
        row = {
            "run_id": 1, "client": "acme", "destination": "google", "kind": "send", "outcome": "accepted",
            "answered_at": microseconds(NOW - timedelta(days=2)), "deliveries": count, "processing": "success",
        }  # fmt: skip
        with self.ledger.writing() as connection:
            connection.execute(insert(requests).values(**row | said))

    def store(self) -> None:
        with self.ledger.writing() as connection:
            connection.execute(
                insert(runs).values(client="acme", started_at=microseconds(self.began), outcome="done")
            )
            for table, rows in ((stage_entries, self._entries), (deliveries, self._deliveries)):
                if rows:
                    connection.execute(insert(table), rows)

    def results(self, **platforms: Any) -> dict[tuple[str, str, str], Result]:
        """By goal's platform and requirement (``meta leads_a_month``) and subject."""
        given = replace(self.platforms, **platforms)
        found = readiness(self.settings, self.ledger, NOW, given)
        return {(one.requirement.goal.name, one.requirement.name, one.figure.subject): one for one in found}

"""A small HubSpot portal of invented people, and a connector to it through real sockets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from closedwon.sandbox.app import create_app
from closedwon.sandbox.faults import Fault, Faults
from closedwon.sandbox.hubspot import HubSpotServer
from closedwon.sandbox.server import RunningSandbox, serve_in_thread
from closedwon.sandbox.world import (
    HubSpotPortal,
    Pipeline,
    PipelineStage,
    PortalProperty,
    PortalRecord,
    PropertyVersion,
    World,
)
from config.sources import HubSpotSettings
from connectors.base import Batch, SourceContext
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.limits import Limiter
from connectors.retrying import RetryPolicy

MORNING = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SERVICE_KEY = "pat-eu1-0123456789-service-key"
OAUTH = {
    "flow": "oauth",
    "client_id": "client-id-0123456789",
    "client_secret": "client-secret-0123456789",
    "refresh_token": "refresh-token-0123456789",
}
IMPATIENT = RetryPolicy(attempts=3, first_wait_seconds=0.001, longest_wait_seconds=0.002)
CONTACT_PATH = "/crm/objects/2026-03/contacts"
DEAL_PATH = "/crm/objects/2026-03/deals"

STAGES = {
    "contact.lifecyclestage": {"lead": "lead", "Marketing Qualified Lead": "qualified"},
    "deal.dealstage": {"Sales Pipeline: Closed won": "won", "presentationscheduled": "opportunity"},
}
ONLY_CONTACTS = {"contact.lifecyclestage": {"lead": "lead", "marketingqualifiedlead": "qualified"}}
ONLY_DEALS = {"deal.dealstage": {"closedwon": "won", "presentationscheduled": "opportunity"}}

PIPELINES = (
    Pipeline(
        "default",
        "Sales Pipeline",
        (
            PipelineStage("presentationscheduled", "Presentation scheduled", 0.6),
            PipelineStage("closedwon", "Closed won", 1.0, closed=True),
            PipelineStage("closedlost", "Closed lost", 0.0, closed=True),
        ),
    ),
    Pipeline(
        "77",
        "Renewals",
        (
            PipelineStage("771", "Contract sent", 0.5),
            PipelineStage("772", "Closed won", 1.0, closed=True),
        ),
    ),
)

Passage = tuple[str, float]
"""A stage's internal value, and the minute at which it was set."""


def at(minutes: float) -> datetime:
    """So many minutes after the morning on which everything here begins."""
    return MORNING + timedelta(minutes=minutes)


@dataclass
class Portal:
    """Records being gathered; times are minutes after :data:`MORNING`."""

    contacts: dict[str, PortalRecord] = field(default_factory=dict)
    deals: dict[str, PortalRecord] = field(default_factory=dict)
    deal_contacts: dict[str, list[str]] = field(default_factory=dict)
    custom: dict[str, tuple[PortalProperty, ...]] = field(default_factory=dict)

    def contact(self, number: int, *stages: Passage, modified: float | None = None, **values: str) -> str:
        self.contacts[str(number)] = _record(number, "lifecyclestage", stages, modified, values)
        return str(number)

    def deal(
        self,
        number: int,
        *stages: Passage,
        of: Sequence[str] = (),
        modified: float | None = None,
        **values: str,
    ) -> str:
        self.deals[str(number)] = _record(number, "dealstage", stages, modified, values)
        if of:
            self.deal_contacts[str(number)] = list(of)
        return str(number)

    def leads(self, count: int, *, minutes: float = 0) -> None:
        """Many contacts, all changed at one moment."""
        for number in range(1, count + 1):
            self.contact(number, ("lead", minutes))


def _record(
    number: int, stage: str, stages: Sequence[Passage], modified: float | None, values: dict[str, str]
) -> PortalRecord:
    minutes = [minute for _, minute in stages] or [0.0]
    history = {stage: tuple(PropertyVersion(value, at(minute)) for value, minute in stages)} if stages else {}
    properties = {**({stage: stages[-1][0]} if stages else {}), **values}
    updated = at(minutes[-1] if modified is None else modified)
    return PortalRecord(str(number), at(minutes[0]), updated, properties, history)


class Clock:
    """The server's time, which moves when it is told to."""

    def __init__(self) -> None:
        self.now = at(0)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Served:
    """A portal that is being served, and connectors to it."""

    sandbox: RunningSandbox
    server: HubSpotServer
    faults: Faults
    clock: Clock

    def connector(
        self,
        *,
        consent_fields: dict[str, str] | None = None,
        consent_required: bool = False,
        currency: str | None = "EUR",
        retry: RetryPolicy = IMPATIENT,
        limiter: Limiter | None = None,
        **changes: Any,
    ) -> HubSpotConnector:
        context = SourceContext("crm", "Europe/Paris", "FR", currency, consent_fields or {}, consent_required)
        return HubSpotConnector(self.settings(**changes), context, retry, limiter or generous())

    def settings(self, **changes: Any) -> HubSpotSettings:
        given = {
            "type": "hubspot",
            "auth": {"flow": "service_key", "token": SERVICE_KEY},
            "endpoint": self.sandbox.url,
            "stages": STAGES,
            **changes,
        }
        return HubSpotSettings.model_validate(given)

    def read(self, cursor: Any = None, **changes: Any) -> list[Batch]:
        return list(self.connector(**changes).read(cursor))

    def count(self, name: str) -> int:
        return int(self.server.report().get(name, 0))

    def tell(self, **settings: Any) -> None:
        """Let the server behave otherwise from here on."""
        self.server.settings = self.server.settings.changed(settings)


def generous() -> Limiter:
    """Limits that no test runs into by its own speed."""
    return Limiter(calls=(1_000_000, 10), searches=(1_000_000, 1))


def refusal(status: int, body: str, path: str = "/crm/", **changes: Any) -> Fault:
    given = {"path": path, "times": None, **changes}
    return Fault("hubspot", "status", status=status, body=body, content_type="application/json", **given)


@contextmanager
def serving(portal: Portal) -> Iterator[Served]:
    """Serve ``portal`` on a free port of this machine."""
    account = HubSpotPortal(
        id=4711,
        service_key=SERVICE_KEY,
        client_id=OAUTH["client_id"],
        client_secret=OAUTH["client_secret"],
        refresh_token=OAUTH["refresh_token"],
        pipelines=PIPELINES,
        objects={"contacts": portal.contacts, "deals": portal.deals},
        deal_contacts=portal.deal_contacts,
        custom_properties=portal.custom,
    )
    world = World(now=at(0), portals=[account])
    faults, clock = Faults(), Clock()
    server = HubSpotServer(world, faults, clock=clock)
    with serve_in_thread(create_app(world, faults, {"hubspot": server})) as sandbox:
        yield Served(sandbox, server, faults, clock)


def entries_of(batches: list[Batch]) -> pd.DataFrame:
    return pd.concat([batch.entries for batch in batches], ignore_index=True)


def passages(batches: list[Batch]) -> list[tuple[str, str, float]]:
    """Record, funnel stage and minutes after the morning, in the order of reading."""
    frame = entries_of(batches)
    minutes = (frame["entered_at"] - pd.Timestamp(MORNING)).dt.total_seconds() / 60
    return list(zip(frame["record_id"], frame["stage"], minutes, strict=True))


def ids_of(batches: list[Batch]) -> list[str]:
    return entries_of(batches)["record_id"].tolist()


def gone_of(batches: list[Batch]) -> list[tuple[str, str, str | None]]:
    return [(gone.object_name, gone.record_id, gone.merged_into) for batch in batches for gone in batch.gone]


def notes_of(batches: list[Batch]) -> str:
    return " | ".join(note for batch in batches for note in batch.notes)

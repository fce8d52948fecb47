"""All contacts of a portal, with the past of each: what the first run of a client reads."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.case import Case, Contender, Part
from benchmarks.cases.reading import WARM_UP_SHARE, itself, records_read
from benchmarks.serving import served

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from closedwon.sandbox.world import HubSpotPortal

_SEED = 20_260
_NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
_LIVE_IN = {"FR": 0.55, "ES": 0.15, "DE": 0.12, "NL": 0.10, "GB": 0.08}
_NO_LIMIT = (1_000_000, 1.0)


@dataclass(frozen=True)
class _Portal:
    """A portal that is served: where, and by which service key."""

    url: str
    key: str
    contacts: int


def _sizes(rows: int) -> dict[str, int]:
    """Service key to the contacts of its portal: a small one, to warm up on, and one of ``rows``."""
    return {"pat-eu1-small": max(1, round(rows * WARM_UP_SHARE)), "pat-eu1-large": rows}


@contextmanager
def _portals(folder: Path, rows: int) -> Iterator[list[_Portal]]:  # noqa: ARG001 (nothing lies on disk)
    with served(_app, rows) as url:
        yield [_Portal(url, key, contacts) for key, contacts in _sizes(rows).items()]


def _app(rows: int) -> Starlette:
    from closedwon.sandbox.app import create_app
    from closedwon.sandbox.faults import Faults
    from closedwon.sandbox.hubspot import HubSpotServer
    from closedwon.sandbox.world import World

    portals = [
        _invented(number, key, contacts) for number, (key, contacts) in enumerate(_sizes(rows).items())
    ]
    world = World(_NOW, portals=portals)
    faults = Faults()
    return create_app(world, faults, {"hubspot": HubSpotServer(world, faults)})


def _invented(number: int, key: str, contacts: int) -> HubSpotPortal:
    from closedwon.sandbox.invented.people import invent_people
    from closedwon.sandbox.invented.portal_records import CONSENT, PIPELINES, PortalRecords
    from closedwon.sandbox.invented.students import invent_students
    from closedwon.sandbox.world import HubSpotPortal

    rng = random.Random(_SEED)
    people = invent_people(rng, _LIVE_IN, contacts, first_id=1)
    records = PortalRecords(_NOW)
    records.add(invent_students(rng, people, _NOW))
    return HubSpotPortal(
        id=number,
        service_key=key,
        client_id=f"client-{number}",
        client_secret=f"secret-{number}",
        refresh_token=f"refresh-{number}",
        pipelines=PIPELINES,
        objects=records.objects,
        deal_contacts=records.deal_contacts,
        custom_properties={"contacts": (CONSENT,)},
    )


def _parts(portals: list[_Portal]) -> Iterator[Part]:
    for portal in portals:
        yield Part(portal, portal.contacts)


def _ours(portal: _Portal) -> int:
    from config.sources import HubSpotSettings
    from connectors.base import SourceContext
    from connectors.hubspot.connector import HubSpotConnector
    from connectors.hubspot.limits import Limiter

    settings = {
        "type": "hubspot",
        "auth": {"flow": "service_key", "token": portal.key},
        "endpoint": portal.url,
        "stages": {"contact.lifecyclestage": {"lead": "lead", "marketingqualifiedlead": "qualified"}},
    }
    consent = {"ad_user_data": "marketing_consent"}
    context = SourceContext("crm", "Europe/Paris", "FR", "EUR", consent_fields=consent)
    # HubSpot's limits would make every contender wait the same time.
    limiter = Limiter(calls=_NO_LIMIT, searches=_NO_LIMIT)
    return records_read(
        HubSpotConnector(HubSpotSettings.model_validate(settings), context, limiter=limiter).read(None)
    )


def _generated(portal: _Portal) -> int:
    from benchmarks.peers import hubspot_client

    return hubspot_client.contacts(portal.url, portal.key)


def _json_alone(portal: _Portal) -> int:
    from benchmarks.peers import hubspot_client

    return hubspot_client.contacts_as_json(portal.url, portal.key)


CASE = Case(
    name="reading.hubspot",
    title="A portal's contacts to stage entries",
    provide=_portals,
    parts=_parts,
    contenders=(
        Contender("Closedwon", _ours, count=itself),
        Contender("hubspot-api-client: get_page", _generated, count=itself),
        Contender("floor: its pages as JSON alone", _json_alone, count=itself),
    ),
    rows=20_000,
)

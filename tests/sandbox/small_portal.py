"""A small HubSpot portal made by hand, and a client that talks to it as the documentation says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from closedwon.sandbox.app import create_app
from closedwon.sandbox.faults import Faults
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

PORTAL_ID = 4_021_377
SERVICE_KEY = "pat-eu1-closedwon-test"
CLIENT_ID, CLIENT_SECRET = "client-of-the-test-portal", "secret-of-the-test-portal"
REFRESH_TOKEN = "refresh-of-the-test-portal"
CONTACTS = 230
START = datetime(2026, 11, 1, 10, tzinfo=UTC)
PIPELINE = Pipeline(
    "default",
    "Sales Pipeline",
    (
        PipelineStage("qualifiedtobuy", "Qualified To Buy", 0.4),
        PipelineStage("closedwon", "Closed Won", 1.0, closed=True),
        PipelineStage("closedlost", "Closed Lost", 0.0, closed=True),
    ),
)


def contact(number: int, **properties: str) -> PortalRecord:
    """A contact whose id is ``number``, created and changed that many minutes after ``START``."""
    moment = START + timedelta(minutes=number)
    given = {"email": f"person{number}@example.com", "lifecyclestage": "lead", **properties}
    return PortalRecord(str(number), moment, moment, given)


def deal(number: int, *stages: tuple[str, datetime], **properties: str) -> PortalRecord:
    """A deal that went through ``stages``."""
    history = {"dealstage": tuple(PropertyVersion(stage, moment) for stage, moment in stages)}
    given = {"dealname": f"Deal {number}", "pipeline": "default", "dealstage": stages[-1][0], **properties}
    return PortalRecord(str(number), stages[0][1], stages[-1][1], given, history)


def small_portal(
    contacts: list[PortalRecord], deals: list[PortalRecord] | None = None, **associated: list[str]
) -> HubSpotPortal:
    """A portal that has these records; ``associated`` names the contacts of deals, as ``d<id>=[…]``."""
    return HubSpotPortal(
        id=PORTAL_ID,
        service_key=SERVICE_KEY,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        refresh_token=REFRESH_TOKEN,
        pipelines=(PIPELINE,),
        objects={
            "contacts": {record.id: record for record in contacts},
            "deals": {record.id: record for record in deals or []},
        },
        deal_contacts={name.removeprefix("d"): list(ids) for name, ids in associated.items()},
        custom_properties={"contacts": (PortalProperty("marketing_consent", "Marketing consent"),)},
    )


def portal_world(portal: HubSpotPortal) -> World:
    """A world with one portal."""
    return World(now=START, portals=[portal])


class PortalClient:
    """Asks resources of one version, with a token."""

    def __init__(self, url: str, *, token: str = SERVICE_KEY, version: str = "2026-03") -> None:
        self.url = url
        self.version = version
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.http.get(self.url + path, params=params, timeout=5)

    def post(self, path: str, body: Any) -> requests.Response:
        return self.http.post(self.url + path, json=body, timeout=5)

    def objects(self, rest: str = "contacts", **params: Any) -> requests.Response:
        return self.get(f"/crm/objects/{self.version}/{rest}", **params)

    def batch(self, ids: list[str], name: str = "contacts", **body: Any) -> requests.Response:
        inputs = [{"id": record_id} for record_id in ids]
        return self.post(f"/crm/objects/{self.version}/{name}/batch/read", {"inputs": inputs, **body})

    def search(self, name: str = "contacts", **body: Any) -> requests.Response:
        return self.post(f"/crm/objects/{self.version}/{name}/search", body)

    def where(self, *filters: dict[str, Any], name: str = "contacts", **body: Any) -> requests.Response:
        return self.search(name, filterGroups=[{"filters": list(filters)}], **body)


def people(count: int) -> list[PortalRecord]:
    """So many contacts, with ids from 1 on."""
    return [contact(number) for number in range(1, count + 1)]


def serve(*contacts: PortalRecord, clock: Callable[[], datetime] | None = None) -> RunningSandbox:
    """A portal with these contacts, a deal 901 that was won with the contacts 3 and 4, and a lonely deal 902."""
    sold = deal(901, ("qualifiedtobuy", START), ("closedwon", START + timedelta(days=2)), amount="1200")
    lonely = deal(902, ("qualifiedtobuy", START))
    portal = small_portal(list(contacts), [sold, lonely], d901=["3", "4"])
    world, faults = portal_world(portal), Faults()
    made = HubSpotServer(world, faults, clock=clock) if clock else HubSpotServer(world, faults)
    return serve_in_thread(create_app(world, faults, {"hubspot": made}))


def portal_server(sandbox: RunningSandbox) -> HubSpotServer:
    """The server itself, to be steered in this process."""
    found = sandbox.systems["hubspot"]
    assert isinstance(found, HubSpotServer)
    return found


def set_up(sandbox: RunningSandbox, **settings: Any) -> None:
    """Change the server's settings."""
    answer = requests.post(f"{sandbox.url}/_sandbox/hubspot/settings", json=settings, timeout=5)
    assert answer.status_code == 204, answer.text


def ids(answer: requests.Response) -> list[str]:
    """Ids of the records that a good answer holds."""
    assert answer.ok, answer.text
    return [record["id"] for record in answer.json()["results"]]


def above(record_id: int) -> dict[str, str]:
    """The search filter of records whose ids are greater."""
    return {"propertyName": "hs_object_id", "operator": "GT", "value": str(record_id)}


def refused(answer: requests.Response, status: int, category: str) -> dict[str, Any]:
    """The body of a refusal, which is of this status and category."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body.get("category")) == (status, category), body
    assert body["status"] == "error"
    assert body["correlationId"]
    return body

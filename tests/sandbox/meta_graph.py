"""A running Graph API whose clock a test can turn, and events that it accepts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from closedwon.sandbox.app import create_app
from closedwon.sandbox.faults import Faults
from closedwon.sandbox.meta.graph import MetaGraph
from closedwon.sandbox.server import RunningSandbox, serve_in_thread
from tests.sandbox.ad_world import DATASET, LEAD_ID, NOW, ZOE, ad_world, sha256

NOW_SECONDS = int(NOW.timestamp())
DAY = 86_400


class Sandbox:
    def __init__(self, running: RunningSandbox, clock: list[float]) -> None:
        self.url = running.url
        self.faults = running.faults
        self.clock = clock
        self._running = running

    def send(
        self, *events: dict[str, Any], dataset: str = DATASET.id, **parameters: Any
    ) -> requests.Response:
        body = {"data": list(events), "access_token": DATASET.access_token, **parameters}
        return requests.post(f"{self.url}/v26.0/{dataset}/events", json=body, timeout=10)

    def settings(self, **changes: Any) -> requests.Response:
        return requests.post(f"{self.url}/_sandbox/meta/settings", json=changes, timeout=10)

    def report(self) -> dict[str, Any]:
        return self._running.report()["meta"]["datasets"][DATASET.id]


@contextmanager
def serving() -> Iterator[Sandbox]:
    faults, world = Faults(), ad_world()
    clock = [float(NOW_SECONDS)]
    app = create_app(world, faults, {"meta": MetaGraph(world, faults, clock=lambda: clock[0])})
    with serve_in_thread(app) as running:
        yield Sandbox(running, clock)


def stage(event_id: str = "e1", **changes: Any) -> dict[str, Any]:
    event = {
        "event_name": "Qualified Lead",
        "event_time": NOW_SECONDS - 3600,
        "event_id": event_id,
        "action_source": "system_generated",
        "user_data": {"em": [sha256(ZOE.email)], "lead_id": LEAD_ID},
        "custom_data": {
            "event_source": "crm",
            "lead_event_source": "Salesforce",
            "value": 80,
            "currency": "EUR",
        },
    }
    return {**event, **changes}


def purchase(event_id: str = "p1", **changes: Any) -> dict[str, Any]:
    event = {
        "event_name": "Purchase",
        "event_time": NOW_SECONDS - 3600,
        "event_id": event_id,
        "action_source": "physical_store",
        "user_data": {"ph": sha256("33199001234")},
        "custom_data": {"value": 12.5, "currency": "EUR", "order_id": "C0000001"},
    }
    return {**event, **changes}

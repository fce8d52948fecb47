"""Meta's Graph API as far as conversions and audiences go: datasets and their events, audiences and their members.

All or nothing, as documented: one invalid event refuses the request. What is accepted is deduplicated by
event id and name for 48 hours, and for stores by order, time and name for 7 days, then compared with the
truth.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.faults import Faults
from closedwon.sandbox.listing import listed
from closedwon.sandbox.meta.audiences import Audiences
from closedwon.sandbox.meta.dataset import Dataset
from closedwon.sandbox.meta.errors import GraphError, invalid_event, unknown_object
from closedwon.sandbox.meta.gate import Gate
from closedwon.sandbox.meta.parameters import events_of
from closedwon.sandbox.meta.quality import not_permitted, unknown_dataset
from closedwon.sandbox.meta.rules import TOO_LITTLE_CUSTOMER_INFORMATION, Refused, validate
from closedwon.sandbox.truth import MetaTruth
from closedwon.sandbox.world import MetaDataset, World


class MetaGraph:
    """The Graph API of one world.

    ``clock`` gives Unix seconds; the default is the real time, since that is what clients send.

    Attributes:
        gate: with the clock and the settings.
    """

    def __init__(self, world: World, faults: Faults, *, clock: Callable[[], float] = time.time) -> None:
        self.gate = Gate(world, faults, clock)
        self._audiences = Audiences(world, faults, self.gate)
        self._world = world
        self._faults = faults
        self._truth = MetaTruth(world)
        self._datasets = {dataset.id: Dataset() for dataset in world.datasets}

    def routes(self) -> list[BaseRoute]:
        """``POST /{version}/{dataset}/events``, ``GET /{version}/{dataset}``, its quality, and those of audiences."""
        return [
            Route("/v{number}.0/{dataset}/events", self._events, methods=["POST"]),
            *self._audiences.routes(),
            Route("/v{number}.0/dataset_quality", self._quality, methods=["GET"]),
            Route("/v{number}.0/{node}", self._node, methods=["GET", "POST"]),
        ]

    def admin_routes(self) -> list[BaseRoute]:
        """What a test may ask and tell.

        ``GET events?dataset=``: the counted events, oldest first; with ``offset`` and ``limit`` a page of them.
        ``GET audiences``: every audience, or with ``audience=`` its members, by hash.
        ``POST settings``: changes of :class:`~closedwon.sandbox.meta.settings.MetaGraphSettings`.
        """
        return [
            Route("/events", self._list_events, methods=["GET"]),
            Route("/audiences", self._audiences.listing, methods=["GET"]),
            Route("/settings", self._change_settings, methods=["POST"]),
        ]

    def report(self) -> dict[str, Any]:
        """Counts by dataset and by audience; of a dataset by event name what came and what counted."""
        with self.gate.lock:
            datasets = {dataset_id: dataset.report() for dataset_id, dataset in self._datasets.items()}
            audiences = self._audiences.report()
            return {"datasets": datasets, "audiences": audiences, "unauthorised": self.gate.unauthorised}

    def counted(self, dataset_id: str) -> list[dict[str, Any]]:
        """Counted events of a dataset: event_id, event_name, event_time, value, currency, matched, matched_by."""
        with self.gate.lock:
            return list(self._datasets[dataset_id].events)

    async def _events(self, request: Request) -> Response:
        dataset_id = request.path_params["dataset"]
        return await self.gate.answer(
            request,
            dataset_id,
            lambda parameters, token: self._ingest(self._dataset("POST", dataset_id, token), parameters),
        )

    async def _node(self, request: Request) -> Response:
        node_id = request.path_params["node"]
        if self._audiences.has(node_id):
            return await self._audiences.node(request, node_id)
        return await self.gate.answer(
            request, node_id, lambda _, token: self._describe(request.method, node_id, token)
        )

    async def _quality(self, request: Request) -> Response:
        dataset_id = request.query_params.get("dataset_id", "")
        return await self.gate.answer(
            request, dataset_id, lambda parameters, token: self._scores(dataset_id, parameters, token)
        )

    def _scores(self, dataset_id: str, parameters: Mapping[str, Any], token: str) -> dict[str, Any]:
        if not self.gate.settings.reads_quality:
            raise not_permitted()
        if all(one.id != dataset_id or one.access_token != token for one in self._world.datasets):
            raise unknown_dataset()
        quality = self._datasets[dataset_id].quality
        return quality.answer(str(parameters.get("fields", "offline")), self.gate.clock())

    async def _list_events(self, request: Request) -> Response:
        dataset_id = request.query_params.get("dataset", "")
        if dataset_id not in self._datasets:
            return JSONResponse({"error": f"no dataset {dataset_id}"}, status_code=404)
        with self.gate.lock:
            return listed(request, self._datasets[dataset_id].events)

    async def _change_settings(self, request: Request) -> Response:
        try:
            self.gate.settings = self.gate.settings.changed(await request.json())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return Response(status_code=204)

    def _describe(self, method: str, dataset_id: str, token: str) -> dict[str, Any]:
        dataset = self._dataset(method, dataset_id, token)
        if method != "GET":
            raise unknown_object(method, dataset_id)
        return {"id": dataset.id, "name": f"Sandbox dataset {dataset.id}"}

    def _dataset(self, method: str, dataset_id: str, token: str) -> MetaDataset:
        """The dataset, which the token must be allowed to see."""
        for dataset in self._world.datasets:
            if dataset.id == dataset_id and dataset.access_token == token:
                return dataset
        raise unknown_object(method, dataset_id)

    def _ingest(self, which: MetaDataset, parameters: Mapping[str, Any]) -> dict[str, Any]:
        dataset = self._datasets[which.id]
        dataset.requests += 1
        now = self.gate.clock()
        try:
            events = events_of(parameters)
            validate(events, now)
            self._refuse_poisoned(events)
        except Refused as refused:
            dataset.refused[refused.refusal.subcode] += 1
            raise invalid_event(refused.refusal) from None
        except GraphError:
            dataset.refused[0] += 1
            raise
        dataset.test_events += len(events) if parameters.get("test_event_code") else 0
        for event in events:
            dataset.take(event, self._truth, now)
        received = len(events) - (1 if self._faults.active("meta", "wrong_count") else 0)
        return {"events_received": received, "messages": list(self.gate.settings.messages)}

    def _refuse_poisoned(self, events: list[dict[str, Any]]) -> None:
        poisoned = self._faults.poisoned("meta")
        if poisoned and any(event.get("event_id") in poisoned for event in events):
            raise Refused(TOO_LITTLE_CUSTOMER_INFORMATION)

"""Meta's Graph API as far as conversions go: the events edge of a dataset, and the dataset itself.

All or nothing, as documented: one invalid event refuses the request. What is accepted is deduplicated by
event id and name for 48 hours, and for stores by order, time and name for 7 days, then compared with the
truth.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.faults import Faults
from closedwon.sandbox.listing import listed
from closedwon.sandbox.meta.dataset import Dataset
from closedwon.sandbox.meta.errors import (
    GraphError,
    invalid_event,
    invalidated_session,
    unknown_object,
    unparsable_token,
)
from closedwon.sandbox.meta.limits import Limits
from closedwon.sandbox.meta.parameters import check_proof, events_of, read_parameters, token_of
from closedwon.sandbox.meta.rules import TOO_LITTLE_CUSTOMER_INFORMATION, Refused, validate
from closedwon.sandbox.meta.settings import MetaGraphSettings
from closedwon.sandbox.truth import MetaTruth
from closedwon.sandbox.world import MetaDataset, World

SUPPORTED_VERSIONS = frozenset({"v24.0", "v25.0", "v26.0"})


class MetaGraph:
    """The Graph API of one world.

    ``clock`` gives Unix seconds; the default is the real time, since that is what clients send. ``settings`` may be
    replaced at any time.
    """

    def __init__(self, world: World, faults: Faults, *, clock: Callable[[], float] = time.time) -> None:
        self.settings = MetaGraphSettings()
        self._world = world
        self._faults = faults
        self._clock = clock
        self._truth = MetaTruth(world)
        self._datasets = {dataset.id: Dataset() for dataset in world.datasets}
        self._limits = Limits()
        self._unauthorised = 0
        self._lock = threading.Lock()

    def routes(self) -> list[BaseRoute]:
        """``POST /{version}/{dataset}/events`` and ``GET /{version}/{dataset}``."""
        return [
            Route("/v{number}.0/{dataset}/events", self._events, methods=["POST"]),
            Route("/v{number}.0/{dataset}", self._node, methods=["GET"]),
        ]

    def admin_routes(self) -> list[BaseRoute]:
        """What a test may ask and tell.

        ``GET events?dataset=``: the counted events, oldest first; with ``offset`` and ``limit`` a page of them.
        ``POST settings``: changes of :class:`MetaGraphSettings`.
        """
        return [
            Route("/events", self._list_events, methods=["GET"]),
            Route("/settings", self._change_settings, methods=["POST"]),
        ]

    def report(self) -> dict[str, Any]:
        """Counts by dataset: requests, refusals by subcode, and by event name what came and what counted."""
        with self._lock:
            datasets = {dataset_id: dataset.report() for dataset_id, dataset in self._datasets.items()}
            return {"datasets": datasets, "unauthorised": self._unauthorised}

    def counted(self, dataset_id: str) -> list[dict[str, Any]]:
        """Counted events of a dataset: event_id, event_name, event_time, value, currency, matched, matched_by."""
        with self._lock:
            return list(self._datasets[dataset_id].events)

    async def _events(self, request: Request) -> Response:
        body = await request.body()
        with self._lock:
            return self._answer(request, lambda: self._ingest(request, body))

    async def _node(self, request: Request) -> Response:
        with self._lock:
            return self._answer(request, lambda: self._describe(request))

    async def _list_events(self, request: Request) -> Response:
        dataset_id = request.query_params.get("dataset", "")
        if dataset_id not in self._datasets:
            return JSONResponse({"error": f"no dataset {dataset_id}"}, status_code=404)
        with self._lock:
            return listed(request, self._datasets[dataset_id].events)

    async def _change_settings(self, request: Request) -> Response:
        try:
            self.settings = self.settings.changed(await request.json())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return Response(status_code=204)

    def _answer(self, request: Request, work: Callable[[], dict[str, Any]]) -> Response:
        trace = f"A{secrets.token_urlsafe(16)}"
        try:
            content, status = {**work(), "fbtrace_id": trace}, 200
        except GraphError as error:
            content, status = {"error": {**error.error, "fbtrace_id": trace}}, error.status
        usage = self._limits.headers(
            self.settings, dataset_id=request.path_params["dataset"], now=self._clock()
        )
        return JSONResponse(content, status_code=status, headers=usage)

    def _describe(self, request: Request) -> dict[str, Any]:
        _check_version(request)
        dataset = self._authorise(request, read_parameters(request, b""))
        return {"id": dataset.id, "name": f"Sandbox dataset {dataset.id}"}

    def _authorise(self, request: Request, parameters: Mapping[str, Any]) -> MetaDataset:
        """The dataset that the request is about, once its token may see it and its calls are not used up."""
        token = self._known_token(request, parameters)
        if self.settings.app_secret is not None:
            check_proof(parameters, token, self.settings.app_secret)
        dataset_id = request.path_params["dataset"]
        self._limits.admit(self.settings, token=token, dataset_id=dataset_id, now=self._clock())
        for dataset in self._world.datasets:
            if dataset.id == dataset_id and dataset.access_token == token:
                return dataset
        raise unknown_object(request.method, dataset_id)

    def _known_token(self, request: Request, parameters: Mapping[str, Any]) -> str:
        try:
            token = token_of(request, parameters)
            if all(dataset.access_token != token for dataset in self._world.datasets):
                raise unparsable_token()
            if self._faults.active("meta", "revoke"):
                raise invalidated_session()
        except GraphError:
            self._unauthorised += 1
            raise
        return token

    def _ingest(self, request: Request, body: bytes) -> dict[str, Any]:
        _check_version(request)
        parameters = read_parameters(request, body)
        dataset = self._datasets[self._authorise(request, parameters).id]
        dataset.requests += 1
        now = self._clock()
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
        return {"events_received": received, "messages": list(self.settings.messages)}

    def _refuse_poisoned(self, events: list[dict[str, Any]]) -> None:
        poisoned = self._faults.poisoned("meta")
        if poisoned and any(event.get("event_id") in poisoned for event in events):
            raise Refused(TOO_LITTLE_CUSTOMER_INFORMATION)


def _check_version(request: Request) -> None:
    version = f"v{request.path_params['number']}.0"
    if version not in SUPPORTED_VERSIONS:
        newest = max(SUPPORTED_VERSIONS)
        message = "You are calling a deprecated version of the Ads API. Please update to the latest version"
        raise GraphError(400, f"(#2635) {message}: {newest}.", 2635)

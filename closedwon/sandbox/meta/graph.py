"""Meta's Graph API as far as conversions go: the events edge of a dataset, and the dataset itself.

All or nothing, as documented: one invalid event refuses the request. What is accepted is deduplicated by
event id and name for 48 hours, and for stores by order, time and name for 7 days, then compared with the
truth.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.faults import Faults
from closedwon.sandbox.listing import listed
from closedwon.sandbox.meta.rules import (
    DAY,
    HASHED,
    MAX_EVENTS,
    PLAIN,
    TOO_LITTLE_CUSTOMER_INFORMATION,
    Refusal,
    Refused,
    validate,
)
from closedwon.sandbox.truth import MetaTruth
from closedwon.sandbox.world import MetaDataset, World

SUPPORTED_VERSIONS = frozenset({"v24.0", "v25.0", "v26.0"})
EVENT_ID_WINDOW_SECONDS = 2 * DAY
ORDER_WINDOW_SECONDS = 7 * DAY
_HOUR = 3_600
_CALLS_AN_HOUR = 5_000
"""What the usage headers call 100 percent; they only tell, a test that wants throttling arms a fault."""


class _GraphError(Exception):
    """An answer in Graph's error envelope."""

    def __init__(self, status: int, message: str, code: int, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"message": message, "type": "OAuthException", "code": code, **more}


@dataclass
class _Tally:
    """What one dataset received under one event name."""

    received: int = 0
    counted: int = 0
    duplicates: int = 0
    matched: int = 0
    not_recognised: int = 0
    value: float = 0.0


@dataclass
class _Dataset:
    """What one dataset remembers."""

    tallies: dict[str, _Tally] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[tuple[Any, ...], float] = field(default_factory=dict)
    requests: int = 0
    calls: deque[float] = field(default_factory=deque)
    refused: Counter[int] = field(default_factory=Counter)
    ignored_parameters: Counter[str] = field(default_factory=Counter)
    lead_ids_as_text: int = 0
    test_events: int = 0

    def call(self, now: float) -> None:
        """Count one request, which the usage headers tell of for an hour."""
        self.requests += 1
        self.calls.append(now)
        while self.calls[0] <= now - _HOUR:
            self.calls.popleft()


class MetaGraph:
    """The Graph API of one world.

    ``clock`` gives Unix seconds; the default is the real time, since that is what clients send.
    """

    def __init__(self, world: World, faults: Faults, *, clock: Callable[[], float] = time.time) -> None:
        self._world = world
        self._faults = faults
        self._clock = clock
        self._truth = MetaTruth(world)
        self._datasets = {dataset.id: _Dataset() for dataset in world.datasets}
        self._unauthorised = 0
        self._lock = threading.Lock()

    def routes(self) -> list[BaseRoute]:
        """``POST /{version}/{dataset}/events`` and ``GET /{version}/{dataset}``."""
        return [
            Route("/v{number}.0/{dataset}/events", self._events, methods=["POST"]),
            Route("/v{number}.0/{dataset}", self._node, methods=["GET"]),
        ]

    def admin_routes(self) -> list[BaseRoute]:
        """``GET events?dataset=``: the counted events, oldest first; with ``offset`` and ``limit`` a page of them."""
        return [Route("/events", self._list_events, methods=["GET"])]

    def report(self) -> dict[str, Any]:
        """Counts by dataset: requests, refusals by subcode, and by event name what came and what counted."""
        with self._lock:
            datasets = {
                dataset_id: _dataset_report(dataset) for dataset_id, dataset in self._datasets.items()
            }
            return {"datasets": datasets, "unauthorised": self._unauthorised}

    def counted(self, dataset_id: str) -> list[dict[str, Any]]:
        """Counted events of a dataset: event_id, event_name, event_time, value, currency, matched, matched_by."""
        with self._lock:
            return list(self._datasets[dataset_id].events)

    async def _events(self, request: Request) -> Response:
        body = await request.body()
        with self._lock:
            return self._answer(request, lambda: self._ingest(request, _parameters(request, body)))

    async def _node(self, request: Request) -> Response:
        with self._lock:
            return self._answer(request, lambda: self._describe(request))

    async def _list_events(self, request: Request) -> Response:
        dataset_id = request.query_params.get("dataset", "")
        if dataset_id not in self._datasets:
            return JSONResponse({"error": f"no dataset {dataset_id}"}, status_code=404)
        with self._lock:
            return listed(request, self._datasets[dataset_id].events)

    def _answer(self, request: Request, work: Callable[[], dict[str, Any]]) -> Response:
        trace = f"A{secrets.token_urlsafe(16)}"
        try:
            return JSONResponse({**work(), "fbtrace_id": trace}, headers=self._usage(request))
        except _GraphError as error:
            content = {"error": {**error.error, "fbtrace_id": trace}}
            return JSONResponse(content, status_code=error.status, headers=self._usage(request))

    def _usage(self, request: Request) -> dict[str, str]:
        dataset_id = request.path_params["dataset"]
        calls = self._datasets[dataset_id].calls if dataset_id in self._datasets else ()
        percent = min(100, 100 * len(calls) // _CALLS_AN_HOUR)
        usage = {"call_count": percent, "total_cputime": percent, "total_time": percent}
        business = {"type": "ads_management", **usage, "estimated_time_to_regain_access": 0}
        return {
            "X-App-Usage": json.dumps(usage),
            "X-Business-Use-Case-Usage": json.dumps({dataset_id: [business]}),
        }

    def _describe(self, request: Request) -> dict[str, Any]:
        _check_version(request)
        dataset = self._authorise(request, _parameters(request, b""))
        return {"id": dataset.id, "name": f"Sandbox dataset {dataset.id}"}

    def _authorise(self, request: Request, parameters: Mapping[str, Any]) -> MetaDataset:
        token = parameters.get("access_token") or request.headers.get("authorization", "").removeprefix(
            "Bearer "
        )
        if all(dataset.access_token != token for dataset in self._world.datasets):
            self._unauthorised += 1
            raise _GraphError(401, "Invalid OAuth access token - Cannot parse access token", 190)
        if self._faults.active("meta", "revoke"):
            self._unauthorised += 1
            raise _GraphError(
                401,
                "Error validating access token: The session has been invalidated because the user changed "
                "their password or Facebook has changed the session for security reasons.",
                190,
                error_subcode=460,
            )
        dataset_id = request.path_params["dataset"]
        for dataset in self._world.datasets:
            if dataset.id == dataset_id and dataset.access_token == token:
                return dataset
        raise _GraphError(
            400,
            f"Unsupported {request.method.lower()} request. Object with ID '{dataset_id}' does not exist, "
            "cannot be loaded due to missing permissions, or does not support this operation. Please read the Graph "
            "API documentation at https://developers.facebook.com/docs/graph-api",
            100,
            error_subcode=33,
        )

    def _ingest(self, request: Request, parameters: Mapping[str, Any]) -> dict[str, Any]:
        _check_version(request)
        dataset = self._datasets[self._authorise(request, parameters).id]
        now = self._clock()
        dataset.call(now)
        try:
            events = _read_events(parameters)
            validate(events, now)
            self._refuse_poisoned(events)
        except Refused as refused:
            dataset.refused[refused.refusal.subcode] += 1
            raise _invalid_parameter(refused.refusal) from None
        except _GraphError:
            dataset.refused[0] += 1
            raise
        dataset.test_events += len(events) if parameters.get("test_event_code") else 0
        for event in events:
            self._count(dataset, event, now)
        received = len(events) - (1 if self._faults.active("meta", "wrong_count") else 0)
        return {"events_received": received, "messages": []}

    def _refuse_poisoned(self, events: list[dict[str, Any]]) -> None:
        poisoned = self._faults.poisoned("meta")
        if poisoned and any(event.get("event_id") in poisoned for event in events):
            raise Refused(TOO_LITTLE_CUSTOMER_INFORMATION)

    def _count(self, dataset: _Dataset, event: dict[str, Any], now: float) -> None:
        tally = dataset.tallies.setdefault(event["event_name"], _Tally())
        tally.received += 1
        user_data, custom = event["user_data"], event.get("custom_data", {})
        dataset.lead_ids_as_text += isinstance(user_data.get("lead_id"), str)
        dataset.ignored_parameters.update(user_data.keys() - HASHED - PLAIN)
        if _is_duplicate(dataset, event, now):
            tally.duplicates += 1
            return
        matched_by = self._truth.matched_by(user_data)
        tally.counted += 1
        tally.matched += bool(matched_by)
        tally.not_recognised += _is_unrecognised_crm_event(event)
        tally.value += custom.get("value", 0)
        dataset.events.append(
            {
                "event_id": event.get("event_id"),
                "event_name": event["event_name"],
                "event_time": event["event_time"],
                "value": custom.get("value"),
                "currency": custom.get("currency"),
                "matched": bool(matched_by),
                "matched_by": matched_by,
            }
        )


def _check_version(request: Request) -> None:
    version = f"v{request.path_params['number']}.0"
    if version not in SUPPORTED_VERSIONS:
        newest = max(SUPPORTED_VERSIONS)
        message = "You are calling a deprecated version of the Ads API. Please update to the latest version"
        raise _GraphError(400, f"(#2635) {message}: {newest}.", 2635)


def _parameters(request: Request, body: bytes) -> dict[str, Any]:
    """Query and body parameters together, whether the body is a form or JSON."""
    parameters: dict[str, Any] = dict(request.query_params)
    if not body:
        return parameters
    if request.headers.get("content-type", "").startswith("application/json"):
        given = _json(body)
        return parameters | given if isinstance(given, dict) else parameters
    return parameters | _form(body)


def _form(body: bytes) -> dict[str, str]:
    """Fields of a form; a megabyte of ``data`` takes parse_qs twice as long."""
    pairs = (field.partition(b"=") for field in body.replace(b"+", b" ").split(b"&"))
    return {
        unquote_to_bytes(name).decode(): unquote_to_bytes(value).decode("utf-8", "replace")
        for name, _, value in pairs
    }


def _json(text: bytes | str) -> Any:
    """The parsed JSON, or None where it is not JSON (NaN and Infinity are not)."""
    try:
        return json.loads(text, parse_constant=_not_json)
    except ValueError:
        return None


def _not_json(constant: str) -> Any:
    raise ValueError(constant)


def _read_events(parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "data" not in parameters:
        raise _GraphError(400, "(#100) The parameter data is required", 100)
    data = parameters["data"]
    events = _json(data) if isinstance(data, str) else data
    if not isinstance(events, list):
        raise _GraphError(400, "(#100) param data must be an array.", 100)
    if not events:
        raise _GraphError(400, "(#100) param data must be non-empty.", 100)
    if len(events) > MAX_EVENTS:
        raise _GraphError(400, f"(#100) param data must have at most {MAX_EVENTS} elements.", 100)
    return events


def _invalid_parameter(refusal: Refusal) -> _GraphError:
    return _GraphError(
        400,
        "Invalid parameter",
        100,
        error_subcode=refusal.subcode,
        is_transient=False,
        error_user_title=refusal.title,
        error_user_msg=refusal.message,
    )


def _is_duplicate(dataset: _Dataset, event: Mapping[str, Any], now: float) -> bool:
    """Whether an earlier event stands for this one; remembers this one for those to come."""
    duplicate = False
    for key, window in _identities(event):
        earlier = dataset.seen.get(key)
        if earlier is not None and now - earlier <= window:
            duplicate = True
        else:
            dataset.seen[key] = now
    return duplicate


def _identities(event: Mapping[str, Any]) -> list[tuple[tuple[Any, ...], float]]:
    name = event["event_name"]
    keys: list[tuple[tuple[Any, ...], float]] = []
    if event.get("event_id"):
        keys.append((("id", name, event["event_id"]), EVENT_ID_WINDOW_SECONDS))
    custom = event.get("custom_data", {})
    if event["action_source"] == "physical_store" and custom.get("order_id"):
        order = ("order", name, custom["order_id"], event["event_time"], custom.get("item_number"))
        keys.append((order, ORDER_WINDOW_SECONDS))
    return keys


def _is_unrecognised_crm_event(event: Mapping[str, Any]) -> bool:
    """Whether a system_generated event lacks what makes Meta treat it as a CRM stage."""
    custom = event.get("custom_data", {})
    return event["action_source"] == "system_generated" and not (
        custom.get("event_source") == "crm" and custom.get("lead_event_source")
    )


def _dataset_report(dataset: _Dataset) -> dict[str, Any]:
    return {
        "requests": dataset.requests,
        "refused_requests": dataset.refused.total(),
        "refused_by_subcode": {str(subcode): count for subcode, count in sorted(dataset.refused.items())},
        "test_events": dataset.test_events,
        "lead_ids_as_text": dataset.lead_ids_as_text,
        "ignored_parameters": dict(sorted(dataset.ignored_parameters.items())),
        "events": {name: _tally_report(tally) for name, tally in sorted(dataset.tallies.items())},
    }


def _tally_report(tally: _Tally) -> dict[str, Any]:
    return {**vars(tally), "value": round(tally.value, 2)}

"""HubSpot's CRM resources over the portals of a world, by their dated paths and by the numbered ones.

Pages: "Date-based versioning", "API usage guidelines", "Error handling" of the developer documentation.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.faults import Faults
from closedwon.sandbox.hubspot import paths
from closedwon.sandbox.hubspot.admin import admin_routes
from closedwon.sandbox.hubspot.changes import Changes
from closedwon.sandbox.hubspot.errors import HubSpotError, invalid, no_such_path
from closedwon.sandbox.hubspot.limits import Limits
from closedwon.sandbox.hubspot.resources import RESOURCES, Call, PortalState, Resource
from closedwon.sandbox.hubspot.schema import Entity, entity_of
from closedwon.sandbox.hubspot.settings import HubSpotSettings
from closedwon.sandbox.hubspot.store import PortalStore
from closedwon.sandbox.hubspot.tokens import OAuthError, Tokens
from closedwon.sandbox.world import World

Json = dict[str, Any]

_MAX_URI = 16_384
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


class HubSpotServer:
    """All portals of a world behind one address; the token says which portal a request is about.

    ``settings`` may be replaced while it serves.
    """

    def __init__(
        self, world: World, faults: Faults, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.settings = HubSpotSettings()
        self._faults = faults
        self._clock = clock
        self._lock = threading.RLock()
        self._tokens = Tokens(world.portals)
        self._states = {portal.id: PortalState(PortalStore(portal)) for portal in world.portals}
        self._limits = {portal.id: Limits() for portal in world.portals}
        self._counts: Counter[str] = Counter()
        self._refusals: Counter[str] = Counter()

    def routes(self) -> list[BaseRoute]:
        """The resources under ``/crm``, ``/oauth`` and ``/account-info``."""
        served = [
            Route(base + resource.path, self._endpoint(resource, versions), methods=[resource.method])
            for resource in RESOURCES
            for base, versions in resource.family.bases()
        ]
        tokens = [
            Route(f"{base}/token", self._token(versions), methods=["POST"])
            for base, versions in paths.OAUTH.bases()
        ]
        return [
            *served,
            *tokens,
            *(
                Route(f"/{room}/{{rest:path}}", self._nothing, methods=_METHODS)
                for room in ("crm", "oauth", "account-info")
            ),
        ]

    def admin_routes(self) -> list[BaseRoute]:
        """What HubSpot itself does not have: changes and settings on demand."""
        return admin_routes(self)

    def report(self) -> Json:
        """Requests by what they asked for, and refusals by category or policy."""
        with self._lock:
            return {**self._counts, "refused": dict(self._refusals)}

    def change(
        self,
        object_name: str,
        record_id: str | None,
        properties: Mapping[str, str],
        *,
        at: datetime | None = None,
        portal: int | None = None,
    ) -> str:
        """Set properties of a record, or make one where ``record_id`` is None; returns its id.

        ``at`` is when the values began (now where left out); the record counts as modified now. ``portal`` is an
        id, the first portal where left out, here and below.

        Raises:
            HubSpotError: 404 for an unknown record, 400 for a property or value that does not exist.
        """
        with self._changing(portal) as (changes, now):
            entity = _entity(object_name)
            if record_id is None:
                return changes.create(entity, properties, now, at=at)
            return changes.update(entity, record_id, properties, now, at=at)

    def touch(
        self, object_name: str, record_ids: Iterable[str], moment: datetime, *, portal: int | None = None
    ) -> None:
        """Give many records the same modification date, as an import does."""
        with self._changing(portal) as (changes, now):
            changes.touch(_entity(object_name), record_ids, moment, now)

    def archive(self, object_name: str, record_id: str, *, portal: int | None = None) -> None:
        """Put a record into the recycling bin."""
        with self._changing(portal) as (changes, now):
            changes.archive(_entity(object_name), record_id, now)

    def restore(self, object_name: str, record_id: str, *, portal: int | None = None) -> None:
        """Take a record out of the recycling bin."""
        with self._changing(portal) as (changes, now):
            changes.restore(_entity(object_name), record_id, now)

    def erase(self, object_name: str, record_id: str, *, portal: int | None = None) -> None:
        """Delete a record for good, as for a person's right to be forgotten."""
        with self._changing(portal) as (changes, now):
            changes.erase(_entity(object_name), record_id, now)

    def merge(
        self,
        object_name: str,
        primary_id: str,
        merged_id: str,
        *,
        keep_id: bool = False,
        portal: int | None = None,
    ) -> str:
        """Merge two records; returns the id of the one that they become, which is a new one but for ``keep_id``."""
        with self._changing(portal) as (changes, now):
            return changes.merge(_entity(object_name), primary_id, merged_id, now, keep_id=keep_id)

    def associate(self, deal_id: str, contact_ids: list[str], *, portal: int | None = None) -> None:
        """Let a deal have these contacts, and no others."""
        with self._changing(portal) as (changes, _):
            changes.associate(deal_id, contact_ids)

    def expire_tokens(self) -> None:
        """End the life of all OAuth access tokens."""
        with self._lock:
            self._tokens.expire_all(self._clock())

    def revoke(self, token: str) -> None:
        """Take a service key, an access token or a refresh token out of use."""
        with self._lock:
            self._tokens.revoke(token)

    @contextmanager
    def _changing(self, portal: int | None) -> Iterator[tuple[Changes, datetime]]:
        with self._lock:
            state = next(iter(self._states.values())) if portal is None else self._states[portal]
            lag = timedelta(seconds=self.settings.index_lag_seconds)
            yield Changes(state.store, lag), self._clock()

    def _endpoint(
        self, resource: Resource, versions: tuple[str, ...]
    ) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint of a resource: what every request passes through, around its own answer."""

        async def endpoint(request: Request) -> Response:
            body = await request.body()
            with self._lock:
                try:
                    _check_length(request)
                    self._check_version(request, versions)
                    portal, headers = self._admit(request, search=resource.name == "search")
                    self._counts[_count_name(resource, request)] += 1
                    status, content = resource.answer(self._call(request, portal, body))
                except HubSpotError as error:
                    return self._refuse(error)
                self._counts["records"] += len(content.get("results", ()))
                return JSONResponse(content, status, headers=headers)

        return endpoint

    def _admit(self, request: Request, *, search: bool) -> tuple[int, dict[str, str]]:
        """Whose token it is, counted against its limits; the portal and the headers that tell of them."""
        self._counts["requests"] += 1
        now = self._clock()
        authorization = request.headers.get("authorization", "")
        if self._faults.active("hubspot", "revoke"):
            self._tokens.revoke(authorization.partition(" ")[2])
        portal = self._tokens.portal(authorization, now)
        limits = self._limits[portal.id]
        limits.admit(self.settings, now, search=search)
        service_key = authorization.endswith(portal.service_key)
        return portal.id, {} if search else limits.headers(self.settings, daily=service_key)

    def _call(self, request: Request, portal: int, body: bytes) -> Call:
        state = self._states[portal]
        now = self._clock()
        state.store.settle(now)
        query: dict[str, list[str]] = {}
        for name, value in request.query_params.multi_items():
            query.setdefault(name, []).append(value)
        return Call(
            portal=state,
            settings=self.settings,
            version=request.path_params["version"],
            path=request.path_params,
            query={name: ",".join(values) for name, values in query.items()},
            body=_json(request, body),
            length=len(body.decode(errors="replace")),
            now=now,
        )

    def _check_version(self, request: Request, versions: tuple[str, ...]) -> None:
        version = request.path_params["version"]
        if version not in versions or version not in self.settings.versions:
            raise no_such_path()

    def _token(self, versions: tuple[str, ...]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            form = dict(parse_qsl((await request.body()).decode(errors="replace")))
            with self._lock:
                try:
                    self._check_version(request, versions)
                    if request.path_params["version"] == "v1":
                        form = dict(request.query_params) | form
                    answer = self._tokens.grant(
                        form, self._clock(), self.settings.token_seconds, self.settings.scopes
                    )
                except HubSpotError as error:
                    return self._refuse(error)
                except OAuthError as error:
                    self._refusals[error.error] += 1
                    return JSONResponse(error.body, 400)
                self._counts["tokens"] += 1
                return JSONResponse(answer)

        return endpoint

    async def _nothing(self, _request: Request) -> Response:
        with self._lock:
            return self._refuse(no_such_path())

    def _refuse(self, error: HubSpotError) -> Response:
        self._refusals[str(error.extra.get("policyName") or error.category or error.status)] += 1
        if error.status == 414:
            return HTMLResponse("<h1>414 Request-URI Too Large</h1>", 414)
        return JSONResponse(error.body(), error.status)


def _entity(name: str) -> Entity:
    entity = entity_of(name)
    if entity is None:
        raise invalid(f"no object {name!r}; known: contacts, deals")
    return entity


def _count_name(resource: Resource, request: Request) -> str:
    if resource.family is not paths.OBJECTS:
        return resource.name
    entity = entity_of(request.path_params["object"])
    return f"{entity.name if entity else 'unknown'}.{resource.name}"


def _check_length(request: Request) -> None:
    scope = request.scope
    if len(scope.get("raw_path", b"")) + 1 + len(scope["query_string"]) > _MAX_URI:
        raise HubSpotError(414, "URI Too Long")


def _json(request: Request, body: bytes) -> Json:
    if request.method in {"GET", "HEAD"}:
        return {}
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise HubSpotError(415, "Unsupported Media Type")
    try:
        given = json.loads(body)
    except ValueError:
        raise invalid("Invalid input JSON: the body cannot be read") from None
    if not isinstance(given, dict):
        raise invalid("Invalid input JSON: an object is expected")
    return given

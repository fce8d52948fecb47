"""Salesforce's REST resources over the orgs of a world.

Pages: resources_query, resources_queryall, resources_sobject_describe, resources_limits and errorcodes of the
REST API guide; article 000386264 for the limits on a request's size.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.faults import Faults
from closedwon.sandbox.salesforce.changes import Changes
from closedwon.sandbox.salesforce.cursors import Cursors, batch_size
from closedwon.sandbox.salesforce.describe import FIRST_VERSION, LAST_VERSION, describe, summary, versions
from closedwon.sandbox.salesforce.errors import OAuthError, RestError, not_found, session_invalid
from closedwon.sandbox.salesforce.oauth import TokenDesk
from closedwon.sandbox.salesforce.settings import SalesforceSettings
from closedwon.sandbox.salesforce.store import Store
from closedwon.sandbox.soql import SoqlError, execute, parse
from closedwon.sandbox.world import SalesforceOrg, World

_MAX_REQUEST_BYTES = 16_384

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Call:
    """An authorised request: whose data, under which version's path, asking what."""

    request: Request
    store: Store
    base: str

    @property
    def org(self) -> SalesforceOrg:
        return self.store.org


class SalesforceServer:
    """All orgs of a world behind one address; the token says which org a request is about.

    ``settings`` may be replaced while it serves.
    """

    def __init__(
        self, world: World, faults: Faults, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.settings = SalesforceSettings()
        self._faults = faults
        self._clock = clock
        self._lock = threading.RLock()
        self._tokens = TokenDesk(world.orgs)
        self._cursors = Cursors()
        self._stores = [Store(org) for org in world.orgs]
        self._changes = [Changes(store) for store in self._stores]
        self._counts: Counter[str] = Counter()
        self._refusals: Counter[str] = Counter()

    def routes(self) -> list[BaseRoute]:
        """The resources under ``/services``."""
        data = "/services/data"
        version = data + "/v{version}"
        resources: list[tuple[str, Callable[[_Call], Any]]] = [
            ("", _index),
            ("/limits", self._limits),
            ("/query", self._query),
            ("/queryAll", self._query_all),
            ("/query/{locator}", self._next_page),
            ("/queryAll/{locator}", self._next_page),
            ("/sobjects", _objects),
            ("/sobjects/{object}/describe", _describe),
        ]
        return [
            Route("/services/oauth2/token", self._token, methods=["POST"]),
            *_both(data, _versions),
            *(route for path, answer in resources for route in _both(version + path, self._resource(answer))),
            *_both("/services/{rest:path}", self._resource(_nothing)),
        ]

    def admin_routes(self) -> list[BaseRoute]:
        """What Salesforce itself does not have: changes and settings on demand."""
        return [
            Route("/change", self._admin_change, methods=["POST"]),
            Route("/settings", self._admin_settings, methods=["POST"]),
        ]

    def report(self) -> Json:
        """Counts of what was asked and answered."""
        with self._lock:
            return {**self._counts, "refused": dict(self._refusals)}

    def change(
        self,
        org: str,
        object_name: str,
        record_id: str | None,
        fields: Mapping[str, Any],
        *,
        create: bool = False,
    ) -> str:
        """Change a record as a user would, with stamps and history; returns its id.

        ``org`` is a domain or a consumer key. With ``create`` an unknown id, or None, makes a new record.

        Raises:
            RestError: NOT_FOUND for an unknown org, object or record, INVALID_FIELD… for a field.
        """
        with self._lock:
            store, changes = self._of(org)
            now = self._clock()
            known = record_id is not None and store.latest(object_name, record_id) is not None
            if record_id is not None and (known or not create):
                writes = changes.update(object_name, record_id, fields, now)
            elif create:
                writes = changes.create(object_name, record_id, fields, now)
            else:
                raise not_found()
            store.write(writes, now + timedelta(seconds=self.settings.visibility_delay_seconds))
            store.settle(now)
            return str(writes[0][1]["Id"])

    def revoke_tokens(self) -> None:
        """End all sessions, as an administrator can."""
        with self._lock:
            self._tokens.revoke_all()

    def _of(self, org: str) -> tuple[Store, Changes]:
        for store, changes in zip(self._stores, self._changes, strict=True):
            if org in {store.org.domain, store.org.consumer_key}:
                return store, changes
        raise not_found()

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl(request.url.query) + parse_qsl((await request.body()).decode(errors="replace")))
        authorization = request.headers.get("authorization", "")
        try:
            with self._lock:
                answer = self._tokens.grant(form, authorization, self._clock(), self.settings.token_seconds)
                self._counts["logins"] += 1
        except OAuthError as error:
            self._refusals[error.error] += 1
            return JSONResponse({"error": error.error, "error_description": error.description}, 400)
        return JSONResponse(answer)

    def _resource(self, answer: Callable[[_Call], Any]) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint of a resource: what every request passes through, around its own answer."""

        async def endpoint(request: Request) -> Response:
            too_large = _too_large(request)
            if too_large is not None:
                self._refusals[str(too_large.status_code)] += 1
                return too_large
            with self._lock:
                self._counts["requests"] += 1
                try:
                    content = answer(self._admit(request))
                    return JSONResponse(content, headers=self._limit_header())
                except SoqlError as error:
                    return self._refuse(RestError(400, error.code, error.message))
                except RestError as error:
                    return self._refuse(error)

        return endpoint

    def _admit(self, request: Request) -> _Call:
        version = request.path_params.get("version")
        if request.method not in {"GET", "HEAD"}:
            text = f"HTTP Method '{request.method}' not allowed. Allowed are HEAD,GET"
            raise RestError(405, "METHOD_NOT_ALLOWED", text)
        if version is not None and not _served(version):
            raise not_found()
        store = self._store_of(request.headers.get("authorization", ""))
        if self._counts["requests"] > self.settings.daily_requests:
            raise RestError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        store.hidden = self.settings.hidden_objects
        store.settle(self._clock())
        return _Call(request, store, f"/services/data/v{version}")

    def _store_of(self, authorization: str) -> Store:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in {"bearer", "oauth"} or not token:
            raise RestError(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
        if self._faults.active("salesforce", "revoke"):
            self._tokens.revoke(token)
        org = self._tokens.owner(token, self._clock())
        if org is None:
            raise session_invalid()
        return next(store for store in self._stores if store.org is org)

    def _query(self, call: _Call) -> Json:
        return self._run(call, include_deleted=False)

    def _query_all(self, call: _Call) -> Json:
        return self._run(call, include_deleted=True)

    def _run(self, call: _Call, *, include_deleted: bool) -> Json:
        soql = call.request.query_params.get("q")
        if soql is None:
            raise RestError(400, "MALFORMED_QUERY", "A query string has to be specified")
        now = self._clock()
        base = f"{call.base}/sobjects"
        result = execute(parse(soql), call.store, now=now, base=base, include_deleted=include_deleted)
        size = batch_size(call.request.headers.get("sforce-query-options", ""))
        self._counts["queries"] += 1
        page = self._cursors.first_page(call.org, result, size, f"{call.base}/query", now)
        return self._counted(page)

    def _next_page(self, call: _Call) -> Json:
        locator = call.request.path_params["locator"]
        lifetime = self.settings.cursor_seconds
        page = self._cursors.next_page(call.org, locator, f"{call.base}/query", self._clock(), lifetime)
        return self._counted(page)

    def _counted(self, page: Json) -> Json:
        self._counts["records"] += len(page["records"])
        return page

    def _limits(self, _call: _Call) -> Json:
        used, allowed = self._counts["requests"], self.settings.daily_requests
        return {"DailyApiRequests": {"Max": allowed, "Remaining": max(0, allowed - used)}}

    def _limit_header(self) -> dict[str, str]:
        used = f"api-usage={self._counts['requests']}/{self.settings.daily_requests}"
        return {"Sforce-Limit-Info": used}

    def _refuse(self, error: RestError) -> Response:
        self._refusals[error.code] += 1
        body = [{"message": error.message, "errorCode": error.code}]
        return JSONResponse(body, error.status, headers=self._limit_header())

    async def _admin_change(self, request: Request) -> Response:
        given = await request.json()
        try:
            changed = self.change(
                given["org"],
                given["object"],
                given.get("id"),
                given["fields"],
                create=bool(given.get("create")),
            )
        except RestError as error:
            return JSONResponse([{"message": error.message, "errorCode": error.code}], error.status)
        except KeyError as error:
            return JSONResponse({"error": f"missing: {error.args[0]}"}, 400)
        return JSONResponse({"id": changed})

    async def _admin_settings(self, request: Request) -> Response:
        try:
            self.settings = self.settings.changed(await request.json())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return Response(status_code=204)


def _both(path: str, endpoint: Callable[..., Any]) -> list[BaseRoute]:
    """Salesforce answers with and without a slash at the end, and clients use both."""
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    return [Route(path, endpoint, methods=methods), Route(path + "/", endpoint, methods=methods)]


async def _versions(_request: Request) -> Response:
    return JSONResponse(versions())


def _index(call: _Call) -> Json:
    return {name: f"{call.base}/{name}" for name in ("sobjects", "query", "queryAll", "limits")}


def _objects(call: _Call) -> Json:
    base = f"{call.base}/sobjects"
    objects = [summary(entity, base) for entity in call.store.entities()]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects}


def _describe(call: _Call) -> Json:
    entity = call.store.entity(call.request.path_params["object"])
    if entity is None:
        raise not_found()
    return describe(entity, f"{call.base}/sobjects")


def _nothing(_call: _Call) -> Json:
    raise not_found()


def _served(version: str) -> bool:
    number, _, minor = version.partition(".")
    return number.isdigit() and minor == "0" and FIRST_VERSION <= int(number) <= LAST_VERSION


def _too_large(request: Request) -> Response | None:
    scope = request.scope
    uri = len(scope.get("raw_path", b"")) + 1 + len(scope["query_string"])
    headers = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    if uri > _MAX_REQUEST_BYTES:
        return _bad_message(414, "URI Too Long")
    if uri + headers > _MAX_REQUEST_BYTES:
        return _bad_message(431, "Request Header Fields Too Large")
    return None


def _bad_message(status: int, reason: str) -> Response:
    return HTMLResponse(f"<h1>Bad Message {status}</h1><pre>reason: {reason}</pre>", status)

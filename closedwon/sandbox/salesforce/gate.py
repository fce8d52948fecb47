"""What every REST call passes through before a resource answers it, and what every answer carries.

Pages: errorcodes and headers_api_usage of the REST API guide; article 000386264 for the limits on a request's size.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.salesforce.describe import FIRST_VERSION, LAST_VERSION
from closedwon.sandbox.salesforce.errors import RestError, not_found, session_invalid
from closedwon.sandbox.salesforce.platform import Platform, Tenant
from closedwon.sandbox.salesforce.store import Store
from closedwon.sandbox.soql import SoqlError
from closedwon.sandbox.world import SalesforceOrg

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

_MAX_REQUEST_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Call:
    """An authorised request: whose data, under which version's path, asking what."""

    request: Request
    body: bytes
    tenant: Tenant
    version: int

    @property
    def store(self) -> Store:
        """The org's records."""
        return self.tenant.store

    @property
    def org(self) -> SalesforceOrg:
        """The org that the token belongs to."""
        return self.tenant.org

    @property
    def base(self) -> str:
        """The path of the API version that was asked."""
        return f"/services/data/v{self.version}.0"


Answer = Callable[[Call], Any]
"""Makes a call's answer: JSON content, or a response of its own making.

Raises RestError or SoqlError to refuse.
"""


@dataclass(frozen=True, slots=True)
class Resource:
    """A path under ``/services/data/vXX.0`` with an answer a method, served from a version on."""

    path: str
    answers: Mapping[str, Answer]
    since: int = FIRST_VERSION


class Gate:
    """Checks size, version, method, session and allowance, in this order, around each resource's own answer."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def routes(self, resources: list[Resource]) -> list[BaseRoute]:
        """Routes of the resources, and of everything under ``/services`` that is none."""
        version = "/services/data/v{version}"
        nothing = Resource("", dict.fromkeys(METHODS, _nothing))
        return [
            *(
                route
                for resource in resources
                for route in both(version + resource.path, self._endpoint(resource))
            ),
            *both("/services/{rest:path}", self._endpoint(nothing)),
        ]

    def _endpoint(self, resource: Resource) -> Callable[[Request], Awaitable[Response]]:
        platform = self._platform

        async def endpoint(request: Request) -> Response:
            too_large = _too_large(request)
            if too_large is not None:
                platform.refusals[str(too_large.status_code)] += 1
                return too_large
            body = await request.body()
            with platform.lock:
                platform.counts["requests"] += 1
                try:
                    tenant = self._tenant(request)
                except RestError as error:
                    return self._refusal(error)
                response = self._answer(resource, request, body, tenant)
                used = platform.calls_used(tenant)
                response.headers["Sforce-Limit-Info"] = f"api-usage={used}/{platform.settings.daily_requests}"
                return response

        return endpoint

    def _tenant(self, request: Request) -> Tenant:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in {"bearer", "oauth"} or not token:
            raise RestError(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
        tenant = self._platform.session(token)
        if tenant is None:
            raise session_invalid()
        return tenant

    def _answer(self, resource: Resource, request: Request, body: bytes, tenant: Tenant) -> Response:
        try:
            version = _version(request.path_params.get("version"), resource)
            self._platform.count_call(tenant)
            answer = _by_method(resource, request.method)
            tenant.store.settle(self._platform.now())
            content = answer(Call(request, body, tenant, version))
        except SoqlError as error:
            return self._refusal(RestError(400, error.code, error.message))
        except RestError as error:
            return self._refusal(error)
        return content if isinstance(content, Response) else JSONResponse(content)

    def _refusal(self, error: RestError) -> Response:
        self._platform.refusals[error.code] += 1
        return JSONResponse([{"message": error.message, "errorCode": error.code}], error.status)


def both(path: str, endpoint: Callable[..., Any]) -> list[BaseRoute]:
    """Salesforce answers with and without a slash at the end, and clients use both."""
    return [Route(path, endpoint, methods=METHODS), Route(path + "/", endpoint, methods=METHODS)]


def _nothing(_call: Call) -> Any:
    raise not_found()


def _version(text: str | None, resource: Resource) -> int:
    if text is None:
        return LAST_VERSION
    number, _, minor = text.partition(".")
    if not number.isdigit() or minor != "0" or not resource.since <= int(number) <= LAST_VERSION:
        raise not_found()
    return int(number)


def _by_method(resource: Resource, method: str) -> Answer:
    """HEAD is answered like GET; the server leaves the body away."""
    found = resource.answers.get("GET" if method == "HEAD" else method)
    if found is None:
        allowed = ["HEAD", *resource.answers] if "GET" in resource.answers else list(resource.answers)
        text = f"HTTP Method '{method}' not allowed. Allowed are {','.join(allowed)}"
        raise RestError(405, "METHOD_NOT_ALLOWED", text)
    return found


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

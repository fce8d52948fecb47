"""Where a session begins: the OAuth token endpoint, and SOAP ``login()``."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.salesforce.errors import OAuthError
from closedwon.sandbox.salesforce.platform import Platform
from closedwon.sandbox.salesforce.soap import SoapError, logged_in, who_logs_in

_XML = "text/xml; charset=UTF-8"


class LoggingIn:
    """Answers requests for a session."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def routes(self) -> list[BaseRoute]:
        """The endpoints that need no session."""
        return [
            Route("/services/oauth2/token", self._token, methods=["POST"]),
            Route("/services/Soap/u/{version}", self._soap, methods=["POST"]),
        ]

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl(request.url.query) + parse_qsl((await request.body()).decode(errors="replace")))
        authorization = request.headers.get("authorization", "")
        platform = self._platform
        try:
            with platform.lock:
                lifetime = platform.settings.token_seconds
                answer = platform.tokens.grant(form, authorization, platform.now(), lifetime)
                platform.counts["logins"] += 1
        except OAuthError as error:
            platform.refusals[error.error] += 1
            return JSONResponse({"error": error.error, "error_description": error.description}, 400)
        return JSONResponse(answer)

    async def _soap(self, request: Request) -> Response:
        body, version, platform = await request.body(), request.path_params["version"], self._platform
        try:
            with platform.lock:
                org = who_logs_in(body, version, [tenant.org for tenant in platform.tenants])
                session = platform.tokens.session(org, platform.now(), platform.settings.token_seconds)
                platform.counts["logins"] += 1
        except SoapError as error:
            platform.refusals[error.code] += 1
            return Response(error.envelope(), 500, media_type=_XML)
        return Response(logged_in(org, version, session), media_type=_XML)

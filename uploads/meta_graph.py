"""Calls to Meta's Graph API over the SDK's own session, with the body as JSON and the token in a header.

The SDK's ``api.call`` sends forms: encoding a thousand events as one field costs more than all the rest of a request,
and a token in the address reaches every text that quotes it. Graph takes parameters from a JSON body as well. A GET has
none, so there the proof of the app's secret stands in the address: without the token, which is never there, it opens
nothing, and every text of ours is cleared of it.
https://developers.facebook.com/docs/graph-api/guides/secure-requests
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import requests
from facebook_business.api import FacebookAdsApi
from facebook_business.session import FacebookSession
from requests.auth import AuthBase

from config.destinations import MetaSettings
from config.redaction import register_secret
from uploads.meta_errors import platform_error
from uploads.sessions import guard


class Graph:
    """The Graph API as one client's token sees it; it shares no session with another client's."""

    def __init__(self, settings: MetaSettings) -> None:
        self._root = f"{settings.endpoint}/{settings.api_version}"
        self._timeout = settings.timeout_seconds
        sdk = FacebookSession(
            app_secret=settings.app_secret.get_secret_value() if settings.app_secret else None,
            access_token=settings.access_token.get_secret_value(),
        )
        self._proof = _proof(sdk)
        self._session: requests.Session = sdk.requests
        self._session.params = {}
        self._session.auth = _Bearer(sdk.access_token)
        self._session.headers.update(FacebookAdsApi.HTTP_DEFAULT_HEADERS)
        guard(self._session, settings.endpoint)

    def get(self, path: str, parameters: Mapping[str, str]) -> requests.Response:
        """The answer about the node or edge at ``path``, whatever its status.

        Raises:
            PlatformError: there was no answer.
        """
        return self._request("GET", path, params={**parameters, **self._proof})

    def post(self, path: str, parameters: Mapping[str, str]) -> requests.Response:
        """The answer to ``parameters``, each of them JSON text, whatever its status.

        Raises:
            PlatformError: there was no answer.
        """
        signed = {**{name: json.dumps(value) for name, value in self._proof.items()}, **parameters}
        body = ",".join(f'"{name}":{value}' for name, value in signed.items())
        return self._request(
            "POST", path, data=f"{{{body}}}".encode(), headers={"Content-Type": "application/json"}
        )

    def _request(self, method: str, path: str, **parts: Any) -> requests.Response:
        try:
            return self._session.request(method, f"{self._root}/{path}", timeout=self._timeout, **parts)
        except Exception as error:
            raise platform_error(error) from None


class _Bearer(AuthBase):
    """The token as a header. As ``auth`` it also keeps requests from sending what a ``.netrc`` has for the host."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _proof(sdk: FacebookSession) -> dict[str, str]:
    """The parameter that proves knowledge of the app's secret, where the client's file has one."""
    if not sdk.app_secret:
        return {}
    register_secret(sdk.appsecret_proof)
    return {"appsecret_proof": sdk.appsecret_proof}

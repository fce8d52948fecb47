"""The way to Google's Data Manager API: the SDK's client and session over REST, one request at a time.

https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from google.ads import datamanager_v1 as dm
from google.ads.datamanager_v1.services.ingestion_service.transports.rest import (
    DEFAULT_CLIENT_INFO,
    IngestionServiceRestTransport,
)
from google.api_core.exceptions import from_http_response
from google.protobuf import json_format

from config.destinations import GoogleDataManagerSettings
from config.types import is_loopback
from uploads import limiting
from uploads.errors import Action, PlatformError, Policy
from uploads.google_credentials import KeyFileError, load_credentials, project_of
from uploads.google_errors import platform_error
from uploads.limiting import Limiter, Quota
from uploads.retrying import Sleep
from uploads.sessions import guard

Answer = TypeVar("Answer")

_MINUTE = 60.0
_HEADERS = {
    "Content-Type": "application/json",
    "x-goog-api-client": DEFAULT_CLIENT_INFO.to_user_agent(),  # type: ignore[no-untyped-call]
}


class DataManagerApi:
    """One account's connection; nothing is opened before the first request.

    Its methods raise :class:`uploads.errors.PlatformError`, and nothing else, where Google did not say yes.
    """

    def __init__(self, settings: GoogleDataManagerSettings, sleep: Sleep) -> None:
        self._settings = settings
        self._sleep = sleep
        self._opened: _Connection | None = None

    def ingest(self, request: str) -> dm.IngestEventsResponse:
        """Send an ``IngestEventsRequest`` that is JSON already."""
        timeout = self._settings.timeout_seconds
        return self._request("write", lambda opened: opened.transport.ingest_json(request, timeout=timeout))

    def status(self, request_id: str) -> dm.RetrieveRequestStatusResponse:
        """What became of an accepted request."""
        asked = dm.RetrieveRequestStatusRequest(request_id=request_id)
        timeout = self._settings.timeout_seconds
        return self._request(
            "read", lambda opened: opened.client.retrieve_request_status(asked, retry=None, timeout=timeout)
        )

    def _request(self, operation: str, send: Callable[[_Connection], Answer]) -> Answer:
        """The one place that every request goes through: a turn among those of all clients of the project."""
        opened = self._connection()
        with self._limiter(opened, operation).turn(self._sleep), _as_platform_error():
            return send(opened)

    def _limiter(self, opened: _Connection, operation: str) -> Limiter:
        # Reading and writing have quotas of their own, and so has each endpoint.
        return limiting.shared(
            "google",
            f"{self._settings.endpoint} {opened.project} {operation}",
            self._settings.customer_id,
            quotas=[Quota(self._settings.requests_per_minute, _MINUTE)],
        )

    def _connection(self) -> _Connection:
        if self._opened is None:
            # At DEBUG the SDK logs whole requests, hashes and tokens included.
            logging.getLogger("google").setLevel(logging.WARNING)
            with _as_platform_error():
                self._opened = _connect(self._settings)
        return self._opened


@dataclass(frozen=True)
class _Connection:
    """The SDK's client on its transport, and the project that their requests count against."""

    transport: _Transport
    client: dm.IngestionServiceClient
    project: str


@contextmanager
def _as_platform_error() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise platform_error(error) from None


class _Transport(IngestionServiceRestTransport):
    """The SDK's REST transport, which also takes a request as text.

    From a message it writes the text field by field in Python, which costs many times what the rest of the
    request does; built column by column, the same text goes through the same session.
    """

    def ingest_json(self, request: str, *, timeout: float) -> dm.IngestEventsResponse:
        """What :meth:`ingest_events` does, of an ``IngestEventsRequest`` in Google's JSON."""
        response = self._session.post(
            f"{self.host}/v1/events:ingest",
            data=request.encode(),
            headers=_HEADERS,
            timeout=timeout,
        )
        if response.status_code >= 400:
            raise from_http_response(response)  # type: ignore[no-untyped-call]
        answer = dm.IngestEventsResponse()
        json_format.Parse(response.content, dm.IngestEventsResponse.pb(answer), ignore_unknown_fields=True)
        return answer


def _connect(settings: GoogleDataManagerSettings) -> _Connection:
    endpoint = urlsplit(settings.endpoint)
    try:
        credentials = load_credentials(
            settings.credentials, loopback_endpoint=is_loopback(endpoint.hostname or "")
        )
    except KeyFileError as error:
        raise PlatformError("credentials", Policy(Action.HOLD, str(error))) from None
    # The client by itself would send self-signed tokens, which are not confirmed for this API;
    # a transport made here exchanges the key for an access token.
    transport = _Transport(host=endpoint.netloc, url_scheme=endpoint.scheme, credentials=credentials)
    # The SDK makes both sessions itself and hands out neither: one sends events, one fetches tokens.
    guard(transport._session, settings.endpoint)
    guard(transport._session._auth_request_session, settings.endpoint)
    return _Connection(transport, dm.IngestionServiceClient(transport=transport), project_of(credentials))

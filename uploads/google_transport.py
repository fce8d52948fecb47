"""The way to Google's Data Manager API: the SDK's client and session over REST, one request at a time.

https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from google.ads import datamanager_v1 as dm
from google.ads.datamanager_v1.services.ingestion_service.transports.rest import (
    DEFAULT_CLIENT_INFO,
    IngestionServiceRestTransport,
)
from google.ads.datamanager_v1.services.user_list_service.transports.rest import UserListServiceRestTransport
from google.api_core.exceptions import from_http_response
from google.protobuf import json_format

from config.destinations import GoogleDataManagerSettings
from config.types import is_loopback
from uploads import limiting
from uploads.base import Processing
from uploads.errors import Action, PlatformError, Policy
from uploads.google_credentials import KeyFileError, load_credentials, project_of
from uploads.google_errors import platform_error
from uploads.google_processing import read_status
from uploads.google_processing_policy import GONE, gone
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
        return self._post("events:ingest", request, dm.IngestEventsResponse)

    def ingest_members(self, request: str) -> dm.IngestAudienceMembersResponse:
        """Send an ``IngestAudienceMembersRequest`` that is JSON already."""
        return self._post("audienceMembers:ingest", request, dm.IngestAudienceMembersResponse)

    def remove_members(self, request: str) -> dm.RemoveAudienceMembersResponse:
        """Send a ``RemoveAudienceMembersRequest`` that is JSON already."""
        return self._post("audienceMembers:remove", request, dm.RemoveAudienceMembersResponse)

    def user_lists(self, operation: str, send: Callable[[dm.UserListServiceClient], Answer]) -> Answer:
        """What ``send`` gets from the SDK's client of user lists; ``operation`` is ``read`` or ``write``."""
        return self._request(operation, lambda opened: send(opened.user_lists))

    def processing(self, request_id: str) -> Processing:
        """What became of an accepted request; that Google knows it no longer is an answer, too."""
        asked = dm.RetrieveRequestStatusRequest(request_id=request_id)
        timeout = self._settings.timeout_seconds
        try:
            answer = self._request(
                "read",
                lambda opened: opened.client.retrieve_request_status(asked, retry=None, timeout=timeout),
            )
        except PlatformError as error:
            if error.code in GONE:
                return gone(error.code)
            raise
        return read_status(answer)

    def _post(self, method: str, request: str, kind: type[Answer]) -> Answer:
        timeout = self._settings.timeout_seconds
        return self._request(
            "write", lambda opened: opened.transport.post_json(method, request, kind, timeout=timeout)
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
    """The SDK's clients on their transports, and the project that their requests count against."""

    transport: _Transport
    client: dm.IngestionServiceClient
    user_lists: dm.UserListServiceClient
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

    def post_json(self, method: str, request: str, kind: type[Answer], *, timeout: float) -> Answer:
        """What the method of the same name does, of a request in Google's JSON; ``kind`` is its response's class."""
        response = self._session.post(
            f"{self.host}/v1/{method}",
            data=request.encode(),
            headers=_HEADERS,
            timeout=timeout,
        )
        if response.status_code >= 400:
            raise from_http_response(response)  # type: ignore[no-untyped-call]
        answer = kind()
        json_format.Parse(response.content, kind.pb(answer), ignore_unknown_fields=True)  # type: ignore[attr-defined]
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
    address: dict[str, Any] = {
        "host": endpoint.netloc,
        "url_scheme": endpoint.scheme,
        "credentials": credentials,
    }
    transport, of_lists = _Transport(**address), UserListServiceRestTransport(**address)
    for each in (transport, of_lists):
        # The SDK makes both sessions itself and hands out neither: one sends requests, one fetches tokens.
        guard(each._session, settings.endpoint)
        guard(each._session._auth_request_session, settings.endpoint)
    return _Connection(
        transport,
        dm.IngestionServiceClient(transport=transport),
        dm.UserListServiceClient(transport=of_lists),
        project_of(credentials),
    )

"""The HTTP session that simple-salesforce speaks through.

The client hard-codes ``https://``, sets no timeout, follows redirects with whatever it carries and lets a
``.netrc`` entry replace its bearer token. All four are answered here, below it, so that every call has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from config.types import is_loopback_url

_CONNECT_SECONDS = 10.0
_LIMIT_HEADER = "Sforce-Limit-Info"
_USAGE = re.compile(r"(?<![\w-])api-usage=(\d+)/(\d+)")


class Session(requests.Session):
    """A session that keeps credentials where they were sent.

    Attributes:
        limit_info: Salesforce's last word on API calls used and allowed (``api-usage=18/5000``), or empty.
        answered_at: when the last answer was given, by the clock of its server; ``None`` before the first.
    """

    def __init__(self, *, endpoint: str | None, timeout_seconds: float) -> None:
        super().__init__()
        self.limit_info = ""
        self.answered_at: datetime | None = None
        # Environment proxies lead out to the real Salesforce, where this machine's own servers are not.
        self.trust_env = not (endpoint and is_loopback_url(endpoint))
        self.auth = _keep_authorization
        self.hooks["response"].append(self._note_headers)
        self.mount("https://", _Adapter(endpoint=endpoint, timeout_seconds=timeout_seconds))

    def calls_left(self) -> float:
        """The share of the org's daily API calls that were left by the last answer; 1 where it did not say."""
        usage = _USAGE.search(self.limit_info)
        used, allowed = map(int, usage.groups()) if usage else (0, 0)
        return max(0.0, 1 - used / allowed) if allowed else 1.0

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Never: a redirected token request would hand the credentials to another host."""
        return None

    def _note_headers(self, response: requests.Response, **_: object) -> None:
        self.limit_info = response.headers.get(_LIMIT_HEADER, self.limit_info)
        with suppress(ValueError):
            self.answered_at = parsedate_to_datetime(response.headers.get("Date", "")).astimezone(UTC)


def _keep_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stands where ``requests`` would otherwise look for a ``.netrc`` entry to put over the bearer token."""
    return request


class _Adapter(HTTPAdapter):
    def __init__(self, *, endpoint: str | None, timeout_seconds: float) -> None:
        self._endpoint = urlsplit(endpoint) if endpoint else None
        self._timeout = (min(_CONNECT_SECONDS, timeout_seconds), timeout_seconds)
        super().__init__()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        if self._endpoint is not None:
            parts = urlsplit(request.url or "")
            request.url = urlunsplit(
                parts._replace(scheme=self._endpoint.scheme, netloc=self._endpoint.netloc)
            )
        options: dict[str, Any] = {"stream": stream, "verify": verify, "cert": cert, "proxies": proxies}
        return super().send(request, timeout=timeout or self._timeout, **options)

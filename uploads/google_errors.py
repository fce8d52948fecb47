"""Every way in which Google's SDK says no, as a :class:`PlatformError` without the SDK's text where it may quote.

https://developers.google.com/data-manager/api/devguides/concepts/errors
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import requests
from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError, RefreshError, ResponseError, TimeoutError, TransportError
from google.protobuf.json_format import ParseError

from uploads.errors import Action, PlatformError, Policy, connection_error, retry_after, unexpected_error
from uploads.google_policy import CREDENTIALS, DESTINATION, NO_TOKEN, policy_for

_METHOD_AND_URL = re.compile(r"^[A-Z]+ https?://\S+: ")
_GUILTY_ROW = re.compile(r"\bevents\[(\d+)\]")
_DELAY = re.compile(r"(\d+(?:\.\d+)?)s")
_UNREADABLE = Policy(Action.RETRY, "the answer is not Google's: check the proxy and the endpoint")


def platform_error(error: Exception) -> PlatformError:
    """What an exception that left the SDK calls for."""
    if isinstance(error, PlatformError):
        return error
    if isinstance(error, GoogleAPICallError):
        return _refusal(error)
    if isinstance(error, GoogleAuthError):
        return _no_token(error)
    if isinstance(error, requests.RequestException):
        return connection_error(error)
    if isinstance(error, ParseError):
        return PlatformError("no_json", _UNREADABLE)
    return unexpected_error(error)


def _refusal(error: GoogleAPICallError) -> PlatformError:
    rows, elsewhere = _violations(error)
    reason = error.reason or (error.grpc_status_code.name if error.grpc_status_code else None)
    policy = policy_for(reason, error.code)
    if policy.action is Action.ISOLATE and elsewhere and not rows:
        policy = DESTINATION
    return PlatformError(
        next(iter(rows.values()), None) or elsewhere or reason or f"http_{error.code}",
        policy,
        detail=_METHOD_AND_URL.sub("", str(error.message)),
        wait=_asked_wait(error),
        rows=rows,
        platform_request_id=(error.metadata or {}).get("requestId") if error.reason else None,
    )


def _details(error: GoogleAPICallError) -> Iterator[Mapping[str, Any]]:
    return (detail for detail in error.details or () if isinstance(detail, dict))


def _violations(error: GoogleAPICallError) -> tuple[dict[int, str], str | None]:
    """The rows that Google names with the reason of each, and a reason that concerns no event."""
    rows: dict[int, str] = {}
    elsewhere = None
    for detail in _details(error):
        for violation in detail.get("fieldViolations", ()):
            reason = violation.get("reason") or "INVALID_ARGUMENT"
            if guilty := _GUILTY_ROW.search(violation.get("field", "")):
                rows.setdefault(int(guilty[1]), reason)
            elif "destinations" in violation.get("field", ""):
                elsewhere = reason
    return rows, elsewhere


def _asked_wait(error: GoogleAPICallError) -> float | None:
    """The longest wait asked for, by the header or by ``google.rpc.RetryInfo`` (``"retryDelay": "40s"``)."""
    delays = (_DELAY.fullmatch(str(detail.get("retryDelay"))) for detail in _details(error))
    asked = [float(delay[1]) for delay in delays if delay]
    if (header := retry_after(getattr(error.response, "headers", {}))) is not None:
        asked.append(header)
    return max(asked, default=None)


def _no_token(error: GoogleAuthError) -> PlatformError:
    cause = error.__cause__
    if isinstance(cause, requests.RequestException):
        return connection_error(cause)
    if isinstance(error, TransportError | TimeoutError | ResponseError):
        return PlatformError("connection", NO_TOKEN)
    if error.retryable:
        return PlatformError("token", NO_TOKEN)
    code = "credentials_refused" if isinstance(error, RefreshError) else "credentials_unusable"
    return PlatformError(code, CREDENTIALS)

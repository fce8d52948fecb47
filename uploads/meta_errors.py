"""Every way in which Meta's SDK says no, as a :class:`PlatformError` without the SDK's text.

That text quotes the whole request: token, hashes and all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import requests
from facebook_business.exceptions import FacebookRequestError

from uploads.errors import PlatformError, connection_error, retry_after, unexpected_error
from uploads.meta_policy import policy_for, policy_for_status


def platform_error(error: Exception) -> PlatformError:
    """What an exception that left the SDK calls for."""
    if isinstance(error, PlatformError):
        return error
    if isinstance(error, FacebookRequestError):
        return _refusal(error)
    if isinstance(error, requests.RequestException):
        return connection_error(error)
    return unexpected_error(error)


def refuse_what_is_not_json(response: requests.Response, **_: Any) -> None:
    """A hook: the SDK takes a 502 with an HTML body for success, and fails on others with a TypeError.

    Raises:
        PlatformError: what the status alone calls for.
    """
    try:
        body = response.json()
    except (ValueError, requests.RequestException):
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("error", {}), dict):
        status = response.status_code
        raise PlatformError(f"http_{status}", policy_for_status(status), wait=retry_after(response.headers))


def _refusal(error: FacebookRequestError) -> PlatformError:
    code, subcode = _number(error.api_error_code()), _number(error.api_error_subcode())
    body = error.body()
    answer = body.get("error", {}) if isinstance(body, dict) else {}
    return PlatformError(
        str(subcode or code or 0),
        policy_for(code or 0, subcode),
        detail=str(answer.get("error_user_msg") or error.api_error_message() or ""),
        wait=_asked_wait(error.http_headers() or {}),
        platform_request_id=answer.get("fbtrace_id"),
    )


def _number(code: object) -> int | None:
    return int(str(code)) if str(code).isdecimal() else None


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds until Meta gives access again: its own header counts minutes.

    https://developers.facebook.com/docs/graph-api/overview/rate-limiting#headers
    """
    try:
        usage = json.loads(headers.get("X-Business-Use-Case-Usage", "{}"))
        minutes = max(
            (
                entry.get("estimated_time_to_regain_access", 0)
                for entries in usage.values()
                for entry in entries
            ),
            default=0,
        )
        return float(minutes) * 60 or retry_after(headers)
    except (ValueError, AttributeError, TypeError):
        return retry_after(headers)

"""Every way in which Meta says no, as a :class:`PlatformError`.

Answers are read here rather than by the SDK: it takes a 502 with an HTML body for success, its error quotes the whole
request, and it loses Meta's code where ``error_data`` is not what it expects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from uploads.errors import PlatformError, Policy, connection_error, retry_after, unexpected_error
from uploads.meta_policy import name_for, policy_for, policy_for_status
from uploads.usage import account_usage


def platform_error(error: Exception) -> PlatformError:
    """What an exception that left the SDK's session calls for."""
    if isinstance(error, PlatformError):
        return error
    if isinstance(error, requests.RequestException):
        return connection_error(error)
    return unexpected_error(error)


def answer_of(response: requests.Response) -> Mapping[str, Any]:
    """Meta's answer.

    Raises:
        PlatformError: Meta refused, or somebody else answered.
    """
    try:
        body = response.json()
    except (ValueError, requests.RequestException):
        body = None
    error = body.get("error", {}) if isinstance(body, dict) else None
    if isinstance(body, dict) and isinstance(error, dict) and error:
        raise _refusal(error, response.headers)
    if response.status_code != 200 or not isinstance(body, dict) or "error" in body:
        status = response.status_code
        raise PlatformError(f"http_{status}", policy_for_status(status), wait=retry_after(response.headers))
    return body


def _refusal(error: Mapping[str, Any], headers: Mapping[str, str]) -> PlatformError:
    code, subcode = _number(error.get("code")) or 0, _number(error.get("error_subcode"))
    trace = error.get("fbtrace_id")
    policy = policy_for(code, subcode, transient=error.get("is_transient") is True)
    return PlatformError(
        name_for(code, subcode),
        policy,
        detail=str(error.get("error_user_msg") or error.get("message") or ""),
        wait=_asked_wait(policy, headers),
        platform_request_id=trace if isinstance(trace, str) else None,
    )


def _number(code: object) -> int | None:
    try:
        return int(str(code))
    except ValueError:
        return None


def _asked_wait(policy: Policy, headers: Mapping[str, str]) -> float | None:
    """Seconds until Meta gives access again, where it says so: of an account's quota, and of no other, by a header."""
    usage = account_usage(headers) if policy.of_account else None
    return (usage.wait if usage else 0.0) or retry_after(headers)

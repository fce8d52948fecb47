"""Every way in which Google's SDK says no, as a :class:`PlatformError` without the SDK's text where it may quote.

https://developers.google.com/data-manager/api/devguides/concepts/errors
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import requests
from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError, RefreshError, ResponseError, TimeoutError, TransportError
from google.protobuf.json_format import ParseError

from uploads.errors import Action, PlatformError, Policy, connection_error, retry_after, unexpected_error
from uploads.google_policy import CREDENTIALS, DESTINATION, NO_TOKEN, QUOTA_OF_THE_DAY, policy_for

_METHOD_AND_URL = re.compile(r"^[A-Z]+ https?://\S+: ")
_GUILTY_ROW = re.compile(r"\b(?:events|audience_members|audienceMembers)\[(\d+)\]")
_DELAY = re.compile(r"(\d+(?:\.\d+)?)s")
_BAD_REQUEST = 400
_DAY_QUOTA = "PerDay"
"""What Google's names of daily quotas have in common, such as ``IngestionMutateRequestsPerDayPerProject``."""
_QUOTA_ZONE = ZoneInfo("America/Los_Angeles")
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
    wait = _asked_wait(error)
    if policy.action is Action.ISOLATE:
        reason, policy = _blamed(reason, policy, rows, elsewhere)
    elif _DAY_QUOTA in _metadata(error).get("quota_limit", ""):
        policy, wait = QUOTA_OF_THE_DAY, max(wait or 0, _until_midnight())
    if policy.action is not Action.ISOLATE:
        # Said of some events, it does not keep the others from being taken.
        rows = {row: its for row, its in rows.items() if its == reason != elsewhere}
    return PlatformError(
        reason or f"http_{error.code}",
        policy,
        detail=_METHOD_AND_URL.sub("", str(error.message)),
        wait=wait,
        rows=rows,
        platform_request_id=_metadata(error).get("requestId"),
    )


def _blamed(
    reason: str | None, policy: Policy, rows: Mapping[int, str], elsewhere: str | None
) -> tuple[str | None, Policy]:
    """The reason among a refused request's fields that says most, and what it calls for.

    A reason of the account's comes first, wherever it stands: no event could mend it. Then the events', in one
    policy's words where they share it. What is wrong beside the events is the destination's.
    """
    given = [elsewhere, *rows.values()] if elsewhere else list(rows.values())
    policies = {one: policy_for(one, _BAD_REQUEST) for one in given}
    for one, its in policies.items():
        if its.action is not Action.ISOLATE:
            return one, its
    if rows:
        first = next(iter(rows.values()))
        return first, policies[first] if len({policies[one] for one in rows.values()}) == 1 else policy
    return (elsewhere, DESTINATION) if elsewhere else (reason, policy)


def _metadata(error: GoogleAPICallError) -> Mapping[str, str]:
    """What ``google.rpc.ErrorInfo`` adds, such as the request's id and the quota that is used up."""
    return (error.metadata or {}) if error.reason else {}


def _until_midnight() -> float:
    """Seconds until Google renews the quotas of a day."""
    now = datetime.now(_QUOTA_ZONE)
    tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), _QUOTA_ZONE)
    return (tomorrow.astimezone(UTC) - now.astimezone(UTC)).total_seconds()


def _details(error: GoogleAPICallError) -> Iterator[Mapping[str, Any]]:
    return (detail for detail in error.details or () if isinstance(detail, dict))


def _violations(error: GoogleAPICallError) -> tuple[dict[int, str], str | None]:
    """The rows that Google names, each with a reason that no event could mend where it has one, else with its first.

    Besides, a reason that concerns no event.
    """
    rows: dict[int, str] = {}
    elsewhere = None
    for detail in _details(error):
        for violation in detail.get("fieldViolations", ()):
            reason = violation.get("reason") or "INVALID_ARGUMENT"
            if guilty := _GUILTY_ROW.search(violation.get("field", "")):
                row = int(guilty[1])
                if row not in rows or (_may_be_an_events(rows[row]) and not _may_be_an_events(reason)):
                    rows[row] = reason
            elif "destinations" in violation.get("field", "") or not _may_be_an_events(reason):
                elsewhere = reason
    return rows, elsewhere


def _may_be_an_events(reason: str) -> bool:
    return policy_for(reason, _BAD_REQUEST).action is Action.ISOLATE


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

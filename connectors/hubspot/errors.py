"""What each failure of a HubSpot request means, as one table.

A body's ``policyName`` and ``category`` decide before the HTTP status does: one status stands for limits that
pass in a second and for those that pass tomorrow.

https://developers.hubspot.com/docs/api-reference/error-handling
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Any

from hubspot.crm.objects import ApiException

from config.redaction import redact
from connectors.base import SourceError
from connectors.retrying import FailedRequest


class Action(Enum):
    """What to do about a failed request."""

    RETRY = auto()
    """It passes by itself: wait and try again, a bounded number of times."""
    RETRY_ONCE = auto()
    """Nobody knows this one: try once more, then show it."""
    REFRESH = auto()
    """The access token ended: get another, once, and go on."""
    STOP = auto()
    """No more today: stop where the next run can go on."""
    DENIED = auto()
    """The token may not read this."""
    MEND = auto()
    """The configuration or the portal must change first."""


@dataclass(frozen=True)
class Policy:
    """What to do about one kind of failure, and what the user can do.

    Attributes:
        wait_seconds: how long it lasts, where HubSpot says so.
        everyone: every call to the portal has to wait, not only the one that failed.
    """

    action: Action
    advice: str = ""
    wait_seconds: float | None = None
    everyone: bool = False


LATER = "Nothing is lost: the next run goes on where this one stopped."
"""The advice for what passes by itself."""

_SCOPES = (
    "Give the service key or the app the scopes crm.objects.contacts.read, crm.objects.deals.read, "
    "crm.schemas.contacts.read and crm.schemas.deals.read."
)

POLICIES: Mapping[str, Policy] = MappingProxyType(
    {
        "TEN_SECONDLY_ROLLING": Policy(Action.RETRY, LATER, wait_seconds=10, everyone=True),
        "SECONDLY": Policy(Action.RETRY, LATER, wait_seconds=1, everyone=True),
        "DAILY": Policy(
            Action.STOP,
            f"Wait until midnight in the portal's time zone, or buy the API limit increase. {LATER}",
        ),
        "EXPIRED_AUTHENTICATION": Policy(
            Action.REFRESH, "Check that this machine's clock is right and that the app is still installed."
        ),
        "INVALID_AUTHENTICATION": Policy(
            Action.REFRESH,
            "Check auth: the service key may have been rotated or revoked, or the app uninstalled.",
        ),
        "MISSING_SCOPES": Policy(Action.DENIED, _SCOPES),
        "VALIDATION_ERROR": Policy(Action.MEND, "Check the names under fields and stages, and api_version."),
    }
)

_STATUS_POLICIES: Mapping[int, Policy] = MappingProxyType(
    {
        401: POLICIES["INVALID_AUTHENTICATION"],
        403: POLICIES["MISSING_SCOPES"],
        404: Policy(Action.MEND, "Check api_version: HubSpot may not serve this one, or not any more."),
        408: Policy(Action.RETRY, LATER),
        414: Policy(Action.MEND, "Map fewer fields: the request's address is too long."),
        423: Policy(Action.RETRY, LATER, wait_seconds=2),
        429: POLICIES["TEN_SECONDLY_ROLLING"],
        477: Policy(
            Action.RETRY, f"HubSpot is moving this portal to another data centre. {LATER}", everyone=True
        ),
    }
)
_UNKNOWN = Policy(Action.RETRY_ONCE, f"If it stays, report it to the project. {LATER}")
_PASSING = Policy(Action.RETRY, LATER)
_UNANSWERED = Policy(Action.RETRY, f"Check the network and endpoint. {LATER}")


class DeniedError(SourceError):
    """The token may not read something that was asked for."""


class RequestFailure(FailedRequest):
    """One failed request, and what to do about it.

    ``says`` is free of secrets and personal data: a category with HubSpot's own sentence, a status, or the kind
    of network failure; never an address and never a body that is not HubSpot's JSON. ``retry_after`` is in
    seconds, where the answer had it.
    """

    def __init__(self, policy: Policy, says: str, retry_after: float | None = None) -> None:
        super().__init__(says)
        self.says = (
            says if retry_after is None else f"{says}, to be asked again in {retry_after:,.0f} seconds"
        )
        self.policy = policy
        self.retry_after = retry_after
        self.usual_wait = policy.wait_seconds

    @property
    def action(self) -> Action:
        """What to do about it."""
        return self.policy.action

    def passes(self, attempt: int) -> bool:
        """Whether the same request may succeed after ``attempt`` attempts."""
        return self.action is Action.RETRY or (self.action is Action.RETRY_ONCE and attempt == 1)

    def surfaced(self, *, attempts: int, allowance: str) -> SourceError:
        """The error for whoever runs the sync, once nothing more is to be tried."""
        kind = DeniedError if self.action is Action.DENIED else SourceError
        tried = f" {attempts} times" if attempts > 1 else ""
        usage = f" ({allowance})" if self.action is Action.STOP and allowance else ""
        return kind(
            f"HubSpot failed to answer a request{tried}: {self.says}{usage}.",
            advice=self.policy.advice,
            configuration=self.action in {Action.MEND, Action.DENIED, Action.REFRESH},
        )


def failure_of(error: ApiException) -> RequestFailure:
    """Read a refusal by what HubSpot said."""
    if not error.status:
        # The SDK's way to tell of a failed TLS handshake; the kind stands in the first line.
        return RequestFailure(_UNANSWERED, str(error.reason).partition("\n")[0])
    body = parsed(error.body)
    status = int(error.status)
    names = [str(body[key]) for key in ("policyName", "category") if body.get(key)]
    known = [POLICIES[name] for name in names if name in POLICIES]
    policy = known[0] if known else _policy_of_status(status)
    return RequestFailure(policy, _said(status, names, body), _retry_after(error.headers or {}))


def unanswered(error: Exception) -> RequestFailure:
    """A request that the network lost, or an answer that it cut."""
    return RequestFailure(_UNANSWERED, type(error).__name__)


def unreadable() -> RequestFailure:
    """A success that is something else than HubSpot's JSON: a proxy's page."""
    return RequestFailure(_PASSING, "an answer that is not JSON")


def _policy_of_status(status: int) -> Policy:
    """What an answer means that says nothing else."""
    passing = _PASSING if status >= 500 else _UNKNOWN
    return _STATUS_POLICIES.get(status, passing)


def parsed(body: bytes | str | None) -> Mapping[str, Any]:
    """A body as a JSON object; empty where it is anything else."""
    try:
        content = json.loads(body or "")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _said(status: int, names: list[str], body: Mapping[str, Any]) -> str:
    code = names[0] if names else f"HTTP {status}"
    message = redact(" ".join(str(body.get("message") or "").split()))[:240].rstrip(".")
    correlation = body.get("correlationId")
    support = f" (correlation id {correlation})" if correlation else ""
    return f"{code}, {message}{support}" if message else f"{code}{support}"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    try:
        return float(headers.get("Retry-After", ""))
    except ValueError:
        return None

"""How a Google API says no over REST: ``google.rpc.Status`` as JSON, with its standard details.

Page: "Understand API errors" of the Data Manager API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TYPES = "type.googleapis.com/google.rpc."
DOMAIN = "datamanager.googleapis.com"


class GoogleError(Exception):
    """An error answer; ``reason`` is what reports count it under."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        reason: str,
        violations: list[dict[str, str]] | None = None,
        metadata: Mapping[str, str] | None = None,
        retry_delay: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.reason = reason
        self.violations = violations or []
        self.metadata = dict(metadata or {})
        self.retry_delay = retry_delay

    def content(self, request_id: str) -> dict[str, Any]:
        """The JSON body, with ErrorInfo and, where they say something, BadRequest and RetryInfo."""
        details: list[dict[str, Any]] = [
            {
                "@type": f"{_TYPES}ErrorInfo",
                "reason": self.reason,
                "domain": DOMAIN,
                "metadata": {"requestId": request_id, **self.metadata},
            }
        ]
        if self.violations:
            details.append({"@type": f"{_TYPES}BadRequest", "fieldViolations": self.violations})
        if self.retry_delay is not None:
            details.append({"@type": f"{_TYPES}RetryInfo", "retryDelay": f"{self.retry_delay:.3f}s"})
        error = {"code": self.status, "message": str(self), "status": self.code, "details": details}
        return {"error": error}


def unauthenticated() -> GoogleError:
    """No bearer token, or one that is unknown, expired or revoked."""
    return GoogleError(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
        "other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        reason="ACCESS_TOKEN_EXPIRED",
    )


def insufficient_scopes() -> GoogleError:
    """The token was issued for other APIs."""
    return GoogleError(
        403,
        "PERMISSION_DENIED",
        "Request had insufficient authentication scopes.",
        reason="ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    )


def permission_denied() -> GoogleError:
    """The service account may not use the account that a destination names."""
    return GoogleError(
        403, "PERMISSION_DENIED", "The caller does not have permission", reason="PERMISSION_DENIED"
    )


def resource_exhausted(limit_name: str, limit: int, retry_delay: float | None) -> GoogleError:
    """The project's requests of this minute or day are used up.

    Page: "Limits and quotas", which names the limits and says where an answer has the name. Whether RetryInfo comes
    with it is not documented; here it does where the wait is short.
    """
    message = f"Quota exceeded for quota metric 'Requests' and limit '{limit_name}' ({limit}) of {DOMAIN}."
    return GoogleError(
        429,
        "RESOURCE_EXHAUSTED",
        message,
        reason="RATE_LIMIT_EXCEEDED",
        metadata={"quota_limit": limit_name, "quota_limit_value": str(limit)},
        retry_delay=retry_delay,
    )


def malformed(message: str, field: str = "") -> GoogleError:
    """JSON that the API's messages cannot hold, as Google's front end words it."""
    violations = [{"field": field, "description": message}] if field else []
    return GoogleError(400, "INVALID_ARGUMENT", message, reason="INVALID_ARGUMENT", violations=violations)


def invalid_argument(violations: list[dict[str, str]]) -> GoogleError:
    """The fast-fail answer: nothing of the request is processed, and these are the fields at fault."""
    return GoogleError(
        400,
        "INVALID_ARGUMENT",
        "There was a problem with the request.",
        reason="INVALID_ARGUMENT",
        violations=violations,
    )

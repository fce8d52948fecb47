"""How a Google API says no over REST: ``google.rpc.Status`` as JSON, with its standard details.

Page: "Understand API errors" of the Data Manager API.
"""

from __future__ import annotations

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
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.reason = reason
        self.violations = violations or []

    def content(self, request_id: str) -> dict[str, Any]:
        """The JSON body, with ErrorInfo and, where fields are at fault, BadRequest."""
        details: list[dict[str, Any]] = [
            {
                "@type": f"{_TYPES}ErrorInfo",
                "reason": self.reason,
                "domain": DOMAIN,
                "metadata": {"requestId": request_id},
            }
        ]
        if self.violations:
            details.append({"@type": f"{_TYPES}BadRequest", "fieldViolations": self.violations})
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


def permission_denied() -> GoogleError:
    """The service account may not use the account that a destination names."""
    return GoogleError(
        403, "PERMISSION_DENIED", "The caller does not have permission", reason="PERMISSION_DENIED"
    )


def resource_exhausted(limit: int) -> GoogleError:
    """The project's requests of this minute are used up."""
    message = (
        f"Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' ({limit}) of {DOMAIN}."
    )
    return GoogleError(429, "RESOURCE_EXHAUSTED", message, reason="RATE_LIMIT_EXCEEDED")


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

"""Refusals in HubSpot's shape: a message for people, a category for programs, a correlation id for support.

Page: "Error handling" of the API reference. Where it shows no body, the wording is that of answers that users
have published.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]

SCOPES_PAGE = "https://developers.hubspot.com/scopes"


class HubSpotError(Exception):
    """A refusal of any resource.

    Attributes:
        status: the HTTP status.
        category: such as ``VALIDATION_ERROR``; left out of the body where it is empty.
        extra: further keys of the body.
    """

    def __init__(
        self, status: int, message: str, category: str = "", extra: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.category = category
        self.extra = dict(extra or {})

    def body(self) -> Json:
        """The answer's JSON."""
        category = {"category": self.category} if self.category else {}
        known: Json = {"status": "error", "message": self.message, "correlationId": str(uuid.uuid4())}
        return {**known, **category, **self.extra}


def invalid(message: str, *details: str) -> HubSpotError:
    """400: the request breaks a documented rule."""
    errors = {"errors": [{"message": detail} for detail in details]} if details else {}
    return HubSpotError(400, message, "VALIDATION_ERROR", errors)


def no_such_path() -> HubSpotError:
    """404 for a path or an API version that nobody serves."""
    return HubSpotError(404, "resource not found")


def no_such_object(record_id: str) -> HubSpotError:
    """404 for a record that does not exist, or not any more."""
    message = "Object not found.  objectId are usually numeric."
    return HubSpotError(404, message, "OBJECT_NOT_FOUND", {"context": {"id": [record_id]}})


def missing_scopes(scopes: Sequence[str]) -> HubSpotError:
    """403: one of these scopes would be needed."""
    detail = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": list(scopes)},
    }
    message = (
        "This app hasn't been granted all required scopes to make this call. "
        f"Read more about required scopes here: {SCOPES_PAGE}."
    )
    return HubSpotError(
        403, message, "MISSING_SCOPES", {"errors": [detail], "links": {"scopes": SCOPES_PAGE}}
    )


def not_authenticated() -> HubSpotError:
    """401: no token, or one that HubSpot never issued or has revoked."""
    message = (
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
        "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
    )
    return HubSpotError(401, message, "INVALID_AUTHENTICATION")


def token_expired(seconds: int, expired_at: str) -> HubSpotError:
    """401: an OAuth access token outlived its half hour."""
    message = f"The OAuth token used to make this call expired {seconds} second(s) ago."
    return HubSpotError(401, message, "EXPIRED_AUTHENTICATION", {"context": {"expire time": [expired_at]}})


def too_many(policy: str) -> HubSpotError:
    """429: ``TEN_SECONDLY_ROLLING``, ``SECONDLY`` or ``DAILY``. No Retry-After: none is documented."""
    extra = {"errorType": "RATE_LIMIT", "policyName": policy}
    return HubSpotError(429, f"You have reached your {policy.lower()} limit.", "RATE_LIMITS", extra)

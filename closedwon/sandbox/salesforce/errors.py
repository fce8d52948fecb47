"""Refusals in Salesforce's two shapes: a list from resources, an OAuth object from the token endpoint."""

from __future__ import annotations


class RestError(Exception):
    """A refusal of a REST resource: ``[{"message": …, "errorCode": …}]``.

    Page: errorcodes of the REST API guide.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class OAuthError(Exception):
    """A refusal of the token endpoint: ``{"error": …, "error_description": …}`` with status 400."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


def not_found() -> RestError:
    """No such resource, object or API version."""
    return RestError(404, "NOT_FOUND", "The requested resource does not exist")


def session_invalid() -> RestError:
    """The token is unknown, expired or revoked."""
    return RestError(401, "INVALID_SESSION_ID", "Session expired or invalid")


def request_limit(message: str) -> RestError:
    """The org used up what it may ask in a day, or asks too much at once."""
    return RestError(403, "REQUEST_LIMIT_EXCEEDED", message)

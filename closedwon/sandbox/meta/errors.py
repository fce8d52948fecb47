"""Graph's error envelope.

Page: "Handling Errors". Codes and titles are Meta's; texts are as integrators have reported them.
"""

from __future__ import annotations

from typing import Any

from closedwon.sandbox.meta.rules import Refusal


class GraphError(Exception):
    """An answer that says no."""

    def __init__(self, status: int, message: str, code: int, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"message": message, "type": "OAuthException", "code": code, **more}


def parameter_error(text: str) -> GraphError:
    """Code 100 about the request itself."""
    return GraphError(400, f"(#100) {text}", 100)


def invalid_event(refusal: Refusal) -> GraphError:
    """Code 100 about an event, with the subcode and the words for a person."""
    return GraphError(
        400,
        "Invalid parameter",
        100,
        error_subcode=refusal.subcode,
        is_transient=False,
        error_user_title=refusal.title,
        error_user_msg=refusal.message,
    )


def unknown_object(method: str, object_id: str) -> GraphError:
    """Code 100, subcode 33: there is no such object, or the token may not see it."""
    return GraphError(
        400,
        f"Unsupported {method.lower()} request. Object with ID '{object_id}' does not exist, "
        "cannot be loaded due to missing permissions, or does not support this operation. Please read the Graph "
        "API documentation at https://developers.facebook.com/docs/graph-api",
        100,
        error_subcode=33,
    )


def unparsable_token() -> GraphError:
    """Code 190 of a token that is none."""
    return GraphError(401, "Invalid OAuth access token - Cannot parse access token", 190)


def invalidated_session() -> GraphError:
    """Code 190 of a token that was one."""
    return GraphError(
        401,
        "Error validating access token: The session has been invalidated because the user changed "
        "their password or Facebook has changed the session for security reasons.",
        190,
        error_subcode=460,
    )


def audience_error(status: int, code: int, subcode: int | None, title: str, text: str) -> GraphError:
    """An error of custom audiences, with the words for a person."""
    more: dict[str, Any] = {} if subcode is None else {"error_subcode": subcode}
    return GraphError(
        status,
        f"(#{code}) {title}",
        code,
        is_transient=False,
        error_user_title=title,
        error_user_msg=text,
        **more,
    )

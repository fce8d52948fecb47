"""Who may call: the token, its scope, and the account that it has access to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import grpc  # type: ignore[import-untyped]

from closedwon.sandbox.google.tokens import GOOGLE_ADS_SCOPE
from closedwon.sandbox.google_ads.errors import Problem, RefusedError
from closedwon.sandbox.world import AccessToken, GoogleAdsAccount


def check_token(token: AccessToken | None, now: datetime, *, revoked: bool) -> AccessToken:
    """The token, if it counts.

    Raises:
        RefusedError: it is unknown, revoked, run out, or for other APIs only.
    """
    problems = (
        (token is None, "OAUTH_TOKEN_INVALID"),
        (revoked, "OAUTH_TOKEN_REVOKED"),
        (token is not None and token.expires_at <= now, "OAUTH_TOKEN_EXPIRED"),
    )
    for wrong, code in problems:
        if wrong:
            raise RefusedError(grpc.StatusCode.UNAUTHENTICATED, Problem("authentication_error", code))
    if token is None or GOOGLE_ADS_SCOPE not in token.scopes:
        # Google's front end says so, before the API is asked: there is no failure of the API's own.
        raise RefusedError(
            grpc.StatusCode.PERMISSION_DENIED,
            message="Request had insufficient authentication scopes.",
            code="ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        )
    return token


def check_account(account: GoogleAdsAccount, token: AccessToken, metadata: Mapping[str, Any]) -> None:
    """Refuse a token whose holder has no access to the account, or not through the one that is logged in to.

    Raises:
        RefusedError: there is no access.
    """
    login = metadata.get("login-customer-id", account.customer_id)
    through = login in {account.customer_id, *account.login_customer_ids}
    if account.service_account != token.service_account or not through:
        raise denied()


def denied() -> RefusedError:
    """The refusal of an account that does not exist, or not for this caller."""
    problem = Problem("authorization_error", "USER_PERMISSION_DENIED")
    return RefusedError(grpc.StatusCode.PERMISSION_DENIED, problem)

"""Who may ask: service keys, and OAuth access tokens that a refresh token buys for half an hour.

Pages: "Manage OAuth tokens" (2026-03, v3 and v1), "Service keys" of the developer guides. The dated and the v3
endpoint take their parameters in the body only.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from closedwon.sandbox.hubspot.errors import not_authenticated, token_expired
from closedwon.sandbox.hubspot.times import iso
from closedwon.sandbox.world import HubSpotPortal


class OAuthError(Exception):
    """A refusal of the token endpoint: RFC 6749's keys, and HubSpot's own beside them."""

    def __init__(self, error: str, status: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.body = {
            "error": error,
            "error_description": description,
            "status": status,
            "message": description,
        }


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An OAuth access token's portal and end."""

    portal: HubSpotPortal
    expires_at: datetime


class Tokens:
    """Issues, knows, expires and revokes what a request can come with."""

    def __init__(self, portals: list[HubSpotPortal]) -> None:
        self._portals = portals
        self._access: dict[str, AccessToken] = {}
        self._revoked: set[str] = set()

    def grant(
        self, form: Mapping[str, str], now: datetime, lifetime: float, scopes: tuple[str, ...]
    ) -> dict[str, Any]:
        """Answer a refresh; ``lifetime`` in seconds.

        Raises:
            OAuthError: the request is refused.
        """
        if form.get("grant_type") != "refresh_token":
            message = "missing or unsupported grant type"
            raise OAuthError("unsupported_grant_type", "BAD_GRANT_TYPE", message)
        portal = self._app(form.get("client_id", ""), form.get("client_secret", ""))
        given = form.get("refresh_token", "")
        if not hmac.compare_digest(portal.refresh_token.encode(), given.encode()) or given in self._revoked:
            message = "refresh token is invalid, expired or revoked"
            raise OAuthError("invalid_grant", "BAD_REFRESH_TOKEN", message)
        token = f"C{secrets.token_urlsafe(60)}"
        self._access[token] = AccessToken(portal, now + timedelta(seconds=lifetime))
        return {
            "token_type": "bearer",
            "access_token": token,
            "refresh_token": portal.refresh_token,
            "expires_in": int(lifetime),
            "hub_id": portal.id,
            "scopes": ["oauth", *scopes],
        }

    def portal(self, authorization: str, now: datetime) -> HubSpotPortal:
        """The portal that the header ``Authorization`` opens.

        Raises:
            HubSpotError: 401, in words that tell an expired token from an unknown one.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token or token in self._revoked:
            raise not_authenticated()
        access = self._access.get(token)
        if access is not None:
            if now >= access.expires_at:
                seconds = int((now - access.expires_at).total_seconds())
                raise token_expired(seconds, iso(access.expires_at))
            return access.portal
        for portal in self._portals:
            if hmac.compare_digest(portal.service_key.encode(), token.encode()):
                return portal
        raise not_authenticated()

    def expire_all(self, now: datetime) -> None:
        """End the life of every access token; service keys have none to end."""
        self._access = {token: AccessToken(access.portal, now) for token, access in self._access.items()}

    def revoke(self, token: str) -> None:
        """Take a service key, an access token or a refresh token out of use."""
        self._revoked.add(token)

    def _app(self, client_id: str, client_secret: str) -> HubSpotPortal:
        for portal in self._portals:
            if portal.client_id == client_id:
                if hmac.compare_digest(portal.client_secret.encode(), client_secret.encode()):
                    return portal
                raise OAuthError("invalid_client", "BAD_CLIENT_SECRET", "missing or invalid client secret")
        raise OAuthError("invalid_client", "BAD_CLIENT_ID", "missing or invalid client id")

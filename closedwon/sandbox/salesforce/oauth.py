"""Sessions: the flows of the token endpoint that begin one, and the opaque tokens that they give.

Pages: remoteaccess_oauth_jwt_flow, remoteaccess_oauth_client_credentials_flow and
remoteaccess_oauth_refresh_token_flow of Salesforce Help.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt

from closedwon.sandbox.salesforce.errors import OAuthError
from closedwon.sandbox.world import SalesforceOrg

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"

_MAX_VALIDITY = 180
"""Seconds that an assertion may be valid for."""

_CLOCK_SKEW = 30
"""Seconds by which clocks may differ before an assertion counts as valid for too long."""

_SCOPE = "id api"


@dataclass(slots=True)
class Token:
    """An access token's owner, end, and how often it was used."""

    org: SalesforceOrg
    expires_at: float
    calls: int = 0


class TokenDesk:
    """Issues, knows and revokes access tokens."""

    def __init__(self, orgs: list[SalesforceOrg]) -> None:
        self._orgs = orgs
        self._tokens: dict[str, Token] = {}
        self._refresh_tokens = {org.refresh_token: org for org in orgs if org.refresh_token}

    def grant(
        self, form: Mapping[str, str], authorization: str, now: datetime, lifetime: float
    ) -> dict[str, Any]:
        """Answer a token request; ``lifetime`` in seconds is how long the token will be good.

        Raises:
            OAuthError: the request is refused, in Salesforce's words.
        """
        grant_type = form.get("grant_type", "")
        if grant_type == JWT_BEARER:
            org = self._by_assertion(form.get("assertion", ""), now)
        elif grant_type == "client_credentials":
            org = self._by_secret(*_credentials(form, authorization))
        elif grant_type == "refresh_token":
            return self._refreshed(form, authorization, now, lifetime)
        else:
            raise OAuthError("unsupported_grant_type", "grant type not supported")
        return self._issue(org, now, lifetime)

    def owner(self, token: str, now: datetime, calls: int | None) -> SalesforceOrg | None:
        """The org that a token belongs to, None once it is over: in time, or after so many ``calls``."""
        known = self._tokens.get(token)
        if known is None or now.timestamp() >= known.expires_at:
            return None
        known.calls += 1
        return known.org if calls is None or known.calls <= calls else None

    def revoke(self, token: str) -> None:
        """End a token at once."""
        self._tokens.pop(token, None)

    def session(self, org: SalesforceOrg, now: datetime, lifetime: float) -> str:
        """A new access token."""
        token = f"00D000000000001!{secrets.token_urlsafe(48)}"
        self._tokens[token] = Token(org, now.timestamp() + lifetime)
        return token

    def revoke_refresh_tokens(self) -> None:
        """End all refresh tokens at once; sessions that they gave go on."""
        self._refresh_tokens.clear()

    def revoke_all(self) -> None:
        """End all tokens at once."""
        self._tokens.clear()

    def _by_assertion(self, assertion: str, now: datetime) -> SalesforceOrg:
        try:
            unverified = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.PyJWTError:
            raise OAuthError("invalid_grant", "invalid assertion") from None
        org = self._org(str(unverified.get("iss", "")))
        try:
            claims = jwt.decode(
                assertion,
                org.public_key,
                algorithms=["RS256"],
                audience=_audiences(org),
                options={"require": ["iss", "sub", "aud", "exp"], "verify_exp": False},
            )
        except jwt.InvalidAudienceError:
            raise OAuthError("invalid_grant", "audience is invalid") from None
        except jwt.PyJWTError:
            raise OAuthError("invalid_grant", "invalid assertion") from None
        _check_expiry(claims["exp"], now)
        if claims["sub"] != org.username:
            raise OAuthError("invalid_grant", "user hasn't approved this consumer")
        return org

    def _by_secret(self, key: str, secret: str) -> SalesforceOrg:
        org = self._org(key)
        if not hmac.compare_digest(org.consumer_secret.encode(), secret.encode()):
            raise OAuthError("invalid_client", "invalid client credentials")
        return org

    def _refreshed(
        self, form: Mapping[str, str], authorization: str, now: datetime, lifetime: float
    ) -> dict[str, Any]:
        """A session for a refresh token; with rotation also the refresh token that takes its place."""
        key, secret = _credentials(form, authorization)
        org = self._org(key)
        if org.secret_required or secret:
            self._by_secret(key, secret)
        given = form.get("refresh_token", "")
        if self._refresh_tokens.get(given) is not org:
            raise OAuthError("invalid_grant", "expired access/refresh token")
        answer = self._issue(org, now, lifetime)
        if org.rotates_refresh_tokens:
            del self._refresh_tokens[given]
            answer["refresh_token"] = f"5Aep861{secrets.token_urlsafe(48)}"
            self._refresh_tokens[answer["refresh_token"]] = org
        return answer

    def _org(self, consumer_key: str) -> SalesforceOrg:
        for org in self._orgs:
            if org.consumer_key == consumer_key:
                return org
        raise OAuthError("invalid_client_id", "client identifier invalid")

    def _issue(self, org: SalesforceOrg, now: datetime, lifetime: float) -> dict[str, Any]:
        return {
            "access_token": self.session(org, now, lifetime),
            "scope": _SCOPE,
            "instance_url": f"https://{org.domain}.salesforce.com",
            "id": "https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA",
            "token_type": "Bearer",
            "issued_at": str(int(now.timestamp() * 1000)),
        }


def _audiences(org: SalesforceOrg) -> list[str]:
    """The login host of production orgs or of sandboxes, or the org's own My Domain."""
    login = "test" if ".sandbox." in org.domain else "login"
    return [f"https://{login}.salesforce.com", f"https://{org.domain}.salesforce.com"]


def _check_expiry(value: object, now: datetime) -> None:
    try:
        remaining = int(str(value)) - now.timestamp()
    except ValueError:
        raise OAuthError("invalid_grant", "invalid assertion") from None
    if remaining <= 0:
        raise OAuthError("invalid_grant", "expired authorization code")
    if remaining > _MAX_VALIDITY + _CLOCK_SKEW:
        raise OAuthError("invalid_grant", "invalid assertion")


def _credentials(form: Mapping[str, str], authorization: str) -> tuple[str, str]:
    """Key and secret from HTTP Basic, else from the form."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        key, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise OAuthError("invalid_client", "invalid client credentials") from None
    return key, secret

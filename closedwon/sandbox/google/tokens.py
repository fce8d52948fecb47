"""Google's OAuth 2.0 token endpoint for service accounts: a signed assertion in, a bearer token out.

Page: "Using OAuth 2.0 for Server to Server Applications". A token goes into ``World.google_tokens``, where
the servers of both of Google's APIs look it up.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.faults import Faults
from closedwon.sandbox.world import AccessToken, World

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
DATA_MANAGER_SCOPE = "https://www.googleapis.com/auth/datamanager"
GOOGLE_ADS_SCOPE = "https://www.googleapis.com/auth/adwords"
_SCOPES = frozenset({DATA_MANAGER_SCOPE, GOOGLE_ADS_SCOPE})
AUDIENCE = "https://oauth2.googleapis.com/token"
"""What an assertion always names as its audience, and Google's client whatever the key file says."""

MAX_LIFETIME = timedelta(hours=1)
_CLOCK_SKEW = timedelta(minutes=5)


class _TokenError(Exception):
    """A refusal in the form of RFC 6749, section 5.2."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.content = {"error": error, "error_description": description}


class GoogleTokens:
    """The token endpoint of one world.

    Attributes:
        lifetime: how long a token lasts.
    """

    def __init__(
        self, world: World, faults: Faults, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        del faults  # transport faults are played in front of every system; this one has none of its own
        self._world = world
        self._clock = clock
        self.lifetime = MAX_LIFETIME
        self._issued = 0
        self._refused: Counter[str] = Counter()

    def routes(self) -> list[BaseRoute]:
        """``POST /google/token``."""
        return [Route("/google/token", self._token, methods=["POST"])]

    def report(self) -> dict[str, Any]:
        """How many tokens were issued, and refusals by OAuth error."""
        return {"issued": self._issued, "refused": dict(self._refused)}

    async def _token(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        audiences = [AUDIENCE, str(request.url.replace(query=""))]
        try:
            service_account, scopes = self._verify(form, audiences)
        except _TokenError as error:
            self._refused[error.content["error"]] += 1
            return JSONResponse(error.content, status_code=400)
        token = f"ya29.sandbox.{secrets.token_urlsafe(48)}"
        expires_at = self._clock() + self.lifetime
        self._world.google_tokens[token] = AccessToken(service_account, expires_at, scopes)
        self._issued += 1
        seconds = int(self.lifetime.total_seconds())
        return JSONResponse({"access_token": token, "expires_in": seconds, "token_type": "Bearer"})

    def _verify(self, form: dict[str, list[str]], audiences: list[str]) -> tuple[str, frozenset[str]]:
        """Who asks, and for which of the scopes that are known here."""
        grant_type = form.get("grant_type", [""])[0]
        if grant_type != GRANT_TYPE:
            raise _TokenError("unsupported_grant_type", f"Invalid grant_type: {grant_type}")
        assertion = form.get("assertion", [""])[0]
        issuer = _claims(assertion).get("iss")
        account = next((item for item in self._world.accounts if item.service_account == issuer), None)
        if account is None:
            raise _TokenError("invalid_grant", "Invalid grant: account not found")
        claims = _verified(assertion, account.public_key, audiences)
        self._check_times(claims)
        scopes = _SCOPES.intersection(str(claims.get("scope", "")).split())
        if not scopes:
            raise _TokenError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return account.service_account, scopes

    def _check_times(self, claims: dict[str, Any]) -> None:
        now = self._clock().timestamp()
        issued, expires = claims["iat"], claims["exp"]
        skew = _CLOCK_SKEW.total_seconds()
        in_time = issued <= now + skew and expires >= now - skew
        if not in_time or not 0 < expires - issued <= MAX_LIFETIME.total_seconds():
            raise _TokenError(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                "Check your iat and exp values in the JWT claim.",
            )


def _claims(assertion: str) -> dict[str, Any]:
    try:
        return dict(jwt.decode(assertion, options={"verify_signature": False}))
    except jwt.InvalidTokenError:
        raise _TokenError("invalid_grant", "Bad Request") from None


def _verified(assertion: str, public_key: str, audiences: list[str]) -> dict[str, Any]:
    # Times are checked apart, since Google words that refusal differently and allows for skew.
    options: Any = {"require": ["iss", "aud", "iat", "exp"], "verify_exp": False, "verify_iat": False}
    try:
        return dict(
            jwt.decode(assertion, public_key, algorithms=["RS256"], audience=audiences, options=options)
        )
    except jwt.InvalidAudienceError:
        raise _TokenError("invalid_grant", "Invalid JWT: Failed audience check.") from None
    except jwt.MissingRequiredClaimError as error:
        raise _TokenError("invalid_grant", f"Invalid JWT: Missing claim {error.claim}.") from None
    except jwt.InvalidTokenError:
        raise _TokenError("invalid_grant", "Invalid JWT Signature.") from None

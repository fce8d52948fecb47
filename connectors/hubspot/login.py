"""Access tokens: a service key as it is, or one that is refreshed by OAuth 2.0 before it ends.

https://developers.hubspot.com/docs/api-reference/latest/authentication/manage-oauth-tokens
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from hubspot.crm.objects import ApiException

from config.redaction import register_secret
from config.sources.hubspot import HubSpotOAuth, HubSpotServiceKey
from connectors.base import SourceError
from connectors.hubspot.errors import failure_of, parsed, unreadable

Form = list[tuple[str, str]]
Ask = Callable[[Form], Any]
"""Posts a form to the token endpoint and gives its JSON."""

_EARLY_SECONDS = 60.0
"""A token that ends during a request would fail it."""
_REFUSED = frozenset({400, 401, 403})

_ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "BAD_REFRESH_TOKEN": "Check auth.refresh_token: install the app in the portal again for a new one.",
        "BAD_CLIENT_ID": "Check auth.client_id against the app's settings.",
        "BAD_CLIENT_SECRET": "Check auth.client_secret against the app's settings.",
    }
)
"""What the user can mend, by the token endpoint's ``status``."""


class Tokens:
    """The access token of one portal, asked for when first needed."""

    def __init__(
        self, auth: HubSpotServiceKey | HubSpotOAuth, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._auth = auth
        self._clock = clock
        self._token: str | None = None
        self._good_until = 0.0

    @property
    def credential(self) -> str:
        """What tells this access from others: a secret."""
        auth = self._auth
        secret = auth.token if isinstance(auth, HubSpotServiceKey) else auth.refresh_token
        return secret.get_secret_value()

    @property
    def renewable(self) -> bool:
        """Whether another token can be had once this one is refused."""
        return isinstance(self._auth, HubSpotOAuth)

    def current(self, ask: Ask) -> str:
        """A token that is good for the next request.

        Raises:
            RequestFailure: the token endpoint's answer holds no token; else what ``ask`` raises.
        """
        if isinstance(self._auth, HubSpotServiceKey):
            return self._auth.token.get_secret_value()
        token = self._token if self._clock() < self._good_until else None
        return token or self._refreshed(self._auth, ask)

    def forget(self) -> None:
        """Ask for another token next time."""
        self._token = None

    def _refreshed(self, auth: HubSpotOAuth, ask: Ask) -> str:
        answer = ask(
            [
                ("grant_type", "refresh_token"),
                ("client_id", auth.client_id),
                ("client_secret", auth.client_secret.get_secret_value()),
                ("refresh_token", auth.refresh_token.get_secret_value()),
            ]
        )
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise unreadable()
        register_secret(token)
        self._token = token
        self._good_until = self._clock() + float(answer.get("expires_in") or 0) - _EARLY_SECONDS
        return token


def refusal(error: ApiException) -> Exception:
    """What a failed refresh means: the credentials are wrong, or it passes."""
    failure = failure_of(error)
    if error.status not in _REFUSED:
        return failure
    body = parsed(error.body)
    code = str(body.get("status") or body.get("error") or failure.says)
    return SourceError(
        f"HubSpot refused to refresh the access token: {code}.",
        advice=_ADVICE.get(code, "Check auth.client_id, auth.client_secret and auth.refresh_token."),
        configuration=True,
    )

"""What every HTTP session to a platform must keep to, whichever SDK made it."""

from __future__ import annotations

from typing import Any

import requests

from config.types import is_loopback_url
from uploads.errors import Action, PlatformError, Policy

_REDIRECT = Policy(
    Action.HOLD,
    "the platform's address answered with a redirect, which is never followed: check the endpoint and the proxy",
)


def guard(session: requests.Session, endpoint: str) -> None:
    """Follow no redirect, and ask no proxy of the environment for a loopback ``endpoint``.

    A redirect would carry people's data or a key's assertion to an address that nobody configured, and that
    address could say "accepted". A proxy cannot reach this machine's own loopback.
    """
    session.trust_env = not is_loopback_url(endpoint)
    session.hooks["response"].insert(0, _refuse_redirects)


def _refuse_redirects(response: requests.Response, **_: Any) -> None:
    if response.is_redirect:
        raise PlatformError("redirect", _REDIRECT, detail=f"HTTP {response.status_code}")

"""Google credentials from a key file, by kind: Google's own advice against loading whatever a file claims to be.

https://cloud.google.com/docs/authentication/external/externally-sourced-credentials
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import google.auth.credentials
from google.oauth2 import credentials as user_credentials
from google.oauth2 import service_account

from config.types import is_loopback

SCOPE = "https://www.googleapis.com/auth/datamanager"


class KeyFileError(Exception):
    """The file is no key that can be used; the message names it and never quotes it."""


def load_credentials(
    path: Path, *, loopback_endpoint: bool, scope: str = SCOPE
) -> google.auth.credentials.Credentials:
    """Credentials of a service account's or an authorized user's key file, for one API by its ``scope``.

    Raises:
        KeyFileError: unreadable, of another kind, or naming a token address that is neither https nor loopback.
    """
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
        kind = info.get("type")
    except (OSError, ValueError, AttributeError) as error:
        raise KeyFileError(f"{path.name} is not a key file: {type(error).__name__}") from None
    _check_token_address(path, str(info.get("token_uri", "")))
    try:
        if kind == "service_account":
            maker = _LoopbackServiceAccount if loopback_endpoint else service_account.Credentials
            return _typed(maker.from_service_account_info(info, scopes=[scope]))  # type: ignore[no-untyped-call]
        if kind == "authorized_user":
            return _typed(user_credentials.Credentials.from_authorized_user_info(info, scopes=[scope]))  # type: ignore[no-untyped-call]
    except (ValueError, google.auth.exceptions.GoogleAuthError):
        raise KeyFileError(
            f"{path.name}: the key of type {kind} is incomplete or damaged; download it anew"
        ) from None
    raise KeyFileError(
        f"{path.name}: expected a key of type service_account or authorized_user, got {kind!r}"
    )


def project_of(credentials: google.auth.credentials.Credentials) -> str:
    """The Cloud project whose quotas the requests of ``credentials`` count against, by its id or number.

    A user's is that of the OAuth client, whose id begins with the project's number.
    """
    for name in ("quota_project_id", "project_id"):
        if project := getattr(credentials, name, None):
            return str(project)
    if email := getattr(credentials, "service_account_email", None):
        return str(email).partition("@")[2]
    return str(getattr(credentials, "client_id", "")).partition("-")[0]


class _LoopbackServiceAccount(service_account.Credentials):
    """A service account that speaks to this machine alone: no look-up of its allowed regions at Google."""

    def _is_regional_access_boundary_lookup_required(self) -> bool:
        return False


def _check_token_address(path: Path, address: str) -> None:
    """The private key's assertion goes to this address, so it gets the same scrutiny as an endpoint."""
    parts = urlsplit(address)
    if (
        address
        and parts.scheme != "https"
        and not (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    ):
        raise KeyFileError(f"{path.name}: token_uri must be https (plain http is accepted for loopback only)")


def _typed(credentials: Any) -> google.auth.credentials.Credentials:
    typed: google.auth.credentials.Credentials = credentials
    return typed

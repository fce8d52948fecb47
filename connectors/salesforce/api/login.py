"""Signing in to an org by the flow of the client's file, answered with a session token and the org's own host."""

from __future__ import annotations

import logging
import re
import warnings
from dataclasses import dataclass
from html import escape
from typing import Any
from xml.parsers.expat import ExpatError

import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.login import SalesforceLogin

from config.redaction import register_secret
from config.sources.salesforce import (
    SalesforceAuth,
    SalesforceClientCredentials,
    SalesforceJwt,
    SalesforcePassword,
    SalesforceRefreshToken,
)
from connectors.base import SourceError
from connectors.salesforce.api.errors import Action, RequestFailure
from connectors.salesforce.api.refusals import INSTEAD, refusal

_log = logging.getLogger(__name__)

_SALESFORCE_HOST = re.compile(
    r"([a-z0-9-]+\.)+(salesforce\.com|force\.com|salesforce\.mil|cloudforce\.com)", re.IGNORECASE
)
_TEST_DOMAIN = re.compile(r"test|.*\.(sandbox|scratch)\.my")

_SOAP_VERSION = "64.0"
"""The last one with ``login()``; the rest of the run is free to use a later one."""

PASSWORD_ENDS = (
    "auth.flow: password signs in by SOAP login(), which Salesforce retires in Summer '27 and leaves off in new "
    f"orgs: {INSTEAD}."
)
ROTATED = (
    "auth.refresh_token: the app rotates its refresh tokens, so the one in the client's file is used up and the "
    "next run cannot sign in with it: turn the rotation off in the External Client App and authorise it anew, or "
    "use flow: jwt."
)


@dataclass(frozen=True)
class Access:
    """A session with one org. ``token`` is a secret and stays out of the representation."""

    token: str
    host: str

    def __repr__(self) -> str:
        return f"Access(host={self.host!r})"


class Login:
    """Signs in to one org, as often as its sessions end.

    Attributes:
        warnings: what the user should know of this way to sign in, each in one sentence.
    """

    def __init__(self, auth: SalesforceAuth, session: requests.Session) -> None:
        self.warnings: tuple[str, ...] = (PASSWORD_ENDS,) if auth.flow == "password" else ()
        self._auth = auth
        self._session = session
        self._refresh_token = (
            auth.refresh_token.get_secret_value() if isinstance(auth, SalesforceRefreshToken) else ""
        )

    def access(self) -> Access:
        """Ask Salesforce for a session.

        Raises:
            SourceError: the credentials or the domain must be mended.
            RequestFailure: Salesforce could not answer now.
        """
        # The client's own advice for this mistake prints the consumer key; ours does not.
        warnings.filterwarnings("ignore", message=r"\s*If your connected app policy", category=UserWarning)
        try:
            token, host = self._ask()
        except SalesforceAuthenticationFailed as error:
            raise refusal(error, self._auth.flow) from None
        except (AttributeError, ExpatError):
            # The client looks for keys before it knows that the answer is an object, or XML.
            raise RequestFailure(Action.RETRY_ONCE, "the login's answer was not a token") from None
        if not (isinstance(token, str) and token and _SALESFORCE_HOST.fullmatch(host)):
            raise SourceError(
                "Salesforce's login named an instance that is not a Salesforce host; the session was not used.",
                advice="Check auth.domain, and what stands between this machine and Salesforce.",
                configuration=True,
            )
        return Access(token, host.lower())

    def _ask(self) -> tuple[Any, Any]:
        if isinstance(self._auth, SalesforceRefreshToken):
            return self._refreshed(self._auth)
        token, host = SalesforceLogin(session=self._session, **_credentials(self._auth))
        return token, host

    def _refreshed(self, auth: SalesforceRefreshToken) -> tuple[Any, Any]:
        """The flow that simple-salesforce lacks.

        https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow.htm
        """
        form = {
            "grant_type": "refresh_token",
            "client_id": auth.consumer_key.get_secret_value(),
            "refresh_token": self._refresh_token,
        }
        if auth.consumer_secret is not None:
            form["client_secret"] = auth.consumer_secret.get_secret_value()
        response = self._session.post(f"https://{auth.domain}.salesforce.com/services/oauth2/token", form)
        try:
            answer = response.json()
        except ValueError:
            raise SalesforceAuthenticationFailed(response.status_code, "") from None
        if response.status_code != 200:
            raise SalesforceAuthenticationFailed(answer.get("error"), answer.get("error_description"))
        self._keep(answer.get("refresh_token") or self._refresh_token)
        return answer.get("access_token"), answer.get("instance_url").removeprefix("https://")

    def _keep(self, refresh_token: str) -> None:
        """Remember a token that took the place of the file's, for as long as this run lasts."""
        if refresh_token != self._refresh_token:
            register_secret(refresh_token)
            self._refresh_token, self.warnings = refresh_token, (ROTATED,)
            # Also said now: a run that fails later has no notes, and the file's token is lost either way.
            _log.warning("Salesforce: %s", ROTATED)


def _credentials(auth: SalesforceJwt | SalesforceClientCredentials | SalesforcePassword) -> dict[str, Any]:
    if isinstance(auth, SalesforceClientCredentials):
        return {
            "domain": auth.domain,
            "consumer_key": auth.consumer_key.get_secret_value(),
            "consumer_secret": auth.consumer_secret.get_secret_value(),
        }
    if isinstance(auth, SalesforcePassword):
        token = auth.security_token
        return {
            "domain": auth.domain,
            "sf_version": _SOAP_VERSION,
            "username": auth.username,
            "password": auth.password.get_secret_value(),
            # It goes into the client's XML as it is.
            "security_token": escape(token.get_secret_value()) if token else None,
        }
    return {
        # The audience names the authorisation server, login or test; the org's own domain gives the token.
        "domain": "test" if _TEST_DOMAIN.fullmatch(auth.domain) else "login",
        "instance_url": auth.domain,
        "username": auth.username,
        "consumer_key": auth.consumer_key.get_secret_value(),
        "privatekey": _private_key(auth),
    }


def _private_key(auth: SalesforceJwt) -> str:
    advice = (
        "It must be the RSA key, in PEM form without a passphrase, to the External Client App's certificate."
    )
    try:
        pem = auth.private_key_file.read_bytes()
        key = load_pem_private_key(pem, password=None)
    except OSError as error:
        raise SourceError(
            f"auth.private_key_file: {auth.private_key_file} could not be read: {error.strerror}.",
            advice=advice,
            configuration=True,
        ) from None
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise SourceError(
            f"auth.private_key_file: {auth.private_key_file} holds no usable private key.",
            advice=advice,
            configuration=True,
        )
    return pem.decode("ascii")

"""Logging in by OAuth 2.0: JWT bearer or client credentials, answered with a token and the org's own host."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.login import SalesforceLogin

from config.sources.salesforce import SalesforceClientCredentials, SalesforceJwt
from connectors.base import SourceError
from connectors.salesforce.errors import Action, RequestFailure, failure_of_status

_SALESFORCE_HOST = re.compile(
    r"([a-z0-9-]+\.)+(salesforce\.com|force\.com|salesforce\.mil|cloudforce\.com)", re.IGNORECASE
)
_TEST_DOMAIN = re.compile(r"test|.*\.(sandbox|scratch)\.my")

_ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "invalid_client_id": "check auth.consumer_key: the Consumer Key of the org's External Client App",
        "invalid_client": "check auth.consumer_key and auth.consumer_secret against the External Client App",
        "invalid_grant": (
            "check the External Client App: its certificate belongs to auth.private_key_file, the user of "
            "auth.username is pre-authorised (or a run-as user is set, for client credentials), and this "
            "machine's clock is right"
        ),
        "invalid_app_access": "pre-authorise the user in the External Client App's policies",
        "app_not_found": "create or install an External Client App in this org and use its Consumer Key",
        "unsupported_grant_type": "enable the flow of auth.flow in the External Client App",
        "inactive_user": "activate the user of auth.username, or name another",
        "inactive_org": "the org is locked or expired: ask its administrator",
    }
)
"""What the user can mend, by the token endpoint's ``error``.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm
"""

_PASSING = frozenset({"server_error", "temporarily_unavailable", "rate_limit_exceeded"})


@dataclass(frozen=True)
class Access:
    """A session with one org. ``token`` is a secret and stays out of the representation."""

    token: str
    host: str

    def __repr__(self) -> str:
        return f"Access(host={self.host!r})"


def log_in(auth: SalesforceJwt | SalesforceClientCredentials, session: requests.Session) -> Access:
    """Ask the token endpoint for a session.

    Raises:
        SourceError: the credentials or the domain must be mended.
        RequestFailure: Salesforce could not answer now.
    """
    credentials = _credentials(auth)
    # The client's own advice for this mistake prints the consumer key; ours does not.
    warnings.filterwarnings("ignore", message=r"\s*If your connected app policy", category=UserWarning)
    try:
        token, host = SalesforceLogin(session=session, **credentials)
    except SalesforceAuthenticationFailed as error:
        raise _refusal(error) from None
    except AttributeError:
        # The client looks for keys before it knows that the answer is an object.
        raise RequestFailure(Action.RETRY_ONCE, "the token endpoint's answer was not a token") from None
    if not (isinstance(token, str) and token and _SALESFORCE_HOST.fullmatch(host)):
        raise SourceError(
            "Salesforce's login named an instance that is not a Salesforce host; the session was not used.",
            advice="Check auth.domain, and what stands between this machine and Salesforce.",
            configuration=True,
        )
    return Access(token, host.lower())


def _credentials(auth: SalesforceJwt | SalesforceClientCredentials) -> dict[str, Any]:
    if isinstance(auth, SalesforceClientCredentials):
        return {
            "domain": auth.domain,
            "consumer_key": auth.consumer_key.get_secret_value(),
            "consumer_secret": auth.consumer_secret.get_secret_value(),
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


def _refusal(error: SalesforceAuthenticationFailed) -> Exception:
    code: str | int = error.code or "an error without a name"
    if isinstance(code, int):
        # Not JSON, so a proxy's or a maintenance page rather than the token endpoint: its text is left out.
        failure = failure_of_status(code)
        if failure.action is Action.RETRY:
            return failure
        return SourceError(
            f"Salesforce's login answered HTTP {code} with something other than JSON.",
            advice="Check auth.domain: it is the org's My Domain without .salesforce.com, such as acme.my.",
            configuration=True,
        )
    if code in _PASSING:
        return RequestFailure(Action.RETRY, f"the login answered {code}")
    if code not in _ADVICE:
        return RequestFailure(Action.RETRY_ONCE, f"the login answered {code}")
    return SourceError(
        f"Salesforce refused the login: {code} ({error.auth_message}).",
        advice=f"{_ADVICE[code]}.",
        configuration=True,
    )

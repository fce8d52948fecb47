"""What a refused login means and what the user can mend, as tables: OAuth's errors and SOAP's exception codes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from connectors.base import SourceError
from connectors.salesforce.api.errors import Action, RequestFailure, failure_of_status

INSTEAD = "create an External Client App in the org and use flow: jwt"

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
"""By the token endpoint's ``error``.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm
"""

_SOAP_ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "INVALID_LOGIN": (
            "check auth.username, auth.password and auth.security_token (a new password brings a new token), "
            "and that the user is not locked out"
        ),
        "LOGIN_MUST_USE_SECURITY_TOKEN": "set auth.security_token: this network is none that the org trusts",
        "LOGIN_DURING_RESTRICTED_DOMAIN": "let the user's profile log in from this network",
        "LOGIN_DURING_RESTRICTED_TIME": "let the user's profile log in at this hour",
        "PASSWORD_LOCKOUT": "unlock the user, and check auth.password before the next run",
        "INSUFFICIENT_ACCESS": f"give the user the permission Use Any API Auth, or {INSTEAD}",
        "INVALID_OPERATION": f"enable SOAP API login() under Setup, User Interface, or {INSTEAD}",
        "UNSUPPORTED_API_VERSION": f"this org does not offer SOAP login() any more: {INSTEAD}",
        "API_DISABLED_FOR_ORG": "give the user the permission API Enabled",
        "ORG_LOCKED": "the org is locked: ask its administrator",
        "TRIAL_EXPIRED": "the org's trial is over: ask its administrator",
    }
)
"""By the ``exceptionCode`` of SOAP ``login()``.

https://developer.salesforce.com/docs/platform/api/guide/sforce-api-calls-login.html
"""

_FLOW_ADVICE: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("refresh_token", "invalid_grant"): (
            "authorise the app anew and put the new token at auth.refresh_token: the old one was revoked, ran "
            "out, or was used up because the app rotates its refresh tokens; turn the rotation off, or use "
            "flow: jwt, which needs none"
        ),
    }
)
"""Where one flow needs other words than the rest."""

_PASSING = frozenset(
    {
        "server_error",
        "temporarily_unavailable",
        "rate_limit_exceeded",
        "SERVER_UNAVAILABLE",
        "UNKNOWN_EXCEPTION",
    }
)


def refusal(error: SalesforceAuthenticationFailed, flow: str) -> SourceError | RequestFailure:
    """What to raise for a login that the client says has failed."""
    code: str | int = error.code or "an error without a name"
    if isinstance(code, int):
        # Not what a login answers, so a proxy's or a maintenance page: its text is left out.
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
    advice = _FLOW_ADVICE.get((flow, code)) or _ADVICE.get(code) or _SOAP_ADVICE.get(code)
    if advice is None:
        return RequestFailure(Action.RETRY_ONCE, f"the login answered {code}")
    said = error.auth_message.removeprefix(f"{code}: ")
    return SourceError(
        f"Salesforce refused the login: {code} ({said}).", advice=f"{advice}.", configuration=True
    )

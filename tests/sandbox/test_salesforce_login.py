"""How a session begins and ends: refresh tokens, SOAP login(), and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.login import SalesforceLogin

from tests.sandbox.small_org import (
    API,
    CONSUMER_KEY,
    CONSUMER_SECRET,
    DOMAIN,
    USERNAME,
    ServedOrg,
    lead,
    serve_org,
)

REFRESH = "5Aep861.the-refresh-token-of-the-test-org"


def refresh(org: ServedOrg, token: str = REFRESH, **form: str) -> requests.Response:
    given = {"grant_type": "refresh_token", "client_id": CONSUMER_KEY, "refresh_token": token, **form}
    return requests.post(f"{org.url}/services/oauth2/token", data=given, timeout=5)


def answers(org: ServedOrg, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{org.url}{API}/limits", headers=headers, timeout=5).ok


def test_a_refresh_token_gives_sessions_with_the_consumer_secret() -> None:
    with serve_org(refresh_token=REFRESH) as org:
        for _ in range(2):
            granted = refresh(org, client_secret=CONSUMER_SECRET).json()
            assert "refresh_token" not in granted
            assert answers(org, granted["access_token"])
        for form in ({}, {"client_secret": "wrong"}):
            assert refresh(org, **form).json() == {
                "error": "invalid_client",
                "error_description": "invalid client credentials",
            }
        org.server.revoke_refresh_tokens()
        assert answers(org, granted["access_token"])
        for token in (REFRESH, "5Aep861.unknown"):
            refused = refresh(org, token, client_secret=CONSUMER_SECRET)
            assert refused.status_code == 400
            assert refused.json() == {
                "error": "invalid_grant",
                "error_description": "expired access/refresh token",
            }


def test_a_public_client_refreshes_without_a_secret_and_may_have_its_token_rotated() -> None:
    with serve_org(refresh_token=REFRESH, secret_required=False, rotates_refresh_tokens=True) as org:
        first = refresh(org).json()
        assert refresh(org).json()["error"] == "invalid_grant"
        second = refresh(org, first["refresh_token"]).json()
        assert len({REFRESH, first["refresh_token"], second["refresh_token"]}) == 3
        assert answers(org, second["access_token"])


def test_an_org_without_a_refresh_token_takes_none() -> None:
    with serve_org() as org:
        assert refresh(org, "", client_secret=CONSUMER_SECRET).json()["error"] == "invalid_grant"


def test_a_token_ends_after_so_many_calls() -> None:
    with serve_org({"Lead": [lead(1)]}) as org:
        org.set_up(token_calls=2)
        client = org.client()
        assert [client.query("SELECT Id FROM Lead").status_code for _ in range(3)] == [200, 200, 401]
        client.log_in()
        assert client.query("SELECT Id FROM Lead").ok


class _ToSandbox(HTTPAdapter):
    def __init__(self, org: ServedOrg) -> None:
        super().__init__()
        self._url = org.url

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        request.url = self._url + request.path_url
        return super().send(request, *args, **kwargs)


def soap_login(org: ServedOrg, version: str = "64.0", **changes: str) -> tuple[str, str]:
    """The session id and host that the real client gets."""
    session = requests.Session()
    session.mount("https://", _ToSandbox(org))
    given: Any = {"username": USERNAME, "password": "pass<word", "security_token": "token1", **changes}
    found: tuple[str, str] = SalesforceLogin(session=session, domain=DOMAIN, sf_version=version, **given)
    return found


FEATURES: dict[str, Any] = {"password": "pass<word", "security_token": "token1"}


def test_soap_login_takes_username_password_and_token_where_it_is_enabled() -> None:
    with serve_org(soap_login=True, **FEATURES) as org:
        session, host = soap_login(org)
        assert host == f"{DOMAIN}.salesforce.com"
        assert answers(org, session)


@pytest.mark.parametrize(
    ("features", "changes", "code", "words"),
    [
        ({}, {}, "INVALID_OPERATION", "SOAP API login() is disabled by default in this org."),
        ({"soap_login": True}, {"password": "wrong"}, "INVALID_LOGIN", "Invalid username, password"),
        ({"soap_login": True}, {"security_token": ""}, "INVALID_LOGIN", "Invalid username, password"),
        ({"soap_login": True}, {"username": "else@helio.example"}, "INVALID_LOGIN", "Invalid username"),
        ({"soap_login": True}, {"version": "65.0"}, "INVALID_OPERATION", "not available"),
        ({"soap_login": True}, {"version": "30.0"}, "UNSUPPORTED_API_VERSION", "Invalid Api version"),
    ],
)
def test_soap_login_is_refused_with_a_fault(
    features: dict[str, Any], changes: dict[str, str], code: str, words: str
) -> None:
    with (
        serve_org(**FEATURES, **features) as org,
        pytest.raises(SalesforceAuthenticationFailed) as refused,
    ):
        soap_login(org, **changes)
    assert refused.value.code == code
    assert words in str(refused.value)

"""Every way to sign in: what works, what is refused and what is about to end, told without showing a secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from closedwon.sandbox.faults import Fault
from config.redaction import redact
from config.sources import SalesforceSettings
from connectors.base import SourceError
from tests.connectors.salesforce_org import CLIENT_CREDENTIALS, KEY, SECRET, STAGES, Org, Served, serving

COUNT = "SELECT COUNT() FROM Lead"
TOKEN = "/services/oauth2/token"
SOAP = "/services/Soap/u/64.0"
REFRESH = "5Aep861-refresh-token-0123456789"
PASSWORD = 'pass&"<word>'
SECURITY_TOKEN = "Sec&urity<Token"

REFRESH_TOKEN: dict[str, Any] = {
    "flow": "refresh_token",
    "domain": "login",
    "consumer_key": KEY,
    "consumer_secret": SECRET,
    "refresh_token": REFRESH,
}
BY_PASSWORD: dict[str, Any] = {
    "flow": "password",
    "domain": "acme.my",
    "username": "sync@acme.example",
    "password": PASSWORD,
    "security_token": SECURITY_TOKEN,
}
FEATURES: dict[str, Any] = {
    "refresh_token": REFRESH,
    "password": PASSWORD,
    "security_token": SECURITY_TOKEN,
    "soap_login": True,
}
ALL_FLOWS = {auth["flow"]: auth for auth in (CLIENT_CREDENTIALS, REFRESH_TOKEN, BY_PASSWORD)}


@pytest.fixture
def org() -> Org:
    org = Org()
    org.lead(1, "Working")
    return org


@pytest.fixture
def served(tmp_path: Path, org: Org) -> Iterator[Served]:
    with serving(org, tmp_path, **FEATURES) as served:
        yield served


def refused(served: Served, **changes) -> SourceError:
    with pytest.raises(SourceError) as caught:
        served.client(**changes).count(COUNT)
    return caught.value


@pytest.mark.parametrize("auth", ALL_FLOWS.values(), ids=ALL_FLOWS.keys())
def test_every_flow_signs_in_and_again_when_its_session_ends(served: Served, auth: dict) -> None:
    client = served.client(auth=auth)
    assert client.count(COUNT) == 1
    served.server.revoke_tokens()
    assert client.count(COUNT) == 1
    assert served.count("logins") == 2


@pytest.mark.parametrize("auth", ALL_FLOWS.values(), ids=ALL_FLOWS.keys())
@pytest.mark.parametrize(
    "domain", ["acme.my.salesforce.com", "evil.example/", "evil.example#", "login@evil", "na1"]
)
def test_credentials_go_to_no_domain_that_is_not_salesforces(auth: dict, domain: str) -> None:
    with pytest.raises(ValidationError, match="My Domain"):
        SalesforceSettings.model_validate(
            {"type": "salesforce", "auth": {**auth, "domain": domain}, "stages": STAGES}
        )


@pytest.mark.parametrize("auth", [REFRESH_TOKEN, BY_PASSWORD], ids=["refresh_token", "password"])
def test_a_login_that_names_a_host_that_is_not_salesforces_gives_no_session(
    served: Served, auth: dict
) -> None:
    answers = {
        TOKEN: json.dumps({"access_token": "secret-token-1", "instance_url": "https://evil.example"}),
        SOAP: "<r><serverUrl>https://evil.example/x</serverUrl><sessionId>secret-token-1</sessionId></r>",
    }
    for path, body in answers.items():
        served.faults.add(
            Fault("salesforce", "status", path=path, status=200, body=body, content_type="text/xml")
        )
    error = refused(served, auth=auth)
    assert "not a Salesforce host" in str(error)
    assert "secret-token-1" not in str(error)
    assert served.count("requests") == 0


@pytest.mark.parametrize("auth", [REFRESH_TOKEN, BY_PASSWORD], ids=["refresh_token", "password"])
@pytest.mark.parametrize(
    ("status", "body"),
    [(502, "<html><p>down</html>"), (503, ""), (200, "[]"), (200, "{}")],
)
def test_a_login_that_is_down_for_a_moment_is_tried_again(
    served: Served, auth: dict, status: int, body: str
) -> None:
    for path in (TOKEN, SOAP):
        served.faults.add(Fault("salesforce", "status", path=path, status=status, body=body))
    assert served.client(auth=auth).count(COUNT) == 1


def test_a_refresh_token_needs_no_secret_where_the_app_asks_for_none(tmp_path: Path, org: Org) -> None:
    auth = {name: value for name, value in REFRESH_TOKEN.items() if name != "consumer_secret"}
    with serving(org, tmp_path, **FEATURES, secret_required=False) as served:
        client = served.client(auth=auth)
        assert client.count(COUNT) == 1
    assert client.warnings == ()


def test_a_refresh_token_that_was_revoked_is_told_how_to_mend_and_not_shown(served: Served) -> None:
    served.server.revoke_refresh_tokens()
    error = refused(served, auth=REFRESH_TOKEN)
    assert "invalid_grant (expired access/refresh token)" in str(error)
    assert "auth.refresh_token" in error.advice
    assert "flow: jwt" in error.advice
    assert error.configuration
    assert REFRESH not in f"{error} {error.advice}"


def test_a_token_that_rotates_under_a_long_read_serves_to_its_end_and_its_loss_is_told(
    tmp_path: Path, org: Org, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(org, tmp_path, **FEATURES, rotates_refresh_tokens=True) as served:
        client = served.client(auth=REFRESH_TOKEN)
        with caplog.at_level(logging.DEBUG):
            for _ in range(3):
                assert client.count(COUNT) == 1
                served.server.revoke_tokens()
        error = refused(served, auth=REFRESH_TOKEN)
    (warning,) = client.warnings
    assert "turn the rotation off" in warning
    assert "used up" in error.advice
    rotated = client._login._refresh_token
    assert rotated not in f"{caplog.text}{warning}"
    assert rotated not in redact(f"an SDK's error with {rotated} in it")


def test_a_password_signs_in_by_the_last_version_that_can_and_reads_by_the_newest(served: Served) -> None:
    client = served.client(auth=BY_PASSWORD)
    served.faults.add(Fault("salesforce", "status", path=SOAP, status=503))
    served.faults.add(Fault("salesforce", "status", path="/services/data/v68.0/query", status=503))
    assert client.count(COUNT) == 1
    assert sum(served.faults.report().values()) == 2


def test_a_password_is_warned_of_its_end(served: Served) -> None:
    (warning,) = served.client(auth=BY_PASSWORD).warnings
    assert "Summer '27" in warning
    assert "External Client App" in warning
    assert served.client(auth=CLIENT_CREDENTIALS).warnings == ()


def test_a_password_needs_no_security_token_in_a_trusted_network(tmp_path: Path, org: Org) -> None:
    auth = {name: value for name, value in BY_PASSWORD.items() if name != "security_token"}
    with serving(org, tmp_path, **{**FEATURES, "security_token": ""}) as served:
        assert served.client(auth=auth).count(COUNT) == 1


def test_a_wrong_password_is_named_and_not_shown(served: Served) -> None:
    error = refused(served, auth={**BY_PASSWORD, "password": "wrong-password-777"})
    assert str(error) == (
        "Salesforce refused the login: INVALID_LOGIN (Invalid username, password, security token; or user locked out.)."
    )
    assert "auth.security_token" in error.advice
    assert error.configuration
    assert served.count("logins") == 0


def test_an_org_without_soap_login_is_told_what_to_use_instead(tmp_path: Path, org: Org) -> None:
    with serving(org, tmp_path, **{**FEATURES, "soap_login": False}) as served:
        error = refused(served, auth=BY_PASSWORD)
    assert "INVALID_OPERATION (SOAP API login() is disabled" in str(error)
    assert "flow: jwt" in error.advice


def test_a_retired_api_version_is_named_by_its_setting(served: Served) -> None:
    body = json.dumps([{"errorCode": "GONE", "message": "The requested API version is retired"}])
    path, kind = "/services/data/v31.0", "application/json"
    served.faults.add(Fault("salesforce", "status", path=path, status=410, body=body, content_type=kind))
    error = refused(served, api_version="31.0")
    assert "api_version" in error.advice
    assert error.configuration


def test_an_api_version_that_is_not_there_yet_is_named_by_its_setting(served: Served) -> None:
    assert "api_version" in refused(served, api_version="99.0").advice

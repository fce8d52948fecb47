"""What passes by itself is waited for, what does not ends in a message, and secrets stay where they belong."""

from __future__ import annotations

import json
import logging
import socket
from pathlib import Path

import pytest
import requests

from closedwon.sandbox.faults import Fault
from connectors.base import SourceError
from connectors.salesforce.api.session import Session
from tests.connectors.salesforce_org import (
    CLIENT_CREDENTIALS,
    KEY,
    PRIVATE_PEM,
    SECRET,
    Org,
    entries_of,
    serving,
)

QUERY = "/services/data/v68.0/query"
TOKEN = "/services/oauth2/token"


@pytest.fixture
def org() -> Org:
    org = Org()
    org.lead(1, "Working")
    org.opportunity(1, "Closed Won")
    return org


def refused(code: str, message: str = "", status: int = 400, **changes) -> Fault:
    given = {"path": QUERY, "times": None, **changes}
    body = json.dumps([{"message": message, "errorCode": code}])
    return Fault("salesforce", "status", status=status, body=body, content_type="application/json", **given)


def read(served, **changes):
    return entries_of(list(served.connector(**changes).read(None)))["stage"].tolist()


def failure(served, **changes) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(served, **changes)
    return caught.value


PASSING = {
    "a gateway's HTML page": Fault("salesforce", "status", path=QUERY),
    "an unavailable server": refused("SERVER_UNAVAILABLE", status=503, times=1),
    "a locked row": refused("UNABLE_TO_LOCK_ROW", times=1),
    "too many requests at the same time": refused(
        "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", 403, times=1
    ),
    "a 406": Fault("salesforce", "status", path=QUERY, status=406),
    "a 420": Fault("salesforce", "status", path=QUERY, status=420),
    "a 429": Fault("salesforce", "status", path=QUERY, status=429),
    "a code that nobody knows, once": refused("NEW_THING", times=1),
    "a success that is not JSON": Fault("salesforce", "status", path=QUERY, status=200, body="<html>"),
    "a success that is nothing": Fault(
        "salesforce", "status", path=QUERY, status=200, body="null", content_type="application/json"
    ),
    "a success without content": Fault(
        "salesforce", "status", path="/services/data/v68.0/sobjects", status=204, body=""
    ),
    "a refused session that is not JSON": Fault("salesforce", "status", path=QUERY, status=401),
    "a reset connection": Fault("salesforce", "reset", path=QUERY),
    "an answer that was cut off": Fault("salesforce", "truncate", path=QUERY),
    "a token endpoint that is down": Fault("salesforce", "status", path=TOKEN, status=503),
    "a token endpoint that resets": Fault("salesforce", "reset", path=TOKEN),
    "a session that ended": Fault("salesforce", "revoke"),
    "a session that ended half-way": Fault("salesforce", "revoke", after=3),
    "a describe that fails": Fault("salesforce", "status", path="/services/data/v68.0/sobjects"),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_what_passes_by_itself_costs_nothing_but_time(tmp_path: Path, org: Org, fault: Fault) -> None:
    with serving(org, tmp_path) as served:
        served.faults.add(fault)
        assert read(served) == ["lead", "won"]
        assert sum(served.faults.report().values()) == 1, "the fault was met"


LASTING = {
    "bad gateways": (Fault("salesforce", "status", times=None, path=QUERY), "3 times: HTTP 502", False),
    "resets": (Fault("salesforce", "reset", times=None, path=QUERY), "3 times: ConnectionError", False),
    "an unknown code": (refused("NEW_THING", "Something new"), "2 times: NEW_THING, Something new", False),
    "a field that vanished": (
        refused(
            "INVALID_FIELD",
            "\nSELECT A FROM Lead\n       ^\nERROR at Row:1:Column:8\nNo such column 'A' on entity"
            " 'Lead'. If you are attempting to use a custom field, …",
        ),
        "INVALID_FIELD, No such column 'A' on entity 'Lead'.",
        True,
    ),
    "a disabled API": (refused("API_DISABLED_FOR_ORG", status=403), "API_DISABLED_FOR_ORG", True),
}


@pytest.mark.parametrize(("fault", "says", "configuration"), LASTING.values(), ids=LASTING.keys())
def test_what_stays_ends_in_an_error_that_says_what_it_was(
    tmp_path: Path, org: Org, fault: Fault, says: str, configuration: bool
) -> None:
    with serving(org, tmp_path) as served:
        served.faults.add(fault)
        error = failure(served)
    assert says in str(error)
    assert error.configuration is configuration
    assert error.advice


def test_a_session_that_is_refused_for_good_is_renewed_once_and_no_more(tmp_path: Path, org: Org) -> None:
    with serving(org, tmp_path) as served:
        served.faults.add(Fault("salesforce", "revoke", times=None))
        error = failure(served)
        assert served.count("logins") == 2
    assert "INVALID_SESSION_ID" in str(error)
    assert error.configuration


def test_a_long_read_may_renew_its_session_more_than_once(tmp_path: Path, org: Org) -> None:
    with serving(org, tmp_path) as served:
        served.faults.add(*(Fault("salesforce", "revoke", after=after) for after in (1, 3, 6)))
        assert read(served) == ["lead", "won"]
        assert served.count("logins") == 4


def test_the_daily_limit_stops_the_read_where_the_next_one_goes_on_and_quotes_the_usage(
    tmp_path: Path, org: Org
) -> None:
    with serving(org, tmp_path) as served:
        plenty, none = served.server.settings, served.server.settings.changed({"daily_requests": 0})
        reading = served.connector().read(None)
        first = next(reading)
        served.server.settings = none
        with pytest.raises(SourceError, match=r"REQUEST_LIMIT_EXCEEDED.*api-usage=\d+/0") as caught:
            list(reading)
        served.server.settings = plenty
        rest = entries_of(list(served.connector(overlap_minutes=0).read(first.cursor)))
    assert first.entries["stage"].tolist() == ["lead"]
    assert "won" in rest["stage"].tolist()
    assert not caught.value.configuration


def test_a_lost_place_in_an_answer_is_found_again(tmp_path: Path) -> None:
    org = Org()
    lead = org.lead(1, "Working", modified=2500)
    for minute in range(2100):
        org.lead_history(lead, minute, "Status", "Working", "Working")
    with serving(org, tmp_path) as served:
        served.faults.add(refused("INVALID_QUERY_LOCATOR", times=1, path=f"{QUERY}/0r8"))
        assert read(served) == ["lead"]
        assert served.faults.report()


def test_a_server_that_does_not_answer_is_given_up_after_the_timeout(tmp_path: Path, org: Org) -> None:
    with serving(org, tmp_path) as served:
        served.faults.add(Fault("salesforce", "hang", times=None, path=QUERY, seconds=5))
        error = failure(served, timeout_seconds=0.1)
    assert "ReadTimeout" in str(error)


def test_a_count_that_is_not_answered_in_time_leaves_the_records_to_a_job(tmp_path: Path, org: Org) -> None:
    with serving(org, tmp_path) as served:
        served.faults.add(Fault("salesforce", "hang", path=QUERY, seconds=5))
        assert read(served, timeout_seconds=0.3) == ["lead", "won"]
        assert served.count("bulk_jobs") == 1


def test_a_query_that_is_not_answered_in_time_is_asked_over_shorter_spans(tmp_path: Path, org: Org) -> None:
    with serving(org, tmp_path) as served:
        served.faults.add(Fault("salesforce", "hang", times=4, path=QUERY, seconds=5))
        assert read(served, timeout_seconds=0.3, bulk="never") == ["lead", "won"]


def test_an_object_that_is_hidden_is_named(tmp_path: Path, org: Org) -> None:
    with serving(org, tmp_path) as served:
        served.hide("Lead")
        error = failure(served)
    assert "cannot see the object Lead" in str(error)
    assert error.configuration


@pytest.mark.parametrize("code", ["FEATURENOTENABLED", "FeatureNotEnabled"])
def test_an_org_without_the_bulk_api_is_told_to_do_without(tmp_path: Path, org: Org, code: str) -> None:
    with serving(org, tmp_path) as served:
        served.faults.add(refused(code, path="/services/data/v68.0/jobs"))
        error = failure(served, bulk="always")
    assert "bulk: never" in error.advice
    assert error.configuration


def test_client_credentials_log_in_too(tmp_path: Path, org: Org) -> None:
    with serving(org, tmp_path) as served:
        assert read(served, auth=CLIENT_CREDENTIALS) == ["lead", "won"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"auth": {**CLIENT_CREDENTIALS, "consumer_secret": "wrong-secret-777"}}, "invalid_client"),
        ({"auth": {**CLIENT_CREDENTIALS, "consumer_key": "wrong-key-777"}}, "invalid_client_id"),
    ],
)
def test_refused_credentials_are_named_and_not_shown(
    tmp_path: Path, org: Org, changes: dict, says: str
) -> None:
    with serving(org, tmp_path) as served:
        error = failure(served, **changes)
        assert served.count("requests") == 0
    assert says in str(error)
    assert "auth.consumer_key" in error.advice
    assert error.configuration
    assert "777" not in f"{error} {error.advice}"


def test_a_user_who_is_not_approved_is_told_how_without_printing_the_key(
    tmp_path: Path, org: Org, recwarn: pytest.WarningsRecorder
) -> None:
    with serving(org, tmp_path) as served:
        auth = served.settings().auth.model_copy(update={"username": "other@acme.example"})
        error = failure(served, auth=auth)
    assert "invalid_grant (user hasn't approved this consumer)" in str(error)
    assert "pre-authorised" in error.advice
    assert not any(KEY in str(warning.message) for warning in recwarn)


@pytest.mark.parametrize("content", ["not a key", "", PRIVATE_PEM[:200]])
def test_an_unusable_key_file_is_named_and_not_shown(tmp_path: Path, org: Org, content: str) -> None:
    key_file = tmp_path / "broken.pem"
    key_file.write_text(content)
    with serving(org, tmp_path) as served:
        auth = served.settings().auth.model_copy(update={"private_key_file": key_file})
        error = failure(served, auth=auth)
        assert served.count("logins") == 0
    assert "broken.pem" in str(error)
    assert error.configuration
    assert not content or content[:8] not in str(error)


@pytest.mark.parametrize(
    "instance",
    [
        "https://evil.example",
        "https://acme.my.salesforce.com.evil.example",
        "https://a.salesforce.com@evil.example",
    ],
)
def test_a_token_is_never_sent_to_a_host_that_is_not_salesforce(
    tmp_path: Path, org: Org, instance: str
) -> None:
    body = json.dumps({"access_token": "secret-token-1", "instance_url": instance})
    with serving(org, tmp_path) as served:
        served.faults.add(
            Fault("salesforce", "status", path=TOKEN, status=200, body=body, content_type="application/json")
        )
        error = failure(served)
        assert served.count("requests") == 0
    assert "not a Salesforce host" in str(error)
    assert "secret-token-1" not in str(error)


@pytest.mark.parametrize("status", [302, 307, 308])
def test_credentials_never_follow_a_redirect(tmp_path: Path, org: Org, status: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere, serving(org, tmp_path) as served:
        elsewhere.settimeout(0.05)
        location = {"Location": f"https://127.0.0.1:{elsewhere.getsockname()[1]}/"}
        served.faults.add(Fault("salesforce", "status", path=TOKEN, status=status, headers=location))
        error = failure(served)
        with pytest.raises(TimeoutError):
            elsewhere.accept()
    assert f"HTTP {status}" in str(error)
    assert "auth.domain" in error.advice


def test_a_netrc_entry_does_not_replace_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine acme.my.salesforce.com\nlogin someone\npassword else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    request = requests.Request(
        "GET", "https://acme.my.salesforce.com/", headers={"Authorization": "Bearer token"}
    )
    with Session(endpoint=None, timeout_seconds=1) as session:
        assert session.prepare_request(request).headers["Authorization"] == "Bearer token"


def test_proxies_of_the_environment_do_not_detour_loopback(
    tmp_path: Path, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving(org, tmp_path) as served:
        assert read(served) == ["lead", "won"]


def test_logs_at_every_level_hold_no_token_no_key_and_no_person(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    org = Org()
    org.lead(1, "Working", Email="private.person@example.com", Phone="01632 960999")
    with serving(org, tmp_path) as served, caplog.at_level(logging.DEBUG):
        served.faults.add(Fault("salesforce", "status", path=QUERY))
        assert read(served, auth=CLIENT_CREDENTIALS) == ["lead"]
    assert "HTTP 502" in caplog.text
    for secret in (KEY, SECRET, "00D000000000001!", "private.person", "960999"):
        assert secret not in caplog.text

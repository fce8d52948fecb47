"""What passes by itself is waited for, what does not ends in a message, and secrets stay where they belong."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from closedwon.sandbox.faults import Fault
from config.redaction import redact
from connectors.base import SourceError
from connectors.hubspot.limits import Limiter
from tests.connectors.hubspot_portal import (
    CONTACT_PATH,
    OAUTH,
    ONLY_CONTACTS,
    SERVICE_KEY,
    Portal,
    Served,
    entries_of,
    refusal,
    serving,
)

SEARCH = f"{CONTACT_PATH}/search"
BATCH = f"{CONTACT_PATH}/batch/read"
TOKEN = "/oauth/2026-03/token"


def a_portal() -> Portal:
    portal = Portal()
    contact = portal.contact(7, ("lead", 0), email="ada@example.com")
    portal.deal(5, ("closedwon", 60), of=[contact])
    return portal


@pytest.fixture
def portal() -> Portal:
    return a_portal()


@pytest.fixture(scope="module")
def standing() -> Iterator[Served]:
    """A portal that is served once for all tests that leave it as it is."""
    with serving(a_portal()) as served:
        yield served


@pytest.fixture
def steady(standing: Served) -> Iterator[Served]:
    yield standing
    standing.faults.clear()


def read(served: Served, **changes: Any) -> list[str]:
    return entries_of(served.read(**changes))["stage"].tolist()


def failure(served: Served, **changes: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(served, **changes)
    return caught.value


def limit(policy: str, **changes: Any) -> Fault:
    body = {
        "status": "error",
        "errorType": "RATE_LIMIT",
        "policyName": policy,
        "message": "You are too fast.",
    }
    return refusal(429, json.dumps(body), **{"path": BATCH, **changes})


PASSING = {
    "a gateway's HTML page": Fault("hubspot", "status", path=SEARCH),
    "an unavailable server": refusal(503, "{}", BATCH, times=1),
    "429s not retried on a batch read": limit("TEN_SECONDLY_ROLLING", times=1),
    "429s not retried on a search": limit("SECONDLY", path=SEARCH, times=1),
    "a 429 that names no policy": refusal(429, "{}", BATCH, times=1),
    "a locked portal": refusal(423, "{}", BATCH, times=1),
    "a portal that is moved": refusal(477, "{}", BATCH, times=1, headers={"Retry-After": "0"}),
    "a timeout of HubSpot's own": refusal(408, "", BATCH, times=1),
    "a status that nobody knows, once": refusal(418, "{}", BATCH, times=1),
    "a success that is not JSON": refusal(200, "<html>", BATCH, times=1),
    "a success that is no object": refusal(200, "[]", BATCH, times=1),
    "a reset connection": Fault("hubspot", "reset", path=BATCH),
    "an answer that was cut off": Fault("hubspot", "truncate", path=BATCH),
    "properties that fail": Fault("hubspot", "status", path="/crm/properties"),
    "pipelines that fail": Fault("hubspot", "status", path="/crm/pipelines"),
    "associations that fail": Fault("hubspot", "reset", path="/crm/associations"),
    "a list that fails": Fault("hubspot", "status", path=CONTACT_PATH, after=3),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_what_passes_by_itself_costs_nothing_but_time(steady: Served, fault: Fault) -> None:
    before = sum(steady.faults.report().values())
    steady.faults.add(fault)
    assert read(steady) == ["lead", "won"]
    assert sum(steady.faults.report().values()) == before + 1, "the fault was met"


LASTING = {
    "bad gateways": (Fault("hubspot", "status", times=None, path=BATCH), "3 times: HTTP 502", False),
    "resets": (Fault("hubspot", "reset", times=None, path=BATCH), "3 times: ProtocolError", False),
    "throttling": (limit("TEN_SECONDLY_ROLLING"), "3 times: TEN_SECONDLY_ROLLING", False),
    "an unknown status": (
        refusal(418, '{"category": "TEAPOT", "message": "No"}'),
        "2 times: TEAPOT, No",
        False,
    ),
    "a wrong request": (
        refusal(
            400, '{"category": "VALIDATION_ERROR", "message": "There was a problem", "correlationId": "c-1"}'
        ),
        "VALIDATION_ERROR, There was a problem (correlation id c-1)",
        True,
    ),
    "an address that is too long": (refusal(414, "<html>"), "HTTP 414", True),
    "missing scopes": (refusal(403, '{"category": "MISSING_SCOPES"}'), "MISSING_SCOPES", True),
}


@pytest.mark.parametrize(("fault", "says", "configuration"), LASTING.values(), ids=LASTING.keys())
def test_what_stays_ends_in_an_error_that_says_what_it_was(
    steady: Served, fault: Fault, says: str, configuration: bool
) -> None:
    steady.faults.add(fault)
    error = failure(steady)
    assert says in str(error)
    assert error.configuration is configuration
    assert error.advice


def test_an_api_version_that_is_no_longer_served_is_named_as_the_reason(steady: Served) -> None:
    error = failure(steady, api_version="2025-09")
    assert "api_version" in error.advice
    assert error.configuration


def test_the_daily_limit_stops_the_read_where_the_next_one_goes_on_and_says_what_is_left(
    portal: Portal,
) -> None:
    with serving(portal) as served:
        served.tell(daily_requests=6)
        reading = served.connector().read(None)
        first = next(reading)
        with pytest.raises(SourceError, match=r"DAILY.*0 of 6 calls left today") as caught:
            list(reading)
        served.tell(daily_requests=1_000_000)
        rest = served.read(first.cursor, overlap_minutes=0)
    assert first.entries["stage"].tolist() == ["lead"]
    assert "won" in entries_of(rest)["stage"].tolist()
    assert not caught.value.configuration
    assert "next run goes on" in caught.value.advice


def test_a_portal_that_asks_for_more_patience_than_there_is_stops_the_run_at_once(portal: Portal) -> None:
    with serving(portal) as served:
        served.faults.add(refusal(477, "{}", BATCH, headers={"Retry-After": "3600"}))
        error = failure(served)
        assert sum(served.faults.report().values()) == 1
    assert "HTTP 477, to be asked again in 3,600 seconds" in str(error)
    assert "another data centre" in error.advice


def test_a_server_that_does_not_answer_is_given_up_after_the_timeout(steady: Served) -> None:
    steady.faults.add(Fault("hubspot", "hang", times=None, path=BATCH, seconds=5))
    error = failure(steady, timeout_seconds=0.1)
    assert "ReadTimeoutError" in str(error)


def test_a_portal_that_throttles_for_real_is_read_to_the_end(portal: Portal) -> None:
    with serving(portal) as served:
        served.tell(per_ten_seconds=8)
        sleeps: list[float] = []
        now = [0.0]

        def sleep(seconds: float) -> None:
            sleeps.append(seconds)
            now[0] += seconds
            served.clock.now += served.clock.now.resolution * round(seconds * 1_000_000 + 1)

        limiter = Limiter(calls=(8, 10.0), clock=lambda: now[0], sleep=sleep)
        assert read(served, limiter=limiter) == ["lead", "won"]
        assert served.server.report()["refused"] == {}
    assert sleeps


def test_oauth_signs_in_with_the_refresh_token_and_once_for_a_whole_read(portal: Portal) -> None:
    with serving(portal) as served:
        served.faults.add(Fault("hubspot", "status", path=TOKEN, status=503))
        assert read(served, auth=OAUTH) == ["lead", "won"]
        assert served.count("tokens") == 1


def test_oauth_of_the_numbered_version_does_not_use_the_first_one_which_ends_soon(portal: Portal) -> None:
    with serving(portal) as served:
        served.tell(versions=["v3", "v4"])
        assert read(served, auth=OAUTH, api_version="v3") == ["lead", "won"]


def test_a_token_that_ends_half_way_is_refreshed_and_the_read_goes_on(portal: Portal) -> None:
    with serving(portal) as served:
        reading = served.connector(auth=OAUTH).read(None)
        stages = [next(reading).entries]
        served.server.expire_tokens()
        stages += [batch.entries for batch in reading]
        assert served.count("tokens") == 2
    assert [stage for frame in stages for stage in frame["stage"]] == ["lead", "won"]


def test_a_token_is_refreshed_before_it_ends_not_because_it_was_refused(portal: Portal) -> None:
    with serving(portal) as served:
        served.tell(token_seconds=59)
        assert read(served, auth=OAUTH, stages=ONLY_CONTACTS) == ["lead"]
        assert served.count("tokens") == 4, "properties, the newest change, the list, the batch"
        assert served.server.report()["refused"] == {}


def test_a_token_that_is_refused_for_good_is_refreshed_once_and_no_more(portal: Portal) -> None:
    body = '{"category": "EXPIRED_AUTHENTICATION", "message": "The OAuth token expired."}'
    with serving(portal) as served:
        served.faults.add(refusal(401, body))
        error = failure(served, auth=OAUTH)
        assert served.count("tokens") == 2
    assert "EXPIRED_AUTHENTICATION" in str(error)
    assert error.configuration


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("refresh_token", "BAD_REFRESH_TOKEN"),
        ("client_id", "BAD_CLIENT_ID"),
        ("client_secret", "BAD_CLIENT_SECRET"),
    ],
)
def test_refused_credentials_are_named_and_not_shown(steady: Served, key: str, says: str) -> None:
    before = steady.count("properties")
    error = failure(steady, auth={**OAUTH, key: "wrong-value-777"})
    assert steady.count("properties") == before
    assert says in str(error)
    assert f"auth.{key}" in error.advice
    assert error.configuration
    assert "777" not in f"{error} {error.advice}"


def test_a_revoked_service_key_is_not_tried_again(portal: Portal) -> None:
    with serving(portal) as served:
        served.server.revoke(SERVICE_KEY)
        error = failure(served)
        assert served.server.report()["refused"] == {"INVALID_AUTHENTICATION": 1}
    assert "rotated or revoked" in error.advice
    assert SERVICE_KEY not in f"{error} {error.advice}"


@pytest.mark.parametrize("status", [302, 307, 308])
def test_the_token_never_follows_a_redirect(steady: Served, status: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.05)
        location = {"Location": f"http://127.0.0.1:{elsewhere.getsockname()[1]}/"}
        steady.faults.add(Fault("hubspot", "status", status=status, headers=location, times=None))
        error = failure(steady)
        with pytest.raises(TimeoutError):
            elsewhere.accept()
    assert f"HTTP {status}" in str(error)


def test_a_netrc_entry_does_not_replace_the_token(
    portal: Portal, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1\nlogin someone\npassword else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(portal) as served:
        assert read(served) == ["lead", "won"]


def test_proxies_of_the_environment_do_not_detour_loopback(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving(portal) as served:
        assert read(served) == ["lead", "won"]


def test_proxies_of_the_environment_lead_to_hubspot(monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.hubspot.session import open_client

    monkeypatch.setenv("HTTPS_PROXY", "http://user:p%40ss@proxy.example:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    pool = open_client(None).rest_client.pool_manager
    assert pool.proxy.host == "proxy.example"
    assert pool.proxy_headers == {"proxy-authorization": "Basic dXNlcjpwQHNz"}


def test_logs_at_every_level_hold_no_token_no_secret_and_no_person(
    portal: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(portal) as served, caplog.at_level(logging.DEBUG):
        served.faults.add(Fault("hubspot", "status", path=BATCH))
        assert read(served, auth=OAUTH) == ["lead", "won"]
        assert read(served) == ["lead", "won"]
    assert "HTTP 502" in caplog.text
    for secret in (SERVICE_KEY, OAUTH["client_secret"], OAUTH["refresh_token"], "Bearer", "ada@example"):
        assert secret not in caplog.text


def test_what_hubspot_says_of_a_person_or_a_token_is_not_repeated(portal: Portal) -> None:
    said = f"Contact ada@example.com cannot be read with Bearer {SERVICE_KEY}"
    body = json.dumps({"status": "error", "message": said, "category": "VALIDATION_ERROR"})
    with serving(portal) as served:
        served.faults.add(refusal(400, body))
        with pytest.raises(SourceError) as error:
            served.read()
    assert "cannot be read with" in str(error.value)
    assert "ada@example.com" not in str(error.value)
    assert SERVICE_KEY not in str(error.value)


def test_an_access_token_is_known_to_redaction_as_soon_as_it_is_known_at_all(portal: Portal) -> None:
    body = json.dumps({"access_token": "CInventedAccessToken123", "expires_in": 1800})
    with serving(portal) as served:
        served.faults.add(Fault("hubspot", "status", path=TOKEN, status=200, body=body))
        assert read(served, auth=OAUTH) == ["lead", "won"], "refused, it was refreshed"
    assert "CInventedAccessToken123" not in redact("it said CInventedAccessToken123")

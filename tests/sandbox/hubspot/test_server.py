"""The HubSpot server as a whole: the real client, paths and versions, tokens, limits, faults, changes on demand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import hubspot
import pytest
import requests
from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest
from hubspot.crm.contacts import BatchReadInputSimplePublicObjectId, PublicObjectSearchRequest

from closedwon.sandbox.faults import Fault
from closedwon.sandbox.hubspot.errors import HubSpotError
from closedwon.sandbox.server import RunningSandbox
from tests.sandbox.small_portal import (
    CLIENT_ID,
    CLIENT_SECRET,
    CONTACTS,
    PORTAL_ID,
    REFRESH_TOKEN,
    SERVICE_KEY,
    PortalClient,
    above,
    contact,
    portal_server,
    refused,
    serve,
    set_up,
)

FORM = {
    "grant_type": "refresh_token",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "refresh_token": REFRESH_TOKEN,
}


def test_the_real_client_lists_searches_and_reads_in_batches(sandbox: RunningSandbox) -> None:
    api: Any = hubspot.HubSpot(access_token=SERVICE_KEY, host=sandbox.url, base_url=sandbox.url)
    assert len(api.crm.contacts.get_all()) == CONTACTS
    request = PublicObjectSearchRequest(
        filter_groups=[{"filters": [above(100)]}],
        sorts=["hs_object_id"],
        properties=["email"],
        limit=200,
        after="0",
    )
    found = api.crm.contacts.search_api.do_search(public_object_search_request=request)
    assert found.total == 130
    assert found.results[0].properties == {"email": "person101@example.com"}
    wanted = BatchReadInputSimplePublicObjectId(
        properties=["email"], properties_with_history=["lifecyclestage"], inputs=[{"id": "1"}, {"id": "777"}]
    )
    read = api.crm.contacts.batch_api.read(batch_read_input_simple_public_object_id=wanted)
    assert read.results[0].properties_with_history["lifecyclestage"][0].value == "lead"
    assert read.errors[0].context == {"ids": ["777"]}
    asked = BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": "901"}])
    associated = api.crm.associations.v4.batch_api.get_page("deals", "contacts", asked)
    assert [str(to.to_object_id) for to in associated.results[0].to] == ["3", "4"]
    raw = api.api_request({"path": "/crm/objects/2026-03/contacts/1"}).json()
    assert raw["properties"]["email"] == "person1@example.com"


@pytest.mark.parametrize(
    "path",
    [
        "/crm/objects/2026-03/contacts",
        "/crm/objects/2026-09/contact",
        "/crm/v3/objects/0-1",
        "/crm/pipelines/2026-03/deals",
        "/crm/v3/pipelines/deals",
        "/crm/properties/2026-09/deals",
        "/crm/v3/properties/contacts",
        "/account-info/2026-03/details",
        "/account-info/v3/details",
    ],
)
def test_dated_and_numbered_paths_are_served(reader: PortalClient, path: str) -> None:
    assert reader.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/crm/objects/2024-03/contacts",
        "/crm/v9/objects/contacts",
        "/crm/objects/v3/contacts",
        "/crm/v4/objects/contacts",
        "/crm/2026-03/objects/contacts",
        "/crm/nothing",
    ],
)
def test_no_other_version_and_no_other_path_is(reader: PortalClient, path: str) -> None:
    answer = reader.get(path)
    assert answer.status_code == 404
    assert answer.json()["message"] == "resource not found"


def test_a_version_can_come_to_its_end(sandbox: RunningSandbox, client: PortalClient) -> None:
    set_up(sandbox, versions=["2026-09"])
    assert client.objects().status_code == 404
    assert PortalClient(sandbox.url, version="2026-09").objects().ok


def test_an_unknown_or_revoked_key_is_refused(sandbox: RunningSandbox, client: PortalClient) -> None:
    refused(PortalClient(sandbox.url, token="pat-else").objects(), 401, "INVALID_AUTHENTICATION")
    assert client.objects().ok
    portal_server(sandbox).revoke(SERVICE_KEY)
    refused(client.objects(), 401, "INVALID_AUTHENTICATION")


@pytest.mark.parametrize("path", ["/oauth/2026-03/token", "/oauth/v3/token", "/oauth/v1/token"])
def test_a_refresh_token_buys_access_for_half_an_hour(path: str) -> None:
    now = [datetime(2026, 11, 22, 12, tzinfo=UTC)]
    with serve(contact(1), clock=lambda: now[0]) as sandbox:
        granted = requests.post(sandbox.url + path, data=FORM, timeout=5).json()
        assert (granted["token_type"], granted["expires_in"], granted["hub_id"]) == (
            "bearer",
            1_800,
            PORTAL_ID,
        )
        client = PortalClient(sandbox.url, token=granted["access_token"])
        answer = client.objects()
        assert answer.ok
        assert "X-HubSpot-RateLimit-Daily" not in answer.headers
        now[0] += timedelta(seconds=1_805)
        told = refused(client.objects(), 401, "EXPIRED_AUTHENTICATION")
        assert told["message"] == "The OAuth token used to make this call expired 5 second(s) ago."


def test_tokens_can_be_made_to_expire(sandbox: RunningSandbox) -> None:
    granted = requests.post(f"{sandbox.url}/oauth/2026-03/token", data=FORM, timeout=5).json()
    requests.post(f"{sandbox.url}/_sandbox/hubspot/expire-tokens", json={}, timeout=5)
    client = PortalClient(sandbox.url, token=granted["access_token"])
    refused(client.objects(), 401, "EXPIRED_AUTHENTICATION")


@pytest.mark.parametrize(
    ("change", "error", "status"),
    [
        ({"refresh_token": "else"}, "invalid_grant", "BAD_REFRESH_TOKEN"),
        ({"client_id": "else"}, "invalid_client", "BAD_CLIENT_ID"),
        ({"client_secret": "else"}, "invalid_client", "BAD_CLIENT_SECRET"),
        ({"grant_type": "password"}, "unsupported_grant_type", "BAD_GRANT_TYPE"),
    ],
)
def test_a_wrong_refresh_is_refused(
    sandbox: RunningSandbox, change: dict[str, str], error: str, status: str
) -> None:
    answer = requests.post(f"{sandbox.url}/oauth/2026-03/token", data={**FORM, **change}, timeout=5)
    assert answer.status_code == 400
    assert (answer.json()["error"], answer.json()["status"]) == (error, status)


def test_secrets_in_the_address_count_in_the_first_version_only(sandbox: RunningSandbox) -> None:
    assert requests.post(f"{sandbox.url}/oauth/v1/token", params=FORM, timeout=5).ok
    assert requests.post(f"{sandbox.url}/oauth/2026-03/token", params=FORM, timeout=5).status_code == 400


def test_a_missing_scope_is_named(sandbox: RunningSandbox, client: PortalClient) -> None:
    set_up(sandbox, scopes=["crm.objects.contacts.read"])
    assert client.objects().ok
    told = refused(client.objects("deals"), 403, "MISSING_SCOPES")
    assert told["errors"][0]["context"] == {"requiredGranularScopes": ["crm.objects.deals.read"]}
    refused(client.get("/crm/pipelines/2026-03/deals"), 403, "MISSING_SCOPES")


def test_a_burst_is_refused_for_ten_seconds() -> None:
    now = [datetime(2026, 11, 22, 12, tzinfo=UTC)]
    with serve(contact(1), clock=lambda: now[0]) as sandbox:
        client = PortalClient(sandbox.url)
        set_up(sandbox, per_ten_seconds=2)
        assert client.objects().headers["X-HubSpot-RateLimit-Remaining"] == "1"
        assert client.objects().headers["X-HubSpot-RateLimit-Max"] == "2"
        told = refused(client.objects(), 429, "RATE_LIMITS")
        assert (told["policyName"], told["errorType"]) == ("TEN_SECONDLY_ROLLING", "RATE_LIMIT")
        now[0] += timedelta(seconds=10)
        assert client.objects().ok


def test_search_has_a_limit_of_its_own_and_tells_of_none(
    sandbox: RunningSandbox, client: PortalClient
) -> None:
    set_up(sandbox, searches_per_second=0)
    assert refused(client.search(), 429, "RATE_LIMITS")["policyName"] == "SECONDLY"
    assert client.objects().ok
    set_up(sandbox, searches_per_second=5)
    assert not [name for name in client.search().headers if "ratelimit" in name.lower()]


def test_the_day_has_a_limit(sandbox: RunningSandbox, client: PortalClient) -> None:
    set_up(sandbox, daily_requests=1)
    assert client.objects().headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
    assert refused(client.objects(), 429, "RATE_LIMITS")["policyName"] == "DAILY"


def test_faults_of_transport_and_of_tokens_can_be_armed(
    sandbox: RunningSandbox, client: PortalClient
) -> None:
    locked = {"status": 423, "body": "{}", "content_type": "application/json"}
    sandbox.faults.add(Fault("hubspot", "status", **locked), Fault("hubspot", "reset", path="/crm/v3/"))
    assert client.objects().status_code == 423
    with pytest.raises(requests.ConnectionError):
        client.get("/crm/v3/objects/contacts")
    assert client.objects().ok
    sandbox.faults.add(Fault("hubspot", "revoke"))
    refused(client.objects(), 401, "INVALID_AUTHENTICATION")


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"nope": "1"}, "does not exist"),
        ({"lifecyclestage": "nope"}, "allowed options"),
        ({"createdate": "1"}, "read only"),
    ],
)
def test_a_change_that_hubspot_would_refuse_is_refused(
    sandbox: RunningSandbox, properties: dict[str, str], said: str
) -> None:
    with pytest.raises(HubSpotError, match=said):
        portal_server(sandbox).change("contacts", "1", properties)
    with pytest.raises(HubSpotError, match="not found"):
        portal_server(sandbox).change("contacts", "777", {})


def test_everything_can_be_changed_over_http(sandbox: RunningSandbox, client: PortalClient) -> None:
    def admin(action: str, **given: Any) -> requests.Response:
        return requests.post(f"{sandbox.url}/_sandbox/hubspot/{action}", json=given, timeout=5)

    made = admin(
        "change", object="contacts", properties={"email": "new@example.com"}, portal=PORTAL_ID
    ).json()["id"]
    entered = "2026-11-20T08:00:00+00:00"
    assert admin("change", object="contact", id=made, properties={"city": "Lille"}, at=entered).ok
    assert admin("associate", deal="902", contacts=[made]).status_code == 204
    assert admin("touch", object="contacts", ids=[made], moment=entered).status_code == 204
    assert client.objects(f"contacts/{made}").json()["updatedAt"] == "2026-11-20T08:00:00Z"
    assert admin("merge", object="contacts", primary=made, merged="1").json()["id"] != made
    assert [
        admin(action, object="contacts", id="2").status_code for action in ("archive", "restore", "erase")
    ] == [204] * 3
    assert admin("archive", object="contacts", id="2").status_code == 404
    assert admin("archive", object="contacts").json() == {"error": "missing: id"}
    assert admin("settings", nope=1).status_code == 400
    assert admin("revoke", token=SERVICE_KEY).status_code == 204


def test_requests_are_counted_by_what_they_asked_for(sandbox: RunningSandbox, client: PortalClient) -> None:
    client.objects(limit=100)
    client.search(limit=5)
    client.batch(["1"], "deals")
    client.search(limit=500)
    assert sandbox.report()["hubspot"] == {
        "requests": 4,
        "contacts.list": 1,
        "contacts.search": 2,
        "deals.batch_read": 1,
        "records": 105,
        "refused": {"VALIDATION_ERROR": 1},
    }

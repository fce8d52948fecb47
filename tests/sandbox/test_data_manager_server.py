"""The sandbox's Data Manager API, reached with Google's own client: fast-fail, asynchronous status, counted once."""

import base64
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
import requests
from google.ads import datamanager_v1 as dm
from google.ads.datamanager_v1.services.ingestion_service.transports.rest import IngestionServiceRestTransport
from google.api_core import exceptions
from google.auth.exceptions import RefreshError
from google.oauth2 import service_account

from closedwon.sandbox.app import create_app
from closedwon.sandbox.faults import Fault, Faults
from closedwon.sandbox.google.data_manager import DataManager
from closedwon.sandbox.google.tokens import GoogleTokens
from closedwon.sandbox.invented.client_files import new_key_pair
from closedwon.sandbox.server import RunningSandbox, serve_in_thread
from tests.sandbox.ad_world import (
    ACTION,
    CUSTOMER,
    GCLID,
    KEYS,
    MANAGER,
    NOW,
    OTHER_ACTION,
    OTHER_CUSTOMER,
    RHYS,
    SERVICE_ACCOUNT,
    STRANGER,
    ZOE,
    ad_world,
    service_account_info,
    sha256,
)

SCOPE = "https://www.googleapis.com/auth/datamanager"


class LoopbackServiceAccount(service_account.Credentials):
    """Looks up no allowed regions at the real Google."""

    def _is_regional_access_boundary_lookup_required(self) -> bool:
        return False


class Sandbox:
    def __init__(self, running: RunningSandbox, api: DataManager, clock: list[datetime]) -> None:
        self.url = running.url
        self.faults = running.faults
        self.api = api
        self.clock = clock
        self._token: str | None = None

    def client(self, info: dict[str, str] | None = None) -> dm.IngestionServiceClient:
        given = info or service_account_info(self.url)
        credentials = LoopbackServiceAccount.from_service_account_info(given, scopes=[SCOPE])
        # Made by hand, a transport asks for tokens; the client's own would sign them itself.
        host = urlsplit(self.url).netloc
        transport = IngestionServiceRestTransport(host=host, url_scheme="http", credentials=credentials)
        return dm.IngestionServiceClient(transport=transport)

    def status(self, request_id: str) -> dm.RetrieveRequestStatusResponse:
        return self.client().retrieve_request_status(
            dm.RetrieveRequestStatusRequest(request_id=request_id), retry=None
        )

    def post(self, *events: dict[str, Any], **changes: Any) -> requests.Response:
        if self._token is None:
            self._token = token(self.url).json()["access_token"]
        body = {
            "destinations": [destination()],
            "events": list(events),
            "encoding": "HEX",
            **changes,
        }
        headers = {"Authorization": f"Bearer {self._token}"}
        return requests.post(f"{self.url}/v1/events:ingest", json=body, headers=headers, timeout=10)

    def violations(self, *events: dict[str, Any], **changes: Any) -> list[tuple[str, str]]:
        response = self.post(*events, **changes)
        assert response.status_code == 400, response.text
        details = response.json()["error"]["details"]
        (bad_request,) = [detail for detail in details if detail["@type"].endswith("BadRequest")]
        return [(violation["field"], violation["reason"]) for violation in bad_request["fieldViolations"]]

    def action(self) -> dict[str, Any]:
        return self.api.report()["accounts"][CUSTOMER][ACTION]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    faults, world = Faults(), ad_world()
    clock = [NOW]
    api = DataManager(world, faults, clock=lambda: clock[0])
    # Tokens are asked for by a real client, whose clock is the real one.
    tokens = GoogleTokens(world, faults)
    tokens.lifetime = timedelta(days=3650)
    with serve_in_thread(create_app(world, faults, {"google": api, "google_tokens": tokens})) as running:
        yield Sandbox(running, api, clock)


def token(url: str, *, key: str = KEYS.private, grant: str | None = None, **claims: Any) -> requests.Response:
    now = int(time.time())
    payload = {
        "iss": SERVICE_ACCOUNT,
        "aud": f"{url}/google/token",
        "iat": now,
        "exp": now + 3600,
        "scope": SCOPE,
        **claims,
    }
    form = {
        "grant_type": grant or "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": jwt.encode(payload, key, algorithm="RS256"),
    }
    return requests.post(f"{url}/google/token", data=form, timeout=10)


def destination(account: str = CUSTOMER, action: str = ACTION, **more: Any) -> dict[str, Any]:
    operating = {"accountType": "GOOGLE_ADS", "accountId": account}
    return {"operatingAccount": operating, "productDestinationId": action, **more}


def event(transaction_id: str | None = "t1", **changes: Any) -> dict[str, Any]:
    given = {
        "transactionId": transaction_id,
        "eventTimestamp": (NOW - timedelta(hours=1)).isoformat(),
        "eventSource": "OTHER",
        "conversionValue": 80.0,
        "currency": "EUR",
        "userData": {"userIdentifiers": [{"emailAddress": sha256("zoedaubignyinvented1@gmail.com")}]},
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


def users(*identifiers: dict[str, Any]) -> dict[str, Any]:
    return {"userIdentifiers": list(identifiers)}


def address(**changes: Any) -> dict[str, Any]:
    plain = {"regionCode": "GB", "postalCode": RHYS.postal_code}
    return {"address": {"givenName": sha256("rhys"), "familyName": sha256("oconnor"), **plain, **changes}}


def test_events_sent_by_googles_client_are_counted_valued_and_matched(sandbox: Sandbox) -> None:
    request = dm.IngestEventsRequest(
        destinations=[
            dm.Destination(
                operating_account=dm.ProductAccount(account_type="GOOGLE_ADS", account_id=CUSTOMER),
                product_destination_id=ACTION,
            )
        ],
        encoding=dm.Encoding.HEX,
        consent=dm.Consent(ad_user_data="CONSENT_GRANTED", ad_personalization="CONSENT_GRANTED"),
        events=[
            dm.Event(
                transaction_id=f"t{number}",
                event_timestamp=NOW - timedelta(hours=1),
                event_source=dm.EventSource.IN_STORE,
                conversion_value=10,
                currency="EUR",
                user_data=dm.UserData(user_identifiers=[dm.UserIdentifier(email_address=sha256(email))]),
            )
            for number, email in enumerate(["zoedaubignyinvented1@gmail.com", STRANGER.email])
        ],
    )
    answer = sandbox.client().ingest_events(request, retry=None)

    assert answer.request_id
    action = sandbox.action()
    assert (action["counted"], action["matched"], action["value"]) == (2, 1, 20)

    status = sandbox.status(answer.request_id)
    assert status.request_status_per_destination[0].request_status.name == "PROCESSING"
    sandbox.clock[0] += timedelta(minutes=30)
    (final,) = sandbox.status(answer.request_id).request_status_per_destination
    assert final.request_status.name == "SUCCESS"
    assert final.events_ingestion_status.record_count == 2


def test_googles_client_sees_which_field_of_which_event_is_at_fault(sandbox: Sandbox) -> None:
    given = dm.IngestEventsRequest(
        destinations=[
            dm.Destination(
                operating_account=dm.ProductAccount(account_type="GOOGLE_ADS", account_id=CUSTOMER),
                product_destination_id=ACTION,
            )
        ],
        encoding=dm.Encoding.HEX,
        events=[
            dm.Event(event_timestamp=NOW, event_source="OTHER", ad_identifiers=dm.AdIdentifiers(gclid=GCLID)),
            dm.Event(event_source="OTHER", ad_identifiers=dm.AdIdentifiers(gclid=GCLID)),
        ],
    )
    with pytest.raises(exceptions.BadRequest) as caught:
        sandbox.client().ingest_events(given, retry=None)

    error_info, bad_request = caught.value.details
    assert error_info["metadata"]["requestId"]
    (violation,) = bad_request["fieldViolations"]
    assert violation["field"] == "events.events[1].event_timestamp"
    assert violation["reason"] == "REQUIRED_FIELD_MISSING"
    assert sandbox.action()["received"] == 0


def test_a_service_account_signs_in_with_its_own_key_only(sandbox: Sandbox) -> None:
    info = service_account_info(sandbox.url, new_key_pair())
    with pytest.raises(RefreshError, match="Invalid JWT Signature"):
        sandbox.client(info).ingest_events(dm.IngestEventsRequest(), retry=None)


@pytest.mark.parametrize(
    ("claims", "error", "description"),
    [
        ({"iss": "who@elsewhere.iam.gserviceaccount.com"}, "invalid_grant", "account not found"),
        ({"aud": "https://login.example/token"}, "invalid_grant", "audience"),
        ({"exp": int(time.time()) + 7200}, "invalid_grant", "short-lived"),
        ({"iat": int(time.time()) - 7200, "exp": int(time.time()) - 3700}, "invalid_grant", "short-lived"),
        ({"scope": "https://www.googleapis.com/auth/cloud-platform"}, "invalid_scope", "scope"),
        ({"grant": "password"}, "unsupported_grant_type", "password"),
    ],
)
def test_an_assertion_that_google_would_not_take_gets_no_token(
    sandbox: Sandbox, claims: dict[str, Any], error: str, description: str
) -> None:
    response = token(sandbox.url, **claims)
    assert (response.status_code, response.json()["error"]) == (400, error)
    assert description in response.json()["error_description"]


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer ya29.invented"}, {"Authorization": "Basic x"}]
)
def test_without_a_token_of_ours_nothing_is_accepted(sandbox: Sandbox, header: dict[str, str]) -> None:
    response = requests.post(f"{sandbox.url}/v1/events:ingest", json={}, headers=header, timeout=10)
    assert (response.status_code, response.json()["error"]["status"]) == (401, "UNAUTHENTICATED")


def test_a_token_for_another_api_is_refused(sandbox: Sandbox) -> None:
    given = token(sandbox.url, scope="https://www.googleapis.com/auth/adwords").json()["access_token"]
    header = {"Authorization": f"Bearer {given}"}
    answer = requests.post(f"{sandbox.url}/v1/events:ingest", json={}, headers=header, timeout=10)
    assert (answer.status_code, answer.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert answer.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_a_token_ends_with_its_lifetime(sandbox: Sandbox) -> None:
    assert sandbox.post(event()).status_code == 200
    sandbox.clock[0] += timedelta(days=4000)
    assert sandbox.post(event("t2")).status_code == 401


@pytest.mark.parametrize(
    "given",
    [
        destination(OTHER_CUSTOMER, OTHER_ACTION),
        destination("1231231234"),
        destination(loginAccount={"accountType": "GOOGLE_ADS", "accountId": "9999999999"}),
    ],
)
def test_an_account_that_the_service_account_may_not_use_is_denied(
    sandbox: Sandbox, given: dict[str, Any]
) -> None:
    response = sandbox.post(event(), destinations=[given])
    error = response.json()["error"]
    assert (response.status_code, error["status"]) == (403, "PERMISSION_DENIED")
    assert error["details"][0]["reason"] == "PERMISSION_DENIED"


def test_access_through_a_manager_account_is_granted(sandbox: Sandbox) -> None:
    manager = {"accountType": "GOOGLE_ADS", "accountId": MANAGER}
    assert sandbox.post(event(), destinations=[destination(loginAccount=manager)]).status_code == 200


TOP = "events.events[0]"
IDS = f"{TOP}.user_data.user_identifiers"
OLD = (NOW - timedelta(days=91)).isoformat()
SOON = (NOW + timedelta(minutes=5)).isoformat()
MISSING = "REQUIRED_FIELD_MISSING"

INVALID: dict[str, tuple[dict[str, Any], str, str]] = {
    "no time": (event(eventTimestamp=None), f"{TOP}.event_timestamp", MISSING),
    "time without a zone": (event(eventTimestamp="2026-11-20T10:00:00"), f"{TOP}.event_timestamp", "INVALID_FORMAT"),
    "no such day": (event(eventTimestamp="2026-02-31T10:00:00Z"), f"{TOP}.event_timestamp", "INVALID_FORMAT"),
    "in the future": (event(eventTimestamp=SOON), f"{TOP}.event_timestamp", "EVENT_TIME_INVALID"),
    "over 90 days old": (event(eventTimestamp=OLD), f"{TOP}.event_timestamp", "EVENT_TIME_INVALID"),
    "no source": (event(eventSource=None), f"{TOP}.event_source", MISSING),
    "unknown source": (event(eventSource="TILL"), f"{TOP}.event_source", "INVALID_ENUM_VALUE"),
    "value without currency": (event(currency=None), f"{TOP}.currency", MISSING),
    "no such currency": (event(currency="eur"), f"{TOP}.currency", "INVALID_CURRENCY_CODE"),
    "value as text": (event(conversionValue="80"), f"{TOP}.conversion_value", "INVALID_NUMBER_FORMAT"),
    "value below zero": (event(conversionValue=-1), f"{TOP}.conversion_value", "INVALID_NUMBER_FORMAT"),
    "nobody": (event(userData=None), TOP, "NO_IDENTIFIERS_PROVIDED"),
    "empty user data": (event(userData=users()), IDS, MISSING),
    "eleven identifiers": (
        event(userData=users(*[{"emailAddress": sha256(str(n))} for n in range(11)])),
        IDS,
        "TOO_MANY_USER_IDENTIFIERS",
    ),
    "e-mail in clear": (
        event(userData=users({"emailAddress": ZOE.email})), f"{IDS}[0].email_address", "INVALID_HEX_ENCODING",
    ),
    "an MD5": (event(userData=users({"phoneNumber": "ab" * 16})), f"{IDS}[0].phone_number", "INVALID_SHA256_FORMAT"),
    "two in one identifier": (
        event(userData=users({"emailAddress": sha256("a"), "phoneNumber": sha256("b")})),
        f"{IDS}[0]",
        "INVALID_FORMAT",
    ),
    "address without postal code": (
        event(userData=users(address(postalCode=""))), f"{IDS}[0].address.postal_code", MISSING,
    ),
    "region in lower case": (
        event(userData=users(address(regionCode="gb"))), f"{IDS}[0].address.region_code", "INVALID_REGION_CODE",
    ),
    "postal code hashed": (
        event(userData=users(address(postalCode=sha256("BS1")))),
        f"{IDS}[0].address.postal_code",
        "INVALID_POSTAL_CODE",
    ),
    "name in clear": (
        event(userData=users(address(givenName="rhys"))), f"{IDS}[0].address.given_name", "INVALID_HEX_ENCODING",
    ),
    "unknown consent": (event(consent={"adUserData": "YES"}), f"{TOP}.consent.ad_user_data", "INVALID_ENUM_VALUE"),
    "unknown reference": (event(destinationReferences=["x"]), f"{TOP}.destination_references", "NOT_FOUND"),
}  # fmt: skip


@pytest.mark.parametrize("case", INVALID)
def test_one_invalid_event_fails_the_whole_request(sandbox: Sandbox, case: str) -> None:
    invalid, field, reason = INVALID[case]
    assert sandbox.violations(invalid, event("good")) == [(field, reason)]
    assert sandbox.action()["received"] == 0


def test_every_event_at_fault_is_named_up_to_a_bound(sandbox: Sandbox) -> None:
    found = sandbox.violations(*[event(f"t{number}", eventSource=None) for number in range(150)])
    assert len(found) == 100
    assert found[99] == ("events.events[99].event_source", MISSING)


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"destinations": []}, "destinations", MISSING),
        ({"destinations": [destination()] * 11}, "destinations", "TOO_MANY_DESTINATIONS"),
        ({"destinations": [destination(action="1")]}, "destinations.destinations[0].product_destination_id",
         "INVALID_CONVERSION_ACTION_ID"),
        ({"encoding": None}, "encoding", MISSING),
    ],
)  # fmt: skip
def test_a_request_at_fault_is_refused(
    sandbox: Sandbox, changes: dict[str, Any], field: str, reason: str
) -> None:
    assert (field, reason) in sandbox.violations(event(), **changes)


def test_two_thousand_events_go_in_one_request_and_no_more(sandbox: Sandbox) -> None:
    events = [event(f"t{number}") for number in range(2001)]
    assert sandbox.post(*events[:2000]).status_code == 200
    assert sandbox.violations(*events) == [("events.events", "TOO_MANY_EVENTS")]


def test_fields_that_do_not_exist_are_refused_by_name(sandbox: Sandbox) -> None:
    response = sandbox.post(event(value=80))
    assert response.status_code == 400
    assert "Unknown name \"value\" at 'events[0]'" in response.json()["error"]["message"]


def test_fields_may_be_written_as_in_the_protocol_buffer(sandbox: Sandbox) -> None:
    given = event(eventTimestamp=None, event_timestamp=NOW.isoformat())
    assert sandbox.post(given).status_code == 200


def test_hashes_may_come_in_base64(sandbox: Sandbox) -> None:
    digest = base64.b64encode(bytes.fromhex(sha256(RHYS.phone))).decode()
    assert sandbox.post(event(userData=users({"phoneNumber": digest})), encoding="BASE64").status_code == 200
    assert sandbox.action()["matched"] == 1


MATCHES = {
    "gmail as Google reads it": (users({"emailAddress": sha256("zoedaubignyinvented1@gmail.com")}), True),
    "gmail with its dots": (users({"emailAddress": sha256(ZOE.email)}), False),
    "phone with plus": (users({"phoneNumber": sha256("+442079460123")}), True),
    "phone without plus": (users({"phoneNumber": sha256("442079460123")}), False),
    "hash in upper case": (users({"phoneNumber": sha256("+442079460123").upper()}), True),
    "address": (users(address()), True),
    "address elsewhere": (users(address(postalCode="BS2 2QN")), False),
    "somebody without an account": (users({"emailAddress": sha256(STRANGER.email)}), False),
}


@pytest.mark.parametrize("case", MATCHES)
def test_google_recognises_who_it_knows_and_nobody_else(sandbox: Sandbox, case: str) -> None:
    user_data, expected = MATCHES[case]
    assert sandbox.post(event(userData=user_data)).status_code == 200
    assert sandbox.action()["matched"] == int(expected)


def test_the_same_transaction_is_one_conversion_and_a_new_value_restates_it(sandbox: Sandbox) -> None:
    sandbox.post(event("t1", conversionValue=80))
    sandbox.post(event("t1", conversionValue=80))
    sandbox.post(event("t1", conversionValue=0))
    sandbox.post(event("t2", conversionValue=5))
    action = sandbox.action()
    assert (action["counted"], action["duplicates"], action["restated"], action["value"]) == (2, 1, 1, 5)


def test_events_without_a_transaction_count_each_time(sandbox: Sandbox) -> None:
    sandbox.post(event(None))
    sandbox.post(event(None))
    assert sandbox.action()["counted"] == 2


PROCESSING = {
    "DENIED_CONSENT": [event(consent={"adUserData": "CONSENT_DENIED"})],
    "DUPLICATE_TRANSACTION_ID": [event("ok"), event("ok")],
    "INVALID_GCLID": [event(adIdentifiers={"gclid": "(not set)"})],
    "CLICK_NOT_FOUND": [event(userData=None, adIdentifiers={"gclid": GCLID[::-1]})],
    "CONVERSION_PRECEDES_CLICK": [
        event(adIdentifiers={"gclid": GCLID}, eventTimestamp=(NOW - timedelta(days=4)).isoformat())
    ],
    "INVALID_AD_IDENTIFIERS": [event(userData=None, adIdentifiers={"gbraid": "b" * 30, "wbraid": "w" * 30})],
}


@pytest.mark.parametrize("reason", PROCESSING)
def test_what_processing_drops_shows_only_as_a_count_in_the_status(sandbox: Sandbox, reason: str) -> None:
    events = [*PROCESSING[reason], event("good")]
    request_id = sandbox.post(*events).json()["requestId"]
    sandbox.clock[0] += timedelta(minutes=30)
    (status,) = sandbox.status(request_id).request_status_per_destination
    assert status.request_status.name == "PARTIAL_SUCCESS"
    assert status.events_ingestion_status.record_count == len(events)
    (count,) = status.error_info.error_counts
    assert (count.reason.name, count.record_count) == (f"PROCESSING_ERROR_REASON_{reason}", 1)
    assert sandbox.action()["counted"] == len(events) - 1


def test_a_real_click_matches_without_user_data(sandbox: Sandbox) -> None:
    sandbox.post(event(userData=None, adIdentifiers={"gclid": GCLID}))
    assert sandbox.action()["matched"] == 1


def test_a_request_that_only_validates_counts_nothing_and_has_no_status(sandbox: Sandbox) -> None:
    request_id = sandbox.post(event(), validateOnly=True).json()["requestId"]
    assert sandbox.action()["received"] == 0
    with pytest.raises(exceptions.BadRequest) as caught:
        sandbox.status(request_id)
    assert caught.value.details[-1]["fieldViolations"][0]["reason"] == "INVALID_REQUEST_ID"


def test_an_event_goes_only_to_the_destinations_that_it_names(sandbox: Sandbox) -> None:
    destinations = [destination(reference="one"), destination(reference="two")]
    sandbox.post(event("t1", destinationReferences=["one"]), event("t2"), destinations=destinations)
    assert sandbox.action()["received"] == 3


def test_more_requests_a_minute_than_the_quota_are_turned_away(sandbox: Sandbox) -> None:
    sandbox.api.quotas.requests_per_minute = 2
    answers = [sandbox.post(event(f"t{number}")) for number in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert answers[2].json()["error"]["details"][-1]["retryDelay"] == "60.000s"
    sandbox.clock[0] += timedelta(minutes=1)
    assert sandbox.post(event("t9")).status_code == 200


def test_a_poisoned_event_is_named_by_its_place(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("google", "poison", event_ids=("bad",)))
    assert sandbox.violations(event("good"), event("bad")) == [("events.events[1]", "INVALID_EVENT")]


def test_a_request_told_to_fail_is_accepted_first_and_counts_nothing(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("google", "processing_failure", reason="INTERNAL_ERROR"))
    request_id = sandbox.post(event("t1"), event("t2")).json()["requestId"]
    sandbox.clock[0] += timedelta(minutes=30)
    (status,) = sandbox.status(request_id).request_status_per_destination
    (count,) = status.error_info.error_counts
    assert (status.request_status.name, count.record_count) == ("FAILED", 2)
    assert count.reason.name == "PROCESSING_ERROR_REASON_INTERNAL_ERROR"
    assert sandbox.action()["counted"] == 0


def test_the_sandboxs_quotas_and_times_can_be_set(sandbox: Sandbox) -> None:
    given = {"requests_per_minute": 5, "requests_per_day": 50, "processing_seconds": 0.5}
    answer = requests.post(f"{sandbox.url}/_sandbox/google/settings", json=given, timeout=10)
    assert answer.json() == given


def test_a_revoked_token_is_refused(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("google", "revoke", times=None))
    with pytest.raises(exceptions.Unauthorized):
        sandbox.client().ingest_events(dm.IngestEventsRequest(), retry=None)


def test_counted_conversions_can_be_listed(sandbox: Sandbox) -> None:
    sandbox.post(event("t1"), event("t1b", conversionValue=1))
    url = f"{sandbox.url}/_sandbox/google/events"
    first, _ = requests.get(url, params={"account": "123-456-7890"}, timeout=10).json()
    assert first == {
        "action": ACTION,
        "transaction_id": "t1",
        "event_time": (NOW - timedelta(hours=1)).isoformat(),
        "value": 80.0,
        "currency": "EUR",
        "matched": True,
        "matched_by": ["email[0]"],
        "restated": 0,
    }
    (second,) = requests.get(url, params={"account": CUSTOMER, "offset": 1, "limit": 5}, timeout=10).json()
    assert second["transaction_id"] == "t1b"

"""The sandbox's Graph API accepts what Meta documents, refuses the rest as Meta words it, and counts once."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from closedwon.sandbox.faults import Fault
from closedwon.sandbox.server import serve_in_thread
from tests.sandbox.ad_world import (
    DATASET,
    FBCLID,
    LEAD_ID,
    OTHER_DATASET,
    STRANGER,
    ZOE,
    ad_world,
    sha256,
)
from tests.sandbox.meta_graph import DAY, NOW_SECONDS, Sandbox, purchase, serving, stage


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with serving() as running:
        yield running


def sdk(url: str, token: str = DATASET.access_token) -> FacebookAdsApi:
    class Session(FacebookSession):
        GRAPH = url

    return FacebookAdsApi(Session(access_token=token, timeout=10))


def test_a_batch_sent_by_the_sdk_is_counted_valued_and_matched(sandbox: Sandbox) -> None:
    events = [stage("a"), stage("b", user_data={"em": sha256("nobody@posta.example")})]
    answer = sdk(sandbox.url).call("POST", (DATASET.id, "events"), params={"data": json.dumps(events)})

    assert answer.json()["events_received"] == 2
    assert answer.json()["messages"] == []
    assert answer.json()["fbtrace_id"]
    tally = sandbox.report()["events"]["Qualified Lead"]
    assert (tally["counted"], tally["matched"], tally["value"]) == (2, 1, 160)


def test_the_sdk_gets_graphs_error_for_a_token_that_is_not_one(sandbox: Sandbox) -> None:
    with pytest.raises(FacebookRequestError) as caught:
        sdk(sandbox.url, "nonsense").call("POST", (DATASET.id, "events"), params={"data": "[]"})
    assert (caught.value.http_status(), caught.value.api_error_code()) == (401, 190)


@pytest.mark.parametrize("way", ["query", "form", "bearer"])
def test_a_token_is_taken_from_query_form_or_header(sandbox: Sandbox, way: str) -> None:
    url = f"{sandbox.url}/v25.0/{DATASET.id}/events"
    form = {"data": json.dumps([stage()])}
    token = DATASET.access_token
    response = {
        "query": lambda: requests.post(url, params={"access_token": token}, data=form, timeout=10),
        "form": lambda: requests.post(url, data={**form, "access_token": token}, timeout=10),
        "bearer": lambda: requests.post(
            url, json={"data": [stage()]}, headers={"Authorization": f"Bearer {token}"}, timeout=10
        ),
    }[way]()
    assert response.json()["events_received"] == 1


def test_usage_headers_come_with_every_answer(sandbox: Sandbox) -> None:
    headers = sandbox.send(stage()).headers
    assert json.loads(headers["X-App-Usage"]).keys() == {"call_count", "total_cputime", "total_time"}
    (business,) = json.loads(headers["X-Business-Use-Case-Usage"])[DATASET.id]
    assert business["estimated_time_to_regain_access"] == 0


@pytest.mark.parametrize(
    ("dataset", "token", "status", "code", "subcode"),
    [
        ("999999999999999", DATASET.access_token, 400, 100, 33),
        (OTHER_DATASET.id, DATASET.access_token, 400, 100, 33),
        (DATASET.id, "EAAunknown", 401, 190, None),
    ],
)
def test_a_dataset_opens_only_to_its_own_token(
    sandbox: Sandbox, dataset: str, token: str, status: int, code: int, subcode: int | None
) -> None:
    response = sandbox.send(stage(), dataset=dataset, access_token=token)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error.get("error_subcode")) == (status, code, subcode)
    assert error["type"] == "OAuthException"


def test_a_dataset_can_be_looked_at_before_anything_is_sent(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/v26.0/{DATASET.id}"
    answer = requests.get(url, params={"access_token": DATASET.access_token}, timeout=10)
    assert answer.json()["id"] == DATASET.id


def test_a_version_that_meta_no_longer_serves_is_refused(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/v19.0/{DATASET.id}/events"
    response = requests.post(url, json={"data": [stage()], "access_token": DATASET.access_token}, timeout=10)
    assert response.json()["error"]["code"] == 2635


USER = {"em": sha256(ZOE.email)}
CRM = {"event_source": "crm", "lead_event_source": "Salesforce"}
WEBSITE = {"action_source": "website", "event_source_url": "https://shop.example/", "event_name": "Lead"}
PARAMETER, TOO_OLD, FUTURE, NO_VALUE, NO_CURRENCY, LEAD, TOO_BROAD = (
    2804019, 2804003, 2804004, 2804009, 2804010, 2804036, 2804050,
)  # fmt: skip

LDU = {"data_processing_options": ["LDU"]}
CALIFORNIA = {"data_processing_options_country": 1, "data_processing_options_state": 1000}

INVALID = {
    "no name": (stage(event_name=""), PARAMETER),
    "name too long": (stage(event_name="x" * 51), PARAMETER),
    "unknown action source": (stage(action_source="crm"), PARAMETER),
    "time as text": (stage(event_time=str(NOW_SECONDS)), PARAMETER),
    "time in milliseconds": (stage(event_time=NOW_SECONDS * 1000), FUTURE),
    "time with decimals": (stage(event_time=NOW_SECONDS - 0.5), PARAMETER),
    "in the future": (stage(event_time=NOW_SECONDS + 120), FUTURE),
    "eight days old": (stage(event_time=NOW_SECONDS - 8 * DAY), TOO_OLD),
    "store purchase of 63 days": (purchase(event_time=NOW_SECONDS - 63 * DAY), TOO_OLD),
    "no user data": (stage(user_data=None), PARAMETER),
    "empty user data": (stage(user_data={}), TOO_BROAD),
    "only a town": (stage(user_data={"ct": sha256("paris"), "country": sha256("fr")}), TOO_BROAD),
    "only a birthday": (stage(user_data={"db": sha256("19900403")}), TOO_BROAD),
    "first name and gender": (stage(user_data={"fn": sha256("zoé"), "ge": sha256("f")}), TOO_BROAD),
    "e-mail in clear": (stage(user_data={"em": ZOE.email}), PARAMETER),
    "hash in upper case": (stage(user_data={"em": sha256(ZOE.email).upper()}), PARAMETER),
    "country in clear": (stage(user_data={**USER, "country": "fr"}), PARAMETER),
    "null in user data": (stage(user_data={**USER, "ph": None}), PARAMETER),
    "empty list": (stage(user_data={"em": []}), PARAMETER),
    "hashed address of a device": (stage(user_data={**USER, "client_ip_address": "a" * 64}), PARAMETER),
    "raw fbclid as fbc": (stage(user_data={**USER, "fbc": FBCLID}), PARAMETER),
    "fbc in seconds": (stage(user_data={**USER, "fbc": f"fb.1.{NOW_SECONDS}.{FBCLID}"}), PARAMETER),
    "short lead id": (stage(user_data={"lead_id": 12345}), LEAD),
    "long lead id": (stage(user_data={"lead_id": 10**17}), LEAD),
    "website without a browser": (stage(**WEBSITE), PARAMETER),
    "event id as number": (stage(event_id=1), PARAMETER),
    "event id too long": (stage("x" * 101), PARAMETER),
    "purchase without value": (purchase(custom_data={"currency": "EUR"}), NO_VALUE),
    "purchase without currency": (purchase(custom_data={"value": 1}), NO_CURRENCY),
    "value as text": (purchase(custom_data={"value": "12.50", "currency": "EUR"}), PARAMETER),
    "value below zero": (purchase(custom_data={"value": -1, "currency": "EUR"}), PARAMETER),
    "no such currency": (purchase(custom_data={"value": 1, "currency": "EUX"}), PARAMETER),
    "null in custom data": (stage(custom_data={**CRM, "value": None}), PARAMETER),
    "unknown processing option": (stage(data_processing_options=["GDPR"]), PARAMETER),
    "processing option as text": (stage(data_processing_options="LDU"), PARAMETER),
    "country by its letters": (stage(**LDU, data_processing_options_country="US"), PARAMETER),
    "country that Meta has no code for": (stage(**LDU, data_processing_options_country=33), PARAMETER),
    "state that Meta has no code for": (stage(**LDU, data_processing_options_state=1099), PARAMETER),
    "contents not a list": (stage(custom_data={**CRM, "contents": "roof"}), PARAMETER),
}


@pytest.mark.parametrize("case", INVALID)
def test_one_invalid_event_refuses_the_whole_batch(sandbox: Sandbox, case: str) -> None:
    event, subcode = INVALID[case]
    response = sandbox.send(stage("good"), event)
    error = response.json()["error"]
    assert response.status_code == 400
    assert (error["code"], error["error_subcode"], error["is_transient"]) == (100, subcode, False)
    assert error["error_user_title"]
    assert error["error_user_msg"]
    assert sandbox.report()["events"] == {}
    assert sandbox.report()["refused_by_subcode"] == {str(subcode): 1}


VALID = {
    "a stage six days old": stage(event_time=NOW_SECONDS - 6 * DAY),
    "a store purchase of 61 days": purchase(event_time=NOW_SECONDS - 61 * DAY),
    "a clock that is 30 seconds fast": stage(event_time=NOW_SECONDS + 30),
    "a value of zero": purchase(custom_data={"value": 0, "currency": "EUR"}),
    "a currency in lower case": purchase(custom_data={"value": 1, "currency": "eur"}),
    "a full name": stage(user_data={"fn": sha256("zoé"), "ln": sha256("daubigny")}),
    "a click alone": stage(user_data={"fbc": f"fb.1.{NOW_SECONDS}000.{FBCLID}"}),
    "several e-mails": stage(user_data={"em": [sha256("a"), sha256("b")]}),
    "limited data use": stage(data_processing_options=["LDU"]),
    "limited data use where Meta finds out": stage(**LDU, data_processing_options_country=0),
    "limited data use in California": stage(**LDU, **CALIFORNIA),
    "expressly no limited data use": stage(data_processing_options=[]),
    "a website visit": stage(**WEBSITE, user_data={**USER, "client_user_agent": "Mozilla/5.0"}),
}


@pytest.mark.parametrize("case", VALID)
def test_what_meta_documents_is_accepted(sandbox: Sandbox, case: str) -> None:
    assert sandbox.send(VALID[case]).json().get("events_received") == 1


def test_a_thousand_events_go_in_one_request_and_no_more(sandbox: Sandbox) -> None:
    events = [stage(f"e{number}") for number in range(1001)]
    assert sandbox.send(*events[:1000]).json()["events_received"] == 1000
    assert sandbox.send(*events).json()["error"]["code"] == 100


@pytest.mark.parametrize("data", [None, "not json", "{}", "[]", "[NaN]"])
def test_data_that_is_no_list_of_events_is_refused(sandbox: Sandbox, data: str | None) -> None:
    form = {"access_token": DATASET.access_token} | ({} if data is None else {"data": data})
    response = requests.post(f"{sandbox.url}/v26.0/{DATASET.id}/events", data=form, timeout=10)
    assert (response.status_code, response.json()["error"]["code"]) == (400, 100)


MATCHES = {
    "e-mail": ({"em": sha256(ZOE.email)}, True),
    "one e-mail of several": ({"em": [sha256("x"), sha256(ZOE.email)]}, True),
    "phone": ({"ph": sha256("442079460123")}, True),
    "lead id": ({"lead_id": LEAD_ID}, True),
    "lead id as text": ({"lead_id": str(LEAD_ID)}, False),
    "lead id nobody got": ({"lead_id": LEAD_ID + 1}, False),
    "click": ({"fbc": f"fb.1.{NOW_SECONDS}000.{FBCLID}"}, True),
    "click that never was": ({"fbc": f"fb.1.{NOW_SECONDS}000.x{FBCLID}"}, False),
    "name and postal code": ({"fn": sha256("zoé"), "ln": sha256("daubigny"), "zp": sha256("75011")}, True),
    "name and birthday": ({"fn": sha256("rhys"), "ln": sha256("oconnor"), "db": sha256("19811224")}, True),
    "name alone": ({"fn": sha256("zoé"), "ln": sha256("daubigny")}, False),
    "somebody without an account": ({"em": sha256(STRANGER.email)}, False),
    "Google's spelling of gmail": ({"em": sha256("zoedaubignyinvented1@gmail.com")}, False),
}


@pytest.mark.parametrize("case", MATCHES)
def test_meta_recognises_who_it_knows_and_nobody_else(sandbox: Sandbox, case: str) -> None:
    user_data, expected = MATCHES[case]
    sandbox.send(stage(user_data=user_data))
    assert sandbox.report()["events"]["Qualified Lead"]["matched"] == int(expected)


def test_a_lead_id_as_text_shows_in_the_report(sandbox: Sandbox) -> None:
    sandbox.send(stage(user_data={"lead_id": str(LEAD_ID)}))
    assert sandbox.report()["lead_ids_as_text"] == 1


def test_parameters_that_meta_does_not_know_are_ignored_but_reported(sandbox: Sandbox) -> None:
    assert sandbox.send(stage(user_data={**USER, "email": "x"})).status_code == 200
    assert sandbox.report()["ignored_parameters"] == {"email": 1}


def test_the_same_event_id_and_name_count_once_for_48_hours(sandbox: Sandbox) -> None:
    for hours, counted in ((0, 1), (47, 1), (49, 2)):
        sandbox.clock[0] = NOW_SECONDS + hours * 3600
        sandbox.send(stage("same"))
        assert sandbox.report()["events"]["Qualified Lead"]["counted"] == counted
    sandbox.send(stage("same", event_name="Converted"))
    assert sandbox.report()["events"]["Converted"]["counted"] == 1


def test_a_shop_order_counts_once_whatever_its_event_id(sandbox: Sandbox) -> None:
    sandbox.send(purchase("p1"), purchase("p2"))
    sandbox.send(purchase("p3", event_time=NOW_SECONDS - 7200))
    tally = sandbox.report()["events"]["Purchase"]
    assert (tally["received"], tally["counted"], tally["duplicates"]) == (3, 2, 1)


def test_an_order_sent_as_several_events_shows_in_the_report(sandbox: Sandbox) -> None:
    sandbox.send(purchase("p1"), purchase("p1"))
    assert sandbox.report()["split_orders"] == 0
    item = {"custom_data": {"value": 2, "currency": "EUR", "order_id": "C0000001", "item_number": "2"}}
    sandbox.send(purchase("p2", **item), purchase("p3", event_time=NOW_SECONDS - 3601))
    assert sandbox.report()["split_orders"] == 1


def test_an_orders_number_that_comes_again_on_another_day_is_another_order(sandbox: Sandbox) -> None:
    sandbox.send(purchase("p1"), purchase("p2", event_time=NOW_SECONDS - 3 * DAY))
    assert sandbox.report()["split_orders"] == 0


@pytest.mark.parametrize("custom_data", [{}, {"event_source": "crm"}, {"lead_event_source": "Salesforce"}])
def test_a_crm_event_that_does_not_say_so_is_accepted_and_not_recognised(
    sandbox: Sandbox, custom_data: dict[str, Any]
) -> None:
    assert sandbox.send(stage(custom_data=custom_data)).status_code == 200
    assert sandbox.report()["events"]["Qualified Lead"]["not_recognised"] == 1


def test_test_events_count_like_all_others(sandbox: Sandbox) -> None:
    sandbox.send(stage(), test_event_code="TEST123")
    report = sandbox.report()
    assert (report["test_events"], report["events"]["Qualified Lead"]["counted"]) == (1, 1)


def test_counted_events_can_be_listed(sandbox: Sandbox) -> None:
    sandbox.send(stage("a"), stage("a"), purchase("b"))
    listed = requests.get(
        f"{sandbox.url}/_sandbox/meta/events", params={"dataset": DATASET.id}, timeout=10
    ).json()
    assert [event["event_id"] for event in listed] == ["a", "b"]
    assert listed[1] == {
        "event_id": "b",
        "event_name": "Purchase",
        "event_time": NOW_SECONDS - 3600,
        "value": 12.5,
        "currency": "EUR",
        "matched": True,
        "matched_by": ["ph[0]"],
    }


def test_a_long_listing_is_read_a_page_at_a_time(sandbox: Sandbox) -> None:
    sandbox.send(*(stage(name) for name in "abcde"))
    url = f"{sandbox.url}/_sandbox/meta/events?dataset={DATASET.id}"
    pages = [requests.get(f"{url}&offset={offset}&limit=2", timeout=10).json() for offset in (0, 2, 4, 6)]
    assert [[event["event_id"] for event in page] for page in pages] == [["a", "b"], ["c", "d"], ["e"], []]
    assert requests.get(f"{url}&offset=-1", timeout=10).status_code == 400


def test_a_poisoned_event_refuses_its_batch_without_saying_which_it_was(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("meta", "poison", event_ids=("bad",)))
    error = sandbox.send(stage("good"), stage("bad")).json()["error"]
    assert error["error_subcode"] == TOO_BROAD
    assert "bad" not in json.dumps(error)
    assert sandbox.send(stage("good")).json()["events_received"] == 1


def test_a_revoked_token_is_refused_until_the_fault_is_over(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("meta", "revoke"))
    response = sandbox.send(stage())
    assert (response.status_code, response.json()["error"]["code"]) == (401, 190)
    assert sandbox.send(stage()).status_code == 200


def test_a_wrong_count_is_answered_when_told_to(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("meta", "wrong_count"))
    assert sandbox.send(stage("a"), stage("b")).json()["events_received"] == 1
    assert sandbox.report()["events"]["Qualified Lead"]["counted"] == 2


def test_by_default_the_clock_is_the_real_one() -> None:
    with serve_in_thread(ad_world()) as running:
        body = {"data": [stage(event_time=int(time.time()) - 5)], "access_token": DATASET.access_token}
        url = f"{running.url}/v26.0/{DATASET.id}/events"
        assert requests.post(url, json=body, timeout=10).json()["events_received"] == 1

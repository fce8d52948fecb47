"""What orgs have or lack, and what can be switched: allowances, visibility, hidden fields, currencies, types."""

from __future__ import annotations

from typing import Any

import requests

from closedwon.sandbox.salesforce.ids import record_id
from tests.sandbox.small_org import API, DOMAIN, Client, lead, serve_org

ANNA = record_id("00Q", 1)
DEAL, ACCOUNT = record_id("006", 1), record_id("001", 1)
CONSUMER, BUSINESS = record_id("012", 1), record_id("012", 2)


def refused(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


def field_names(client: Client, name: str) -> set[str]:
    return {field["name"] for field in client.get(f"{API}/sobjects/{name}/describe").json()["fields"]}


def test_calls_are_counted_and_limited_for_each_org() -> None:
    with serve_org({"Lead": [lead(1)]}) as org:
        org.set_up(daily_requests=100, calls_of_others=97)
        client = org.client()
        assert client.get(f"{API}/limits").json()["DailyApiRequests"] == {"Max": 100, "Remaining": 2}
        used = [client.query("SELECT Id FROM Lead") for _ in range(3)]
        assert [answer.status_code for answer in used] == [200, 200, 403]
        assert [answer.headers["Sforce-Limit-Info"] for answer in used] == [
            "api-usage=99/100",
            "api-usage=100/100",
            "api-usage=100/100",
        ]
        assert used[2].json() == [
            {"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}
        ]


def test_some_calls_can_be_refused_as_too_many_at_once() -> None:
    with serve_org({"Lead": [lead(1)]}) as org:
        client = org.client()
        org.set_up(concurrency_refusals=2)
        answers = [client.query("SELECT Id FROM Lead") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [403, 403, 200]
        assert answers[0].json()[0]["message"].startswith("ConcurrentRequests")
        assert answers[2].headers["Sforce-Limit-Info"] == "api-usage=1/100000"


def test_a_call_without_a_session_counts_for_no_org() -> None:
    with serve_org() as org:
        client = org.client()
        unknown = client.get(f"{API}/limits", headers={"Authorization": "Bearer 00D!nothing"})
        assert "Sforce-Limit-Info" not in unknown.headers
        assert client.get(f"{API}/limits").headers["Sforce-Limit-Info"] == "api-usage=1/100000"


def test_a_hidden_field_is_in_neither_describe_nor_queries() -> None:
    with serve_org({"Lead": [lead(1, Phone="+33612345678")]}) as org:
        client = org.client()
        org.set_up(hidden_fields=["Lead.Phone", "Opportunity.ContactId"])
        assert field_names(client, "Lead") & {"Phone", "Email"} == {"Email"}
        assert refused(client.query("SELECT Phone FROM Lead")) == (400, "INVALID_FIELD")
        assert refused(client.query("SELECT Id FROM Lead WHERE Phone = null")) == (400, "INVALID_FIELD")
        assert refused(client.query("SELECT Contact.Email FROM Opportunity")) == (400, "INVALID_FIELD")
        # Who hides a field from the integration's user still sets it.
        org.server.change(DOMAIN, "Lead", ANNA, {"Phone": "+33612345679"})
        org.set_up(hidden_fields=[])
        assert client.records("SELECT Phone FROM Lead") == [{"Phone": "+33612345679"}]


def test_history_that_is_not_tracked_does_not_exist() -> None:
    with serve_org({"Lead": [lead(1)]}) as org:
        client = org.client()
        org.set_up(untracked_objects=["Lead"])
        org.server.change(DOMAIN, "Lead", ANNA, {"Status": "Working"})
        assert refused(client.query("SELECT Id FROM LeadHistory")) == (400, "INVALID_TYPE")
        assert client.get(f"{API}/sobjects/LeadHistory/describe").status_code == 404
        assert client.records("SELECT Id FROM OpportunityFieldHistory") == []
        org.set_up(untracked_objects=[], untracked_fields=["Lead.Status"])
        org.server.change(DOMAIN, "Lead", ANNA, {"Status": "Qualified", "OwnerId": record_id("005", 2)})
        assert client.records("SELECT Field FROM LeadHistory") == [{"Field": "OwnerId"}]


def test_only_an_org_of_several_currencies_has_currencies_on_its_records() -> None:
    deals: list[dict[str, Any]] = [
        {"Id": DEAL, "Amount": 5.0},
        {"Id": record_id("006", 2), "CurrencyIsoCode": "USD"},
    ]
    with serve_org({"Opportunity": deals}, currencies=("EUR", "USD")) as org:
        client = org.client()
        org.server.change(DOMAIN, "Opportunity", record_id("006", 3), {"Amount": 7.0}, create=True)
        found = client.records("SELECT CurrencyIsoCode FROM Opportunity ORDER BY Id")
        assert [record["CurrencyIsoCode"] for record in found] == ["EUR", "USD", "EUR"]
        snapshots = client.records("SELECT CurrencyIsoCode FROM OpportunityHistory")
        assert snapshots == [{"CurrencyIsoCode": "EUR"}]
        assert "CurrencyIsoCode" in field_names(client, "Lead")
    with serve_org({"Opportunity": [{"Id": DEAL}]}) as org:
        assert refused(org.client().query("SELECT CurrencyIsoCode FROM Opportunity")) == (
            400,
            "INVALID_FIELD",
        )


def test_person_accounts_carry_the_person_where_they_are_on() -> None:
    account = {
        "Id": ACCOUNT,
        "IsPersonAccount": True,
        "PersonEmail": "anna@example.com",
        "LastName": "Roux",
    }
    objects: dict[str, list[dict[str, Any]]] = {
        "Account": [account],
        "Opportunity": [{"Id": DEAL, "AccountId": ACCOUNT}],
    }
    with serve_org(objects, person_accounts=True) as org:
        client = org.client()
        assert {"IsPersonAccount", "PersonMobilePhone", "FirstName"} <= field_names(client, "Account")
        found = client.records(
            "SELECT Account.PersonEmail FROM Opportunity WHERE Account.IsPersonAccount = true"
        )
        assert found[0]["Account"]["PersonEmail"] == "anna@example.com"
    with serve_org({"Account": [{"Id": ACCOUNT}]}) as org:
        assert not field_names(org.client(), "Account") & {"IsPersonAccount", "PersonEmail", "LastName"}


def test_record_types_are_described_and_queried_by_their_developer_names() -> None:
    types = [
        {"Id": CONSUMER, "DeveloperName": "B2C", "Name": "Consumer", "SobjectType": "Lead", "IsActive": True},
        {
            "Id": BUSINESS,
            "DeveloperName": "B2B",
            "Name": "Business",
            "SobjectType": "Lead",
            "IsActive": False,
        },
    ]
    leads = [lead(1, RecordTypeId=CONSUMER), lead(2, RecordTypeId=BUSINESS), lead(3)]
    with serve_org({"Lead": leads, "RecordType": types}) as org:
        client = org.client()
        infos = client.get(f"{API}/sobjects/Lead/describe").json()["recordTypeInfos"]
        assert [(info["developerName"], info["active"], info["master"]) for info in infos] == [
            ("B2C", True, False),
            ("B2B", False, False),
            ("Master", True, True),
        ]
        assert infos[0]["recordTypeId"] == CONSUMER
        found = client.records("SELECT Id FROM Lead WHERE RecordType.DeveloperName IN ('B2C')")
        assert found == [{"Id": ANNA}]
        assert refused(client.query("SELECT RecordTypeId FROM Opportunity")) == (400, "INVALID_FIELD")
        master = client.get(f"{API}/sobjects/Opportunity/describe").json()["recordTypeInfos"]
        assert [info["developerName"] for info in master] == ["Master"]


def test_a_new_record_can_stay_unseen_for_some_queries() -> None:
    with serve_org({"Lead": [lead(1)]}) as org:
        client = org.client()
        org.set_up(visibility_delay_queries=1)
        org.server.change(DOMAIN, "Lead", None, {"LastName": "Roux"}, create=True)
        assert [len(client.records("SELECT Id FROM Lead")) for _ in range(2)] == [1, 2]


def test_an_unknown_setting_is_named() -> None:
    with serve_org() as org:
        answer = requests.post(f"{org.url}/_sandbox/salesforce/settings", json={"nope": 1}, timeout=5)
        assert answer.status_code == 400
        assert "no such setting: nope" in answer.json()["error"]

"""Deleted, undeleted, erased, merged and converted records: what queries then find of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from closedwon.sandbox.salesforce.errors import RestError
from closedwon.sandbox.salesforce.ids import record_id
from tests.sandbox.small_org import API, DOMAIN, Client, ServedOrg, lead, serve_org

ANNA, BEN, CLEO = (record_id("00Q", number) for number in (1, 2, 3))
ANN, ANNE = record_id("003", 1), record_id("003", 2)
DEAL, OTHER_DEAL = record_id("006", 1), record_id("006", 2)
BEFORE = "2026-11-01T00:00:00.000+0000"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
STAMP = "2026-11-22T12:00:00.000+0000"


def record(key: str, **fields: Any) -> dict[str, Any]:
    return {"Id": key, "CreatedDate": BEFORE, "LastModifiedDate": BEFORE, "SystemModstamp": BEFORE, **fields}


@pytest.fixture
def org() -> Iterator[ServedOrg]:
    people = {
        "FirstName": "Anna",
        "LastName": "Roux",
        "Company": "Roux",
        "City": "Lyon",
        "Phone": "+33612345678",
    }
    objects = {
        "Lead": [lead(1, **people), lead(2, LastName="Durand"), lead(3, LastName="Petit")],
        "Contact": [record(ANN, Email="ann@example.com"), record(ANNE, Email="anne@example.com")],
        "Opportunity": [record(DEAL, ContactId=ANN), record(OTHER_DEAL, ContactId=ANNE)],
        "OpportunityContactRole": [
            record(record_id("00K", 1), OpportunityId=OTHER_DEAL, ContactId=ANNE, IsPrimary=True)
        ],
        "LeadHistory": [
            {"Id": record_id("017", 1), "LeadId": BEN, "Field": "created", "CreatedDate": BEFORE}
        ],
    }
    with serve_org(objects, clock=lambda: NOW) as served:
        yield served


@pytest.fixture
def client(org: ServedOrg) -> Client:
    return org.client()


def deleted(client: Client, name: str, fields: str = "Id") -> list[dict[str, Any]]:
    return client.records(f"SELECT {fields} FROM {name} WHERE IsDeleted = true ORDER BY Id", "queryAll")


def test_a_deleted_record_is_seen_by_query_all_only_with_a_new_stamp(org: ServedOrg, client: Client) -> None:
    assert org.edit("delete", object="Lead", ids=[BEN]).status_code == 204
    assert [row["Id"] for row in client.records("SELECT Id FROM Lead ORDER BY Id")] == [ANNA, CLEO]
    assert deleted(client, "Lead", "Id, MasterRecordId, SystemModstamp") == [
        {"Id": BEN, "MasterRecordId": None, "SystemModstamp": STAMP}
    ]
    assert client.records("SELECT Id FROM LeadHistory") == []
    with pytest.raises(RestError, match="deleted"):
        org.server.delete(DOMAIN, "Lead", BEN)


def test_undeleting_brings_a_record_and_its_dependents_back(org: ServedOrg, client: Client) -> None:
    org.server.delete(DOMAIN, "Opportunity", OTHER_DEAL)
    assert client.records("SELECT Id FROM OpportunityContactRole") == []
    assert org.edit("undelete", object="Opportunity", ids=[OTHER_DEAL]).status_code == 204
    found = client.records(f"SELECT IsDeleted, SystemModstamp FROM Opportunity WHERE Id = '{OTHER_DEAL}'")
    assert found == [{"IsDeleted": False, "SystemModstamp": STAMP}]
    assert len(client.records("SELECT Id FROM OpportunityContactRole")) == 1
    with pytest.raises(RestError) as refused:
        org.server.undelete(DOMAIN, "Opportunity", OTHER_DEAL)
    assert refused.value.code == "UNDELETE_FAILED"


def test_an_erased_record_is_found_by_nothing(org: ServedOrg, client: Client) -> None:
    org.server.delete(DOMAIN, "Lead", BEN)
    assert org.edit("erase", object="Lead", ids=[BEN, CLEO]).status_code == 204
    assert [row["Id"] for row in client.records("SELECT Id FROM Lead", "queryAll")] == [ANNA]
    assert client.records("SELECT Id FROM LeadHistory", "queryAll") == []
    with pytest.raises(RestError, match="does not exist"):
        org.server.erase(DOMAIN, "Lead", BEN)


def test_losers_of_a_merge_name_the_winner_and_children_move_to_it(org: ServedOrg, client: Client) -> None:
    answer = org.edit("merge", object="Contact", winner=ANN, losers=[ANNE], fields={"Phone": "+33612345679"})
    assert answer.status_code == 204
    assert client.records("SELECT Id, Phone, SystemModstamp FROM Contact") == [
        {"Id": ANN, "Phone": "+33612345679", "SystemModstamp": STAMP}
    ]
    assert deleted(client, "Contact", "Id, MasterRecordId, SystemModstamp") == [
        {"Id": ANNE, "MasterRecordId": ANN, "SystemModstamp": STAMP}
    ]
    deals = client.records("SELECT Id, ContactId, SystemModstamp FROM Opportunity ORDER BY Id")
    assert [(deal["ContactId"], deal["SystemModstamp"]) for deal in deals] == [(ANN, BEFORE), (ANN, STAMP)]
    assert client.records("SELECT ContactId FROM OpportunityContactRole") == [{"ContactId": ANN}]


def test_merged_leads_are_recorded_in_the_winners_history(org: ServedOrg, client: Client) -> None:
    org.server.merge(DOMAIN, "Lead", ANNA, [BEN, CLEO])
    assert [row["MasterRecordId"] for row in deleted(client, "Lead", "MasterRecordId")] == [ANNA, ANNA]
    assert client.records("SELECT LeadId, Field FROM LeadHistory") == [
        {"LeadId": ANNA, "Field": "leadMerged"}
    ]


@pytest.mark.parametrize(
    ("name", "winner", "losers"),
    [
        ("Opportunity", DEAL, [OTHER_DEAL]),
        ("Lead", ANNA, []),
        ("Lead", ANNA, [ANNA]),
        ("Lead", ANNA, [BEN, CLEO, record_id("00Q", 4)]),
        ("Lead", ANNA, [record_id("00Q", 99)]),
    ],
)
def test_what_cannot_be_merged_stays_as_it_is(
    org: ServedOrg, client: Client, name: str, winner: str, losers: list[str]
) -> None:
    answer = org.edit("merge", object=name, winner=winner, losers=losers)
    assert answer.json()[0]["errorCode"] in {"INVALID_OPERATION", "NOT_FOUND"}
    assert deleted(client, name) == []


def test_a_converted_lead_names_its_account_contact_and_opportunity(org: ServedOrg, client: Client) -> None:
    made = org.edit("convert", lead=ANNA, opportunity={"StageName": "Proposal", "Amount": 9000.0}).json()
    fields = (
        "Status, IsConverted, ConvertedDate, ConvertedAccountId, ConvertedContactId, ConvertedOpportunityId"
    )
    assert client.records(f"SELECT {fields} FROM Lead WHERE Id = '{ANNA}'") == [
        {
            "Status": "Closed - Converted",
            "IsConverted": True,
            "ConvertedDate": "2026-11-22",
            "ConvertedAccountId": made["Account"],
            "ConvertedContactId": made["Contact"],
            "ConvertedOpportunityId": made["Opportunity"],
        }
    ]
    history = client.records(f"SELECT Field, NewValue, CreatedDate FROM LeadHistory WHERE LeadId = '{ANNA}'")
    assert {(row["Field"], row["NewValue"]) for row in history} == {
        ("Status", "Closed - Converted"),
        ("leadConverted", None),
    }
    assert {row["CreatedDate"] for row in history} == {STAMP}
    deal = client.records(
        "SELECT StageName, Amount, ContactId, Contact.Email, Contact.MailingCity, Account.Name "
        f"FROM Opportunity WHERE Id = '{made['Opportunity']}'"
    )[0]
    assert (deal["StageName"], deal["Amount"], deal["ContactId"]) == ("Proposal", 9000.0, made["Contact"])
    assert (deal["Contact"]["Email"], deal["Contact"]["MailingCity"]) == ("person1@example.com", "Lyon")
    role = "SELECT ContactId, IsPrimary FROM OpportunityContactRole WHERE OpportunityId = "
    assert client.records(role + f"'{made['Opportunity']}'") == [
        {"ContactId": made["Contact"], "IsPrimary": True}
    ]
    again = org.edit("convert", lead=ANNA)
    assert again.json()[0]["errorCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"


def test_records_changed_in_one_commit_share_a_stamp(org: ServedOrg, client: Client) -> None:
    answer = org.edit("change", object="Lead", ids=[ANNA, BEN, CLEO], fields={"Status": "Working"})
    assert answer.json() == {"ids": [ANNA, BEN, CLEO]}
    stamps = {row["SystemModstamp"] for row in client.records("SELECT SystemModstamp FROM Lead")}
    assert stamps == {STAMP}


def test_an_edit_that_lacks_something_says_what(org: ServedOrg) -> None:
    answer = org.edit("merge", object="Lead", winner=ANNA)
    assert (answer.status_code, answer.json()) == (400, {"error": "missing: losers"})


def test_a_deletion_can_be_seen_later_than_it_is_stamped(org: ServedOrg, client: Client) -> None:
    org.set_up(visibility_delay_queries=2)
    org.server.delete(DOMAIN, "Lead", BEN)
    seen = [len(client.records("SELECT Id FROM Lead")) for _ in range(3)]
    assert seen == [3, 3, 2]
    assert client.get(f"{API}/limits").ok

"""HubSpot's records: lists, batches, histories, what was archived, merged or erased, and what belongs together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from closedwon.sandbox.server import RunningSandbox
from tests.sandbox.small_portal import (
    CONTACTS,
    START,
    PortalClient,
    above,
    ids,
    portal_server,
    refused,
    set_up,
)


def test_a_list_is_paged_by_id_to_its_end(reader: PortalClient) -> None:
    found: list[str] = []
    page: dict[str, Any] = {"paging": {"next": {"after": "0"}}}
    while "paging" in page:
        page = reader.objects(limit=100, after=page["paging"]["next"]["after"]).json()
        found += [record["id"] for record in page["results"]]
    assert found == [str(number) for number in range(1, CONTACTS + 1)]


@pytest.mark.parametrize(
    "asked", [{"limit": 101}, {"limit": 51, "propertiesWithHistory": "email"}, {"limit": 0}]
)
def test_a_list_page_has_a_most(reader: PortalClient, asked: dict[str, Any]) -> None:
    refused(reader.objects(**asked), 400, "VALIDATION_ERROR")


def test_an_answer_holds_what_was_asked_for_and_what_is_always_there(reader: PortalClient) -> None:
    record = reader.objects("contacts/1", properties="email,city,no_such_property").json()
    assert record["properties"] == {
        "email": "person1@example.com",
        "city": None,
        "hs_object_id": "1",
        "createdate": "2026-11-01T10:01:00Z",
        "lastmodifieddate": "2026-11-01T10:01:00Z",
    }
    assert record["archived"] is False
    assert record["updatedAt"] == "2026-11-01T10:01:00Z"


def test_a_url_with_too_many_properties_is_too_long(reader: PortalClient) -> None:
    names = ",".join(f"a_property_with_a_long_name_{number}" for number in range(600))
    answer = reader.objects(properties=names)
    assert answer.status_code == 414
    assert "json" not in answer.headers["content-type"]
    assert reader.batch(["1"], properties=names.split(",")).ok


def test_a_batch_tells_what_it_found_from_what_it_did_not(reader: PortalClient) -> None:
    answer = reader.batch(["2", "88888", "1", "99999"])
    assert answer.status_code == 207
    assert sorted(ids(answer)) == ["1", "2"]
    (error,) = answer.json()["errors"]
    assert error["category"] == "OBJECT_NOT_FOUND"
    assert error["context"] == {"ids": ["88888", "99999"]}


@pytest.mark.parametrize(
    ("count", "body", "status"),
    [(100, {}, 200), (101, {}, 400), (50, {"propertiesWithHistory": ["email"]}, 200),
     (51, {"propertiesWithHistory": ["email"]}, 400), (1, {"idProperty": "email"}, 400), (1, {"id": "1"}, 400)],
)  # fmt: skip
def test_a_batch_has_limits(reader: PortalClient, count: int, body: dict[str, Any], status: int) -> None:
    assert reader.batch([str(number + 1) for number in range(count)], **body).status_code == status


def test_an_id_twice_in_a_batch_is_refused(reader: PortalClient) -> None:
    assert "Duplicate IDs" in refused(reader.batch(["1", "1"]), 400, "VALIDATION_ERROR")["message"]


def test_a_history_is_newest_first(reader: PortalClient) -> None:
    (record,) = reader.batch(["901"], "deals", propertiesWithHistory=["dealstage"]).json()["results"]
    told = [
        (version["value"], version["timestamp"]) for version in record["propertiesWithHistory"]["dealstage"]
    ]
    assert told == [("closedwon", "2026-11-03T10:00:00Z"), ("qualifiedtobuy", "2026-11-01T10:00:00Z")]


def test_a_change_adds_to_the_history_and_moves_the_modification_date(
    sandbox: RunningSandbox, client: PortalClient
) -> None:
    entered = datetime(2026, 11, 5, 8, 0, 0, 250_000, tzinfo=UTC)
    portal_server(sandbox).change("contacts", "1", {"lifecyclestage": "marketingqualifiedlead"}, at=entered)
    wanted = ["hs_v2_date_entered_marketingqualifiedlead", "hs_v2_date_entered_lead"]
    answer = client.batch(["1"], properties=wanted, propertiesWithHistory=["lifecyclestage"])
    (record,) = answer.json()["results"]
    told = [version["value"] for version in record["propertiesWithHistory"]["lifecyclestage"]]
    assert told == ["marketingqualifiedlead", "lead"]
    assert record["properties"][wanted[0]] == "2026-11-05T08:00:00.250Z"
    assert record["properties"][wanted[1]] == "2026-11-01T10:01:00Z"
    assert datetime.fromisoformat(record["updatedAt"]) > datetime.now(UTC) - timedelta(minutes=1)


def test_the_date_entered_is_that_of_the_last_entry(sandbox: RunningSandbox, client: PortalClient) -> None:
    for hour, stage in enumerate(["closedlost", "qualifiedtobuy", "closedlost"]):
        portal_server(sandbox).change(
            "deals", "902", {"dealstage": stage}, at=START + timedelta(days=1, hours=hour)
        )
    record = client.objects("deals/902", properties="hs_v2_date_entered_closedlost,hs_is_closed_won").json()
    assert record["properties"]["hs_v2_date_entered_closedlost"] == "2026-11-02T12:00:00Z"
    assert record["properties"]["hs_is_closed_won"] == "false"


@pytest.mark.parametrize(("history", "status"), [("refused", 403), ("absent", 200)])
def test_histories_can_be_out_of_reach(
    sandbox: RunningSandbox, client: PortalClient, history: str, status: int
) -> None:
    set_up(sandbox, history=history)
    answer = client.batch(["1"], propertiesWithHistory=["lifecyclestage"])
    assert answer.status_code == status
    assert "propertiesWithHistory" not in answer.text
    assert client.batch(["1"]).ok


def test_an_archived_record_is_in_the_archived_list_and_nowhere_else(
    sandbox: RunningSandbox, client: PortalClient
) -> None:
    portal_server(sandbox).archive("contacts", "3")
    (archived,) = client.objects(archived="true", properties="email").json()["results"]
    assert (archived["id"], archived["archived"]) == ("3", True)
    assert datetime.fromisoformat(archived["archivedAt"]) > START
    assert "3" not in ids(client.objects(limit=100))
    assert ids(client.where({**above(2), "operator": "EQ", "value": "3"})) == []
    assert client.objects("contacts/3").status_code == 404
    assert client.objects("contacts/3", archived="true").ok
    assert client.batch(["3"]).json()["errors"][0]["context"] == {"ids": ["3"]}
    associated = client.post(
        "/crm/associations/2026-03/deals/contacts/batch/read", {"inputs": [{"id": "901"}]}
    )
    assert [to["toObjectId"] for to in associated.json()["results"][0]["to"]] == ["4"]
    portal_server(sandbox).restore("contacts", "3")
    assert client.objects("contacts/3").ok


def test_a_merge_makes_a_new_record_that_both_old_ids_lead_to(
    sandbox: RunningSandbox, client: PortalClient
) -> None:
    portal_server(sandbox).change("contacts", "4", {"lifecyclestage": "customer", "city": "Lyon"})
    merged = portal_server(sandbox).merge("contacts", "3", "4")
    assert merged not in {"3", "4"}
    wanted = ["email", "city", "lifecyclestage", "hs_merged_object_ids"]
    (record,) = client.batch(["3", "4"], properties=wanted).json()["results"]
    assert record["id"] == merged
    assert {name: record["properties"][name] for name in wanted} == {
        "email": "person3@example.com",
        "city": "Lyon",
        "lifecyclestage": "customer",
        "hs_merged_object_ids": "3;4",
    }
    assert client.objects("contacts/4").json()["id"] == merged
    assert ids(client.objects(archived="true")) == []
    assert {"3", "4"}.isdisjoint(ids(client.objects(limit=100)))
    assert ids(
        client.where({"propertyName": "hs_object_id", "operator": "IN", "values": ["3", "4", merged]})
    ) == [merged]
    (found,) = client.objects("deals/901", associations="contacts").json()["associations"]["contacts"][
        "results"
    ]
    assert found == {"id": merged, "type": "deal_to_contact"}


def test_a_merge_as_before_2025_keeps_the_primary_id(sandbox: RunningSandbox, client: PortalClient) -> None:
    assert portal_server(sandbox).merge("contacts", "3", "4", keep_id=True) == "3"
    record = client.objects("contacts/4", properties="hs_merged_object_ids").json()
    assert (record["id"], record["properties"]["hs_merged_object_ids"]) == ("3", "4")


def test_a_privacy_deletion_leaves_no_trace(sandbox: RunningSandbox, client: PortalClient) -> None:
    portal_server(sandbox).erase("contacts", "3")
    assert ids(client.objects(archived="true")) == []
    assert client.objects("contacts/3", archived="true").status_code == 404
    assert client.batch(["3"]).status_code == 207
    assert ids(client.where({**above(2), "operator": "EQ", "value": "3"})) == []


def test_associations_are_read_in_batches_with_what_has_none(reader: PortalClient) -> None:
    asked = {"inputs": [{"id": "901"}, {"id": "902"}]}
    dated = reader.post("/crm/associations/2026-03/deals/contacts/batch/read", asked)
    numbered = reader.post("/crm/v4/associations/deals/contacts/batch/read", asked)
    old = reader.post("/crm/v3/associations/deals/contacts/batch/read", asked)
    assert {dated.status_code, numbered.status_code, old.status_code} == {207}
    kind = {"category": "HUBSPOT_DEFINED", "typeId": 3, "label": None}
    assert dated.json()["results"] == [
        {
            "from": {"id": "901"},
            "to": [{"toObjectId": other, "associationTypes": [kind]} for other in ("3", "4")],
        }
    ]
    assert [to["toObjectId"] for to in numbered.json()["results"][0]["to"]] == [3, 4]
    assert old.json()["results"][0]["to"][0] == {"id": "3", "type": "deal_to_contact"}
    (error,) = dated.json()["errors"]
    assert error["context"]["fromObjectId"] == ["902"]
    back = reader.post("/crm/v4/associations/contacts/deals/batch/read", {"inputs": [{"id": "4"}]})
    assert back.json()["results"][0]["to"][0]["toObjectId"] == 901


def test_many_associations_of_one_record_come_in_pages(sandbox: RunningSandbox, client: PortalClient) -> None:
    portal_server(sandbox).associate("901", [str(number) for number in range(1, 6)])
    set_up(sandbox, associations_per_page=3)
    path = "/crm/associations/2026-03/deals/contacts/batch/read"
    (first,) = client.post(path, {"inputs": [{"id": "901"}]}).json()["results"]
    after = first["paging"]["next"]["after"]
    (second,) = client.post(path, {"inputs": [{"id": "901", "after": after}]}).json()["results"]
    assert [to["toObjectId"] for to in [*first["to"], *second["to"]]] == ["1", "2", "3", "4", "5"]
    assert "paging" not in second


def test_a_thousand_associations_may_be_asked_for_and_no_more(reader: PortalClient) -> None:
    path = "/crm/associations/2026-03/deals/contacts/batch/read"
    inputs = [{"id": str(number)} for number in range(1, 1_002)]
    assert reader.post(path, {"inputs": inputs[:1_000]}).status_code == 207
    refused(reader.post(path, {"inputs": inputs}), 400, "VALIDATION_ERROR")


def test_pipelines_name_their_stages(reader: PortalClient) -> None:
    (pipeline,) = reader.get("/crm/pipelines/2026-03/deals").json()["results"]
    assert (pipeline["id"], pipeline["label"]) == ("default", "Sales Pipeline")
    won = pipeline["stages"][1]
    assert (won["id"], won["label"]) == ("closedwon", "Closed Won")
    assert won["metadata"] == {"isClosed": "true", "probability": "1.0"}
    assert reader.get("/crm/pipelines/2026-03/deals/default").json() == pipeline


def test_properties_are_described_with_the_portals_own(reader: PortalClient) -> None:
    known = {item["name"]: item for item in reader.get("/crm/properties/2026-03/contacts").json()["results"]}
    assert [option["label"] for option in known["lifecyclestage"]["options"]][1:3] == [
        "Lead",
        "Marketing Qualified Lead",
    ]
    assert known["marketing_consent"]["hubspotDefined"] is False
    assert "hs_v2_date_entered_customer" in known
    assert reader.get("/crm/properties/2026-03/contacts/email").json()["label"] == "Email"
    refused(reader.get("/crm/properties/2026-03/contacts/nope"), 404, "OBJECT_NOT_FOUND")

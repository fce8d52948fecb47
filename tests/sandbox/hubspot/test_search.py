"""HubSpot's search: filters, order, pages up to a cap, and an index that lags."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from closedwon.sandbox.hubspot.times import iso
from tests.sandbox.small_portal import (
    CONTACTS,
    START,
    PortalClient,
    above,
    contact,
    ids,
    portal_server,
    refused,
    serve,
    set_up,
)


def at_least(moment: datetime) -> dict[str, str]:
    return {"propertyName": "lastmodifieddate", "operator": "GTE", "value": iso(moment)}


def test_search_pages_in_order_and_says_how_many_there_are(reader: PortalClient) -> None:
    sort = [{"propertyName": "lastmodifieddate", "direction": "DESCENDING"}]
    first = reader.where(above(10), sorts=sort, limit=200)
    assert first.json()["total"] == CONTACTS - 10
    second = reader.where(above(10), sorts=sort, limit=200, after=first.json()["paging"]["next"]["after"])
    assert "paging" not in second.json()
    assert [*ids(first), *ids(second)] == [str(number) for number in range(CONTACTS, 10, -1)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"propertyName": "email", "operator": "EQ", "value": "PERSON7@example.com"}, ["7"]),
        ({"propertyName": "hs_object_id", "operator": "IN", "values": ["9", "8", "777"]}, ["8", "9"]),
        ({"propertyName": "hs_object_id", "operator": "BETWEEN", "value": "9", "highValue": "11"}, ["9", "10", "11"]),
        ({"propertyName": "hs_object_id", "operator": "LT", "value": "3"}, ["1", "2"]),
        ({"propertyName": "hs_object_id", "operator": "LTE", "value": "2"}, ["1", "2"]),
        ({"propertyName": "city", "operator": "HAS_PROPERTY"}, []),
        ({"propertyName": "email", "operator": "IN", "values": ["PERSON7@example.com"]}, []),
        ({"propertyName": "createdate", "operator": "EQ", "value": "1793527260000"}, ["1"]),
    ],
)  # fmt: skip
def test_search_filters_by_the_kind_of_the_property(
    reader: PortalClient, given: dict[str, Any], expected: list[str]
) -> None:
    assert ids(reader.where(given, sorts=["hs_object_id"])) == expected


def test_filters_of_a_group_must_all_hold_and_of_groups_any(reader: PortalClient) -> None:
    low = {"propertyName": "hs_object_id", "operator": "LT", "value": "4"}
    groups = [{"filters": [low, above(2)]}, {"filters": [above(CONTACTS - 1)]}]
    found = reader.search(filterGroups=groups, sorts=["-hs_object_id"])
    assert ids(found) == [str(CONTACTS), "3"]
    unlike = {"propertyName": "hs_object_id", "operator": "NOT_IN", "values": ["1", "2"]}
    assert ids(reader.where(low, unlike)) == ["3"]
    lacking = {"propertyName": "city", "operator": "NOT_HAS_PROPERTY"}
    assert ids(reader.where(low, lacking, {**unlike, "operator": "NEQ", "value": "3"}, limit=1)) == ["1"]


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"limit": 200, "after": 9_801},
        {"sorts": ["email", "hs_object_id"]},
        {"sorts": ["hs_lastmodifieddate"]},
        {"filterGroups": [{"filters": [above(1)]}] * 6},
        {"filterGroups": [{"filters": [above(1)] * 7}]},
        {"filterGroups": [{"filters": [above(1)] * 5}] * 4},
        {"filterGroups": [{"filters": [{"propertyName": "nope", "operator": "EQ", "value": "1"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "email", "operator": "LIKE", "value": "1"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "createdate", "operator": "GT", "value": "soon"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "createdate", "operator": "GT"}]}]},
        {"filterGroups": [{"filters": [{"propertyName": "email", "operator": "IN", "value": "1"}]}]},
        {"properties": ["email"] * 400},
        {"filter": []},
    ],
)
def test_search_refuses_what_the_documentation_rules_out(reader: PortalClient, body: dict[str, Any]) -> None:
    refused(reader.search(**body), 400, "VALIDATION_ERROR")


def test_a_query_ends_at_ten_thousand_results_though_more_match() -> None:
    with serve(*(contact(number) for number in range(1, 12_001))) as sandbox:
        client = PortalClient(sandbox.url)
        portal_server(sandbox).touch("contacts", [str(number) for number in range(1, 12_001)], START)
        same = {"propertyName": "lastmodifieddate", "operator": "EQ", "value": iso(START)}
        last = client.where(same, limit=200, after="9800").json()
        assert (last["total"], len(last["results"])) == (12_000, 200)
        refused(client.where(same, limit=200, after="10000"), 400, "VALIDATION_ERROR")
        following = client.where(same, above(11_990), sorts=["hs_object_id"], limit=200)
        assert ids(following) == [str(number) for number in range(11_991, 12_001)]
        unordered = ids(client.where(same, sorts=["lastmodifieddate"], limit=200))
        assert unordered != sorted(unordered, key=int)


def test_search_finds_a_change_late_though_lists_and_batches_show_it_at_once() -> None:
    now = [datetime(2026, 11, 22, 12, tzinfo=UTC)]
    with serve(contact(1), clock=lambda: now[0]) as sandbox:
        client = PortalClient(sandbox.url)
        set_up(sandbox, index_lag_seconds=60)
        made = portal_server(sandbox).change("contacts", None, {"email": "new@example.com"})
        portal_server(sandbox).change("contacts", "1", {"city": "Lille"})
        assert ids(client.objects()) == ["1", made]
        assert client.batch(["1"], properties=["city"]).json()["results"][0]["properties"]["city"] == "Lille"
        assert ids(client.where(at_least(now[0]))) == []
        assert ids(client.search()) == ["1"]
        now[0] += timedelta(seconds=60)
        assert sorted(ids(client.where(at_least(now[0] - timedelta(seconds=60))))) == sorted(["1", made])

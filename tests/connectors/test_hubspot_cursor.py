"""Where a read of HubSpot starts, in which steps it goes, and what a cursor promises."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from connectors.base import Gone, Reconciling, SourceError
from connectors.hubspot import archives, walking
from connectors.hubspot.bookmarks import Bookmark
from connectors.hubspot.client import Client
from connectors.hubspot.objects import CONTACT
from connectors.hubspot.records import BATCH
from tests.connectors.hubspot_portal import (
    CONTACT_PATH,
    IMPATIENT,
    ONLY_CONTACTS,
    ONLY_DEALS,
    Portal,
    Served,
    at,
    entries_of,
    generous,
    gone_of,
    ids_of,
    passages,
    refusal,
    serving,
)

MANY = 10_450


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BATCH_RECORDS", "LIST_PAGE", "SEARCH_PAGE"):
        monkeypatch.setattr(walking, name, 3)
    for name in ("BATCH_RECORDS", "LIST_PAGE"):
        monkeypatch.setattr(archives, name, 3)


def walked(served: Served, bookmark: Bookmark) -> list[walking.Step]:
    client = Client(served.settings(), IMPATIENT, generous())
    try:
        return list(walking.walk(client, CONTACT, bookmark, timedelta(minutes=15)))
    finally:
        client.close()


def contacts_of(steps: list[walking.Step]) -> list[int]:
    return [int(one) for step in steps for one in step.ids]


def test_the_10k_cap_of_search_hides_no_record_and_ten_thousand_of_one_timestamp_make_no_endless_loop() -> (
    None
):
    portal = Portal()
    portal.leads(MANY, minutes=30)
    with serving(portal) as served:
        steps = walked(served, Bookmark(since=at(30)))
        assert served.count("contacts.search") <= 2 + MANY // walking.SEARCH_PAGE + 1
    assert contacts_of(steps) == list(range(1, MANY + 1))
    assert max(len(step.ids) for step in steps) < walking.BATCH_RECORDS + walking.SEARCH_PAGE


def test_the_first_read_takes_the_list_which_has_no_cap_and_no_lag() -> None:
    portal = Portal()
    portal.leads(450)
    with serving(portal) as served:
        served.tell(index_lag_seconds=3600)
        unseen = served.server.change("contacts", None, {"lifecyclestage": "lead"})
        steps = walked(served, Bookmark())
        assert served.count("contacts.search") == 1
    assert contacts_of(steps) == [*range(1, 451), int(unseen)]
    assert steps[-1].bookmark == Bookmark(since=at(0))


def test_a_read_that_stopped_after_any_batch_goes_on_from_its_cursor_and_loses_nothing(
    small_steps: None,
) -> None:
    portal = Portal()
    portal.leads(11)
    for number in (50, 51):
        portal.deal(number, ("closedwon", 60))
    everything = {*map(str, range(1, 12)), "50", "51"}
    with serving(portal) as served:
        whole = len(served.read())
        for stop in range(1, whole):
            reading = served.connector().read(None)
            before = [next(reading) for _ in range(stop)]
            reading.close()
            cursor = json.loads(json.dumps(before[-1].cursor))
            after = served.read(cursor, overlap_minutes=0)
            assert {*ids_of(before), *ids_of(after)} == everything


def test_a_stopped_walk_goes_on_behind_what_was_stored_and_does_not_begin_again(small_steps: None) -> None:
    portal = Portal()
    portal.leads(11)
    with serving(portal) as served:
        reading = served.connector(stages=ONLY_CONTACTS).read(None)
        first = next(reading)
        reading.close()
        rest = served.read(first.cursor, stages=ONLY_CONTACTS)
    assert ids_of([first]) == ["1", "2", "3"]
    assert ids_of(rest) == [str(number) for number in range(4, 12)]


def test_what_is_changed_during_a_walk_is_read_by_the_next_one(small_steps: None) -> None:
    portal = Portal()
    portal.leads(9)
    with serving(portal) as served:
        reading = served.connector(stages=ONLY_CONTACTS).read(None)
        batches = [next(reading)]
        served.clock.now = at(60)
        served.server.change("contacts", "1", {"lifecyclestage": "marketingqualifiedlead"})
        served.clock.now = at(61)
        served.server.change("contacts", "9", {"lifecyclestage": "marketingqualifiedlead"})
        batches += list(reading)
        again = served.read(batches[-1].cursor, stages=ONLY_CONTACTS)
    assert ("1", "qualified", 60) not in passages(batches)
    assert ("1", "qualified", 60) in passages(again)
    assert ("9", "qualified", 61) in passages(again)


def test_search_missing_recent_rows_is_made_up_for_by_reading_an_overlap_again() -> None:
    portal = Portal()
    portal.leads(3)
    with serving(portal) as served:
        first = served.read(stages=ONLY_CONTACTS)
        served.tell(index_lag_seconds=300)
        served.clock.now = at(30)
        late = served.server.change("contacts", None, {"lifecyclestage": "lead"})
        served.tell(index_lag_seconds=0)
        served.clock.now = at(31)
        served.server.change("contacts", "3", {"lifecyclestage": "marketingqualifiedlead"})
        second = served.read(first[-1].cursor, stages=ONLY_CONTACTS)
        served.clock.now = at(40)
        third = served.read(second[-1].cursor, stages=ONLY_CONTACTS)
        without = served.read(second[-1].cursor, stages=ONLY_CONTACTS, overlap_minutes=0)
    assert late not in ids_of(second)
    assert late in ids_of(third)
    assert late not in ids_of(without)


def test_a_record_that_search_still_shows_as_it_was_is_read_as_it_is() -> None:
    portal = Portal()
    portal.leads(1)
    with serving(portal) as served:
        first = served.read(stages=ONLY_CONTACTS)
        served.tell(index_lag_seconds=3600)
        served.clock.now = at(30)
        served.server.change("contacts", "1", {"lifecyclestage": "marketingqualifiedlead"})
        second = served.read(first[-1].cursor, stages=ONLY_CONTACTS)
    assert ("1", "qualified", 30) in passages(second)
    assert second[-1].cursor == first[-1].cursor, (
        "search has not seen the change, so it must be looked for again"
    )


def test_the_cursor_never_moves_back(small_steps: None) -> None:
    portal = Portal()
    portal.leads(4, minutes=20)
    with serving(portal) as served:
        first = served.read(stages=ONLY_CONTACTS)
        for number in range(1, 5):
            served.server.erase("contacts", str(number))
        again = served.read(first[-1].cursor, stages=ONLY_CONTACTS)
    assert again[-1].cursor["contact"]["since"] == first[-1].cursor["contact"]["since"]


def test_ids_are_in_the_order_of_numbers_not_of_letters(small_steps: None) -> None:
    portal = Portal()
    for number in (8, 9, 10, 99, 100, 1000):
        portal.contact(number, ("lead", 0))
    with serving(portal) as served:
        steps = walked(served, Bookmark(since=at(0)))
    assert contacts_of(steps) == [8, 9, 10, 99, 100, 1000]


def test_a_page_that_does_not_lead_on_ends_in_an_error(small_steps: None) -> None:
    portal = Portal()
    portal.leads(9)
    standstill = {"total": 9, "results": [{"id": "3", "properties": {}}], "paging": {"next": {"after": "3"}}}
    with serving(portal) as served:
        served.faults.add(refusal(200, json.dumps(standstill), f"{CONTACT_PATH}/search", after=1))
        with pytest.raises(SourceError, match="does not lead on"):
            walked(served, Bookmark(since=at(0)))


def test_the_total_is_what_a_read_visits() -> None:
    portal = Portal()
    portal.leads(5)
    for number in (50, 51):
        portal.deal(number, ("closedwon", 60))
    with serving(portal) as served:
        assert served.connector().total(None) == 7
        batches = served.read()
        served.clock.now = at(100)
        served.server.change("contacts", "2", {"lifecyclestage": "marketingqualifiedlead"})
        connector = served.connector(overlap_minutes=0)
        total = connector.total(batches[-1].cursor)
        assert total == sum(batch.rows_read for batch in connector.read(batches[-1].cursor)) == 7


def test_merges_leave_no_duplicates_the_losers_are_told_with_their_winner() -> None:
    portal = Portal()
    portal.leads(3)
    with serving(portal) as served:
        first = served.read(stages=ONLY_CONTACTS)
        served.clock.now = at(30)
        winner = served.server.merge("contacts", "1", "2")
        second = served.read(first[-1].cursor, stages=ONLY_CONTACTS)
    assert winner not in {"1", "2", "3"}
    assert sorted(gone_of(second)) == [("contact", "1", winner), ("contact", "2", winner)]
    assert "1" not in ids_of(second)
    assert winner in ids_of(second)


def test_a_merge_that_kept_the_winners_id_tells_of_the_loser_only() -> None:
    portal = Portal()
    portal.deal(5, ("closedwon", 0))
    portal.deal(6, ("closedwon", 1))
    with serving(portal) as served:
        first = served.read(stages=ONLY_DEALS)
        served.clock.now = at(30)
        served.server.merge("deals", "5", "6", keep_id=True)
        second = served.read(first[-1].cursor, stages=ONLY_DEALS)
    assert gone_of(second) == [("deal", "6", "5")]


def test_archived_records_are_told_from_the_second_read_on() -> None:
    portal = Portal()
    portal.leads(4)
    with serving(portal) as served:
        first = served.read(stages=ONLY_CONTACTS)
        served.clock.now = at(30)
        served.server.archive("contacts", "2")
        second = served.read(first[-1].cursor, stages=ONLY_CONTACTS)
        served.clock.now = at(200)
        served.server.archive("contacts", "3")
        third = served.read(second[-1].cursor, stages=ONLY_CONTACTS)
        fourth = served.read(third[-1].cursor, stages=ONLY_CONTACTS)
    assert gone_of(first) == []
    assert gone_of(second) == [("contact", "2", None)]
    assert gone_of(third) == [("contact", "2", None), ("contact", "3", None)]
    assert gone_of(fourth) == [("contact", "3", None)], "what was archived in the overlap is told again"
    assert third[-1].cursor["contact"]["archived"] == "2026-11-20T11:20:00.000Z"


def test_archives_are_told_in_bounded_batches_and_the_cursor_moves_with_the_last(small_steps: None) -> None:
    portal = Portal()
    portal.leads(8)
    with serving(portal) as served:
        first = served.read(stages=ONLY_CONTACTS)
        for number in range(1, 8):
            served.server.archive("contacts", str(number))
        batches = [batch for batch in served.read(first[-1].cursor, stages=ONLY_CONTACTS) if batch.gone]
    assert [len(batch.gone) for batch in batches] == [3, 3, 1]
    assert ["archived" in batch.cursor["contact"] for batch in batches] == [False, False, True]


def test_a_record_that_vanished_between_being_found_and_being_read_is_gone() -> None:
    portal = Portal()
    portal.leads(2)
    with serving(portal) as served:
        first = served.read(stages=ONLY_CONTACTS)
        served.tell(index_lag_seconds=3600)
        served.server.erase("contacts", "2")
        second = served.read(first[-1].cursor, stages=ONLY_CONTACTS)
    assert gone_of(second) == [("contact", "2", None)]
    assert ids_of(second) == ["1"]


def test_deletions_not_propagated_by_search_are_found_by_asking_for_the_ids_that_are_known() -> None:
    portal = Portal()
    portal.leads(6)
    with serving(portal) as served:
        served.server.erase("contacts", "2")
        served.server.archive("contacts", "3")
        winner = served.server.merge("contacts", "4", "5")
        connector = served.connector()
        assert isinstance(connector, Reconciling)
        gone = list(connector.missing("contact", [str(number) for number in range(1, 7)]))
        assert list(connector.missing("contact", ["1", "6"])) == []
    assert sorted(gone, key=lambda one: one.record_id) == [
        Gone("contact", "2"),
        Gone("contact", "3"),
        Gone("contact", "4", merged_into=winner),
        Gone("contact", "5", merged_into=winner),
    ]


def test_an_id_that_is_answered_by_a_record_which_does_not_name_it_was_merged_into_that_record() -> None:
    portal = Portal()
    portal.leads(2)
    other = json.dumps({"results": [{"id": "9", "properties": {"hs_merged_object_ids": "7;8"}}]})
    with serving(portal) as served:
        served.faults.add(refusal(200, other, f"{CONTACT_PATH}/batch/read", times=1))
        gone = list(served.connector().missing("contact", ["1", "2"]))
        assert gone == [], "asked alone, both are there"
        served.faults.add(refusal(200, other, f"{CONTACT_PATH}/batch/read"))
        gone = list(served.connector().missing("contact", ["1", "2"]))
    assert gone == [Gone("contact", "1", merged_into="9"), Gone("contact", "2", merged_into="9")]


def test_however_many_known_ids_are_asked_for_in_batches() -> None:
    portal = Portal()
    portal.leads(2 * BATCH + 1)
    with serving(portal) as served:
        ids = [str(number) for number in range(1, 2 * BATCH + 3)]
        gone = list(served.connector().missing("contact", ids))
        assert served.count("contacts.batch_read") == 3
    assert gone == [Gone("contact", str(2 * BATCH + 2))]


def test_an_answer_that_failed_for_another_reason_declares_nobody_gone() -> None:
    portal = Portal()
    portal.leads(2)
    body = '{"status": "COMPLETE", "results": [], "errors": [{"category": "INTERNAL_ERROR"}]}'
    with serving(portal) as served:
        served.faults.add(refusal(207, body, f"{CONTACT_PATH}/batch/read"))
        with pytest.raises(SourceError, match="INTERNAL_ERROR"):
            list(served.connector().missing("contact", ["1", "2"]))


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
def test_version_churn_is_one_setting(version: str) -> None:
    portal = Portal()
    contact = portal.contact(7, ("lead", 0), email="ada@example.com")
    portal.deal(5, ("closedwon", 60), of=[contact])
    served_versions = ["v1", "v3", "v4"] if version == "v3" else [version]
    with serving(portal) as served:
        served.tell(versions=served_versions)
        batches = served.read(api_version=version)
        again = served.read(batches[-1].cursor, api_version=version)
    assert entries_of(batches)["email"].tolist() == ["ada@example.com"] * 2
    assert len(again) == 4


def test_bookmarks_survive_json_to_the_millisecond() -> None:
    bookmark = Bookmark(at(1.23), at(2), "123", at(3))
    assert Bookmark.from_json(json.loads(json.dumps(bookmark.to_json()))) == bookmark
    assert Bookmark.from_json(None) == Bookmark.from_json({}) == Bookmark()

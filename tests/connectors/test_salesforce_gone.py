"""Records that were deleted, undeleted, merged or erased in the org."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.base import Batch, Gone, Reconciling
from tests.connectors.salesforce_org import Org, Served, entries_of, lead_id, opportunity_id, serving

STAGES = {"Lead.Status": {"Working": "lead"}, "Opportunity.StageName": {"Proposal": "opportunity"}}
ORG = "acme.my"


def read(served: Served, cursor: Any = None, **changes: Any) -> list[Batch]:
    return list(served.connector(**{"stages": STAGES, **changes}).read(cursor))


def gone_of(batches: list[Batch]) -> list[Gone]:
    return [one for batch in batches for one in batch.gone]


def org_of(leads: int, deals: int = 0) -> Org:
    org = Org()
    for number in range(leads):
        org.lead(number, "Working", modified=number, LeadSource="Web")
    for number in range(deals):
        org.opportunity(number, "Proposal", modified=number)
    return org


def test_a_deleted_record_is_told_as_gone_and_yields_no_entry(tmp_path: Path) -> None:
    with serving(org_of(3, 2), tmp_path) as served:
        first = read(served)
        served.server.delete(ORG, "Lead", lead_id(1))
        served.server.delete(ORG, "Opportunity", opportunity_id(0))
        second = read(served, first[-1].cursor)
    assert gone_of(first) == []
    assert gone_of(second) == [Gone("Lead", lead_id(1)), Gone("Opportunity", opportunity_id(0))]
    assert not {lead_id(1), opportunity_id(0)} & set(entries_of(second)["record_id"])


def test_what_was_deleted_before_the_first_reading_is_no_news(tmp_path: Path) -> None:
    with serving(org_of(3), tmp_path) as served:
        served.server.delete(ORG, "Lead", lead_id(1))
        batches = read(served)
    assert gone_of(batches) == []
    assert sorted(entries_of(batches)["record_id"]) == [lead_id(0), lead_id(2)]


def test_an_undeleted_record_is_there_again(tmp_path: Path) -> None:
    with serving(org_of(2), tmp_path) as served:
        cursor = read(served)[-1].cursor
        served.server.delete(ORG, "Lead", lead_id(0))
        deleted = read(served, cursor)
        served.server.undelete(ORG, "Lead", lead_id(0))
        back = read(served, deleted[-1].cursor)
    assert gone_of(deleted) == [Gone("Lead", lead_id(0))]
    assert gone_of(back) == []
    assert lead_id(0) in entries_of(back)["record_id"].tolist()


def test_merged_leads_leave_no_duplicates_but_say_who_took_their_place(tmp_path: Path) -> None:
    with serving(org_of(4), tmp_path) as served:
        cursor = read(served)[-1].cursor
        served.server.merge(ORG, "Lead", lead_id(2), [lead_id(0), lead_id(1)])
        merged = read(served, cursor)
    assert sorted(gone_of(merged), key=lambda one: one.record_id) == [
        Gone("Lead", lead_id(0), merged_into=lead_id(2)),
        Gone("Lead", lead_id(1), merged_into=lead_id(2)),
    ]
    assert lead_id(2) in entries_of(merged)["record_id"].tolist()


def test_opportunities_of_a_merged_contact_are_read_again_with_the_one_that_is_left(tmp_path: Path) -> None:
    org = Org()
    winner = org.contact(1, Email="w.naylor@example.net")
    loser = org.contact(2, Email="wendy@example.net")
    deal = org.opportunity(1, "Proposal", ContactId=loser)
    with serving(org, tmp_path) as served:
        cursor = read(served)[-1].cursor
        served.server.merge(ORG, "Contact", winner, [loser])
        again = entries_of(read(served, cursor)).set_index("record_id")
    assert again.loc[deal, "email"] == "w.naylor@example.net"


def test_a_record_that_left_the_filter_before_it_was_deleted_is_still_told_as_gone(tmp_path: Path) -> None:
    with serving(org_of(2), tmp_path) as served:
        where = {"Lead": "LeadSource = 'Web'"}
        cursor = read(served, where=where)[-1].cursor
        served.server.change(ORG, "Lead", lead_id(0), {"LeadSource": "Other"})
        served.server.delete(ORG, "Lead", lead_id(0))
        deleted = read(served, cursor, where=where)
    assert gone_of(deleted) == [Gone("Lead", lead_id(0))]


def test_deletions_are_told_where_records_come_by_bulk_jobs_too(tmp_path: Path) -> None:
    with serving(org_of(3), tmp_path) as served:
        cursor = read(served, bulk="always")[-1].cursor
        served.server.delete(ORG, "Lead", lead_id(1))
        deleted = read(served, cursor, bulk="always")
    assert gone_of(deleted) == [Gone("Lead", lead_id(1))]


def test_reconciling_finds_what_left_no_trace(tmp_path: Path) -> None:
    with serving(org_of(6), tmp_path) as served:
        served.server.erase(ORG, "Lead", lead_id(1))
        served.server.delete(ORG, "Lead", lead_id(2))
        served.server.merge(ORG, "Lead", lead_id(4), [lead_id(3)])
        connector = served.connector(stages=STAGES)
        assert isinstance(connector, Reconciling)
        missing = list(connector.missing("Lead", [lead_id(number) for number in range(6)]))
        none = list(connector.missing("Opportunity", []))
    assert sorted(missing, key=lambda one: one.record_id) == [
        Gone("Lead", lead_id(1)),
        Gone("Lead", lead_id(2)),
        Gone("Lead", lead_id(3), merged_into=lead_id(4)),
    ]
    assert none == []


def test_reconciling_asks_for_any_number_of_records(tmp_path: Path) -> None:
    with serving(org_of(5), tmp_path) as served:
        asked = [lead_id(number) for number in range(3_000)]
        missing = list(served.connector(stages=STAGES).missing("Lead", asked))
        requests = served.count("queries")
    assert {one.record_id for one in missing} == set(asked[5:])
    assert requests <= 8, "hundreds of ids go into one query"


def test_reconciling_an_object_that_is_never_read_is_refused(tmp_path: Path) -> None:
    with serving(Org(), tmp_path) as served, pytest.raises(ValueError, match="no object Account"):
        list(served.connector().missing("Account", ["001000000000001AAA"]))

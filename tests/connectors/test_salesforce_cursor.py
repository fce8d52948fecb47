"""Where a read of Salesforce starts, in which steps it goes, and what a cursor promises."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from closedwon.sandbox.faults import Fault
from connectors.salesforce.records import paging
from connectors.salesforce.records.queries import (
    MAX_QUERY_BYTES,
    Position,
    RecordQuery,
    Window,
    id_chunks,
    stamp,
    with_ids,
)
from tests.connectors.salesforce_org import Org, at, entries_of, lead_id, passages, serving

ONLY_LEADS = {"Lead.Status": {"Working": "lead"}}


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(paging, "PAGE_RECORDS", 3)
    return 3


def org_of_leads(number: int, *, every_minutes: float = 1, ties: int = 1) -> Org:
    org = Org()
    for index in range(number):
        org.lead(index, "Working", created=0, modified=(index // ties) * every_minutes)
    return org


def query_timeout(**changes) -> Fault:
    body = json.dumps(
        [{"errorCode": "QUERY_TIMEOUT", "message": "Your query request was running for too long."}]
    )
    path, kind = "/services/data/v68.0/query", "application/json"
    return Fault("salesforce", "status", path=path, status=400, body=body, content_type=kind, **changes)


def read_ids(batches) -> list[str]:
    return entries_of(batches)["record_id"].tolist()


def test_every_record_is_read_exactly_once_through_pages_that_break_within_one_moment(
    tmp_path: Path, small_pages: int
) -> None:
    with serving(org_of_leads(20, ties=5), tmp_path) as served:
        batches = list(served.connector(stages=ONLY_LEADS).read(None))
    assert sorted(read_ids(batches)) == sorted(lead_id(index) for index in range(20))
    assert max(batch.rows_read for batch in batches) == small_pages


def test_more_than_ten_thousand_records_that_a_bulk_load_stamped_alike_are_read_once_each(
    tmp_path: Path,
) -> None:
    org = org_of_leads(10_500, ties=10_500)
    with serving(org, tmp_path) as served:
        served.hide("LeadHistory")
        batches = list(served.connector(stages=ONLY_LEADS, bulk="never").read(None))
        served.server.change("acme.my", "Lead", lead_id(10_499), {"City": "Lyon"})
        later = list(served.connector(stages=ONLY_LEADS, overlap_minutes=0).read(batches[-1].cursor))
    assert len(read_ids(batches)) == len(set(read_ids(batches))) == 10_500
    assert max(batch.rows_read for batch in batches) == paging.PAGE_RECORDS
    assert lead_id(10_499) in read_ids(later)


def test_a_read_that_stopped_after_any_batch_goes_on_from_its_cursor_and_loses_nothing(
    tmp_path: Path, small_pages: int
) -> None:
    everything = {lead_id(index) for index in range(11)}
    with serving(org_of_leads(11, every_minutes=7, ties=2), tmp_path) as served:
        for stop in range(1, 5):
            reading = served.connector(stages=ONLY_LEADS).read(None)
            before = [next(reading) for _ in range(stop)]
            reading.close()
            cursor = json.loads(json.dumps(before[-1].cursor))
            after = list(served.connector(stages=ONLY_LEADS, overlap_minutes=0).read(cursor))
            assert set(read_ids(before)) | set(read_ids(after)) == everything


def test_the_cursor_never_moves_back_nor_beyond_what_was_yielded(tmp_path: Path, small_pages: int) -> None:
    with serving(org_of_leads(12), tmp_path) as served:
        first = list(served.connector(stages=ONLY_LEADS).read(None))
        again = list(served.connector(stages=ONLY_LEADS).read(first[-1].cursor))
    for batch in (batch for batch in first if batch.rows_read):
        assert Position.from_json(batch.cursor["Lead"]).modstamp == max(batch.entries["modified_at"])
    assert [batch.cursor for batch in again] == [first[-1].cursor] * len(again)


def test_what_became_visible_late_is_read_in_the_overlap(tmp_path: Path) -> None:
    org = org_of_leads(2, every_minutes=30)
    with serving(org, tmp_path) as served:
        cursor = list(served.connector(stages=ONLY_LEADS).read(None))[-1].cursor
        org.lead(7, "Working", modified=21)
        org.lead(8, "Working", modified=19)
        late = read_ids(list(served.connector(stages=ONLY_LEADS).read(cursor)))
        none = read_ids(list(served.connector(stages=ONLY_LEADS, overlap_minutes=0).read(cursor)))
    assert late == [lead_id(7), lead_id(1)]
    assert none == [lead_id(1)]


def test_each_object_has_its_own_position(tmp_path: Path) -> None:
    org = org_of_leads(1)
    org.opportunity(1, "Proposal", modified=500)
    with serving(org, tmp_path) as served:
        batches = list(served.connector().read(None))
    assert batches[0].cursor.keys() == {"Lead"}
    assert batches[-1].cursor["Lead"]["modstamp"] == "2026-11-20T08:00:00.000Z"
    assert batches[-1].cursor["Opportunity"]["modstamp"] == "2026-11-20T16:20:00.000Z"


def test_a_changed_stage_is_one_entry_more(tmp_path: Path) -> None:
    org = Org()
    deal = org.opportunity(1, "Proposal", Amount=10)
    org.opportunity_history(deal, 0, "Proposal", 10)
    with serving(org, tmp_path) as served:
        first = list(served.connector().read(None))
        served.server.change("acme.my", "Opportunity", deal, {"StageName": "Closed Won"})
        second = list(served.connector().read(first[-1].cursor))
    assert entries_of(first)["stage"].tolist() == ["opportunity"]
    assert entries_of(second)["stage"].tolist() == ["opportunity", "won"]
    assert passages(entries_of(second))[0] == passages(entries_of(first))[0]


def test_the_histories_of_a_full_page_are_read_through_several_requests_and_their_next_pages(
    tmp_path: Path,
) -> None:
    org = Org()
    for number in range(700):
        lead = org.lead(number, "Working", modified=9)
        for minute, (old, new) in enumerate(
            [("New", "Working"), ("Working", "New")] * 2 + [("New", "Working")]
        ):
            org.lead_history(lead, minute + 1, "Status", old, new)
    with serving(org, tmp_path) as served:
        entries = entries_of(list(served.connector(stages=ONLY_LEADS).read(None)))
    assert entries.groupby("record_id").size().tolist() == [3] * 700


def test_a_query_that_salesforce_gives_up_on_is_asked_over_shorter_spans_until_all_is_read(
    tmp_path: Path, small_pages: int
) -> None:
    with serving(org_of_leads(10, every_minutes=60 * 24), tmp_path) as served:
        served.faults.add(query_timeout(times=4))
        batches = list(served.connector(stages=ONLY_LEADS, bulk="never").read(None))
    assert read_ids(batches) == [lead_id(index) for index in range(10)]


def test_a_history_that_salesforce_gives_up_on_is_asked_for_fewer_records_at_a_time(tmp_path: Path) -> None:
    org = org_of_leads(9)
    for number in range(9):
        org.lead_history(lead_id(number), 0.5, "Status", "New", "Working")
    with serving(org, tmp_path) as served:
        served.faults.add(query_timeout(after=1, times=2))
        entries = entries_of(list(served.connector(stages=ONLY_LEADS).read(None)))
    assert passages(entries) == [(lead_id(number), "Working", 0.5) for number in range(9)]


def test_a_query_that_never_answers_ends_in_an_error_not_in_an_empty_success(tmp_path: Path) -> None:
    from connectors.base import SourceError

    with serving(org_of_leads(3), tmp_path) as served:
        served.faults.add(query_timeout(times=None))
        connector = served.connector(stages=ONLY_LEADS, bulk="never")
        assert connector.total(None) is None
        with pytest.raises(SourceError, match="QUERY_TIMEOUT"):
            list(connector.read(None))


@pytest.mark.parametrize(
    ("moment", "literal"),
    [
        (datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=2))), "2026-03-28T23:30:00.000Z"),
        (datetime(2026, 3, 29, 1, 30, 0, 120_000, tzinfo=UTC), "2026-03-29T01:30:00.120Z"),
        (datetime(2026, 3, 29, 1, 30, 0, 120_001, tzinfo=UTC), "2026-03-29T01:30:00.120001Z"),
    ],
)
def test_stamps_keep_their_moment_to_the_last_digit(moment: datetime, literal: str) -> None:
    assert stamp(moment) == literal


def test_a_window_behind_a_position_excludes_it_and_keeps_its_ties() -> None:
    window = Window(after=Position(at(0), "00Q1"), before=at(5))
    query = RecordQuery("Lead", ("Id",)).page(window, 10)
    assert query == (
        "SELECT Id FROM Lead WHERE SystemModstamp >= 2026-11-20T08:00:00.000Z "
        "AND (SystemModstamp > 2026-11-20T08:00:00.000Z OR Id > '00Q1') "
        "AND SystemModstamp < 2026-11-20T08:05:00.000Z ORDER BY SystemModstamp, Id LIMIT 10"
    )


def test_id_lists_fit_into_one_request_and_lose_no_id() -> None:
    query = "SELECT Id FROM LeadHistory WHERE LeadId IN ({ids})"
    ids = [lead_id(number) for number in range(2000)]
    chunks = list(id_chunks(query, ids))
    assert [one for chunk in chunks for one in chunk] == ids
    assert len(chunks) <= 4
    assert max(len(quote_plus(with_ids(query, chunk))) for chunk in chunks) <= MAX_QUERY_BYTES - 500

"""Many records come by one job of the Bulk API 2.0: in bounded pages, through every interruption, each once."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from closedwon.sandbox.faults import Fault
from connectors.base import SourceError
from connectors.salesforce.api.client import Patience
from connectors.salesforce.records import bulk_reading
from connectors.salesforce.records.bookmarks import Bookmark
from connectors.salesforce.records.pages import Page
from connectors.salesforce.records.queries import Position, RecordQuery
from connectors.salesforce.records.transport import read_records
from tests.connectors.salesforce_org import (
    CLIENT_CREDENTIALS,
    IMPATIENT,
    Org,
    Served,
    at,
    entries_of,
    lead_id,
    serving,
)

FIELDS = ("Id", "SystemModstamp", "Status", "Email")
LEADS = RecordQuery("Lead", FIELDS)
JOBS = "/services/data/v68.0/jobs/query"
FIRST_JOB = f"{JOBS}/750000000000001AAA"
RESULTS = f"{FIRST_JOB}/results"
BULK = {"auth": CLIENT_CREDENTIALS, "bulk": "always", "bulk_page_records": 4}
BEGINNING = Bookmark()


def org_of_leads(number: int) -> Org:
    org = Org()
    for index in range(number):
        org.lead(index, "Working", modified=index, Email=f"person{index}@example.com")
    return org


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Ten leads, whose result a job gives in three pages."""
    with serving(org_of_leads(10), tmp_path) as served:
        yield served


def reading(
    served: Served,
    start: Bookmark = BEGINNING,
    query: RecordQuery = LEADS,
    retry: Patience = IMPATIENT,
    **changes,
) -> Iterator[Page]:
    settings = {**BULK, **changes}
    client = served.client(retry=retry, **settings)
    return read_records(client, lambda _: query, served.settings(**settings), start)


def read(served: Served, *args, **changes) -> pl.DataFrame:
    return pl.concat([page.records for page in reading(served, *args, **changes)])


def stored(page: Page) -> Bookmark:
    """The bookmark of ``page`` after its way through a ledger."""
    return Bookmark.from_json(json.loads(json.dumps(page.bookmark.to_json())))


def rest_of(served: Served, page: Page, **changes) -> list[str]:
    """The ids that the run after ``page`` reads, but for the one at the end of the job, which is read again."""
    ids = read(served, stored(page), bulk="never", overlap_minutes=0, **changes)["Id"].to_list()
    ids.remove(lead_id(9))
    return ids


def everyone(number: int = 10) -> list[str]:
    return sorted(lead_id(index) for index in range(number))


def test_many_records_come_by_one_job_and_few_by_queries(served: Served) -> None:
    assert read(served, bulk="auto", bulk_from_records=11).height == 10
    assert served.count("bulk_jobs") == 0
    assert read(served, bulk="auto", bulk_from_records=10).height == 10
    assert served.count("bulk_jobs") == 1
    assert read(served, bulk="never", bulk_from_records=1).height == 10
    assert served.count("bulk_jobs") == 1


def test_records_too_many_to_be_counted_in_time_come_by_a_job(served: Served) -> None:
    body = json.dumps(
        [{"errorCode": "QUERY_TIMEOUT", "message": "Your query request was running for too long."}]
    )
    query = "/services/data/v68.0/query"
    served.faults.add(
        Fault("salesforce", "status", path=query, status=400, body=body, content_type="application/json")
    )
    assert read(served, bulk="auto").height == 10
    assert served.count("bulk_jobs") == 1


def test_a_job_gives_the_same_texts_as_queries(tmp_path: Path) -> None:
    org = Org()
    contact = org.contact(1, Email="a@example.com", LastName='O"Hara, Ann')
    org.opportunity(1, "Proposal", Amount=12_345_678.9, ContactId=contact, Note__c="two\nlines, é")
    org.opportunity(2, "Closed Won", modified=1, Amount=0.5, IsWon=True)
    fields = (
        "Id",
        "SystemModstamp",
        "StageName",
        "Amount",
        "IsWon",
        "Note__c",
        "Contact.Email",
        "Contact.LastName",
    )
    query = RecordQuery("Opportunity", fields)
    with serving(org, tmp_path) as served:
        by_job = read(served, BEGINNING, query).sort("Id")
        by_query = read(served, BEGINNING, query, bulk="never").sort("Id")
    assert by_job.schema == by_query.schema == pl.Schema(dict.fromkeys(fields, pl.String()))
    assert by_job.drop("SystemModstamp").equals(by_query.drop("SystemModstamp"))
    assert by_job["Amount"].to_list() == ["12345678.9", "0.5"]
    assert by_job["Contact.LastName"].to_list() == ['O"Hara, Ann', None]


def test_stage_entries_are_the_same_by_jobs_as_by_queries(tmp_path: Path) -> None:
    org = org_of_leads(3)
    org.lead_history(lead_id(1), 0.5, "Status", "New", "Working")
    contact = org.contact(1, Email="a@example.com", LastName="Sand")
    deal = org.opportunity(1, "Closed Won", modified=5, Amount=12_345_678.9, ContactId=contact)
    org.opportunity_history(deal, 0, "Proposal", 10)
    with serving(org, tmp_path) as served:
        by_jobs, by_queries = (
            entries_of(list(served.connector(bulk=bulk).read(None)))
            .sort_values(["record_id", "entered_at"])
            .reset_index(drop=True)
            for bulk in ("always", "never")
        )
        assert served.count("bulk_jobs") == 2
    pd.testing.assert_frame_equal(by_jobs, by_queries)


def test_a_lead_id_in_a_number_field_keeps_its_digits_and_a_text_that_looks_like_one_its_form(
    tmp_path: Path,
) -> None:
    org = Org()
    org.lead(1, "Working", Meta_Id__c=234567890123456, Code__c="1.5E7")
    query = RecordQuery("Lead", ("Id", "SystemModstamp", "Meta_Id__c", "Code__c"))
    with serving(org, tmp_path) as served:
        records = read(served, BEGINNING, query)
    assert records.select("Meta_Id__c", "Code__c").row(0) == ("234567890123456", "1.5E7")


def test_a_page_of_a_result_is_handed_on_in_bounded_parts(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_reading, "BATCH_RECORDS", 3)
    pages = list(reading(served, bulk_page_records=10))
    assert [page.records.height for page in pages] == [0, 3, 3, 3, 1]
    assert [page.last for page in pages] == [False, False, False, False, True]


def test_a_job_is_removed_once_it_is_read(served: Served) -> None:
    assert sorted(read(served)["Id"]) == everyone()
    assert served.count("bulk_jobs") == 1
    assert served.count("bulk_jobs_left") == 0


def test_a_job_over_no_records_is_read_and_removed_too(tmp_path: Path) -> None:
    with serving(Org(), tmp_path) as served:
        pages = list(reading(served))
        assert served.count("bulk_jobs_left") == 0
    assert [(page.records.height, page.last) for page in pages] == [(0, False), (0, True)]
    assert pages[-1].bookmark == BEGINNING


BROKEN_DOWNLOADS = {
    "a reset": Fault("salesforce", "reset", path=RESULTS, after=1),
    "an answer that was cut off": Fault("salesforce", "truncate", path=RESULTS, after=1),
    "a gateway's HTML page": Fault("salesforce", "status", path=RESULTS, after=1),
    "HTML with the status of success": Fault("salesforce", "status", path=RESULTS, after=1, status=200),
    "fewer records than promised": Fault(
        "salesforce",
        "status",
        path=RESULTS,
        after=1,
        status=200,
        body='"Id","SystemModstamp","Status","Email"\n',
        content_type="text/csv",
        headers={"Sforce-NumberOfRecords": "4", "Sforce-Locator": "null"},
    ),
    "something other than CSV": Fault(
        "salesforce",
        "status",
        path=RESULTS,
        after=1,
        status=200,
        body='"Id"\n"1","2"\n',
        content_type="text/csv",
        headers={"Sforce-NumberOfRecords": "4", "Sforce-Locator": "null"},
    ),
}


@pytest.mark.parametrize("fault", BROKEN_DOWNLOADS.values(), ids=BROKEN_DOWNLOADS.keys())
def test_a_broken_download_goes_on_at_the_page_where_it_broke(served: Served, fault: Fault) -> None:
    served.faults.add(fault)
    assert sorted(read(served)["Id"]) == everyone()
    assert sum(served.faults.report().values()) == 1, "the fault was met"
    processed_twice = fault.kind == "truncate"
    assert served.count("bulk_pages") == 3 + processed_twice
    assert served.count("bulk_jobs") == 1


def test_a_token_that_ends_under_a_long_download_is_renewed_and_the_download_goes_on(served: Served) -> None:
    served.server.settings = served.server.settings.changed({"token_calls": 4, "bulk_polls": 3})
    assert sorted(read(served, bulk_page_records=1)["Id"]) == everyone()
    assert served.count("logins") > 3
    assert served.count("bulk_pages") == 10


def test_a_session_that_is_refused_for_good_ends_a_download_after_one_new_login(served: Served) -> None:
    pages = reading(served)
    first = list(islice(pages, 2))
    served.faults.add(Fault("salesforce", "revoke", times=None))
    with pytest.raises(SourceError, match="INVALID_SESSION_ID"):
        list(pages)
    assert served.count("logins") == 2
    served.faults.clear()
    assert sorted([*first[-1].records["Id"], *rest_of(served, first[-1])]) == everyone()


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_run_that_ends_half_way_through_a_job_is_followed_by_one_that_goes_on_with_its_next_page(
    served: Served, stop: int
) -> None:
    pages = reading(served)
    before = list(islice(pages, stop))
    pages.close()
    assert served.count("bulk_jobs_left") == 1
    read_before = [record for page in before for record in page.records["Id"]]
    assert sorted([*read_before, *rest_of(served, before[-1])]) == everyone()
    assert served.count("bulk_jobs") == 1
    assert served.count("bulk_jobs_left") == 0
    assert served.count("bulk_pages") == 3


def test_a_run_that_ends_within_a_large_page_is_followed_by_one_that_takes_that_page_again(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_reading, "BATCH_RECORDS", 3)
    pages = reading(served, bulk_page_records=5)
    before = list(islice(pages, 2))
    pages.close()
    after = rest_of(served, before[-1], bulk_page_records=5)
    assert sorted(after) == everyone()
    assert served.count("bulk_pages") == 3


def test_the_bookmark_moves_only_when_the_whole_job_is_read(served: Served) -> None:
    *before, last = reading(served)
    assert all(page.bookmark.reached is None and page.bookmark.job for page in before)
    assert last.bookmark == Bookmark(Position(at(9), lead_id(9)))


@pytest.mark.parametrize("gone", ["removed", "older than seven days"])
def test_when_a_job_is_gone_its_records_are_asked_for_anew(served: Served, gone: str) -> None:
    pages = reading(served)
    before = list(islice(pages, 2))
    if gone == "removed":
        served.client().resource(f"jobs/query/{before[0].bookmark.job.job}", "DELETE")
    else:
        served.server.settings = served.server.settings.changed({"bulk_job_seconds": 0})
        assert served.count("bulk_jobs_left") == 0
    served.server.settings = served.server.settings.changed({"bulk_job_seconds": 1000})
    after = read(served, stored(before[-1]))
    assert sorted(after["Id"]) == everyone()
    assert served.count("bulk_jobs") == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"query": RecordQuery("Lead", (*FIELDS, "LastName"))},
        {"query": RecordQuery("Lead", FIELDS, condition="Status = 'Working'")},
        {"query": RecordQuery("Lead", FIELDS, include_deleted=True)},
        {"api_version": "67.0"},
    ],
)
def test_a_job_that_answers_another_question_is_removed_and_not_read(served: Served, changes: dict) -> None:
    pages = reading(served)
    before = list(islice(pages, 2))
    pages.close()
    assert sorted(read(served, stored(before[-1]), **changes)["Id"]) == everyone()
    assert served.count("bulk_jobs") == 2
    assert served.count("bulk_jobs_left") == 0


def test_a_failed_job_ends_in_salesforces_reason_and_is_removed(served: Served) -> None:
    reason = "INVALID_FIELD: SELECT Id FROM Lead ^ ERROR at Row:1:Column:8 No such column 'A'. See the guide."
    served.server.settings = served.server.settings.changed({"bulk_error": reason})
    with pytest.raises(SourceError, match=r"Failed: No such column 'A'\.$") as caught:
        read(served)
    assert "bulk: never" in caught.value.advice
    assert served.count("bulk_jobs_left") == 0


def test_a_job_that_takes_too_long_is_kept_and_waited_for_by_the_next_run(served: Served) -> None:
    served.server.settings = served.server.settings.changed({"bulk_polls": 20})
    pages = reading(served, retry=Patience(1, 0.001, 0.002, job_seconds=0.005))
    first = next(pages)
    with pytest.raises(SourceError, match="not complete") as caught:
        list(pages)
    assert "the same job" in caught.value.advice
    assert not caught.value.configuration
    assert sorted(rest_of(served, first)) == everyone()
    assert served.count("bulk_jobs") == 1


def test_a_job_that_cannot_be_removed_takes_nothing_from_the_read(served: Served) -> None:
    body = json.dumps([{"errorCode": "INSUFFICIENT_ACCESS", "message": "insufficient access rights"}])
    served.faults.add(
        Fault(
            "salesforce",
            "status",
            path=FIRST_JOB,
            after=5,
            status=403,
            body=body,
            content_type="application/json",
        )
    )
    assert sorted(read(served)["Id"]) == everyone()
    assert served.count("bulk_jobs_left") == 1


def test_deleted_records_are_part_of_a_job_that_asks_for_them(served: Served) -> None:
    served.server.delete("acme.my", "Lead", lead_id(3))
    assert read(served).height == 9
    query = RecordQuery("Lead", (*FIELDS, "IsDeleted"), include_deleted=True)
    deleted = read(served, BEGINNING, query).filter(pl.col("IsDeleted") == "true")
    assert deleted["Id"].to_list() == [lead_id(3)]


def test_what_was_deleted_since_a_first_job_was_made_is_read_after_it(served: Served) -> None:
    """A first read has no use for deleted records; what is deleted after its beginning may be queued already."""

    def ask(bookmark: Bookmark) -> RecordQuery:
        again = bookmark.reached is not None
        return RecordQuery("Lead", (*FIELDS, "IsDeleted") if again else FIELDS, include_deleted=again)

    settings = served.settings(**BULK)
    first = next(read_records(served.client(**BULK), ask, settings, BEGINNING))
    served.server.delete("acme.my", "Lead", lead_id(3))
    frames = [page.records for page in read_records(served.client(**BULK), ask, settings, stored(first))]
    records = pl.concat(frames, how="diagonal")
    assert set(everyone()) == set(records["Id"])
    assert records.filter(pl.col("IsDeleted") == "true")["Id"].to_list() == [lead_id(3)]


def test_what_changes_while_a_job_is_read_is_read_next_time(tmp_path: Path) -> None:
    """The job shows records as they were when it was made, however late its last page is fetched."""
    with serving(org_of_leads(3), tmp_path) as served:
        pages = reading(served)
        next(pages)
        served.server.change("acme.my", "Lead", lead_id(0), {"Status": "Qualified"})
        *_, last = pages
        again = read(served, stored(last))
    assert again.filter(pl.col("Id") == lead_id(0))["Status"].to_list() == ["Qualified"]


@pytest.mark.parametrize("bulk", ["always", "never"])
def test_the_bookmark_never_passes_the_moment_at_which_the_read_began(tmp_path: Path, bulk: str) -> None:
    """What is stamped before and shows up later, within the overlap, is read by the next run."""
    org = Org()
    org.lead(1, "Working", modified=60 * 24 * 3650)
    with serving(org, tmp_path) as served:
        *_, last = reading(served, bulk=bulk)
    assert last.bookmark.reached.modstamp <= datetime.now(UTC)


def test_no_file_of_a_download_can_be_found_under_any_name(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    for _ in reading(served):
        assert not list(folder.iterdir())


def test_the_daily_limit_in_the_middle_of_a_job_stops_where_the_next_run_goes_on(served: Served) -> None:
    pages = reading(served)
    before = list(islice(pages, 2))
    plenty = served.server.settings
    served.server.settings = plenty.changed({"daily_requests": 0})
    with pytest.raises(SourceError, match=r"REQUEST_LIMIT_EXCEEDED.*api-usage=\d+/0"):
        list(pages)
    served.server.settings = plenty
    assert sorted([*before[-1].records["Id"], *rest_of(served, before[-1])]) == everyone()
    assert served.count("bulk_jobs") == 1

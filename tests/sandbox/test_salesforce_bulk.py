"""Bulk API 2.0 queries: jobs that take their time, results in pages, and what is refused."""

from __future__ import annotations

import csv
import io
import timeit
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce

from closedwon.sandbox.faults import Fault
from closedwon.sandbox.salesforce.ids import record_id
from tests.sandbox.small_org import API, DOMAIN, Client, ServedOrg, lead, serve_org

JOBS = f"{API}/jobs/query"
LEADS = 450
DEAL, CONTACT = record_id("006", 1), record_id("003", 1)


def records() -> dict[str, list[dict[str, Any]]]:
    leads = [lead(number, Score__c=float(number)) for number in range(1, LEADS)]
    gone = lead(LEADS, IsDeleted=True)
    deal = {
        "Id": DEAL,
        "Name": 'Roof, "south"\nside',
        "ContactId": CONTACT,
        "Amount": 9000.0,
        "ExpectedRevenue": 16147805824397,
        "IsWon": True,
        "CloseDate": "2026-11-20",
        "CreatedDate": "2026-11-20T10:11:12.000+0000",
    }
    contact = {"Id": CONTACT, "Email": "anna@example.com"}
    return {"Lead": [*leads, gone], "Opportunity": [deal], "Contact": [contact]}


@pytest.fixture
def org() -> Iterator[ServedOrg]:
    with serve_org(records()) as served:
        yield served


@pytest.fixture(scope="module")
def unchanging() -> Iterator[ServedOrg]:
    """For tests that leave nothing behind that another could notice."""
    with serve_org(records()) as served:
        yield served


def create(client: Client, query: str, operation: str = "query", **more: Any) -> requests.Response:
    return client.send("POST", JOBS, json={"operation": operation, "query": query, **more})


def complete(client: Client, query: str, operation: str = "query", **more: Any) -> str:
    job = str(create(client, query, operation, **more).json()["id"])
    while client.get(f"{JOBS}/{job}").json()["state"] != "JobComplete":
        pass
    return job


def refused(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


def test_a_job_is_queued_then_in_progress_then_complete(org: ServedOrg) -> None:
    client = org.client()
    created = create(client, "SELECT Id FROM Lead").json()
    assert created.pop("createdDate") == created.pop("systemModstamp")
    assert created == {
        "id": record_id("750", 1),
        "operation": "query",
        "object": "Lead",
        "createdById": record_id("005", 1),
        "state": "UploadComplete",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 68.0,
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    polls = [client.get(f"{JOBS}/{created['id']}").json() for _ in range(3)]
    assert [poll["state"] for poll in polls] == ["InProgress", "JobComplete", "JobComplete"]
    assert [poll["numberRecordsProcessed"] for poll in polls] == [0, LEADS - 1, LEADS - 1]
    assert (polls[1]["jobType"], polls[1]["isPkChunkingSupported"]) == ("V2Query", True)


def test_results_come_in_pages_by_locators_that_stay_good(unchanging: ServedOrg) -> None:
    client = unchanging.client()
    job = complete(client, "SELECT Id FROM Lead")
    ids, locators, locator = [], [], ""
    while locator != "null":
        params = {"maxRecords": "200", **({"locator": locator} if locator else {})}
        page = client.get(f"{JOBS}/{job}/results", params=params)
        rows = list(csv.DictReader(io.StringIO(page.text)))
        assert int(page.headers["Sforce-NumberOfRecords"]) == len(rows)
        ids += [row["Id"] for row in rows]
        locator = page.headers["Sforce-Locator"]
        locators.append(locator)
    assert (len(ids), len(set(ids)), len(locators)) == (LEADS - 1, LEADS - 1, 3)
    again = client.get(f"{JOBS}/{job}/results", params={"maxRecords": "200", "locator": locators[0]})
    assert [row["Id"] for row in csv.DictReader(io.StringIO(again.text))] == ids[200:400]
    other = complete(client, "SELECT Id FROM Lead")
    stolen = client.get(f"{JOBS}/{other}/results", params={"locator": locators[0]})
    assert stolen.status_code == 400


def test_cells_are_quoted_nulls_empty_and_values_written_as_java_writes_them(unchanging: ServedOrg) -> None:
    client = unchanging.client()
    fields = "Name, Contact.Email, Amount, ExpectedRevenue, IsWon, IsClosed, CloseDate, CreatedDate, NextStep"
    job = complete(client, f"SELECT {fields} FROM Opportunity")
    assert client.get(f"{JOBS}/{job}/results").content == (
        b'"Name","Contact.Email","Amount","ExpectedRevenue","IsWon","IsClosed","CloseDate","CreatedDate",'
        b'"NextStep"\n'
        b'"Roof, ""south""\nside","anna@example.com","9000.0","1.6147805824397E13","true","false",'
        b'"2026-11-20","2026-11-20T10:11:12.000Z",""\n'
    )


def test_delimiter_and_line_ending_are_the_jobs_own(unchanging: ServedOrg) -> None:
    client = unchanging.client()
    job = complete(client, "SELECT Id, Amount FROM Opportunity", columnDelimiter="TAB", lineEnding="CRLF")
    assert client.get(f"{JOBS}/{job}/results").text == f'"Id"\t"Amount"\r\n"{DEAL}"\t"9000.0"\r\n'


def test_results_are_compressed_for_clients_that_take_it(unchanging: ServedOrg) -> None:
    client = unchanging.client()
    path = f"{JOBS}/{complete(client, 'SELECT Id FROM Lead')}/results"
    packed, plain = (client.get(path, headers={"Accept-Encoding": way}) for way in ("gzip", "identity"))
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.text == plain.text


def test_query_all_finds_deleted_records_and_query_does_not(unchanging: ServedOrg) -> None:
    client = unchanging.client()
    soql = "SELECT Id FROM Lead WHERE IsDeleted = true"
    found = [
        client.get(f"{JOBS}/{complete(client, soql, operation)}/results").headers["Sforce-NumberOfRecords"]
        for operation in ("query", "queryAll")
    ]
    assert found == ["0", "1"]


def test_a_jobs_results_are_of_the_moment_of_its_creation(org: ServedOrg) -> None:
    client = org.client()
    job = create(client, f"SELECT Status FROM Lead WHERE Id = '{record_id('00Q', 1)}'").json()["id"]
    org.server.change(DOMAIN, "Lead", record_id("00Q", 1), {"Status": "Working"})
    for _ in range(2):
        client.get(f"{JOBS}/{job}")
    assert client.get(f"{JOBS}/{job}/results").text == '"Status"\n"New"\n'


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT COUNT() FROM Lead", "Aggregate functions"),
        ("SELECT COUNT(Id) FROM Lead", "Aggregate functions"),
        ("SELECT Status FROM Lead GROUP BY Status", "GROUP BY clause"),
        ("SELECT Id FROM Lead LIMIT 5 OFFSET 5", "OFFSET clause"),
        ("SELECT TYPEOF Owner WHEN User THEN Id END FROM Lead", "TYPEOF clause"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "Aggregate Relationships"),
    ],
)
def test_what_bulk_does_not_support_is_refused_at_once(unchanging: ServedOrg, query: str, words: str) -> None:
    answer = create(unchanging.client(), query)
    assert refused(answer) == (400, "FEATURENOTENABLED")
    assert answer.json()[0]["message"].startswith(words)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"operation": "query", "query": "SELECT Nope FROM Lead"}, "INVALID_FIELD"),
        ({"operation": "query", "query": "SELECT Id FROM Nope"}, "INVALID_TYPE"),
        ({"operation": "query"}, "API_ERROR"),
        ({"operation": "insert", "query": "SELECT Id FROM Lead"}, "JSON_PARSER_ERROR"),
        (
            {"operation": "query", "query": "SELECT Id FROM Lead", "columnDelimiter": "X"},
            "JSON_PARSER_ERROR",
        ),
        ({"operation": "query", "query": "SELECT Id FROM Lead", "object": "Lead"}, "JSON_PARSER_ERROR"),
    ],
)
def test_a_request_that_makes_no_job_is_refused(
    unchanging: ServedOrg, body: dict[str, str], code: str
) -> None:
    client = unchanging.client()
    before = unchanging.server.report().get("bulk_jobs_left")
    assert refused(client.send("POST", JOBS, json=body)) == (400, code)
    assert unchanging.server.report().get("bulk_jobs_left") == before


def test_results_wait_for_completion_and_for_the_same_version(unchanging: ServedOrg) -> None:
    client = unchanging.client()
    waiting = create(client, "SELECT Id FROM Lead").json()["id"]
    answer = client.get(f"{JOBS}/{waiting}/results")
    assert (answer.status_code, answer.content) == (204, b"")
    job = complete(client, "SELECT Id FROM Lead")
    assert client.get(f"/services/data/v67.0/jobs/query/{job}/results").status_code == 409
    assert client.get(f"/services/data/v46.0/jobs/query/{job}").status_code == 404


def test_only_a_working_job_is_aborted_and_only_one_that_is_over_deleted(org: ServedOrg) -> None:
    client = org.client()
    job = f"{JOBS}/{create(client, 'SELECT Id FROM Lead').json()['id']}"
    assert refused(client.send("DELETE", job)) == (400, "API_ERROR")
    assert client.send("PATCH", job, json={"state": "Aborted"}).json()["state"] == "Aborted"
    assert refused(client.send("PATCH", job, json={"state": "Aborted"})) == (400, "INVALIDJOBSTATE")
    assert client.get(f"{job}/results").status_code == 204
    assert org.server.report()["bulk_jobs_left"] == 1
    assert client.send("DELETE", job).status_code == 204
    for method, path in (("GET", job), ("DELETE", job), ("GET", f"{job}/results")):
        assert refused(client.send(method, path)) == (404, "NOT_FOUND")
    report = org.server.report()
    assert (report["bulk_jobs"], report["bulk_jobs_left"]) == (1, 0)


def test_a_job_can_be_told_to_fail_and_says_why(org: ServedOrg) -> None:
    org.set_up(bulk_error="InvalidBatch : Failed to process query: QUERY_TIMEOUT", bulk_polls=0)
    client = org.client()
    job = create(client, "SELECT Id FROM Lead").json()["id"]
    info = client.get(f"{JOBS}/{job}").json()
    assert (info["state"], info["numberRecordsProcessed"]) == ("Failed", 0)
    assert info["errorMessage"].endswith("QUERY_TIMEOUT")
    assert client.send("DELETE", f"{JOBS}/{job}").status_code == 204


def test_jobs_are_listed_and_forgotten_after_seven_days() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    with serve_org({"Lead": [lead(1)]}, clock=lambda: now) as org:
        client = org.client()
        job = create(client, "SELECT Id FROM Lead").json()["id"]
        listed = client.get(JOBS).json()
        assert (listed["done"], listed["nextRecordsUrl"]) == (True, None)
        assert [record["id"] for record in listed["records"]] == [job]
        now += timedelta(days=7)
        assert org.client().get(f"{JOBS}/{job}").status_code == 404
        assert org.server.report()["bulk_jobs_left"] == 0


def test_a_session_that_ends_during_a_download_is_refused_at_the_next_page(org: ServedOrg) -> None:
    client = org.client()
    job = complete(client, "SELECT Id FROM Lead")
    first = client.get(f"{JOBS}/{job}/results", params={"maxRecords": "200"})
    org.server.revoke_tokens()
    more = {"maxRecords": "200", "locator": first.headers["Sforce-Locator"]}
    assert refused(client.get(f"{JOBS}/{job}/results", params=more)) == (401, "INVALID_SESSION_ID")
    client.log_in()
    assert client.get(f"{JOBS}/{job}/results", params=more).headers["Sforce-NumberOfRecords"] == "200"


def test_a_download_that_breaks_shows_as_broken(org: ServedOrg) -> None:
    client = org.client()
    job = complete(client, "SELECT Id, Email FROM Lead")
    org.faults.add(Fault("salesforce", "truncate", path=f"{JOBS}/{job}/results"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.get(f"{JOBS}/{job}/results")
    assert client.get(f"{JOBS}/{job}/results").ok


def test_the_real_client_reads_all_pages(org: ServedOrg) -> None:
    org.set_up(bulk_polls=0)
    token = str(org.client().http.headers["Authorization"]).removeprefix("Bearer ")
    salesforce: Any = Salesforce(instance_url=org.url, session_id=token, version="68.0")
    salesforce.bulk2_url = f"{org.url}{API}/jobs/"
    pages = list(salesforce.bulk2.Lead.query("SELECT Id FROM Lead", max_records=200, wait=0.01))
    assert [page.count('"00Q') for page in pages] == [200, 200, LEADS - 1 - 400]


def test_a_page_of_20000_wide_rows_is_written_without_a_wait() -> None:
    leads = [lead(number, FirstName="Anna", GCLID__c="Cj0KCQ", Amount__c=1.5) for number in range(20_000)]
    with serve_org({"Lead": leads}) as org:
        client = org.client()
        fields = "Id, CreatedDate, SystemModstamp, Status, Email, FirstName, GCLID__c, Amount__c, IsConverted"
        path = f"{JOBS}/{complete(client, f'SELECT {fields} FROM Lead')}/results"
        best = min(timeit.repeat(lambda: client.get(path), number=1, repeat=3))
    assert best < 1.0, f"{best * 1000:.0f} ms"

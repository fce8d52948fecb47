"""Where an org's allowance of API calls ends, a read stops so that the next one goes on, and says how much was used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from closedwon.sandbox.faults import Fault
from connectors.base import SourceError
from connectors.salesforce.api.session import Session
from connectors.salesforce.records import paging
from connectors.salesforce.records.bookmarks import Bookmark
from connectors.salesforce.records.queries import RecordQuery
from connectors.salesforce.records.transport import read_records
from tests.connectors.salesforce_org import CLIENT_CREDENTIALS, Org, Served, lead_id, serving

LEADS = RecordQuery("Lead", ("Id", "SystemModstamp"))


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Nine leads, which queries give in four pages."""
    monkeypatch.setattr(paging, "PAGE_RECORDS", 3)
    org = Org()
    for number in range(9):
        org.lead(number, "Working", modified=number)
    with serving(org, tmp_path) as served:
        yield served


def reading(served: Served, start: Bookmark, **changes):
    given = {"auth": CLIENT_CREDENTIALS, "overlap_minutes": 0, "bulk": "never", **changes}
    return read_records(served.client(**given), lambda _: LEADS, served.settings(**given), start)


def configured(served: Served, **changes) -> None:
    served.server.settings = served.server.settings.changed(changes)


def test_too_many_requests_at_once_that_last_stop_the_read_where_the_next_one_goes_on(served: Served) -> None:
    pages = reading(served, Bookmark())
    first = next(pages)
    configured(served, concurrency_refusals=3)
    with pytest.raises(
        SourceError, match=r"3 times: REQUEST_LIMIT_EXCEEDED, Concurrent.*\(api-usage=\d+/\d+\)"
    ) as caught:
        list(pages)
    assert "at the same time" in caught.value.advice
    assert not caught.value.configuration
    rest = [record for page in reading(served, first.bookmark) for record in page.records["Id"]]
    assert rest == [lead_id(number) for number in range(2, 9)], "the last one at the bookmark comes again"


def test_too_many_requests_at_once_that_pass_cost_nothing_but_time(served: Served) -> None:
    configured(served, concurrency_refusals=2)
    assert sum(page.records.height for page in reading(served, Bookmark())) == 9


def test_throttling_that_lasts_quotes_the_usage(served: Served) -> None:
    pages = reading(served, Bookmark())
    next(pages)
    served.faults.add(Fault("salesforce", "status", times=None, path="/services/data", status=429))
    with pytest.raises(SourceError, match=r"HTTP 429 \(api-usage="):
        list(pages)


def test_the_last_calls_of_the_day_are_left_to_others(served: Served) -> None:
    pages = reading(served, Bookmark())
    first = next(pages)
    configured(served, daily_requests=1000, calls_of_others=985)
    second = next(pages)
    asked = served.count("requests")
    with pytest.raises(SourceError, match=r"nearly used up \(api-usage=98\d/1000\)") as caught:
        list(pages)
    assert served.count("requests") == asked
    assert "keep_api_calls_percent" in caught.value.advice
    assert not caught.value.configuration
    configured(served, calls_of_others=0)
    rest = [record for page in reading(served, second.bookmark) for record in page.records["Id"]]
    assert {*first.records["Id"], *second.records["Id"], *rest} == {lead_id(number) for number in range(9)}


def test_an_org_may_be_read_to_its_last_call(served: Served) -> None:
    configured(served, daily_requests=1000, calls_of_others=993)
    pages = reading(served, Bookmark(), keep_api_calls_percent=0)
    assert sum(page.records.height for page in pages) == 9


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("api-usage=25/5000", 0.995),
        ("per-app-api-usage=17/250(appName=an-app); api-usage=2500/5000", 0.5),
        ("api-usage=6000/5000", 0),
        ("api-usage=1/0", 1),
        ("per-app-api-usage=17/250(appName=an-app)", 1),
        ("", 1),
    ],
)
def test_what_is_left_is_read_from_the_orgs_own_usage(said: str, left: float) -> None:
    with Session(endpoint=None, timeout_seconds=1) as session:
        response = requests.Response()
        response.headers["Sforce-Limit-Info"] = said
        for note in session.hooks["response"]:
            note(response)
        assert session.calls_left() == pytest.approx(left)

"""Opportunities that are read again because their person changed: that does not touch their own stamp.

An e-mail address that is added to a contact, or a click id that is filled in on a converted lead, may be what a
conversion waited for. One query an object finds such opportunities, by semi-join:
https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_comparisonoperators.htm
"""

# ruff: noqa: S608 (SOQL has no parameters to bind)

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

import polars as pl

from connectors.base import Cursor
from connectors.salesforce.bookmarks import Bookmark
from connectors.salesforce.client import Client
from connectors.salesforce.errors import QueryTooSlowError
from connectors.salesforce.objects import OPPORTUNITY
from connectors.salesforce.paging import pages
from connectors.salesforce.plan import ReadPlan
from connectors.salesforce.queries import RecordQuery, stamp

KEY = "Opportunity.people"
"""The cursor's key for the moment up to which people's changes are known: ``{"seen": "…Z"}``."""

_log = logging.getLogger(__name__)


class Revisits:
    """Finds the opportunities whose contact, lead or person account changed since they were read."""

    def __init__(self, client: Client, plan: ReadPlan, overlap: timedelta) -> None:
        self._client = client
        self._plan = plan
        self._overlap = overlap
        self._searched = False
        self._missed = False

    def pages(self, cursor: Cursor) -> Iterator[pl.DataFrame]:
        """Opportunities that lie before what ``cursor`` will have read; none where they are read for the first time."""
        read_from = Bookmark.from_json(cursor.get(OPPORTUNITY.name)).window(self._overlap).since
        if read_from is None:
            return
        seen = cursor[KEY]["seen"] if KEY in cursor else None
        since = (datetime.fromisoformat(seen) - self._overlap) if seen else read_from
        for changed in _changed_people(self._plan, stamp(since)):
            try:
                yield from self._page_by_page(f"{changed} AND SystemModstamp < {stamp(read_from)}")
            except QueryTooSlowError as error:
                _log.info("%s", error)
                self._missed = True
        self._searched = not self._missed

    def cursor(self, start: Cursor, began: datetime) -> dict[str, dict[str, str]]:
        """The entry of the cursor after a search that began at ``began``; unmoved where there was none to its end."""
        if self._searched or (KEY not in start and not self._missed):
            return {KEY: {"seen": stamp(began)}}
        return {KEY: start[KEY]} if KEY in start else {}

    def notes(self) -> tuple[str, ...]:
        """What the user should know, once the search is over."""
        if not self._missed:
            return ()
        return (
            "Opportunity: Salesforce did not say in time whose contact, lead or account changed; "
            "the next run looks for it again.",
        )

    def _page_by_page(self, condition: str) -> Iterator[pl.DataFrame]:
        condition = " AND ".join(filter(None, [self._plan.condition, condition]))
        query = RecordQuery(OPPORTUNITY.name, self._plan.select, condition)
        for page in pages(self._client, query, Bookmark(), timedelta(0)):
            if page.records.height:
                yield page.records


def _changed_people(plan: ReadPlan, since: str) -> Iterator[str]:
    """SOQL conditions that hold for opportunities whose person changed at or after ``since``."""
    if contact := plan.facts.get("contact"):
        yield f"{contact} IN (SELECT Id FROM Contact WHERE SystemModstamp >= {since})"
    if plan.origin:
        origin = plan.origin.facts["opportunity"]
        yield f"Id IN (SELECT {origin} FROM Lead WHERE SystemModstamp >= {since} AND {origin} != null)"
    if plan.twins:
        yield (
            "AccountId IN (SELECT Id FROM Account "
            f"WHERE IsPersonAccount = TRUE AND SystemModstamp >= {since})"
        )

"""Opportunities that are read again because their person changed: that does not touch their own stamp.

An e-mail address that is added to a contact, a contact that is named as the primary one, or a click id that is
filled in on a converted lead may be what a conversion waited for. One query a kind of change finds such
opportunities, by semi-join:
https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_comparisonoperators.htm
"""

# ruff: noqa: S608 (SOQL has no parameters to bind)

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl

from connectors.base import Cursor
from connectors.salesforce.api.client import Client
from connectors.salesforce.api.errors import QueryTooSlowError
from connectors.salesforce.records.bookmarks import Bookmark
from connectors.salesforce.records.paging import pages
from connectors.salesforce.records.queries import RecordQuery, stamp
from connectors.salesforce.schema.objects import OPPORTUNITY
from connectors.salesforce.schema.plan import ROLES, ReadPlan

KEY = "Opportunity.people"
"""The cursor's key for the moment up to which people's changes are known: ``{"seen": "…Z"}``."""

_log = logging.getLogger(__name__)


class Revisits:
    """Finds the opportunities whose contact, lead or person account changed since they were read."""

    def __init__(self, client: Client, plan: ReadPlan, overlap: timedelta) -> None:
        self._client = client
        self._plan = plan
        self._overlap = overlap
        self._known_until: datetime | None = None
        self._missed = False

    def pages(self, cursor: Cursor) -> Iterator[pl.DataFrame]:
        """Opportunities that lie before what ``cursor`` will have read; none where they are read for the first time."""
        reached = Bookmark.from_json(cursor.get(OPPORTUNITY.name)).reached
        if reached is None:
            return
        self._known_until = _seen(cursor) or reached.modstamp
        read_from = stamp(reached.modstamp - self._overlap)
        for changed in _changed_people(self._plan, stamp(self._known_until - self._overlap)):
            try:
                yield from self._page_by_page(f"{changed} AND SystemModstamp < {read_from}")
            except QueryTooSlowError as error:
                _log.info("%s", error)
                self._missed = True

    def cursor(self, start: Cursor, began: datetime) -> dict[str, dict[str, str]]:
        """The entry of the cursor after a search that began at ``began``; unmoved where there was none to its end."""
        until = began
        if self._missed or self._known_until is None:
            until = self._known_until or _seen(start) or began
        job = Bookmark.from_json(start.get(OPPORTUNITY.name)).job
        # What an unfinished job gives is as it was when the job was made.
        return {KEY: {"seen": stamp(min(until, job.horizon) if job else until)}}

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


def _seen(cursor: Cursor) -> datetime | None:
    return datetime.fromisoformat(cursor[KEY]["seen"]).astimezone(UTC) if KEY in cursor else None


def _changed_people(plan: ReadPlan, since: str) -> Iterator[str]:
    """SOQL conditions that hold for opportunities whose person changed at or after ``since``."""
    changed = f"SystemModstamp >= {since}"
    contact = plan.facts.get("contact")
    if contact and plan.reads_contacts:
        yield f"{contact} IN (SELECT Id FROM Contact WHERE {changed})"
    if plan.has_roles:
        yield f"Id IN (SELECT OpportunityId FROM {ROLES} WHERE IsPrimary = TRUE AND {changed})"
    if plan.origin:
        origin, of_lead = plan.origin.facts["opportunity"], plan.origin.facts.get("contact")
        yield f"Id IN (SELECT {origin} FROM Lead WHERE {changed} AND {origin} != null)"
        if contact and of_lead:
            alone = f"{origin} = null AND {of_lead} != null"
            yield f"{contact} IN (SELECT {of_lead} FROM Lead WHERE {changed} AND {alone})"
    if plan.twins:
        yield f"AccountId IN (SELECT Id FROM Account WHERE IsPersonAccount = TRUE AND {changed})"

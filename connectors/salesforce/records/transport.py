"""Chooses how an object's records come: query by query, or by a Bulk API job where there are many."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from datetime import timedelta

from config.sources import SalesforceSettings
from connectors.salesforce.api.client import Client
from connectors.salesforce.api.errors import LostPlaceError, QueryTooSlowError
from connectors.salesforce.records import bulk_jobs
from connectors.salesforce.records.bookmarks import Bookmark
from connectors.salesforce.records.bulk_reading import begin_job, job_pages
from connectors.salesforce.records.frames import empty_frame
from connectors.salesforce.records.pages import Page
from connectors.salesforce.records.paging import pages
from connectors.salesforce.records.queries import RecordQuery, Window

Ask = Callable[[Bookmark], RecordQuery]

_log = logging.getLogger(__name__)


def read_records(client: Client, ask: Ask, settings: SalesforceSettings, start: Bookmark) -> Iterator[Page]:
    """Yield the records that were changed since ``start`` less the overlap; a page at least.

    A job that an earlier run began is read to its end first, for as long as Salesforce has it. ``ask`` says
    what to read from a bookmark on; after such a job that may be another question than before.

    Raises:
        SourceError: the records could not be read to their end; every page's bookmark stays good.
    """
    start = yield from _resumed(client, ask(start), settings, start)
    query, overlap = ask(start), timedelta(minutes=settings.overlap_minutes)
    window = start.window(overlap)
    if not _is_large(client, query, settings, window):
        yield from pages(client, query, start, overlap)
        return
    place = begin_job(client, query, window, settings.api_version)
    # A page of nothing, so that the next run finds the job, should this one end while it waits.
    yield Page(empty_frame(query.fields), start.within(place), last=False)
    yield from job_pages(client, query, start, place, settings.bulk_page_records)


def _resumed(
    client: Client, query: RecordQuery, settings: SalesforceSettings, start: Bookmark
) -> Generator[Page, None, Bookmark]:
    """The rest of a job that an earlier run began; returns where to go on after it."""
    place, bookmark = start.job, replace(start, job=None)
    if place is None:
        return bookmark
    if place.query != query.digest(settings.api_version):
        bulk_jobs.delete(client, place.job)
        return bookmark
    try:
        for page in job_pages(client, query, start, place, settings.bulk_page_records):
            bookmark = page.bookmark
            yield replace(page, last=False)
    except LostPlaceError as error:
        _log.info("%s Its records are asked for anew.", error)
    return replace(bookmark, job=None)


def _is_large(client: Client, query: RecordQuery, settings: SalesforceSettings, window: Window) -> bool:
    if settings.bulk != "auto":
        return settings.bulk == "always"
    try:
        return (
            client.count(query.count(window), include_deleted=query.include_deleted)
            >= settings.bulk_from_records
        )
    except QueryTooSlowError:
        return True

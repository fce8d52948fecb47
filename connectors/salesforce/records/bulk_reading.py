"""An object's records through one Bulk API job, in pages between which a run may end and another go on.

The rows of a job are in no order: ORDER BY would keep Salesforce from cutting the query into chunks, and large
ones would time out. So the bookmark stays where it is until the whole result is read, and holds the place in it
meanwhile; the pages of a result keep their locators for as long as the job exists.

https://developer.salesforce.com/docs/platform/api-asynch/guide/queries.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from connectors.salesforce.api.client import Client
from connectors.salesforce.api.numbers import number_fields, written_out
from connectors.salesforce.records import bulk_jobs
from connectors.salesforce.records.bookmarks import Bookmark, JobPlace
from connectors.salesforce.records.bulk_results import result_page
from connectors.salesforce.records.frames import empty_frame
from connectors.salesforce.records.pages import Page
from connectors.salesforce.records.queries import Position, RecordQuery, Window

BATCH_RECORDS = 10_000
"""What is handed on at a time: a page of a result may hold many more."""


def begin_job(client: Client, query: RecordQuery, window: Window, api_version: str) -> JobPlace:
    """Make a job for all records of ``window``; returns the beginning of its result."""
    horizon = client.server_time()
    job = bulk_jobs.create(client, query.everything(window), include_deleted=query.include_deleted)
    return JobPlace(job, query.digest(api_version), horizon)


def job_pages(
    client: Client, query: RecordQuery, start: Bookmark, place: JobPlace, page_records: int
) -> Iterator[Page]:
    """Yield what is left of a job behind ``place``; the bookmark of the last page is beyond the job.

    The job is removed once its last page was taken, or where it failed; it stays where a later run can go on.

    Raises:
        LostPlaceError: there is no such job any more.
        SourceError: the job failed, or is still at work.
    """
    try:
        last = not bulk_jobs.wait(client, place.job)
    except bulk_jobs.JobFailedError:
        bulk_jobs.delete(client, place.job)
        raise
    numbers = number_fields(client.describe, query.object_name, query.fields)
    if last:
        yield Page(empty_frame(query.fields), start.moved_to(None, horizon=place.horizon), last)
    while not last:
        found = result_page(client, place.job, place.locator, query.fields, page_records)
        records, last = written_out(found.records, numbers), not found.locator
        behind = replace(place, locator=found.locator, seen=_latest(place.seen, records))
        done = start.moved_to(behind.seen, horizon=place.horizon) if last else start.within(behind)
        yield from _batches(records, start.within(place), done, last)
        place = behind
    bulk_jobs.delete(client, place.job)


def _batches(records: pl.DataFrame, before: Bookmark, done: Bookmark, last: bool) -> Iterator[Page]:
    """``records`` in parts; until the last one is stored, the next run takes the page from its start."""
    for start in range(0, max(1, records.height), BATCH_RECORDS):
        final = start + BATCH_RECORDS >= records.height
        yield Page(records.slice(start, BATCH_RECORDS), done if final else before, last=last and final)


def _latest(seen: Position | None, records: pl.DataFrame) -> Position | None:
    if records.is_empty():
        return seen
    latest = Position.of_last(records.select("SystemModstamp", "Id").sort("SystemModstamp", "Id").tail(1))
    return max(seen, latest) if seen else latest

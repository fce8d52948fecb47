"""Walking through an object in bounded pages, each of which a later run could start behind.

Every page is a query of its own, behind the last record of the page before. A server-side cursor over the
whole object may show records as they are by the time their page is fetched, and one that was changed
meanwhile would carry the position past others that were not read yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl

from connectors.salesforce.api.client import Client
from connectors.salesforce.api.errors import QueryTooSlowError
from connectors.salesforce.records.bookmarks import Bookmark
from connectors.salesforce.records.frames import Record, frame_of
from connectors.salesforce.records.pages import Page
from connectors.salesforce.records.queries import Position, RecordQuery, Window, id_chunks, with_ids

PAGE_RECORDS = 2000
"""What Salesforce itself puts into one answer at most."""

_FIRST_STAMP = datetime(1999, 1, 1, tzinfo=UTC)
"""No record is older than Salesforce."""
_SHORTEST_SPAN = timedelta(minutes=1)
_SHRINK_BY = 8
_GROW_BY = 4


def pages(client: Client, query: RecordQuery, start: Bookmark, overlap: timedelta) -> Iterator[Page]:
    """Yield the records that were changed since ``start`` less ``overlap``, oldest first.

    A query on which Salesforce gives up is asked again over a shorter span of time, until it answers.

    Raises:
        QueryTooSlowError: not even a minute's records can be had.
    """
    horizon, bookmark = client.server_time(), start
    window = start.window(overlap)
    span: timedelta | None = None
    while True:
        window = replace(window, before=_end(window, span))
        try:
            records = _page(client, query, window)
        except QueryTooSlowError:
            span = _shorter(window, span)
            if span < _SHORTEST_SPAN:
                raise
            continue
        full = records.height >= PAGE_RECORDS
        last = not full and window.before is None
        if records.height:
            position = Position.of_last(records)
            bookmark = bookmark.moved_to(position, horizon=horizon)
        if records.height or last:
            yield Page(records, bookmark, last)
        if last:
            return
        if full:
            window = Window(after=position)
        else:
            window = Window(since=window.before)
            span = span and span * _GROW_BY


def rows_by_id(
    client: Client, query: str, ids: Sequence[str], *, include_deleted: bool = False
) -> list[Record]:
    """All rows of ``query``, a template with ``{ids}``, for ``ids``: in as many requests as that takes."""
    rows: list[Record] = []
    pending = list(id_chunks(query, ids))
    while pending:
        chunk = pending.pop()
        try:
            rows.extend(client.rows(with_ids(query, chunk), include_deleted=include_deleted))
        except QueryTooSlowError:
            if len(chunk) == 1:
                raise
            half = len(chunk) // 2
            pending += [chunk[:half], chunk[half:]]
    return rows


def _page(client: Client, query: RecordQuery, window: Window) -> pl.DataFrame:
    soql = query.page(window, PAGE_RECORDS)
    return frame_of(client.rows(soql, include_deleted=query.include_deleted), query.fields)


def _start(window: Window) -> datetime:
    return window.after.modstamp if window.after else window.since or _FIRST_STAMP


def _end(window: Window, span: timedelta | None) -> datetime | None:
    """Where a window of ``span`` ends; nowhere once it reaches the present."""
    if span is None or span >= datetime.now(UTC) - _start(window):
        return None
    return _start(window) + span


def _shorter(window: Window, span: timedelta | None) -> timedelta:
    reach = span if window.before is not None and span is not None else datetime.now(UTC) - _start(window)
    return reach / _SHRINK_BY

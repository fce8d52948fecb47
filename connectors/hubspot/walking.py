"""Finding the ids of what was changed, in bounded steps, each of which a later run could start behind.

Every page goes on behind the last id of the page before, in the order of ids. So no page depends on when records
were changed: 10,000 results are never exceeded, any number of records may share one moment, and a record that is
changed during the walk neither escapes it nor keeps it from ending.

The first walk takes the list, which shows everything at once and counts as no search. Later ones search by the
date of the last change. The index of search lags behind the records, for seconds as a rule, so each walk begins
``overlap`` before the newest change that the walk before could see; what becomes visible later still is missed.

https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.base import SourceError
from connectors.hubspot.bookmarks import Bookmark, moment
from connectors.hubspot.client import Client, Json
from connectors.hubspot.errors import LATER
from connectors.hubspot.objects import ObjectModel

BATCH_RECORDS = 2000
"""Records of a step at least, unless it is the last; a page more at most."""
LIST_PAGE = 100
SEARCH_PAGE = 200

_ID = "hs_object_id"


@dataclass(frozen=True)
class Step:
    """Ids of records to be read, the bookmark once they are stored, and whether the walk ends here."""

    ids: Sequence[str]
    bookmark: Bookmark
    last: bool


@dataclass(frozen=True)
class Changes:
    """What search sees of an object since some moment: how many records, and the newest change."""

    count: int
    newest: datetime | None


def changes(client: Client, model: ObjectModel, since: datetime | None, after: str | None = None) -> Changes:
    """Count what was changed at or after ``since``, of ids behind ``after``."""
    body = {
        "filterGroups": _filters(model, since, after),
        "sorts": [{"propertyName": model.modified_property, "direction": "DESCENDING"}],
        "properties": [model.modified_property],
        "limit": 1,
    }
    answer = client.post(client.paths.search(model.path), body, search=True)
    dates = [record["properties"].get(model.modified_property) for record in answer["results"]]
    return Changes(int(answer["total"]), moment(dates[0]) if dates and dates[0] else None)


def window(bookmark: Bookmark, overlap: timedelta) -> datetime | None:
    """The moment from which on a walk that begins at ``bookmark`` looks for changes."""
    return bookmark.since - overlap if bookmark.since else None


def walk(client: Client, model: ObjectModel, bookmark: Bookmark, overlap: timedelta) -> Iterator[Step]:
    """Yield the ids of what was changed since ``bookmark``, of everything for the first one."""
    since = window(bookmark, overlap)
    if bookmark.after is None:
        bookmark = replace(bookmark, mark=changes(client, model, since).newest)
    pages = _listed(client, model, bookmark) if since is None else _searched(client, model, since, bookmark)
    ids: list[str] = []
    for page in pages:
        ids += page.ids
        if len(ids) >= BATCH_RECORDS:
            yield Step(ids, page.bookmark, last=False)
            ids = []
    yield Step(ids, _ended(bookmark), last=True)


def _ended(bookmark: Bookmark) -> Bookmark:
    """The end of a walk. In the overlap the newest change may lie before the bookmark, which must not move back."""
    moments = [known for known in (bookmark.since, bookmark.mark) if known is not None]
    return Bookmark(since=max(moments, default=None), archived=bookmark.archived)


def _listed(client: Client, model: ObjectModel, bookmark: Bookmark) -> Iterator[Step]:
    after = bookmark.after
    while True:
        place = {"after": after} if after else {}
        answer = client.get(client.paths.list(model.path), limit=LIST_PAGE, properties=_ID, **place)
        ids, reached = ids_of(answer), next_page(answer)
        if reached is None:
            yield Step(ids, bookmark, last=True)
            return
        refuse_standstill(moved=reached != after)
        after = reached
        yield Step(ids, replace(bookmark, after=after), last=False)


def _searched(client: Client, model: ObjectModel, since: datetime, bookmark: Bookmark) -> Iterator[Step]:
    after = bookmark.after
    while True:
        body = {
            "filterGroups": _filters(model, since, after),
            "sorts": [{"propertyName": _ID, "direction": "ASCENDING"}],
            "properties": [_ID],
            "limit": SEARCH_PAGE,
        }
        answer = client.post(client.paths.search(model.path), body, search=True)
        if ids := ids_of(answer):
            refuse_standstill(moved=after is None or int(ids[-1]) > int(after))
            after = ids[-1]
            yield Step(ids, replace(bookmark, after=after), last=False)
        if not ids or next_page(answer) is None:
            return


def _filters(model: ObjectModel, since: datetime | None, after: str | None) -> list[Json]:
    filters = []
    if since is not None:
        milliseconds = str(round(since.timestamp() * 1000))
        filters.append({"propertyName": model.modified_property, "operator": "GTE", "value": milliseconds})
    if after is not None:
        filters.append({"propertyName": _ID, "operator": "GT", "value": after})
    return [{"filters": filters}] if filters else []


def ids_of(answer: Json) -> list[str]:
    """The ids of the records of an answer."""
    return [str(record["id"]) for record in answer["results"]]


def next_page(answer: Json) -> str | None:
    """Where the next page of a list begins, if there is one."""
    following = ((answer.get("paging") or {}).get("next") or {}).get("after")
    return None if following is None else str(following)


def refuse_standstill(*, moved: bool) -> None:
    """Raise where a page does not lead behind the one before: asked again, it would never end."""
    if not moved:
        raise SourceError(
            "HubSpot answered a page of records that does not lead on from the one before.",
            advice=LATER,
        )

"""Which records were archived: only a list of their own tells, because archiving is no change of a record.

HubSpot keeps archived records for 90 days and lists them in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.base import Gone
from connectors.hubspot.bookmarks import Bookmark, moment
from connectors.hubspot.client import Client
from connectors.hubspot.objects import ObjectModel
from connectors.hubspot.walking import BATCH_RECORDS, LIST_PAGE, next_page, refuse_standstill


@dataclass(frozen=True)
class Archived:
    """Records that were archived, and the bookmark once that is stored."""

    gone: tuple[Gone, ...]
    bookmark: Bookmark


def archived(
    client: Client, model: ObjectModel, bookmark: Bookmark, overlap: timedelta
) -> Iterator[Archived]:
    """Yield what was archived since ``bookmark``; the last one, which alone moves the bookmark, may hold nothing."""
    since = bookmark.archived - overlap if bookmark.archived else None
    latest = bookmark.archived
    gone: list[Gone] = []
    for record_id, at in _listed(client, model):
        if since is None or at >= since:
            gone.append(Gone(model.name, record_id))
        latest = max(latest, at) if latest else at
        if len(gone) >= BATCH_RECORDS:
            yield Archived(tuple(gone), bookmark)
            gone = []
    yield Archived(tuple(gone), replace(bookmark, archived=latest))


def _listed(client: Client, model: ObjectModel) -> Iterator[tuple[str, datetime]]:
    """The id of every archived record, and when it was archived."""
    after: str | None = None
    while True:
        place = {"after": after} if after else {}
        answer = client.get(
            client.paths.list(model.path),
            limit=LIST_PAGE,
            archived="true",
            properties="hs_object_id",
            **place,
        )
        for record in answer["results"]:
            yield str(record["id"]), moment(record["archivedAt"])
        reached = next_page(answer)
        if reached is None:
            return
        refuse_standstill(moved=reached != after)
        after = reached

"""The HubSpot connector: reads what changed, tells what is gone, and checks that it could."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import polars as pl

from config.sources import HubSpotSettings
from connectors.base import Batch, Check, Cursor, Gone, SourceContext, SourceError
from connectors.entries import stage_entries
from connectors.hubspot.archives import archived
from connectors.hubspot.bookmarks import Bookmark
from connectors.hubspot.checking import portal_checks
from connectors.hubspot.client import Client
from connectors.hubspot.limits import Limiter
from connectors.hubspot.objects import MODELS, ObjectModel
from connectors.hubspot.plan import ReadPlan, refuse_mistakes
from connectors.hubspot.portal import describe_portal
from connectors.hubspot.reading import ObjectReader
from connectors.hubspot.records import missing_records
from connectors.hubspot.walking import changes, walk, window
from connectors.retrying import RetryPolicy


class HubSpotConnector:
    """Contacts, then deals with their contact, each with every stage that it passed.

    The cursor is ``{object: bookmark}``, see :class:`~connectors.hubspot.bookmarks.Bookmark`. A read starts
    ``overlap_minutes`` before it, because search finds a change some time after it was made; whoever stores the
    entries knows those that come twice by record, stage and time.
    """

    def __init__(
        self,
        settings: HubSpotSettings,
        context: SourceContext,
        retry: RetryPolicy | None = None,
        limiter: Limiter | None = None,
    ) -> None:
        self._settings = settings
        self._context = context
        self._client = Client(settings, retry, limiter)
        self._models = [model for model in MODELS if settings.stages.get(model.stage_key)]
        self._overlap = timedelta(minutes=settings.overlap_minutes)

    def read(self, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield what changed since ``cursor``: some 2,000 records a batch, each with all its stages.

        Raises:
            SourceError: the source could not be read to its end.
        """
        start = dict(cursor or {})
        try:
            portal = describe_portal(self._client, self._settings, self._context)
            refuse_mistakes(portal.mistakes)
            for model in portal.models:
                for batch in self._read_object(portal.plans[model.name], start, portal.columns.notes):
                    start = dict(batch.cursor)
                    yield batch
        finally:
            self._client.close()

    def total(self, cursor: Cursor | None) -> int | None:
        """How many records ``read`` is about to visit, as far as search sees them."""
        return sum(
            self._count(model, Bookmark.from_json((cursor or {}).get(model.name))) for model in self._models
        )

    def check(self) -> list[Check]:
        """Sign in and hold the client's file against the portal, without reading any person's data."""
        checks: list[Check] = []
        try:
            self._client.log_in()
            portal = describe_portal(self._client, self._settings, self._context)
            checks.append(Check("login", ok=True, message=f"signed in by {self._settings.auth.flow}"))
            checks += portal_checks(self._client, portal)
        except SourceError as error:
            failed = "access" if checks else "login"
            checks.append(Check(failed, ok=False, message=f"{error} {error.advice}".strip()))
        finally:
            self._client.close()
        return checks

    def missing(self, object_name: str, record_ids: Sequence[str]) -> Iterator[Gone]:
        """Yield those of ``record_ids`` that the portal does not have any more; privacy deletions show only here.

        Raises:
            SourceError: the portal could not be asked about all of them.
        """
        try:
            for model in MODELS:
                if model.name == object_name:
                    yield from missing_records(self._client, model, record_ids)
        finally:
            self._client.close()

    def _read_object(self, plan: ReadPlan, start: Cursor, notes: tuple[str, ...]) -> Iterator[Batch]:
        model = plan.model
        reader = ObjectReader(self._client, plan, self._context)
        bookmark = Bookmark.from_json(start.get(model.name))
        first = bookmark.since is None
        for step in walk(self._client, model, bookmark, self._overlap):
            entries, gone = reader.read(step.ids)
            bookmark = step.bookmark
            yield Batch(
                entries=entries,
                cursor={**start, model.name: bookmark.to_json()},
                rows_read=len(step.ids),
                notes=(*notes, *reader.notes()) if step.last else (),
                gone=gone,
            )
        if first:
            # What was archived before the first walk was never told of.
            return
        for told in archived(self._client, model, bookmark, self._overlap):
            yield Batch(
                entries=stage_entries(pl.DataFrame(), source=self._context.name, object_name=model.name),
                cursor={**start, model.name: told.bookmark.to_json()},
                rows_read=0,
                gone=told.gone,
            )

    def _count(self, model: ObjectModel, bookmark: Bookmark) -> int:
        after = bookmark.after if bookmark.since else None
        return changes(self._client, model, window(bookmark, self._overlap), after).count

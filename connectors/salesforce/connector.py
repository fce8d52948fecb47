"""The Salesforce connector: reads what changed, and checks that it could."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from config.sources import SalesforceSettings
from connectors.base import Batch, Check, Cursor, Gone, SourceContext, SourceError
from connectors.salesforce.api.client import Client, Patience
from connectors.salesforce.api.errors import QueryTooSlowError
from connectors.salesforce.checking import object_checks
from connectors.salesforce.gone import missing_records
from connectors.salesforce.reading import ObjectReader
from connectors.salesforce.records.bookmarks import Bookmark
from connectors.salesforce.revisits import Revisits
from connectors.salesforce.schema.objects import MODELS, OPPORTUNITY, ObjectModel
from connectors.salesforce.schema.plan import ReadPlan, make_plan, refuse_mistakes


class SalesforceConnector:
    """Leads, then opportunities with their person and the lead that they came from, each with all its stages.

    The cursor is ``{object: {"modstamp": …, "id": …}}``, with more in it while a Bulk API job is being read, and a
    key of its own for what changed about the opportunities' people. A read starts ``overlap_minutes`` before it,
    because records become visible some time after the moment they are stamped with; whoever stores the entries
    knows those that come twice by record, stage and time.
    """

    def __init__(
        self, settings: SalesforceSettings, context: SourceContext, retry: Patience | None = None
    ) -> None:
        self._settings = settings
        self._context = context
        self._client = Client(settings, retry or Patience())
        self._models = [model for model in MODELS if settings.stages.get(model.stage_key)]
        self._overlap = timedelta(minutes=settings.overlap_minutes)

    def read(self, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield what changed since ``cursor``: a bounded number of records a batch, each with all its stages.

        Raises:
            SourceError: the source could not be read to its end.
        """
        start = dict(cursor or {})
        try:
            plans = self._readable_plans()
            for plan in plans:
                for batch in self._read_object(plan, start):
                    start = dict(batch.cursor)
                    yield batch
        finally:
            self._client.close()

    def total(self, cursor: Cursor | None) -> int | None:
        """How many records ``read`` is about to visit; ``None`` where Salesforce cannot count in time.

        Raises:
            SourceError: the source cannot be reached, or the client's file asks for what it does not have.
        """
        try:
            return sum(self._count(plan, cursor or {}) for plan in self._readable_plans())
        except QueryTooSlowError:
            return None

    def missing(self, object_name: str, record_ids: Sequence[str]) -> Iterator[Gone]:
        """Yield those of ``record_ids`` that were deleted, merged or erased, or that may no longer be read.

        Raises:
            SourceError: the source could not be asked.
            ValueError: this connector reads no such object.
        """
        model = next((model for model in MODELS if model.name == object_name), None)
        if model is None:
            raise ValueError(f"no object {object_name} is read from Salesforce")
        try:
            yield from missing_records(self._client, model, record_ids)
        finally:
            self._client.close()

    def check(self) -> list[Check]:
        """Log in and hold the client's file against the org, without reading any person's data."""
        checks: list[Check] = []
        try:
            self._client.log_in()
            said = (f"logged in by {self._settings.auth.flow}", *self._client.warnings)
            checks.append(Check("login", ok=True, message="; warning: ".join(said)))
            for model in self._models:
                plan, mistakes = self._plan(model)
                checks += object_checks(self._client, plan, mistakes, self._settings.stages[model.stage_key])
        except SourceError as error:
            failed = "access" if checks else "login"
            checks.append(Check(failed, ok=False, message=f"{error} {error.advice}".strip()))
        finally:
            self._client.close()
        return checks

    def _read_object(self, plan: ReadPlan, start: Cursor) -> Iterator[Batch]:
        reader = ObjectReader(self._client, plan, self._settings, self._context)
        name = plan.model.name
        people: dict[str, dict[str, str]] = {}
        notes: tuple[str, ...] = ()
        if plan.model is OPPORTUNITY:
            # People first: what changes about them from here on is seen by the next run.
            revisits, began = Revisits(self._client, plan, self._overlap), self._client.server_time()
            for records in revisits.pages(start):
                found = reader.found(records)
                yield Batch(entries=found.entries, cursor=dict(start), rows_read=records.height)
            people, notes = revisits.cursor(start, began), revisits.notes()
        for page in reader.pages(Bookmark.from_json(start.get(name))):
            found, bookmark = reader.found(page.records), page.bookmark.to_json()
            yield Batch(
                entries=found.entries,
                cursor={**start, **people, name: bookmark} if bookmark else dict(start),
                rows_read=page.records.height,
                notes=(*self._client.warnings, *reader.notes(), *notes) if page.last else (),
                gone=found.gone,
            )

    def _readable_plans(self) -> list[ReadPlan]:
        plans = [self._plan(model) for model in self._models]
        refuse_mistakes(mistake for _, mistakes in plans for mistake in mistakes)
        return [plan for plan, _ in plans]

    def _plan(self, model: ObjectModel) -> tuple[ReadPlan, list[str]]:
        return make_plan(model, self._settings, self._context, self._client.describe)

    def _count(self, plan: ReadPlan, cursor: Cursor) -> int:
        start = Bookmark.from_json(cursor.get(plan.model.name))
        query = ObjectReader(self._client, plan, self._settings, self._context).query(start)
        soql = query.count(start.window(self._overlap))
        return self._client.count(soql, include_deleted=query.include_deleted)

"""The Salesforce connector: reads what changed, and checks that it could."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from config.sources import SalesforceSettings
from connectors.base import Batch, Check, Cursor, SourceContext, SourceError
from connectors.salesforce.checking import object_checks
from connectors.salesforce.client import Client, RetryPolicy
from connectors.salesforce.errors import QueryTooSlowError
from connectors.salesforce.objects import MODELS, ObjectModel
from connectors.salesforce.plan import ReadPlan, make_plan, mapped_fields, refuse_mistakes
from connectors.salesforce.queries import Position, Window, count_query
from connectors.salesforce.reading import ObjectReader


class SalesforceConnector:
    """Leads, then opportunities with their contact, each with every stage that it passed.

    The cursor is ``{object: {"modstamp": …, "id": …}}``. A read starts ``overlap_minutes`` before it, because
    records become visible some time after the moment they are stamped with; whoever stores the entries knows
    those that come twice by record, stage and time.
    """

    def __init__(
        self, settings: SalesforceSettings, context: SourceContext, retry: RetryPolicy | None = None
    ) -> None:
        self._settings = settings
        self._context = context
        self._client = Client(settings, retry or RetryPolicy())
        self._models = [model for model in MODELS if settings.stages.get(model.stage_key)]

    def read(self, cursor: Cursor | None) -> Iterator[Batch]:
        """Yield what changed since ``cursor``: at most 2,000 records a batch, each with all its stages.

        Raises:
            SourceError: the source could not be read to its end.
        """
        start = dict(cursor or {})
        try:
            plans = [self._plan(model) for model in self._models]
            refuse_mistakes(mistake for _, mistakes in plans for mistake in mistakes)
            for plan, _ in plans:
                for batch in self._read_object(plan, start):
                    start = dict(batch.cursor)
                    yield batch
        finally:
            self._client.close()

    def total(self, cursor: Cursor | None) -> int | None:
        """How many records ``read`` is about to visit; ``None`` where Salesforce cannot count in time."""
        try:
            return sum(
                self._client.count(count_query(model.name, Window(since=self._since(cursor or {}, model))))
                for model in self._models
            )
        except QueryTooSlowError:
            return None

    def check(self) -> list[Check]:
        """Log in and hold the client's file against the org, without reading any person's data."""
        checks: list[Check] = []
        try:
            self._client.log_in()
            checks.append(Check("login", ok=True, message=f"logged in by {self._settings.auth.flow}"))
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
        reached = Position.from_json(start[name]) if name in start else None
        for page in reader.pages(self._since(start, plan.model)):
            entries = reader.entries(page)
            if page.records:
                # In the overlap a page ends before the cursor that was given, which must not move back.
                end = Position.of(page.records[-1])
                reached = max(reached, end) if reached else end
            yield Batch(
                entries=entries,
                cursor={**start, name: reached.to_json()} if reached else dict(start),
                rows_read=len(page.records),
                notes=reader.notes() if page.last else (),
            )

    def _plan(self, model: ObjectModel) -> tuple[ReadPlan, list[str]]:
        return make_plan(model, mapped_fields(model, self._settings, self._context), self._client.describe)

    def _since(self, cursor: Cursor, model: ObjectModel) -> datetime | None:
        if model.name not in cursor:
            return None
        overlap = timedelta(minutes=self._settings.overlap_minutes)
        return Position.from_json(cursor[model.name]).modstamp - overlap

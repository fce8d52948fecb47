"""One object, from pages of records to stage entries, and what the user should know of them in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import polars as pl

from config.sources import SalesforceSettings
from connectors.base import Gone, SourceContext
from connectors.external_ids import with_external_id
from connectors.salesforce.api.client import Client
from connectors.salesforce.gone import DELETED, gone_fields, without_gone
from connectors.salesforce.history import HistoryReader
from connectors.salesforce.passages import stage_times
from connectors.salesforce.people import PeopleReader
from connectors.salesforce.record_frames import record_frame
from connectors.salesforce.records.bookmarks import Bookmark
from connectors.salesforce.records.pages import Page
from connectors.salesforce.records.queries import RecordQuery
from connectors.salesforce.records.transport import read_records
from connectors.salesforce.schema.objects import LEAD
from connectors.salesforce.schema.plan import ReadPlan
from connectors.salesforce.stitching import OriginReader
from connectors.stages import entries_of


@dataclass(frozen=True)
class Found:
    """What some records came to: their stage entries, and those of them that are no longer there."""

    entries: pd.DataFrame
    gone: tuple[Gone, ...]


class ObjectReader:
    """Reads one object by its plan, and keeps count of what was left out or is not exact."""

    def __init__(
        self, client: Client, plan: ReadPlan, settings: SalesforceSettings, context: SourceContext
    ) -> None:
        self._client = client
        self._plan = plan
        self._settings = settings
        self._context = context
        self._stages = settings.stages[plan.model.stage_key]
        self._history = HistoryReader(client, plan.model)
        self._people = PeopleReader(client, plan)
        self._origins = OriginReader(client, plan.origin) if plan.origin else None
        self._unmapped: Counter[str] = Counter()
        self._approximate = 0

    def query(self, start: Bookmark) -> RecordQuery:
        """What is asked of Salesforce: where something was read before, also what was deleted since."""
        model, condition = self._plan.model, self._plan.condition
        if start.reached is None:
            return RecordQuery(model.name, self._plan.select, condition)
        if condition:
            # A record may have been edited until it no longer fits, and deleted then.
            condition = f"(({condition}) OR {DELETED} = TRUE)"
        fields = (*self._plan.select, *gone_fields(model, self._client))
        return RecordQuery(model.name, fields, condition, include_deleted=True)

    def pages(self, start: Bookmark) -> Iterator[Page]:
        """The records that were changed since ``start``."""
        return read_records(self._client, self.query, self._settings, start)

    def found(self, page: pl.DataFrame) -> Found:
        """The stage entries of the records of ``page``, whose columns are field paths."""
        present, gone = without_gone(page, self._plan.model.name)
        records = self._lead_frame(present) if self._plan.model is LEAD else self._opportunity_frame(present)
        times = stage_times(records, self._history.read(records["record"].to_list()))
        entries, unmapped = entries_of(
            times,
            records,
            funnel=self._stages,
            object_name=self._plan.model.name,
            context=self._context,
        )
        self._unmapped += unmapped
        self._approximate += int(times.filter(pl.col("raw").is_in(list(self._stages)))["approximate"].sum())
        return Found(entries, gone)

    def notes(self) -> tuple[str, ...]:
        """What the user should know, once all is read."""
        model, said = self._plan.model, list(self._plan.notes)
        if note := self._history.note():
            said.append(note)
        if self._approximate:
            said.append(
                f"{model.stage_key}: no history tells when {self._approximate:,} entries began; "
                "they are dated by the record's last change, so their times are approximate."
            )
        if self._unmapped:
            listed = ", ".join(f"{raw} ({count:,})" for raw, count in sorted(self._unmapped.items()))
            said.append(f"{model.stage_key}: values that stages does not map were left out: {listed}.")
        return tuple(said)

    def _lead_frame(self, page: pl.DataFrame) -> pl.DataFrame:
        return with_external_id(record_frame(page, self._plan), "record")

    def _opportunity_frame(self, page: pl.DataFrame) -> pl.DataFrame:
        completed = self._people.completed(page)
        records = record_frame(completed, self._plan).with_columns(completed["contact"])
        if self._origins is None:
            return with_external_id(records, "contact")
        return with_external_id(self._origins.stitched(records), "lead", "contact")

"""One object, from pages of records to stage entries, and what the user should know of them in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import pandas as pd
import polars as pl

from config.sources import SalesforceSettings
from connectors.base import SourceContext
from connectors.salesforce.client import Client
from connectors.salesforce.entries import entries_of, record_frame
from connectors.salesforce.errors import ObjectHiddenError
from connectors.salesforce.history import empty_history, read_history, stage_times
from connectors.salesforce.paging import Page, pages
from connectors.salesforce.plan import ReadPlan


class ObjectReader:
    """Reads one object by its plan, and keeps count of what was left out or is not exact."""

    def __init__(
        self, client: Client, plan: ReadPlan, settings: SalesforceSettings, context: SourceContext
    ) -> None:
        self._client = client
        self._plan = plan
        self._context = context
        self._stages = settings.stages[plan.model.stage_key]
        self._unmapped: Counter[str] = Counter()
        self._approximate = 0
        self._history_hidden = False

    def pages(self, since: datetime | None) -> Iterator[Page]:
        """The records that were changed at or after ``since``."""
        return pages(self._client, self._plan.model.name, self._plan.select, since)

    def entries(self, page: Page) -> pd.DataFrame:
        """The stage entries of the records of ``page``."""
        model = self._plan.model
        records = record_frame(page.records, self._plan)
        times = stage_times(model, records, self._history(records["record"].to_list()))
        entries, unmapped = entries_of(
            times,
            records,
            self._plan,
            stages=self._stages,
            source=self._context.name,
            currency=self._context.currency,
        )
        self._unmapped += unmapped
        self._approximate += int(times.filter(pl.col("raw").is_in(list(self._stages)))["approximate"].sum())
        return entries

    def notes(self) -> tuple[str, ...]:
        """What the user should know, once all is read."""
        model, said = self._plan.model, list(self._plan.notes)
        if self._history_hidden:
            said.append(
                f"{model.history.object_name} cannot be read, so only the present {model.stage_key} is known: "
                "turn on field history tracking for it and let the integration user read the history."
            )
        if self._approximate:
            said.append(
                f"{model.stage_key}: no history tells when {self._approximate:,} entries began; "
                "they are dated by the record's last change, so their times are approximate."
            )
        if self._unmapped:
            listed = ", ".join(f"{raw} ({count:,})" for raw, count in sorted(self._unmapped.items()))
            said.append(f"{model.stage_key}: values that stages does not map were left out: {listed}.")
        return tuple(said)

    def _history(self, ids: list[str]) -> pl.DataFrame:
        history = self._plan.model.history
        if not self._history_hidden:
            try:
                return read_history(self._client, history, ids)
            except ObjectHiddenError:
                self._history_hidden = True
        return empty_history(history)

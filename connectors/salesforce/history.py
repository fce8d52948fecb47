"""What an org recorded of past stages, from whichever of its objects the integration user may read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from connectors.salesforce.api.client import Client
from connectors.salesforce.api.errors import ObjectHiddenError
from connectors.salesforce.records.queries import text
from connectors.salesforce.records.related import Related
from connectors.salesforce.schema.objects import History, ObjectModel
from connectors.salesforce.times import UTC_TIME, times

CREATED, CONVERTED = "created", "leadConverted"
"""Events of a history that are no change of stage."""

HISTORY_SCHEMA: Mapping[str, pl.DataType] = {
    "record": pl.String(),
    "event": pl.String(),
    "old": pl.String(),
    "raw": pl.String(),
    "at": UTC_TIME,
}
"""Rows of any history: of which record, the stage's field or an event, the stages before and after, and when."""


class HistoryReader:
    """Reads the histories of one object's records; what cannot be read is asked for once and then told."""

    def __init__(self, client: Client, model: ObjectModel) -> None:
        self._client = client
        self._model = model
        self._hidden = 0

    def read(self, ids: Sequence[str]) -> pl.DataFrame:
        """The rows of ``ids`` with the columns of :data:`HISTORY_SCHEMA`, oldest first; empty where there are none."""
        while self._hidden < len(self._model.histories):
            try:
                return self._rows(self._model.histories[self._hidden], ids)
            except ObjectHiddenError:
                self._hidden += 1
        return pl.DataFrame(schema=HISTORY_SCHEMA)

    def note(self) -> str | None:
        """What the user should know of histories that could not be read."""
        model, hidden = self._model, self._hidden
        names = " and ".join(history.object_name for history in model.histories[:hidden])
        if not hidden:
            return None
        if hidden < len(model.histories):
            instead = model.histories[hidden].object_name
            return f"{names} cannot be read; past stages were taken from {instead}, as far as it was tracked."
        return (
            f"{names} cannot be read, so only the present {model.stage_key} is known: "
            "turn on field history tracking for it and let the integration user read the history."
        )

    def _rows(self, history: History, ids: Sequence[str]) -> pl.DataFrame:
        stage = self._model.stage_field
        of_change = (history.what, history.old_stage) if history.what and history.old_stage else ()
        fields = ("Id", history.record_field, history.stage, *of_change, "CreatedDate")
        wanted = ", ".join(map(text, (stage, *history.events)))
        condition = f"{history.what} IN ({wanted})" if history.what else ""
        rows = Related(history.object_name, history.record_field, fields, condition).rows(self._client, ids)
        return rows.select(
            record=history.record_field,
            event=pl.col(history.what) if history.what else pl.lit(stage),
            old=pl.col(history.old_stage) if history.old_stage else pl.lit(None, dtype=pl.String),
            raw=history.stage,
            at=times("CreatedDate"),
        ).with_columns(pl.when(pl.col("event") == stage).then("raw").alias("raw"))

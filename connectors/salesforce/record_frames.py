"""Records as Salesforce gives them become frames under the names of stage entries, column by column."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from config.columns import CONSENT_COLUMNS
from connectors.consents import agreed
from connectors.salesforce.schema.objects import FACT_TIMES, FACTS
from connectors.salesforce.schema.plan import ReadPlan
from connectors.salesforce.times import times

_TIMES = {"lead_created_at"}
_NUMBERS = {"amount"}


def record_frame(records: pl.DataFrame, plan: ReadPlan) -> pl.DataFrame:
    """``records``, whose columns are field paths, under the names that this package and stage entries have.

    Besides ``record``, ``raw``, ``created``, ``modified`` and ``modified_at`` it has all facts, null where they
    cannot be seen, and the stage-entry columns of the plan; no two share a name.
    """
    facts = {name: plan.facts.get(name) for name in FACTS}
    frame = records.select(
        record="Id",
        raw=plan.model.stage_field,
        created="CreatedDate",
        modified="LastModifiedDate",
        modified_at="SystemModstamp",
        **{name: pl.col(path) if path else pl.lit(None, pl.String) for name, path in facts.items()},
        **{column: _value(column, paths) for column, paths in plan.columns.items()},
    )
    moments = {"created", "modified", "modified_at"} | FACT_TIMES | (_TIMES & set(plan.columns))
    return frame.with_columns(times(name).alias(name) for name in sorted(moments))


def _value(column: str, paths: Sequence[str]) -> pl.Expr:
    if column in CONSENT_COLUMNS:
        return agreed(*map(pl.col, paths))
    value = pl.coalesce(paths)
    return value.cast(pl.Float64) if column in _NUMBERS else value

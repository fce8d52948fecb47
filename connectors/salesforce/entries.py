"""Records and the times of their stages become a frame of stage entries, column by column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd
import polars as pl

from config.columns import CONSENT_COLUMNS, is_stage_entry_column
from connectors.base import stage_entries
from connectors.salesforce.consents import agreed
from connectors.salesforce.schema.objects import FACT_TIMES, FACTS
from connectors.salesforce.schema.plan import ReadPlan
from connectors.salesforce.times import times

_TIMES = {"lead_created_at"}
_NUMBERS = {"amount"}
_LAST_MODIFIED = "last_modified"


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


def entries_of(
    times: pl.DataFrame,
    records: pl.DataFrame,
    *,
    object_name: str,
    stages: Mapping[str, str],
    source: str,
    currency: str | None,
) -> tuple[pd.DataFrame, Counter[str]]:
    """Stage entries, one a row of ``times`` whose stage is mapped, and how often each stage was not.

    ``amount`` is the record's present one for every stage that it passed, so that a change of amount restates
    all of its conversions alike.
    """
    staged = times.with_columns(
        stage=pl.col("raw").replace_strict(
            list(stages), list(stages.values()), default=None, return_dtype=pl.String
        )
    )
    unmapped = staged.filter(pl.col("stage").is_null()).group_by("raw").len()
    money = (pl.col("currency"),) if "currency" in records.columns else ()
    born = (pl.col("lead_created_at"),) if "lead_created_at" in records.columns else ()
    records = records.with_columns(
        currency=pl.coalesce(*money, pl.lit(currency, dtype=pl.String)),
        lead_created_at=pl.coalesce(*born, "created"),
    )
    frame = (
        staged.filter(pl.col("stage").is_not_null())
        .join(records.drop("raw"), on="record", how="inner", maintain_order="left")
        .rename({"record": "record_id", "raw": "stage_raw", "at": "entered_at"})
        .with_columns(time_basis=pl.when("approximate").then(pl.lit(_LAST_MODIFIED)))
    )
    frame = frame.select(name for name in frame.columns if is_stage_entry_column(name))
    built = stage_entries(frame, source=source, object_name=object_name)
    return built, Counter(dict(unmapped.iter_rows()))


def _value(column: str, paths: Sequence[str]) -> pl.Expr:
    if column in CONSENT_COLUMNS:
        return agreed(*map(pl.col, paths))
    value = pl.coalesce(paths)
    return value.cast(pl.Float64) if column in _NUMBERS else value

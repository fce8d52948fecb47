"""Records and the times of their stages become a frame of stage entries, column by column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl

from connectors.base import stage_entries
from connectors.salesforce.client import Record
from connectors.salesforce.history import STAMP, stamps
from connectors.salesforce.plan import ReadPlan

_TIMES = {"lead_created_at"}
_NUMBERS = {"amount"}
_LAST_MODIFIED = "last_modified"


def record_frame(records: Sequence[Record], plan: ReadPlan) -> pl.DataFrame:
    """``records`` as :func:`~connectors.salesforce.history.stage_times` and :func:`entries_of` want them.

    Besides ``record``, ``raw``, ``created``, ``modified`` and ``changed`` it has ``modified_at`` and the
    stage-entry columns of the plan, which never share a name with those.
    """
    model = plan.model
    changed = model.stage_changed_field if plan.has_stage_changed else None
    frame = pl.DataFrame(
        {
            "record": _texts(records, "Id"),
            "raw": _texts(records, model.stage_field),
            "created": _texts(records, "CreatedDate"),
            "modified": _texts(records, "LastModifiedDate"),
            "changed": _texts(records, changed) if changed else [None] * len(records),
            "modified_at": _texts(records, "SystemModstamp"),
            **{column: _first_value(records, column, paths) for column, paths in plan.columns.items()},
        },
        schema_overrides={"changed": pl.String},
    )
    times = {"created", "modified", "changed", "modified_at"} | (_TIMES & set(plan.columns))
    return frame.with_columns(stamps(name).cast(STAMP).alias(name) for name in sorted(times))


def entries_of(
    times: pl.DataFrame,
    records: pl.DataFrame,
    plan: ReadPlan,
    *,
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
    frame = (
        staged.filter(pl.col("stage").is_not_null())
        .join(records.drop("raw"), on="record", how="inner", maintain_order="left")
        .rename({"record": "record_id", "raw": "stage_raw", "at": "entered_at"})
    )
    money = pl.col("currency") if "currency" in plan.columns else pl.lit(None, dtype=pl.String)
    born = pl.col("lead_created_at") if "lead_created_at" in plan.columns else pl.lit(None, dtype=STAMP)
    frame = frame.with_columns(
        currency=pl.coalesce(money, pl.lit(currency, dtype=pl.String)),
        lead_created_at=pl.coalesce(born, "created"),
        time_basis=pl.when("approximate").then(pl.lit(_LAST_MODIFIED)),
    ).drop("approximate", "created", "modified", "changed")
    built = stage_entries(frame, source=source, object_name=plan.model.name)
    return built, Counter(dict(unmapped.iter_rows()))


def _first_value(records: Sequence[Record], column: str, paths: Sequence[str]) -> pl.Series:
    values = pl.select(
        pl.coalesce(
            _numbers(records, path) if column in _NUMBERS else _texts(records, path) for path in paths
        )
    )
    return values.to_series()


def _texts(records: Sequence[Record], path: str) -> pl.Series:
    values = _values(records, path)
    return pl.Series(
        [value if value is None or type(value) is str else _as_text(value) for value in values],
        dtype=pl.String,
    )


def _numbers(records: Sequence[Record], path: str) -> pl.Series:
    return pl.Series(
        [None if value is None else float(value) for value in _values(records, path)], dtype=pl.Float64
    )


def _values(records: Sequence[Record], path: str) -> list[Any]:
    parent, _, name = path.rpartition(".")
    if not parent:
        return [record[name] for record in records]
    return [record[parent][name] if record[parent] else None for record in records]


def _as_text(value: bool | int | Decimal) -> str:
    """A JSON value as a person would write it: a lead id in a number field has no exponent or fraction."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        whole = value.to_integral_value()
        return f"{whole if value == whole else value.normalize():f}"
    return str(value)

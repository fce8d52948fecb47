"""From the moments at which a CRM's records entered their stages to stage entries, the same way for every CRM.

Frames of stage times have the columns ``record`` (the record's id), ``raw`` (the stage as records hold it), ``at``
(UTC) and ``approximate`` (the stage is sure, its time is only that of the record's last change).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd
import polars as pl

from config.columns import LAST_MODIFIED, is_stage_entry_column
from connectors.base import SourceContext
from connectors.entries import stage_entries


def in_order(times: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """``times`` in the order of ``records`` and of time, without those at which a record stayed where it was.

    A stage that is entered twice is there twice. Null, a stage that was cleared, ends the one before and is none.
    """
    order = records.select("record").with_row_index("position")
    ordered = times.join(order, on="record", how="inner", maintain_order="left").sort(
        "position", "at", maintain_order=True
    )
    # A history also has rows of other changes, and of a workflow that sets the stage which a record has already.
    stayed = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in ("record", "raw"))
    return ordered.filter(~stayed & pl.col("raw").is_not_null()).select("record", "raw", "at", "approximate")


def entries_of(
    times: pl.DataFrame,
    records: pl.DataFrame,
    *,
    funnel: Mapping[str, str],
    names: Mapping[str, str] | None = None,
    object_name: str,
    context: SourceContext,
) -> tuple[pd.DataFrame, Counter[str]]:
    """Stage entries, one a row of ``times`` whose stage is mapped, and how often each stage was not.

    ``amount`` is the record's present one for every stage that it passed, so that a change of amount restates
    all of its conversions alike.

    Args:
        times: stage times.
        records: ``record``, ``created`` and stage-entry columns; columns of any other name are left behind.
        funnel: the funnel stage of each stage that the client's file maps.
        names: what people call a stage, where that is not what records hold.
        object_name: the object that all ``records`` are of.
        context: the source's name, and the currency of amounts that have none.
    """
    staged = times.select(
        "record",
        "at",
        stage=_replaced(funnel),
        stage_raw=pl.coalesce(_replaced(names or {}), "raw"),
        time_basis=pl.when("approximate").then(pl.lit(LAST_MODIFIED)),
    )
    mapped = pl.col("stage").is_not_null()
    unmapped = staged.filter(~mapped).group_by("stage_raw").len()
    currency = pl.lit(context.currency, dtype=pl.String)
    known = records.with_columns(
        lead_created_at(records),
        currency=pl.coalesce("currency", currency) if "currency" in records.columns else currency,
    )
    frame = (
        staged.filter(mapped)
        .join(known, on="record", how="inner", maintain_order="left")
        .rename({"record": "record_id", "at": "entered_at"})
    )
    entries = frame.select(name for name in frame.columns if is_stage_entry_column(name))
    built = stage_entries(entries, source=context.name, object_name=object_name)
    return built, Counter(dict(unmapped.iter_rows()))


def lead_created_at(records: pl.DataFrame) -> pl.Expr:
    """When the lead of each of ``records`` was created: as its own column says, else when the record was."""
    own = ("lead_created_at",) if "lead_created_at" in records.columns else ()
    return pl.coalesce(*own, "created").alias("lead_created_at")


def _replaced(values: Mapping[str, str]) -> pl.Expr:
    return pl.col("raw").replace_strict(
        list(values), list(values.values()), default=None, return_dtype=pl.String
    )

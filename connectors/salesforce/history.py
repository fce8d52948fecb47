"""When each record entered each of its stages: from history rows, completed by what the record itself says.

Frames here have the columns ``record`` (the record's id), ``raw`` (the picklist value) and ``at`` (UTC).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from connectors.salesforce.client import Client, Record
from connectors.salesforce.objects import LEAD, History, ObjectModel
from connectors.salesforce.paging import rows_by_id

STAMP = pl.Datetime("us", "UTC")
_SETTLING = timedelta(minutes=1)
"""Automation touches a new record within moments of its creation; that is no change of stage."""


def read_history(client: Client, history: History, ids: Sequence[str]) -> pl.DataFrame:
    """The history rows of ``ids``, oldest first: ``record``, the history's own fields as text, and ``at``."""
    rows = rows_by_id(client, history.query(), ids) if ids else []
    return _frame(history, rows)


def empty_history(history: History) -> pl.DataFrame:
    """What :func:`read_history` gives where an org keeps none."""
    return _frame(history, [])


def _frame(history: History, rows: Sequence[Record]) -> pl.DataFrame:
    names = ("record", *history.fields)
    frame = pl.DataFrame(
        {
            name: [row[field] for row in rows]
            for name, field in zip(names, (history.record_field, *history.fields), strict=True)
        },
        schema=dict.fromkeys(names, pl.String),
        strict=False,
    )
    return frame.with_columns(at=stamps("CreatedDate"))


def stamps(column: str) -> pl.Expr:
    """A column of REST API dateTimes (``2026-11-20T10:11:12.000+0000``) as UTC."""
    return (
        pl.col(column).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%z", time_unit="us").dt.convert_time_zone("UTC")
    )


def stage_times(model: ObjectModel, records: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """Every stage that ``records`` entered, with its time.

    Args:
        model: the object.
        records: ``record``, ``raw`` (the present stage), ``created``, ``modified`` and, null where unknown,
            ``changed`` (when the present stage was entered).
        history: what :func:`read_history` gave; empty where the org keeps none.

    Returns:
        ``record``, ``raw``, ``at`` and ``approximate`` (the stage is sure, its time is not), in the order of
        ``records`` and of time. A stage that is entered twice is there twice.
    """
    if model is LEAD:
        passed = _lead_passages(records, history)
        records = _with_lead_evidence(records, history)
    else:
        passed = history.select("record", raw="StageName", at="at")
        records = records.with_columns(tracked=pl.lit(value=False))
    known = passed.filter(pl.col("raw").is_not_null()).with_columns(approximate=pl.lit(value=False))
    order = records.select("record").with_row_index("position")
    entered = (
        pl.concat([known, _present(records, known)])
        .join(order, on="record", how="inner", maintain_order="left")
        .sort("position", "at", maintain_order=True)
    )
    # A history row is also written for a change of amount or date: only a change of stage is an entry.
    stayed = pl.col("raw").eq_missing(pl.col("raw").shift(1)) & pl.col("record").eq_missing(
        pl.col("record").shift(1)
    )
    return entered.filter(~stayed).select("record", "raw", "at", "approximate")


def _lead_passages(records: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    changes = history.filter(pl.col("Field") == "Status")
    first = (
        changes.group_by("record", maintain_order=True)
        .agg(raw=pl.col("OldValue").first())
        .join(records.select("record", at="created"), on="record", how="inner", maintain_order="left")
    )
    return pl.concat([first.select("record", "raw", "at"), changes.select("record", raw="NewValue", at="at")])


def _with_lead_evidence(records: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """Add what else the history says: that it was kept from the start, and when the lead was converted."""
    created = history.filter(pl.col("Field") == "created").select("record").unique()
    converted = (
        history.filter(pl.col("Field") == "leadConverted")
        .group_by("record")
        .agg(converted=pl.col("at").max())
    )
    return (
        records.join(
            created.with_columns(tracked=pl.lit(value=True)), on="record", how="left", maintain_order="left"
        )
        .join(converted, on="record", how="left", maintain_order="left")
        .with_columns(pl.col("tracked").fill_null(value=False), changed=pl.coalesce("changed", "converted"))
    )


def _present(records: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The present stage of each record whose history does not end with it."""
    last = known.group_by("record").agg(
        last_raw=pl.col("raw").sort_by("at", maintain_order=True).last(), last_at=pl.col("at").max()
    )
    untouched = pl.col("modified") - pl.col("created") <= _SETTLING
    since_last = pl.col("changed") >= pl.col("last_at").fill_null(pl.col("created"))
    from_start = pl.col("last_at").is_null() & (pl.col("tracked") | untouched)
    exact = pl.when(since_last).then("changed").when(from_start).then("created")
    return (
        records.join(last, on="record", how="left", maintain_order="left")
        .filter(pl.col("raw").is_not_null() & pl.col("raw").ne_missing(pl.col("last_raw")))
        .with_columns(exact=exact)
        .select("record", "raw", at=pl.coalesce("exact", "modified"), approximate=pl.col("exact").is_null())
    )

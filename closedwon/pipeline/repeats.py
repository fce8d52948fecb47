"""Entries that were read before, or twice: which time counts, and where two readings contradict each other."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from config.columns import REFUND_STAGE

LAST_MODIFIED = "last_modified"
"""The ``time_basis`` of an entry whose time is only that of its record's last change."""


def first_entries(entries: pl.DataFrame) -> pl.DataFrame:
    """One row for each ``event_id``: the earliest, where a record entered a stage again."""
    return entries.sort("entered_at", maintain_order=True).unique(
        "event_id", keep="first", maintain_order=True
    )


def with_known_times(
    entries: pl.DataFrame, remembered: pl.DataFrame, complete_at: datetime | None
) -> pl.DataFrame:
    """``entries`` with ``time_known``: whether ``entered_at`` is the stage's own time.

    A record's last change says when a stage was entered only if the source had been read to its end before
    (``complete_at``) without that entry. Else any edit of an old lead would make its stage a thing of today, so a
    remembered time stays what it was.
    """
    joined = entries.join(
        remembered.select("event_id", "time_known", before="entered_at"),
        on="event_id",
        how="left",
        maintain_order="left",
    )
    guessed = pl.col("time_basis") == LAST_MODIFIED
    seen_to_change = pl.col("entered_at") >= pl.lit(complete_at, dtype=pl.Datetime("us", "UTC"))
    return joined.with_columns(
        pl.when(guessed.fill_null(value=False))
        .then(pl.coalesce("time_known", seen_to_change, pl.lit(value=False)))
        .otherwise(pl.lit(value=True))
        .alias("time_known"),
        pl.when(guessed.fill_null(value=False))
        .then(pl.coalesce("before", "entered_at"))
        .otherwise("entered_at")
        .alias("entered_at"),
    ).drop("before")


def contradictions(entries: pl.DataFrame, remembered: pl.DataFrame) -> int:
    """How many ids stand for different times or amounts, within ``entries`` or against what is ``remembered``.

    At a till that is two orders under one number, or one order on several rows: only the first is taken. A refund
    may grow: the export says what was given back so far.
    """
    columns = ["event_id", "entered_at", "amount"]
    bought = entries.filter(pl.col("stage") != REFUND_STAGE)
    before = remembered.join(bought, on="event_id", how="semi")
    readings = pl.concat([bought.select(columns), before.select(columns)]).unique()
    return int((readings.group_by("event_id").len()["len"] > 1).sum())

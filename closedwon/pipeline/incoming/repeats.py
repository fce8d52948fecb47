"""Entries that were read before, or twice: which time counts, and where two readings contradict each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from config.columns import LAST_MODIFIED, REFUND_STAGE


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


@dataclass(frozen=True)
class Contradictions:
    """Which events are not what another reading of the same record says.

    Attributes:
        collided: order numbers that stand for several purchases: at other times, or at other amounts in one export.
        amended: records whose amount or currency is another than when they were read before.
    """

    collided: pl.Series
    amended: pl.Series


def contradictions(entries: pl.DataFrame, remembered: pl.DataFrame, *, of_till: bool) -> Contradictions:
    """Hold ``entries`` against each other, and against what is ``remembered`` of them.

    Refunds are left out: an export says what was given back so far, which may grow. Only the numbers ``of_till``
    collide: a CRM's ids are its own.
    """
    bought = entries.filter(pl.col("stage") != REFUND_STAGE).select(
        "event_id", "entered_at", "amount", "currency"
    )
    before = remembered.select("event_id", before="entered_at", paid="amount", paid_in="currency")
    pairs = bought.join(before, on="event_id", how="left")
    by_event = pairs.group_by("event_id", maintain_order=True).agg(
        collides=pl.lit(of_till)
        & (
            (pl.struct("entered_at", "amount").n_unique() > 1)
            | (pl.col("entered_at") != pl.col("before")).any()
        ),
        amended=((pl.col("amount") != pl.col("paid")) | (pl.col("currency") != pl.col("paid_in"))).any(),
    )
    collides = pl.col("collides").fill_null(value=False)
    return Contradictions(
        collided=by_event.filter(collides)["event_id"],
        amended=by_event.filter(~collides & pl.col("amended"))["event_id"],
    )

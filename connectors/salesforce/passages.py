"""When each record entered each of its stages: from history rows, completed by what the record itself says.

Frames here have the columns ``record`` (the record's id), ``raw`` (the picklist value) and ``at`` (UTC).
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from connectors.salesforce.history import CONVERTED, CREATED
from connectors.stages import in_order

_SETTLING = timedelta(minutes=1)
"""Automation touches a new record within moments of its creation; that is no change of stage."""
_ONE_DAY = timedelta(days=1)


def stage_times(records: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """Every stage that ``records`` entered, with its time.

    Args:
        records: ``record``, ``raw`` (the present stage), ``created``, ``modified`` and, null where unknown,
            ``changed`` (when the present stage was entered) or
            :data:`~connectors.salesforce.schema.objects.LEAD`'s facts of conversion.
        history: what :class:`~connectors.salesforce.history.HistoryReader` gave.

    Returns:
        Stage times in the order that :func:`~connectors.stages.in_order` gives them.
    """
    passed = _passages(records, history)
    known = passed.filter(pl.col("raw").is_not_null()).with_columns(approximate=pl.lit(value=False))
    return in_order(pl.concat([known, _present(_with_evidence(records, history), known)]), records)


def _passages(records: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """The stages that the history names, the first of them being the one before the first change."""
    changes = history.filter(~pl.col("event").is_in([CREATED, CONVERTED]))
    first = (
        changes.group_by("record", maintain_order=True)
        .agg(raw=pl.col("old").first())
        .join(records.select("record", at="created"), on="record", how="inner", maintain_order="left")
    )
    return pl.concat([first.select("record", "raw", "at"), changes.select("record", "raw", "at")])


def _with_evidence(records: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """Add what else is known: that the history was kept from the start, and when a lead was converted."""
    created = history.filter(pl.col("event") == CREATED).select("record").unique()
    converted = (
        history.filter(pl.col("event") == CONVERTED).group_by("record").agg(converted=pl.col("at").max())
    )
    return (
        records.join(
            created.with_columns(tracked=pl.lit(value=True)), on="record", how="left", maintain_order="left"
        )
        .join(converted, on="record", how="left", maintain_order="left")
        .with_columns(
            pl.col("tracked").fill_null(value=False),
            changed=pl.coalesce("changed", "converted", _conversion("opportunity"), _conversion("contact")),
        )
    )


def _conversion(born: str) -> pl.Expr:
    """When a lead was converted, by the birth of what its conversion made.

    ``ConvertedDate`` is a date only, in the time zone of whoever converted; a contact or an opportunity that
    was there long before was not made by it.
    """
    created, day = pl.col(f"{born}_created"), pl.col("converted_on").str.to_date("%Y-%m-%d", strict=False)
    return pl.when((created.dt.date() - day).abs() <= _ONE_DAY).then(created)


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

"""Turns a shop's clock into UTC, by rule where the clock is set forward or back."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

# No zone has set its clock twice within this time, so the clock this long before a gap still shows the old offset.
_BEFORE_GAP = pl.duration(hours=3)


@dataclass(frozen=True)
class Utc:
    """Times in UTC, and how many of them a rule had to settle.

    Attributes:
        times: ``Datetime("us", "UTC")``.
        gaps: local times that no clock showed; they are read with the offset before the gap, as if the clock had
            not been set yet.
        folds: local times that the clock showed twice; the first is taken.
    """

    times: pl.Series
    gaps: int
    folds: int


def to_utc(moments: pl.DataFrame, zone: str) -> Utc:
    """Place the ``local`` times of ``moments`` by their own ``offset`` (minutes), else in the zone of their
    ``place``, else in ``zone``."""
    places = moments["place"].drop_nulls().unique().to_list()
    if not places:
        return _placed(moments, zone)
    rows = moments.with_row_index("row")
    parts = [(rows.filter(pl.col("place").is_null()), zone)]
    parts += [(rows.filter(pl.col("place") == place), place) for place in places]
    placed = [(part["row"], _placed(part, of)) for part, of in parts]
    times = pl.concat(utc.times.rename("times").to_frame().with_columns(row) for row, utc in placed)
    return Utc(
        times.sort("row")["times"],
        gaps=sum(utc.gaps for _, utc in placed),
        folds=sum(utc.folds for _, utc in placed),
    )


def _placed(moments: pl.DataFrame, zone: str) -> Utc:
    written = pl.col("local") - pl.duration(minutes=pl.col("offset"))
    placed = moments.select(
        "local",
        naive=pl.col("local").is_not_null() & pl.col("offset").is_null(),
        utc=pl.when(pl.col("offset").is_null())
        .then(_in_zone(pl.col("local"), zone, ambiguous="null"))
        .otherwise(written.dt.replace_time_zone("UTC")),
    )
    unsettled = placed["naive"] & placed["utc"].is_null()
    if not unsettled.any():
        return Utc(placed["utc"], 0, 0)
    fold = _in_zone(pl.col("local"), zone, ambiguous="earliest")
    gap = _in_zone(pl.col("local") - _BEFORE_GAP, zone, ambiguous="earliest") + _BEFORE_GAP
    settled = placed.select(
        times=pl.coalesce("utc", pl.when("naive").then(pl.coalesce(fold, gap))),
        fold=pl.lit(unsettled) & fold.is_not_null(),
    )
    folds = int(settled["fold"].sum())
    return Utc(settled["times"], gaps=int(unsettled.sum()) - folds, folds=folds)


def _in_zone(local: pl.Expr, zone: str, *, ambiguous: str) -> pl.Expr:
    placed = local.dt.replace_time_zone(zone, ambiguous=pl.lit(ambiguous), non_existent="null")
    return placed.dt.convert_time_zone("UTC")

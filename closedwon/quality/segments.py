"""What an entry into a stage is worth in each segment: form, campaign or source.

A segment's leads are as young as any. Each counts by the part of the whole stage's wins that had come by the age it
was followed to: ten leads of an age by which 40 % of the wins have come are worth four. Wins over leads so counted is
an unbiased rate where segments differ in how many win, not in how fast (in insurance: the Cape Cod method).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from closedwon.quality.amounts import amounts_in, product
from closedwon.quality.figures import Interval, SegmentValue
from closedwon.quality.incidence import Incidence
from closedwon.quality.numbers import Floats
from closedwon.quality.shrinkage import Means, Rates, shrunken_means, shrunken_rates

FEWEST_LEADS = 10
"""A segment with fewer is not shown, and its entries are worth what the stage is."""


@dataclass(frozen=True)
class Whole:
    """What is known of the stage that the segments are of.

    Attributes:
        rate: the share won; ``worth``: what a won lead pays, with its standard error ``worth_se``.
        cut_at: amounts above count as this, as they did for the whole.
        confidence: of the intervals, a share.
    """

    rate: Incidence
    worth: Interval
    worth_se: float
    cut_at: float
    currency: str
    confidence: float


def segment_values(became: pl.DataFrame, column: str, whole: Whole) -> list[SegmentValue]:
    """The values by ``column``, those with the most leads first.

    ``became`` is what :func:`closedwon.quality.journeys.outcomes` has of the stage.
    """
    share = whole.rate.at_end.estimate
    if not 0 < share < 1:
        return []
    counted = _counted(became, column, whole)
    share_se = float(whole.rate.se[-1])
    rates = shrunken_rates(_floats(counted, "wins"), _floats(counted, "effective"), share, share_se)
    sums, squares, amounts = (_floats(counted, name) for name in ("sums", "squares", "amounts"))
    means = shrunken_means(sums, squares, amounts, whole.worth.estimate, whole.worth_se)
    shown = counted.with_row_index("at").filter(pl.col("leads") >= FEWEST_LEADS)
    return [
        _segment(row, column, rates, means, whole)
        for row in shown.sort("leads", "name", descending=[True, False]).iter_rows(named=True)
    ]


def _counted(became: pl.DataFrame, column: str, whole: Whole) -> pl.DataFrame:
    """Of each segment: leads, what they are worth as evidence, wins, and their amounts."""
    last = whole.rate.days
    parts = pl.Series("part", whole.rate.development())
    named = became.with_columns(
        name=pl.col(column).cast(pl.String), won=pl.col("is_won") & (pl.col("days") <= last)
    ).drop_nulls("name")
    leads = (
        named.with_columns(part=parts.gather(named["followed"].clip(0, last).cast(pl.UInt32)))
        .group_by("name")
        .agg(leads=pl.len(), effective=pl.col("part").sum(), wins=pl.col("won").sum())
        # Who was followed for less than a day says nothing yet.
        .filter((pl.col("effective") > 0) | (pl.col("wins") > 0))
    )
    paid = amounts_in(named.filter("won"), whole.currency).with_columns(
        amount=pl.min_horizontal("won_amount", pl.lit(whole.cut_at))
    )
    amounts = paid.group_by("name").agg(
        sums=pl.col("amount").sum(), squares=(pl.col("amount") ** 2).sum(), amounts=pl.len()
    )
    return leads.join(amounts, on="name", how="left").fill_null(0).sort("name")


def _floats(frame: pl.DataFrame, name: str) -> Floats:
    return frame[name].cast(pl.Float64).to_numpy()


def _segment(row: dict[str, Any], column: str, rates: Rates, means: Means, whole: Whole) -> SegmentValue:
    at, z = row["at"], whole.rate.z
    rate, worth, worth_se = (float(each[at]) for each in (rates.means, means.means, means.se))
    relative = worth_se / worth if worth else 0.0
    return SegmentValue(
        column=column,
        name=row["name"],
        leads=row["leads"],
        effective=row["effective"],
        wins=row["wins"],
        probability=rates.interval(at, whole.confidence),
        won_value=Interval(worth, max(0.0, worth - z * worth_se), worth + z * worth_se),
        value=product(rate, float(rates.relative_se[at]), worth, relative, z),
    )

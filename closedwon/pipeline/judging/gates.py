"""What a conversion must pass before it is queued: rules that hold for every platform, then the platform's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

import polars as pl

from closedwon.ledger.reasons import REFUNDED, SENT_BEFORE_MERGE
from uploads.base import Gate

FUTURE_SLACK = timedelta(days=31)
"""A stage ahead of our clock waits until its time has come; further ahead than this it is a mistake."""


def judge(
    conversions: pl.DataFrame,
    *,
    platform_gates: Sequence[Gate],
    expires_at: pl.Expr,
    needs_value: pl.Expr,
    now: datetime,
) -> pl.DataFrame:
    """``conversions`` with ``expires_at`` and ``reason``: the first gate that blocks, or null."""
    timed = conversions.with_columns(expires_at.alias("expires_at"))
    gates = (*_first(now), *platform_gates, *_last(needs_value))
    verdicts = [pl.when(gate.blocks).then(pl.lit(gate.name)) for gate in gates]
    return timed.with_columns(pl.coalesce(verdicts).alias("reason"))


def _first(now: datetime) -> tuple[Gate, ...]:
    return (
        Gate("consent_denied", pl.col("ad_user_data") == "denied"),
        Gate("consent_missing", pl.col("consent_missing")),
        Gate(SENT_BEFORE_MERGE, pl.col("sent_before_merge")),
        Gate(REFUNDED, pl.col("kept") <= 0),
        Gate("time_not_known", ~pl.col("time_known")),
        Gate("in_the_future", pl.col("event_time") > pl.lit(now + FUTURE_SLACK)),
        Gate("too_old", pl.col("expires_at") <= pl.lit(now)),
        Gate("before_its_lead", pl.col("event_time") < pl.col("lead_created_at")),
    )


def _last(needs_value: pl.Expr) -> tuple[Gate, ...]:
    value = pl.col("value")
    return (
        Gate("value_not_learned", pl.col("not_learned")),
        Gate("value_missing", needs_value & value.is_null()),
        Gate("value_not_finite", ~value.is_finite()),
        Gate("value_negative", value < 0),
        Gate("currency_missing", value.is_not_null() & pl.col("currency").is_null()),
        Gate("currency_unknown", value.is_not_null() & ~pl.col("currency").is_in(_currencies())),
    )


@cache
def _currencies() -> list[str]:
    """ISO 4217 codes that money can be in."""
    import pycountry

    return sorted(currency.alpha_3 for currency in pycountry.currencies)

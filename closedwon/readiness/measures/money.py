"""Whether a bidder can tell a good conversion from a better one: by values that are there, differ, have a currency."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from closedwon.ledger.states import State
from closedwon.readiness.evidence import Window
from closedwon.readiness.funnels import heard_of
from closedwon.readiness.measures.identifiers import Stages
from closedwon.readiness.measures.measure import Known, OverWindow, ratio

_SENT = pl.col("state") != State.SKIPPED


def with_value(known: Known, window: Window) -> Mapping[str, float | None]:
    """The share of conversions that Google has taken with a value."""
    accepted = _accepted(known, window)
    return {"": ratio(accepted["value"].count(), accepted.height)}


def with_currency(destination: str, stages: Stages) -> OverWindow:
    """The share of values that have a currency."""

    def measure(known: Known, window: Window) -> Mapping[str, float | None]:
        sent = window.sent_to(destination, stages(known.settings))
        # Without a currency a conversion is skipped, for that reason.
        valued = sent.filter(pl.col("value").is_not_null(), _SENT | (pl.col("reason") == "currency_missing"))
        return {"": ratio(valued["currency"].count(), valued.height)}

    return measure


def off_the_commonest(known: Known, window: Window) -> Mapping[str, float | None]:
    """The share of conversions with another value than the commonest: 0 where all are alike."""
    values = _accepted(known, window)["value"].drop_nulls()
    if values.is_empty():
        return {"": None}
    commonest = values.value_counts()["count"].max()
    return {"": 1 - float(commonest) / values.len()}  # type: ignore[arg-type]


def _accepted(known: Known, window: Window) -> pl.DataFrame:
    sent = window.sent_to("google", heard_of(known.settings, "google"))
    return sent.filter(pl.col("state") == State.ACCEPTED)

"""Which share of conversions names something that the platform can match."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import polars as pl

from closedwon.ledger.states import State
from closedwon.readiness.evidence import Window
from closedwon.readiness.funnels import raw_lead
from closedwon.readiness.measures.measure import Known, OverWindow, ratio
from config.settings import ClientSettings

UNMATCHABLE = ("too_little_customer_information", "no_identifier")
"""Why conversions are skipped that name nothing: they count as such, unlike others that are skipped."""

Stages = Callable[[ClientSettings], Collection[str]]


def named(destination: str, stages: Stages, *names: str) -> OverWindow:
    """The share of conversions with any identifier of ``names``."""

    def measure(known: Known, window: Window) -> Mapping[str, float | None]:
        meant = _meant(window.sent_to(destination, stages(known.settings)))
        return {"": ratio(meant.filter(_has_any(names)).height, meant.height)}

    return measure


def leads_covered(known: Known, window: Window) -> Mapping[str, float | None]:
    """The share of raw leads that Meta has taken with a lead id, a click id or an e-mail."""
    stage = raw_lead(known.settings)
    leads = window.entries.filter(pl.col("stage") == stage).height
    taken = window.sent_to("meta", [stage] if stage else []).filter(
        pl.col("state") == State.ACCEPTED, _has_any(("lead_id", "fbc", "em"))
    )
    return {"": ratio(taken.height, leads)}


def _meant(sent: pl.DataFrame) -> pl.DataFrame:
    return sent.filter((pl.col("state") != State.SKIPPED) | pl.col("reason").is_in(UNMATCHABLE))


def _has_any(names: Collection[str]) -> pl.Expr:
    listed = pl.col("identifiers").fill_null("").str.split(" ")
    return pl.any_horizontal(listed.list.contains(name) for name in names)

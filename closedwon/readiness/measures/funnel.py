"""How many leads there are, which of their stages are told of, and how many leads reach them how fast."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from closedwon.ledger.states import State
from closedwon.readiness.evidence import Window
from closedwon.readiness.funnels import heard_of, hopeful_stages, lead_stages, raw_lead
from closedwon.readiness.measures.measure import Known, OverWindow, ratio

MONTH_DAYS = 30
RATE_LEAST, RATE_MOST = 0.01, 0.4
LONGEST_DELAY = timedelta(days=28)

_DAY = 86_400_000_000


def leads_a_month(known: Known, window: Window) -> Mapping[str, float | None]:
    """Records that entered the first stage of a lead, for thirty days."""
    leads = window.entries.filter(pl.col("stage") == raw_lead(known.settings)).height
    return {"": leads / window.share / window.days * MONTH_DAYS}


def stages_accepted(destination: str) -> OverWindow:
    """How many stages of a lead the destination has taken."""

    def measure(known: Known, window: Window) -> Mapping[str, float | None]:
        return {"": float(_accepted(known, window, destination)["stage"].n_unique())}

    return measure


def raw_lead_accepted(destination: str) -> OverWindow:
    """Whether it has taken raw leads."""

    def measure(known: Known, window: Window) -> Mapping[str, float | None]:
        stages = _accepted(known, window, destination)["stage"]
        return {"": float((stages == raw_lead(known.settings)).any())}

    return measure


def stage_rates(known: Known, window: Window) -> Mapping[str, float | None]:
    """For each stage that Meta hears of, entries into it against raw leads of the same days."""
    counts = dict(window.entries["stage"].value_counts().iter_rows())
    leads = counts.get(raw_lead(known.settings), 0)
    return {stage: ratio(counts.get(stage, 0), leads) for stage in _later_stages(known)}


def days_to_stage(known: Known, window: Window) -> Mapping[str, float | None]:
    """For each of them, the median of days since the lead was created."""
    medians = _delays(window).group_by("stage").agg(pl.col("delay").median())
    found = dict(medians.iter_rows())
    return {
        stage: None if (delay := found.get(stage)) is None else delay / _DAY for stage in _later_stages(known)
    }


def share_in_time(known: Known, window: Window) -> Mapping[str, float | None]:
    """For each of them, the share of entries within 28 days of the lead."""
    in_time = pl.col("delay") <= LONGEST_DELAY.days * _DAY
    found = dict(_delays(window).group_by("stage").agg(in_time.mean()).iter_rows())
    return {stage: found.get(stage) for stage in _later_stages(known)}


def stages_to_optimise(known: Known, window: Window) -> Mapping[str, float | None]:
    """How many stages are neither too rare nor too common, and come in time."""
    rates, delays = stage_rates(known, window), days_to_stage(known, window)
    if all(rate is None for rate in rates.values()):
        return {"": None}
    fit = [
        stage
        for stage, rate in rates.items()
        if rate is not None
        and RATE_LEAST <= rate <= RATE_MOST
        and (delays[stage] is None or delays[stage] <= LONGEST_DELAY.days)  # type: ignore[operator]
    ]
    return {"": float(len(fit))}


def _later_stages(known: Known) -> list[str]:
    """Stages that Meta could optimise for: those it hears of, without the raw lead, of which every lead is one."""
    told = heard_of(known.settings, "meta")
    return [
        stage
        for stage in hopeful_stages(known.settings)
        if stage in told and stage != raw_lead(known.settings)
    ]


def _accepted(known: Known, window: Window, destination: str) -> pl.DataFrame:
    sent = window.sent_to(destination, lead_stages(known.settings))
    return sent.filter(pl.col("state") == State.ACCEPTED)


def _delays(window: Window) -> pl.DataFrame:
    return window.entries.select("stage", delay=pl.col("entered_at") - pl.col("lead_created_at")).filter(
        pl.col("delay") >= 0
    )

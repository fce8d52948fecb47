"""Whether conversions reach the platform in time: while it still takes them, and while bidders still learn of them.

Only what happened since Closedwon runs counts: what is older waited for the first run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from closedwon.ledger.states import State
from closedwon.readiness.evidence import Window
from closedwon.readiness.measures.identifiers import Stages
from closedwon.readiness.measures.measure import Known, OverWindow, ratio

MOST = 0.9
"""The share of uploads that is spoken of as most: a single late one says nothing."""

_HOUR = 3_600_000_000
_TOO_LATE = ("too_old", "expired_before_sent")


def inside_window(destination: str, stages: Stages) -> OverWindow:
    """The share of conversions that were sent before the platform stopped taking them."""

    def measure(known: Known, window: Window) -> Mapping[str, float | None]:
        sent = window.as_they_happened(window.sent_to(destination, stages(known.settings)))
        accepted = sent.filter(pl.col("state") == State.ACCEPTED).height
        late = sent.filter((pl.col("state") == State.EXPIRED) | pl.col("reason").is_in(_TOO_LATE)).height
        return {"": ratio(accepted, accepted + late)}

    return measure


def hours_until_accepted(destination: str, stages: Stages) -> OverWindow:
    """Within how many hours nine of ten conversions were accepted."""

    def measure(known: Known, window: Window) -> Mapping[str, float | None]:
        delays = _delays(known, window, destination, stages)
        slowest = delays.quantile(MOST, "nearest")
        return {"": None if slowest is None else slowest / _HOUR}

    return measure


def accepted_within(destination: str, stages: Stages, longest: timedelta) -> OverWindow:
    """The share of accepted conversions that were so within ``longest`` of having happened."""

    def measure(known: Known, window: Window) -> Mapping[str, float | None]:
        delays = _delays(known, window, destination, stages)
        return {"": ratio(int((delays <= longest.total_seconds() * 1_000_000).sum()), delays.len())}

    return measure


def _delays(known: Known, window: Window, destination: str, stages: Stages) -> pl.Series:
    sent = window.as_they_happened(window.sent_to(destination, stages(known.settings)))
    accepted = sent.filter(pl.col("state") == State.ACCEPTED, pl.col("accepted_at").is_not_null())
    return (accepted["accepted_at"] - accepted["event_time"]).clip(lower_bound=0)

"""The share of leads that are won within so many days, where many of them are too young to tell.

The cumulative incidence of Aalen and Johansen (statsmodels' ``CumIncidenceRight``): a young lead is censored, no loss,
and a lost one can no longer be won (a competing event). Aalen & Johansen (1978), Scandinavian Journal of Statistics
5, 141-150; in words: Putter, Fiocco & Geskus (2007), Statistics in Medicine 26, 2389-2430.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from closedwon.quality.figures import Interval, Point
from closedwon.quality.numbers import Floats

_WON, _LOST = 1, 2
_POINTS = 60
"""In how many steps a curve is drawn at most."""


@dataclass(frozen=True)
class Incidence:
    """The estimate: the ``share`` won within 0, 1, 2, … days, its standard error ``se``, and the ``z`` of intervals."""

    share: Floats
    se: Floats
    z: float

    @property
    def days(self) -> int:
        """The last day."""
        return self.share.size - 1

    @property
    def at_end(self) -> Interval:
        """The share won by the last day."""
        return _bounded(float(self.share[-1]), float(self.se[-1]), self.z)

    @property
    def relative_se(self) -> float:
        """The standard error at the end as a share of the estimate, which is above 0."""
        return float(self.se[-1] / self.share[-1])

    @property
    def median_days(self) -> int:
        """The day by which half of those were won who are won at all."""
        return int(np.searchsorted(self.share, self.share[-1] / 2))

    def curve(self) -> list[Point]:
        """The curve in steps that can be drawn."""
        days = np.unique(np.linspace(0, self.days, min(_POINTS, self.days) + 1).round().astype(int))
        points = []
        for day in days.tolist():
            one = _bounded(float(self.share[day]), float(self.se[day]), self.z)
            points.append(Point(day, one.estimate, one.low, one.high))
        return points

    def development(self) -> Floats:
        """Which part of the wins of the last day has been won by each day: from below 1 up to it."""
        part: Floats = self.share / self.share[-1]
        return part


def incidence(
    days: NDArray[np.int32], won: NDArray[np.bool_], lost: NDArray[np.bool_], *, last: int, z: float
) -> Incidence:
    """Estimate the share won.

    Args:
        days: whole days until each lead was won or lost, or as long as it has been followed.
        won, lost: which of the two, if any; at least one was won.
        last: the last day of interest. z: the normal quantile of the interval.
    """
    from statsmodels.duration.survfunc import CumIncidenceRight

    # Of one day, wins come first: nobody is lost, or out of sight, before the day is over. The estimate is the same,
    # and its standard error stays finite where the last who are left are lost.
    halves = np.where(won, 2 * days, 2 * days + 1)
    seen = halves <= 2 * last + 1
    status = np.where(seen & won, _WON, np.where(seen & lost, _LOST, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Any = CumIncidenceRight(np.minimum(halves, 2 * last + 1), status)
    at = np.searchsorted(found.times, 2 * np.arange(last + 1), side="right")
    share = np.concatenate(([0.0], found.cinc[0]))
    se = _without_gaps(np.concatenate(([0.0], found.cinc_se[0])))
    return Incidence(share[at], se[at], z)


def _without_gaps(se: Floats) -> Floats:
    """Where everybody who was left was won on one day, there is no standard error: that of the day before stands in."""
    last_known = np.maximum.accumulate(np.where(np.isfinite(se), np.arange(se.size), 0))
    filled: Floats = se[last_known]
    return filled


def _bounded(share: float, se: float, z: float) -> Interval:
    """An interval that stays within 0 and 1: symmetric for log(-log(share)).

    Collett, Modelling Survival Data in Medical Research, on the interval of a survivor function.
    """
    if not 0 < share < 1 or se <= 0:
        return Interval(share, share, share)
    spread = z * se / (share * abs(np.log(share)))
    return Interval(share, float(share ** np.exp(spread)), float(share ** np.exp(-spread)))

"""Segments are drawn towards the whole, the more the less is known of them: empirical Bayes, or credibility theory.

A campaign with five leads and one win has no win rate of 20 %. How far rates of segments truly lie apart is estimated
from all of them; a segment with many leads keeps its own rate, one with few gets nearly that of the whole, and with it
the doubt in the whole. What is not counted is the doubt in the spread (Morris 1983, Journal of the American Statistical
Association 78, 47-55): the intervals of many small segments are a little too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from closedwon.quality.figures import Interval
from closedwon.quality.numbers import Floats

_FIRM = 1e6
"""The weight, in leads, of a prior where segments do not differ at all."""

_VAGUE = 1.0
"""In leads, what any estimate is worth at least."""


@dataclass(frozen=True)
class Rates:
    """The rate of each segment: a beta distribution with parameters ``wins`` and ``losses``."""

    wins: Floats
    losses: Floats

    @property
    def means(self) -> Floats:
        """The estimates."""
        estimate: Floats = self.wins / (self.wins + self.losses)
        return estimate

    @property
    def relative_se(self) -> Floats:
        """Their standard errors as shares of them."""
        se: Floats = np.sqrt(self.losses / self.wins / (self.wins + self.losses + 1))
        return se

    def interval(self, at: int, confidence: float) -> Interval:
        """The interval of one of them."""
        from scipy.stats import beta

        tail = (1 - confidence) / 2
        low, high = beta.ppf([tail, 1 - tail], self.wins[at], self.losses[at])
        return Interval(float(self.means[at]), float(low), float(high))


def shrunken_rates(wins: Floats, leads: Floats, whole: float, whole_se: float) -> Rates:
    """Rates of segments, drawn towards the rate of the ``whole`` (0 to 1, neither of them).

    Beta-binomial; the correlation of leads within a segment, which says how strong the prior is, by moments: Kleinman
    (1973), Journal of the American Statistical Association 68, 46-54.

    Args:
        wins: of each segment; ``leads``: how many that were followed to the end its leads are worth, above 0.
        whole_se: the standard error of the whole's rate.
    """
    leads = np.maximum(leads, wins)
    total, segments = leads.sum(), leads.size
    spread = float((leads * (wins / leads - whole) ** 2).sum() / (whole * (1 - whole)))
    freedom = total - (leads**2).sum() / total - (segments - 1)
    correlation = (spread - (segments - 1)) / freedom if freedom > 0 else 0.0
    weight = min(1 / correlation - 1, _FIRM) if correlation > 0 else _FIRM
    weight = max(weight, 1.0)
    rates = (wins + weight * whole) / (leads + weight)
    own_variance = rates * (1 - rates) / (leads + weight + 1)
    variance = own_variance + (weight / (leads + weight) * whole_se) ** 2
    worth = np.maximum(rates * (1 - rates) / variance - 1, _VAGUE)
    return Rates(rates * worth, (1 - rates) * worth)


@dataclass(frozen=True)
class Means:
    """The mean amount of each segment, and its standard error."""

    means: Floats
    se: Floats


def shrunken_means(sums: Floats, squares: Floats, counts: Floats, whole: float, whole_se: float) -> Means:
    """Mean amounts of segments, drawn towards the mean of the ``whole``.

    The credibility of Bühlmann and Straub, with the spread within and between segments by moments: Bühlmann & Gisler
    (2005), A Course in Credibility Theory and its Applications, chapter 4.

    Args:
        sums, squares, counts: of each segment's amounts: their sum, the sum of their squares, how many there are,
            which may be none. whole_se: the standard error of the whole's mean.
    """
    known = counts > 0
    own = np.divide(sums, counts, out=np.full_like(sums, whole), where=known)
    total, segments = counts.sum(), int(known.sum())
    within = float((squares - counts * own**2).sum() / max(total - segments, 1))
    freedom = total - (counts**2).sum() / max(total, 1)
    apart = float((counts * (own - whole) ** 2).sum()) - (segments - 1) * within
    between = max(apart / freedom, 0.0) if freedom > 0 else 0.0
    told = counts * between
    credibility = np.divide(told, told + within, out=np.zeros_like(own), where=told > 0)
    means = credibility * own + (1 - credibility) * whole
    return Means(means, np.sqrt(between * (1 - credibility) + ((1 - credibility) * whole_se) ** 2))

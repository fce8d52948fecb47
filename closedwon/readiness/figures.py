"""What a measure finds, what a requirement asks of it, and how both are written for people."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

RECENT_DAYS, LONGER_DAYS = 28, 90
"""The windows that everything is measured over; platforms look back as far as the shorter."""


class Unit(StrEnum):
    """What a figure counts."""

    COUNT = "count"
    SHARE = "share"
    HOURS = "hours"
    DAYS = "days"
    SCORE = "score"
    YES = "yes"


class Verdict(StrEnum):
    """How a figure stands to its requirement."""

    PASS = "pass"  # noqa: S105 (a verdict)
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Figure:
    """What was measured of one subject: a stage, an event name, or the client as a whole.

    Attributes:
        recent, longer: over the last 28 and 90 days; of a setting, ``recent`` is 1 or 0.
        said: what the platform says, in its own words, where that is more than the number.
        missing: why there is no figure.
    """

    subject: str = ""
    recent: float | None = None
    longer: float | None = None
    said: str | None = None
    missing: str | None = None

    @property
    def decisive(self) -> float | None:
        """The figure that the verdict is about: the recent one, where there is one."""
        return self.recent if self.recent is not None else self.longer


@dataclass(frozen=True)
class Threshold:
    """What passes: figures from ``least`` to ``most``; another is of the verdict ``otherwise``.

    Attributes:
        hopeless: figures below this fail, whatever ``otherwise`` says.
    """

    least: float = -math.inf
    most: float = math.inf
    otherwise: Verdict = Verdict.FAIL
    hopeless: float = -math.inf

    def verdict(self, figure: float) -> Verdict:
        """How ``figure`` stands."""
        if figure < self.hopeless:
            return Verdict.FAIL
        return Verdict.PASS if self.least <= figure <= self.most else self.otherwise

    def words(self, unit: Unit) -> str:
        """Such as ``1% to 40%`` or ``200 or more``."""
        if unit is Unit.YES:
            return "yes"
        least, most = written(self.least, unit), written(self.most, unit)
        if math.isfinite(self.least) and math.isfinite(self.most):
            return f"{least} to {most}"
        if not math.isfinite(self.least):
            return f"{most} or less"
        return least if unit is Unit.SHARE and self.least == 1 else f"{least} or more"


def _percents(share: float) -> str:
    """Rounded, but neither up to all nor down to nothing: what is required may be just that."""
    percents = 100 * share
    if 99.5 <= percents < 100:
        return f"{math.floor(10 * percents) / 10:g}%"
    if 0 < percents < 0.1:
        return "under 0.1%"
    return f"{round(percents, 0 if percents >= 10 else 1):g}%"


_WRITTEN: Mapping[Unit, Callable[[float], str]] = {
    Unit.COUNT: lambda number: f"{number:,.0f}",
    Unit.SHARE: _percents,
    Unit.HOURS: lambda number: f"{round(number, 1):g} h",
    Unit.DAYS: lambda number: f"{round(number, 1):g} days",
    Unit.SCORE: lambda number: f"{round(number, 1):g} of 10",
    Unit.YES: lambda number: "yes" if number else "no",
}


def written(number: float | None, unit: Unit) -> str:
    """A figure for people; – for none."""
    return "–" if number is None or not math.isfinite(number) else _WRITTEN[unit](number)

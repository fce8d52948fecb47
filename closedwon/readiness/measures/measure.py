"""What every measure works on, and what makes one of a function over a window."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from closedwon.ledger.outgoing.processing import Processed
from closedwon.readiness.evidence import History, Window
from closedwon.readiness.figures import Figure
from closedwon.readiness.platforms import Platforms
from config.settings import ClientSettings
from uploads.base import Attributing


@dataclass(frozen=True)
class Known:
    """All that is known of a client.

    Attributes:
        processed: by the days of a window, what Google said later of the requests that it took in them.
        google: who knows what its reasons mean.
    """

    settings: ClientSettings
    history: History
    platforms: Platforms
    processed: Mapping[int, Processed | None] = field(default_factory=dict)
    google: Attributing | None = None


Measure = Callable[[Known], Iterable[Figure]]
OverWindow = Callable[[Known, Window], Mapping[str, float | None]]
"""A figure for each subject, None where there is nothing that it could be of."""


def over_windows(of: OverWindow, *, missing: str) -> Measure:
    """``of`` over both windows; ``missing`` says why there may be no figure."""

    def measure(known: Known) -> Iterable[Figure]:
        recent, longer = of(known, known.history.recent), of(known, known.history.longer)
        for subject in {**recent, **longer}:
            figures = recent.get(subject), longer.get(subject)
            why = missing if figures == (None, None) else None
            yield Figure(subject, *figures, missing=why)

    return measure


def ratio(part: float, whole: float) -> float | None:
    """None of nothing."""
    return part / whole if whole else None

"""What Meta says of the dataset."""

from __future__ import annotations

from collections.abc import Iterable

from closedwon.readiness.figures import Figure
from closedwon.readiness.measures.measure import Known
from closedwon.readiness.platforms import NOT_ASKED, Unheard


def reachable(known: Known) -> Iterable[Figure]:
    """Whether the token can see the dataset."""
    check = known.platforms.dataset
    if check is None:
        yield Figure(missing=NOT_ASKED.why)
    else:
        yield Figure(recent=float(check.ok), said=None if check.ok else check.message)


def composite_quality(known: Known) -> Iterable[Figure]:
    """The composite score of each event name, over the 28 days that Meta looks back."""
    quality = known.platforms.quality
    if isinstance(quality, Unheard):
        yield Figure(missing=quality.why)
    elif not quality:
        yield Figure(missing="Meta has no score of this dataset's events in stores yet")
    else:
        for event in quality:
            parts = {
                "match keys": event.match_key,
                "frequency": event.frequency,
                "freshness": event.freshness,
            }
            said = ", ".join(f"{name} {one.score:g}" for name, one in parts.items() if one.score is not None)
            composite = event.composite.score
            if composite is None:
                yield Figure(event.event_name, missing="Meta gives no composite score")
            else:
                yield Figure(event.event_name, recent=composite, said=f"{composite:g} ({said})")

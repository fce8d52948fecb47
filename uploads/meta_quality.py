"""What Meta says of the quality of a dataset's offline events: scores of ten, by event name, over the last 28 days.

It speaks of events in stores; that it does of CRM stages is not documented. A token that Events Manager made may be
allowed to send and not to read.

https://developers.facebook.com/documentation/ads-commerce/conversions-api/dataset-quality-api/offline-events
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.destinations import MetaSettings
from uploads import limiting
from uploads.meta_app import app_key
from uploads.meta_errors import answer_of
from uploads.meta_graph import Graph
from uploads.retrying import Sleep, with_retries

_PARTS = ("composite", "match_key", "frequency", "freshness")


@dataclass(frozen=True)
class Score:
    """A score from 0 to 10, and what Meta recommends; either may be missing."""

    score: float | None
    recommendation: str | None


@dataclass(frozen=True)
class EventQuality:
    """The scores of one event name.

    Attributes:
        composite: the whole; 8.5 opens omnichannel ads.
        match_key: whether e-mail and phone came with the events.
        frequency: how often they are sent.
        freshness: how soon.
    """

    event_name: str
    composite: Score
    match_key: Score
    frequency: Score
    freshness: Score


def dataset_quality(settings: MetaSettings, *, sleep: Sleep = time.sleep) -> list[EventQuality]:
    """The scores of every event name of which Meta has some.

    Raises:
        PlatformError: Meta does not say.
    """
    graph = Graph(settings)
    limiter = limiting.shared("meta", app_key(settings), settings.dataset_id)
    parameters = {"dataset_id": settings.dataset_id, "fields": f"offline{{event_name,{','.join(_PARTS)}}}"}

    def ask() -> Mapping[str, Any]:
        with limiter.turn(sleep):
            response = graph.get("dataset_quality", parameters)
            limiter.heard(response.headers)
            return answer_of(response)

    answer = with_retries(ask, attempts=settings.max_attempts, sleep=sleep)
    return [
        EventQuality(str(event.get("event_name", "")), *(_score(event.get(part)) for part in _PARTS))
        for event in answer.get("offline", ())
    ]


def _score(said: Any) -> Score:
    if not isinstance(said, dict):
        return Score(None, None)
    number, words = said.get("score"), said.get("recommendation")
    return Score(
        float(number) if isinstance(number, int | float) else None,
        words if isinstance(words, str) else None,
    )

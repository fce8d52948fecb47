"""The frozen values in use: what ``value: learned`` makes of an entry until the next version is frozen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from closedwon.ledger import Ledger
from closedwon.ledger.quality.versions import Version, newest_version, save_version
from closedwon.quality.figures import Interval, Learned
from closedwon.quality.scope import uses_learned_values
from config.settings import ClientSettings


@dataclass(frozen=True)
class FrozenValues:
    """A version's values, which a run sends.

    Attributes:
        stages: the value of each stage that has one.
        segments: by stage and column, the finest first, the value of each segment.
    """

    version: str
    currency: str
    stages: Mapping[str, float]
    segments: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)


def frozen_values(ledger: Ledger, settings: ClientSettings) -> FrozenValues | None:
    """The values that conversions of the client are worth; None where none is learned, or none was frozen.

    A version in another currency than the client's is of another time: it counts as none.
    """
    if not uses_learned_values(settings):
        return None
    found = newest_version(ledger, settings.client)
    if found is None or found.learned["currency"] != settings.currency:
        return None
    stages = [one for one in found.learned["stages"] if one["value"] is not None]
    return FrozenValues(
        found.version,
        found.learned["currency"],
        {one["stage"]: _money(one["value"]["estimate"]) for one in stages},
        {one["stage"]: _by_column(one["segments"]) for one in stages},
    )


def _by_column(segments: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    values: dict[str, dict[str, float]] = {}
    for one in segments:
        values.setdefault(one["column"], {})[one["name"]] = _money(one["value"]["estimate"])
    return values


def _money(value: float) -> float:
    """A value as it is sent: a tenth of a cent says nothing."""
    return round(value, 2)


def freeze(ledger: Ledger, settings: ClientSettings, learned: Learned, now: datetime) -> str:
    """Save what was ``learned`` as the version that counts from the next run on; returns its name.

    The curves are left out: they follow from the history, and no value does from them.
    """
    kept = learned.as_json()
    for stage in kept["stages"]:
        del stage["curve"]
    return save_version(
        ledger, settings.client, settings=settings.quality.model_dump(mode="json"), learned=kept, now=now
    )


@dataclass(frozen=True)
class Drift:
    """How far a stage's value has moved since it was frozen.

    Attributes:
        frozen: the value of the version ``version``, with the interval that it had.
        percent: by how much today's is above it; ``is_outside``: whether today's lies outside that interval.
    """

    version: str
    frozen: Interval
    percent: float
    is_outside: bool


def drift(learned: Learned, version: Version) -> dict[str, Drift]:
    """The drift of each stage that has a value now and had one in ``version``, in the same currency."""
    if version.learned["currency"] != learned.currency:
        return {}
    frozen = {
        one["stage"]: Interval(**one["value"])
        for one in version.learned["stages"]
        if one["value"] is not None
    }
    return {
        one.stage: _drift(one.value.estimate, frozen[one.stage], version.version)
        for one in learned.stages
        if one.value is not None and one.stage in frozen
    }


def _drift(now: float, frozen: Interval, version: str) -> Drift:
    return Drift(
        version,
        frozen,
        percent=100 * (now / frozen.estimate - 1),
        is_outside=not frozen.low <= now <= frozen.high,
    )

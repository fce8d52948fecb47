"""What a client's file says of learning, with its defaults worked out: which stages, and how far back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.quality import LEARNED, QualitySettings, lost_stages, won_stage
from config.settings import ClientSettings


@dataclass(frozen=True)
class Scope:
    """What is learned, and from what.

    Attributes:
        stages: that are given a value, in the funnel's order; the won stage and those that are lost are not among them.
        won: the stage of a sale; ``lost``: those that end a lead without one.
        history: how far back leads are looked at.
    """

    rules: QualitySettings
    stages: tuple[str, ...]
    won: str
    lost: frozenset[str]
    history: timedelta

    @classmethod
    def of(cls, settings: ClientSettings) -> Scope:
        """The scope of a client."""
        rules = settings.quality
        won = won_stage(rules, settings.funnel)
        yielded = {stage for source in settings.sources.values() for stage in source.stage_names()}
        lost = lost_stages(rules, yielded)
        named = dict.fromkeys([*settings.funnel, *settings.conversions])
        remembered = settings.retention.history_days
        days = min(rules.history_days or remembered, remembered)
        stages = tuple(stage for stage in named if stage != won and stage not in lost)
        return cls(rules, stages, won, lost, timedelta(days=days))

    @property
    def every_stage(self) -> frozenset[str]:
        """All stages whose entries matter."""
        return frozenset((*self.stages, self.won, *self.lost))

    def since(self, until: datetime) -> datetime:
        """The time before which no lead is looked at, as of ``until``."""
        return until - self.history


def uses_learned_values(settings: ClientSettings) -> bool:
    """Whether any conversion of the client is worth what was learned."""
    return any(conversion.value == LEARNED for conversion in settings.conversions.values())

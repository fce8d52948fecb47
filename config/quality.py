"""How the value of a lead is learned from what became of earlier ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Literal

from pydantic import Field

from config.types import Settings, StageName

LEARNED = "learned"
"""The ``value`` of a conversion whose worth is learned."""

Segment = Literal["form", "campaign", "lead_source"]

_WON = "won"
_LOST = frozenset({"lost", "closed_lost", "disqualified", "unqualified"})
"""Names by which stages that end a lead are known where the client's file does not say."""


class QualitySettings(Settings):
    """From which history, how carefully, and in which segments values are learned."""

    won: Annotated[
        StageName | None,
        Field(description="the stage at which a lead is won; else the last of the funnel, or won"),
    ] = None
    lost: Annotated[
        list[StageName] | None,
        Field(description="the stages that end a lead without a sale; else those named lost or disqualified"),
    ] = None
    horizon_days: Annotated[
        int, Field(ge=7, le=730, description="within how many days a lead must be won to count, 7 to 730")
    ] = 180
    history_days: Annotated[
        int | None,
        Field(
            ge=30, le=3_650, description="how many days back leads are looked at; else all that is remembered"
        ),
    ] = None
    min_leads: Annotated[
        int,
        Field(ge=20, description="how many leads a stage must have had before it gets a value, 20 at least"),
    ] = 100
    min_wins: Annotated[int, Field(ge=5, description="how many of them must have been won, 5 at least")] = 10
    winsorize: Annotated[
        float,
        Field(
            ge=0.5,
            le=1,
            description="the share of amounts above which larger ones count as that one; 1 is off",
        ),
    ] = 0.99
    interval: Annotated[
        float, Field(ge=0.5, le=0.99, description="how sure the intervals shown are, as a share such as 0.9")
    ] = 0.9
    segments: Annotated[
        list[Segment],
        Field(description="form, campaign, lead_source: by which values are learned too, the finest first"),
    ] = Field(default_factory=list)


def won_stage(quality: QualitySettings, funnel: Sequence[str]) -> str:
    """The stage at which a lead is won."""
    return quality.won or (funnel[-1] if funnel else _WON)


def lost_stages(quality: QualitySettings, yielded: Collection[str]) -> frozenset[str]:
    """The stages that end a lead without a sale, of those that the sources yield."""
    return frozenset(quality.lost) if quality.lost is not None else _LOST & frozenset(yielded)

"""What is learned, as plain data: for tables, for JSON, and for the ledger to freeze."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Interval:
    """An estimate, and the bounds between which the truth lies as surely as the client's file asks."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Point:
    """A point of a curve: the share (0 to 1) that was won within so many ``days``, with its bounds."""

    days: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class SegmentValue:
    """What an entry into a stage is worth in one segment, drawn towards the whole stage where little is known.

    Attributes:
        column: what the segment is one of, such as ``campaign``; ``name``: which.
        leads: entries behind it; ``effective``: how many that were followed to the end they are worth as evidence.
        wins: of them, so far.
    """

    column: str
    name: str
    leads: int
    effective: float
    wins: int
    probability: Interval
    won_value: Interval
    value: Interval


@dataclass(frozen=True)
class StageValue:
    """What an entry into a stage is worth.

    Attributes:
        leads: entries that could be followed; ``wins`` and ``losses`` of them within the horizon.
        days: within how many days a win counts: the horizon, or less where the history is too short for it.
        probability, won_value, value: None where ``refused`` says why nothing is learned.
        median_days: until half of those were won who are won at all.
        amounts: wins that stated an amount in the client's currency.
    """

    stage: str
    leads: int
    wins: int
    losses: int
    days: int
    refused: str | None = None
    probability: Interval | None = None
    won_value: Interval | None = None
    value: Interval | None = None
    median_days: int | None = None
    amounts: int = 0
    curve: Sequence[Point] = ()
    segments: Sequence[SegmentValue] = ()


@dataclass(frozen=True)
class Learned:
    """What was learned of a client's stages.

    Attributes:
        until: the time (RFC 3339) up to which the sources are known.
        interval: how sure the intervals are, a share.
        notes: what the user should know before trusting it.
    """

    client: str
    until: str
    won: str
    currency: str
    interval: float
    stages: Sequence[StageValue] = ()
    notes: Sequence[str] = ()

    @property
    def has_values(self) -> bool:
        """Whether anything could be learned."""
        return any(stage.value is not None for stage in self.stages)

    def as_json(self) -> dict[str, Any]:
        """It as JSON takes it."""
        return asdict(self)

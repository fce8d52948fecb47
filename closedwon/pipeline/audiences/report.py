"""What became of one audience at one destination, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from closedwon.pipeline.noting import Noting


@dataclass
class AudienceReport(Noting):
    """One audience at one destination.

    Attributes:
        name: what the platform calls it; None where the client's file declares it no more.
        members: people whom the platform was told of and who are to stay.
        joining, leaving: people of whom it is still to be told.
        held: those of them of whom it was told in vain.
        refused: people whom it refused for good; ``refused_now``: those of them whom it refused in this run.
        joined, left: people of whom this run told it.
        unconfirmed: people who left, and of whom it is still to say that they are out.
        told_again: people of whom it has said now that an earlier request came to nothing.
        messages: what the reasons of ``held`` and ``refused`` mean, in words.
        notes: what the user should know, each once.
        error: why the audience could not be brought up to date.
    """

    audience: str
    destination: str
    name: str | None = None
    members: int = 0
    joining: int = 0
    leaving: int = 0
    held: int = 0
    refused: int = 0
    refused_now: int = 0
    joined: int = 0
    left: int = 0
    unconfirmed: int = 0
    told_again: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    messages: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    error: str | None = None

    @property
    def lane(self) -> str:
        """What the audience at its destination is called where a run tells of its progress."""
        return f"{self.destination} {self.audience}"

    @property
    def is_empty(self) -> bool:
        """Whether nobody is in it, or is to be."""
        return not self.members + self.joining + self.leaving + self.unconfirmed + self.refused

    @property
    def complete(self) -> bool:
        """Whether the platform has taken all that it was told, or to be told."""
        return self.error is None and not self.held and not self.refused_now

    def as_json(self) -> dict[str, Any]:
        """The report as JSON-able data."""
        return asdict(self) | {"reasons": dict(self.reasons)}

"""Every requirement that concerns a client, with its figures and how they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from closedwon.ledger import Ledger
from closedwon.ledger.outgoing.processing import processed
from closedwon.pipeline.opening import open_uploader
from closedwon.readiness.evidence import history
from closedwon.readiness.figures import LONGER_DAYS, RECENT_DAYS, Figure, Verdict, written
from closedwon.readiness.measures.measure import Known
from closedwon.readiness.platforms import Platforms
from closedwon.readiness.requirements import APPLIES, REQUIREMENTS, Requirement
from config.settings import ClientSettings
from uploads.base import Attributing


@dataclass(frozen=True)
class Result:
    """A requirement and one figure of it.

    Attributes:
        threshold: what passes, in words.
    """

    requirement: Requirement
    figure: Figure
    verdict: Verdict
    threshold: str

    def as_json(self) -> dict[str, Any]:
        """For programs; shares are from 0 to 1, and what was not measured says why."""
        return {
            "goal": str(self.requirement.goal),
            "requirement": self.requirement.name,
            "says": self.requirement.says,
            "subject": self.figure.subject or None,
            "verdict": str(self.verdict),
            "unit": str(self.requirement.unit),
            "last_28_days": self.figure.recent,
            "last_90_days": self.figure.longer,
            "said": self.figure.said,
            "not_measured": self.figure.missing,
            "threshold": self.threshold,
            "source": self.requirement.source,
            "next_step": None if self.verdict is Verdict.PASS else self.requirement.next_step,
        }

    @property
    def recent(self) -> str:
        """The figure of the last 28 days in words, or what the platform said."""
        if self.figure.missing is not None:
            return "not measured"
        return self.figure.said or written(self.figure.recent, self.requirement.unit)

    @property
    def longer(self) -> str:
        """That of the last 90 days."""
        return written(self.figure.longer, self.requirement.unit)


def readiness(settings: ClientSettings, ledger: Ledger, now: datetime, platforms: Platforms) -> list[Result]:
    """How the client stands to what the platforms require, by the ledger and by what ``platforms`` say."""
    known = _known(settings, ledger, now, platforms)
    return [
        result
        for requirement in REQUIREMENTS
        if APPLIES[requirement.goal](settings)
        for result in _results(requirement, known)
    ]


def failed(results: Sequence[Result]) -> bool:
    """Whether any requirement is not met."""
    return any(result.verdict is Verdict.FAIL for result in results)


def _known(settings: ClientSettings, ledger: Ledger, now: datetime, platforms: Platforms) -> Known:
    said = {
        days: processed(ledger, settings.client, since=now - timedelta(days=days)).get("google")
        for days in (RECENT_DAYS, LONGER_DAYS)
    }
    google = open_uploader(settings, "google") if settings.destinations.google else None
    attributing = google if isinstance(google, Attributing) else None
    return Known(settings, history(ledger, settings, now), platforms, said, attributing)


def _results(requirement: Requirement, known: Known) -> Iterator[Result]:
    threshold = requirement.threshold_of(known.settings)
    words = threshold.words(requirement.unit)
    for figure in requirement.measure(known):
        decisive = figure.decisive
        # What cannot be measured is no pass, and no failure of the client's either.
        verdict = Verdict.WARN if figure.missing or decisive is None else threshold.verdict(decisive)
        yield Result(requirement, figure, verdict, words)

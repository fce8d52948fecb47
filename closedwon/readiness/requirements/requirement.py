"""What a requirement is, and what all tables of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from closedwon.readiness.figures import Threshold, Unit, Verdict
from closedwon.readiness.measures.measure import Measure, OverWindow, over_windows
from config.settings import ClientSettings


class Goal(StrEnum):
    """What a client may want to optimise for."""

    META_LEADS = "Meta: conversion leads"
    META_STORES = "Meta: purchases in stores"
    GOOGLE_LEADS = "Google: enhanced conversions for leads"
    GOOGLE_VALUES = "Google: value-based bidding"


@dataclass(frozen=True)
class Requirement:
    """One row of the table.

    Attributes:
        name: stays the same, for programs.
        says: what is required, in words.
        threshold: what passes; of some the client's file sets it.
        source: the page that says so, or :data:`THIRD_PARTY`.
        next_step: what to do where it is not met, or could not be measured.
    """

    goal: Goal
    name: str
    says: str
    measure: Measure
    unit: Unit
    threshold: Threshold | Callable[[ClientSettings], Threshold]
    source: str
    next_step: str

    def threshold_of(self, settings: ClientSettings) -> Threshold:
        """What passes for a client."""
        return self.threshold if isinstance(self.threshold, Threshold) else self.threshold(settings)


THIRD_PARTY = "third party, unverified"

YES = Threshold(least=1)
RATHER_YES = Threshold(least=1, otherwise=Verdict.WARN)
SOME = Threshold(least=0.01, otherwise=Verdict.WARN)
MOST = Threshold(least=0.9, otherwise=Verdict.WARN)
ALL = Threshold(least=1, otherwise=Verdict.WARN)
DAILY = Threshold(most=24, otherwise=Verdict.WARN)


def sent(of: OverWindow) -> Measure:
    """A measure of what was sent."""
    return over_windows(of, missing="nothing of it was sent")


def of_leads(of: OverWindow) -> Measure:
    """A measure of leads."""
    return over_windows(of, missing="no leads in the last 90 days")


def since_first_run(of: OverWindow) -> Measure:
    """A measure of what happened since Closedwon runs."""
    return over_windows(of, missing="nothing that happened since the first run was sent")

"""Which stage to have bidders aim at: how often, how fast and how surely each stage tells of a sale.

A platform learns from what happens often and soon; the advertiser wants what predicts revenue. The stage to choose is
the earliest that predicts well and is frequent and fast enough for the platform's learning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from closedwon.ledger.ledger import microseconds
from closedwon.quality.amounts import amounts_in
from closedwon.quality.figures import Learned
from closedwon.quality.incidence import incidence
from closedwon.quality.learning import History, followed_days
from closedwon.quality.numbers import DAY
from config.quality import QualitySettings

_MONTH, _QUARTER = 28, 90
_CALENDAR_MONTH = 30
REACHED_WITHIN = 28
"""Days within which a lead must reach a stage to count: what Meta's conversion leads look at."""


@dataclass(frozen=True)
class StageRow:
    """One stage of the funnel, by the client's own leads. What too few leads tell is None.

    Attributes:
        last_28, last_90: entries in so many days; ``per_week``: of the last 28 days; ``leads_28``: leads in them.
        reach: the share of leads that reach it within :data:`REACHED_WITHIN` days.
        median_days, p90_days: from the lead to the stage: of those who reach it, half and nine of ten are so fast.
        auc: how well reaching it tells sales from the rest: 0.5 is a coin, 1 is certain.
        revenue: the share of what was sold to leads that had passed it.
        value: what an entry is worth, if that could be learned.
    """

    stage: str
    last_28: int
    last_90: int
    per_week: float
    leads_28: int
    reach: float | None = None
    median_days: float | None = None
    p90_days: float | None = None
    auc: float | None = None
    revenue: float | None = None
    value: float | None = None

    @property
    def leads_a_month(self) -> float:
        """Leads of the last 28 days, for thirty: as readiness counts them."""
        return self.leads_28 / _MONTH * _CALENDAR_MONTH


@dataclass(frozen=True)
class Requirement:
    """What a platform's learning takes of a stage.

    Attributes:
        figure: the attribute of :class:`StageRow` that is held against ``least`` and ``most``.
        words: the figure in words, with ``{}`` for a number. source: who says so.
    """

    figure: str
    words: str
    source: str
    least: float | None = None
    most: float | None = None
    scale: float = 1
    unit: str = ""

    def failure(self, row: StageRow) -> str | None:
        """Why ``row`` does not meet it; None where it does."""
        found = getattr(row, self.figure)
        if found is None:
            return f"{self.words} is not known yet"
        if self.least is not None and found < self.least:
            return f"{self.words} is {self._shown(found)}, and {self._shown(self.least)} are needed ({self.source})"
        if self.most is not None and found > self.most:
            return f"{self.words} is {self._shown(found)}, and {self._shown(self.most)} is the most ({self.source})"
        return None

    def _shown(self, figure: float) -> str:
        return f"{figure * self.scale:,.4g}{self.unit}"


_PREDICTS = Requirement(
    "auc",
    "how well it predicts sales (AUC)",
    "Hosmer & Lemeshow, Applied Logistic Regression: 0.7 is acceptable",
    0.7,
)
_META_LEADS = "Meta, conversion leads: eligibility"

REQUIREMENTS: Mapping[str, tuple[Requirement, ...]] = {
    "meta": (
        _PREDICTS,
        Requirement("leads_a_month", "leads a month", _META_LEADS, 200),
        Requirement(
            "reach", "the share of leads that reach it within 28 days", _META_LEADS, 0.01, 0.4, 100, " %"
        ),
        Requirement("p90_days", "the time from lead to stage", _META_LEADS, most=28, unit=" days"),
        Requirement("per_week", "entries a week", "Meta, learning phase: about 50 a week for an ad set", 50),
    ),
    "google": (
        _PREDICTS,
        Requirement("last_28", "entries in 28 days", "agencies' practice for Target ROAS, not confirmed", 15),
        Requirement(
            "p90_days",
            "the time from lead to stage",
            "Google, enhanced conversions for leads: 63 days after the click",
            most=63,
            unit=" days",
        ),
    ),
}
"""What each platform's learning takes; the thresholds that nobody documents say so."""


@dataclass(frozen=True)
class Recommendation:
    """The stage that a platform should optimise for; None where none will do, and ``reason`` says what is missing."""

    platform: str
    stage: str | None
    reason: str


@dataclass(frozen=True)
class StageAdvice:
    """The stages of a client's funnel, and what each platform should aim at."""

    rows: tuple[StageRow, ...]
    recommendations: tuple[Recommendation, ...]


def advise(history: History, learned: Learned) -> StageAdvice:
    """Hold the client's stages, the won one included, against what platforms need."""
    scope = history.scope
    if not scope.stages:
        return StageAdvice((), ())
    leads = history.outcomes(scope.stages[0])
    rows = tuple(_row(history, stage, leads, learned) for stage in (*scope.stages, scope.won))
    return StageAdvice(rows, tuple(_recommend(platform, rows) for platform in REQUIREMENTS))


def _row(history: History, stage: str, leads: pl.DataFrame, learned: Learned) -> StageRow:
    until = microseconds(history.until)
    entered = history.first.filter(pl.col("stage") == stage, pl.col("entered_at") <= until)
    age = (until - entered["entered_at"]) // DAY
    passed = leads.join(
        entered.select("journey", reached_at="entered_at"), on="journey", how="left"
    ).with_columns(delay=(pl.col("reached_at") - pl.col("entered_at")) / DAY)
    last_28 = int((age < _MONTH).sum())
    lead_age = (until - leads["entered_at"]) // DAY
    return StageRow(
        stage,
        last_28=last_28,
        last_90=int((age < _QUARTER).sum()),
        per_week=last_28 / (_MONTH / 7),
        leads_28=int((lead_age < _MONTH).sum()),
        value=_value(learned, stage),
        **_reach(passed, history),
        **_prediction(passed, learned.currency, history.scope.rules),
    )


def _value(learned: Learned, stage: str) -> float | None:
    found = [one.value.estimate for one in learned.stages if one.stage == stage and one.value is not None]
    return found[0] if found else None


def _reach(passed: pl.DataFrame, history: History) -> dict[str, float | None]:
    """How many leads of the last months reach the stage, and how fast; the young ones are open, as for values.

    Who is lost, or won, without reaching it will not.
    """
    oldest = microseconds(history.until - timedelta(days=_QUARTER + REACHED_WITHIN))
    reaches = pl.col("delay").floor().is_between(0, history.scope.rules.horizon_days).fill_null(value=False)
    cohort = passed.filter(pl.col("entered_at") >= oldest).with_columns(
        reaches=reaches, days=pl.when(reaches).then(pl.col("delay").floor()).otherwise("days").cast(pl.Int32)
    )
    last = followed_days(cohort)
    if not cohort.filter("reaches", pl.col("days") <= last).height:
        return {}
    days, reached, lost, won = (cohort[name].to_numpy() for name in ("days", "reaches", "is_lost", "is_won"))
    share = incidence(days, reached, (lost | won) & ~reached, last=last, z=0).share
    median, slow = (float(np.searchsorted(share, part * share[-1])) for part in (0.5, 0.9))
    return {"reach": float(share[min(REACHED_WITHIN, last)]), "median_days": median, "p90_days": slow}


def _prediction(passed: pl.DataFrame, currency: str, rules: QualitySettings) -> dict[str, float | None]:
    """How well reaching the stage tells who is won, among leads whose end is known, if those are enough to learn from.

    For a yes or no, the area under the ROC curve is the mean of sensitivity and specificity. What is reached after the
    sale tells nothing of it.
    """
    in_time = ~pl.col("is_won") | (pl.col("delay") < pl.col("days") + 1)
    reached = pl.col("delay").is_not_null() & in_time
    decided = passed.filter(
        pl.col("is_won") | pl.col("is_lost") | (pl.col("followed") == pl.col("followed").max())
    )
    won, rest = decided.filter("is_won"), decided.filter(~pl.col("is_won"))
    if decided.height < rules.min_leads or min(won.height, rest.height) < rules.min_wins:
        return {}
    sensitivity, fall_out = (part.select(reached.mean()).item() for part in (won, rest))
    revenue, passed_by = (
        float(amounts_in(part, currency)["won_amount"].sum()) for part in (won, won.filter(reached))
    )
    return {
        "auc": (sensitivity + 1 - fall_out) / 2,
        "revenue": passed_by / revenue if revenue else None,
    }


def _recommend(platform: str, rows: tuple[StageRow, ...]) -> Recommendation:
    failures = {
        row.stage: [why for one in REQUIREMENTS[platform] if (why := one.failure(row))] for row in rows
    }
    for row in rows:
        if not failures[row.stage]:
            return Recommendation(platform, row.stage, _praise(row))
    nearest = min(failures, key=lambda stage: len(failures[stage]))
    return Recommendation(
        platform, None, f"no stage will do yet; {nearest} comes nearest: {'; '.join(failures[nearest])}"
    )


def _praise(row: StageRow) -> str:
    return (
        f"the earliest stage that predicts sales well (AUC {row.auc:.2f}) and is frequent and fast enough:"
        f" {row.per_week:,.0f} a week, nine of ten within {row.p90_days:,.0f} days of the lead"
    )

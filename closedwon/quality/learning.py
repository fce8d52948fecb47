"""Learns what an entry into each stage is worth: the probability that it ends won, times what a won lead pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import polars as pl

from closedwon.ledger import Ledger
from closedwon.ledger.ledger import microseconds, moment
from closedwon.ledger.quality.histories import entries_of, known_until, merges_of, people_of
from closedwon.quality.amounts import amounts_in, mean, product, winsorized
from closedwon.quality.figures import Learned, StageValue
from closedwon.quality.incidence import incidence
from closedwon.quality.journeys import journeys, outcomes
from closedwon.quality.numbers import Floats
from closedwon.quality.scope import Scope
from closedwon.quality.segments import Whole, segment_values
from config.quality import QualitySettings
from config.settings import ClientSettings

_FOLLOWED = 20
"""How many leads must have been followed to a day for a probability by that day."""


@dataclass(frozen=True)
class History:
    """A client's leads, and what became of them.

    Attributes:
        first: as :func:`closedwon.quality.journeys.journeys` gives it.
        until: the time up to which the sources are known.
        is_whole: whether every source was read to its end once.
    """

    scope: Scope
    first: pl.DataFrame
    until: datetime
    is_whole: bool = True

    @classmethod
    def read(cls, ledger: Ledger, settings: ClientSettings, now: datetime) -> History:
        """The history that the ledger holds of a client.

        What was not read to its end for a month has no leads that were not won for a month: time stands still at the
        last complete reading.
        """
        scope, client = Scope.of(settings), settings.client
        segments = scope.rules.segments
        entries = entries_of(ledger, client, scope.every_stage, segments, since=scope.since(now))
        known = known_until(ledger, client, list(settings.sources))
        first = journeys(
            entries,
            people_of(ledger, client),
            merges_of(ledger, client),
            horizon_days=scope.rules.horizon_days,
            max_people=settings.identity.max_people,
        )
        return cls(scope, first, min(known or _latest(entries, now), now), is_whole=known is not None)

    def outcomes(self, stage: str) -> pl.DataFrame:
        """What became of the entries into ``stage``: :func:`closedwon.quality.journeys.outcomes`."""
        return outcomes(
            self.first,
            stage,
            won=self.scope.won,
            lost=self.scope.lost,
            until=microseconds(self.until),
            horizon_days=self.scope.rules.horizon_days,
        )


def _latest(entries: pl.DataFrame, now: datetime) -> datetime:
    newest = entries["entered_at"].max()
    return moment(newest) if isinstance(newest, int) else now


def learn(history: History, settings: ClientSettings) -> Learned:
    """What the client's leads are worth, stage by stage, or why nothing can be said of a stage.

    Raises:
        ValueError: the client's file names no currency.
    """
    if settings.currency is None:
        raise ValueError("learned values need the client's currency")
    learned = [
        _learn_stage(history.outcomes(stage), stage, history.scope, settings.currency)
        for stage in history.scope.stages
    ]
    return Learned(
        client=settings.client,
        until=history.until.isoformat(),
        won=history.scope.won,
        currency=settings.currency,
        interval=history.scope.rules.interval,
        stages=tuple(learned),
        notes=tuple(_notes(history, learned, settings.currency)),
    )


def _learn_stage(became: pl.DataFrame, stage: str, scope: Scope, currency: str) -> StageValue:
    """What an entry into ``stage`` is worth.

    ``became`` is what :func:`closedwon.quality.journeys.outcomes` has of it.
    """
    last = followed_days(became)
    in_time = pl.col("days") <= last
    won = became.filter("is_won", in_time)
    paid = amounts_in(won, currency)["won_amount"].to_numpy()
    counted = StageValue(
        stage,
        leads=became.height,
        wins=won.height,
        losses=became.filter("is_lost", in_time).height,
        days=last,
        amounts=paid.size,
    )
    if refused := _too_few(counted, scope.rules, currency):
        return replace(counted, refused=refused)
    return _valued(counted, became, winsorized(paid, scope.rules.winsorize), scope.rules, currency)


def _valued(
    counted: StageValue, became: pl.DataFrame, paid: Floats, rules: QualitySettings, currency: str
) -> StageValue:
    """``counted`` with its estimates; ``paid`` are the amounts of its wins."""
    from scipy.stats import norm

    z = float(norm.ppf((1 + rules.interval) / 2))
    days, won, lost = (became[name].to_numpy() for name in ("days", "is_won", "is_lost"))
    rate = incidence(days, won, lost, last=counted.days, z=z)
    worth, worth_se = mean(paid, confidence=rules.interval)
    if worth.estimate == 0:
        return replace(counted, refused=f"no sale was of more than 0 {currency}")
    share = rate.at_end
    whole = Whole(
        rate, worth, worth_se, cut_at=float(paid.max()), currency=currency, confidence=rules.interval
    )
    return replace(
        counted,
        probability=share,
        won_value=worth,
        value=product(share.estimate, rate.relative_se, worth.estimate, worth_se / worth.estimate, z),
        median_days=rate.median_days,
        curve=tuple(rate.curve()),
        segments=tuple(
            segment for column in rules.segments for segment in segment_values(became, column, whole)
        ),
    )


def followed_days(became: pl.DataFrame) -> int:
    """The last day to which enough leads were followed: beyond it nobody was there to be won."""
    followed = np.sort(became["followed"].to_numpy())
    return int(followed[-min(_FOLLOWED, followed.size)]) if followed.size else 0


def _too_few(counted: StageValue, rules: QualitySettings, currency: str) -> str | None:
    """Why nothing is learned, and how much is missing."""
    needed = (
        ("leads", counted.leads, rules.min_leads),
        ("wins", counted.wins, rules.min_wins),
        (f"wins with an amount in {currency}", counted.amounts, rules.min_wins),
    )
    for what, have, least in needed:
        if have < least:
            return f"{have:,} {what} of {least:,} that it takes: {least - have:,} are missing"
    return None


def _notes(history: History, learned: Sequence[StageValue], currency: str) -> list[str]:
    """What the user should know of the stages that have a value."""
    horizon = history.scope.rules.horizon_days
    valued = [one for one in learned if one.value is not None]
    short = ", ".join(f"{one.days} days of {one.stage}" for one in valued if one.days < horizon)
    silent = ", ".join(
        f"{one.wins - one.amounts:,} of {one.wins:,} wins of {one.stage}"
        for one in valued
        if one.amounts < one.wins
    )
    return (
        ["a source was never read to its end, and what it lacks may be sales: run closedwon sync first"]
        * (not history.is_whole)
        + [
            f"too few leads are older: only wins within {short} count, not within {horizon}; the values will grow"
        ]
        * bool(short)
        + [f"{silent} state no amount in {currency}: they are taken to have paid what the others did"]
        * bool(silent)
    )

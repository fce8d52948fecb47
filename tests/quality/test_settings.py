"""What contradicts itself under ``quality``, or with ``value: learned``, is told with the file's other mistakes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from closedwon.quality.scope import Scope
from tests.quality.leads import settings

LEARNED = {"value": "learned", "meta": "Qualified Lead"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"quality": {"won": "sold"}}, "quality.won: expected a stage that a source yields"),
        ({"quality": {"lost": ["lots"]}}, "quality.lost[0]: expected a stage that a source yields"),
        (
            {"quality": {"won": "won", "lost": ["won"]}},
            "quality.lost[0]: expected a stage other than quality.won",
        ),
        ({"quality": {"horizon_days": 400}}, "fewer days than retention.history_days, which is 400"),
        (
            {"quality": {"horizon_days": 90, "history_days": 60}},
            "fewer days than quality.history_days, which is 60",
        ),
        ({"conversions": {"won": LEARNED}}, "conversions.won.value: expected amount or another value"),
        ({"conversions": {"lost": LEARNED}}, "conversions.lost.value: expected another value than learned"),
        (
            {"conversions": {"qualified": LEARNED | {"currency": "USD"}}},
            "conversions.qualified.currency: expected no currency",
        ),
        ({"currency": None}, "currency: expected the currency that learned values are in"),
        (
            {"funnel": [], "sources": None},
            "conversions.qualified.value: expected a stage at which leads are won, named under quality.won",
        ),
    ],
)
def test_a_contradiction_is_told(changes: dict[str, Any], told: str) -> None:
    if changes.get("sources", ...) is None:
        stages = {"contact.lifecyclestage": {"Qualified": "qualified"}}
        crm = {"type": "hubspot", "auth": {"flow": "service_key", "token": "invented"}, "stages": stages}
        changes = {**changes, "sources": {"crm": crm}, "conversions": {"qualified": LEARNED}}
    with pytest.raises(ValidationError) as raised:
        settings(**changes)
    assert told in str(raised.value)


def test_the_won_stage_is_the_funnels_last_and_the_lost_ones_are_known_by_name() -> None:
    scope = Scope.of(settings())
    assert (scope.won, scope.lost, scope.stages) == ("won", {"lost"}, ("lead", "qualified"))


def test_what_the_file_says_counts() -> None:
    scope = Scope.of(settings(quality={"won": "qualified", "lost": []}, conversions={"won": LEARNED}))
    assert (scope.won, scope.lost, scope.stages) == ("qualified", frozenset(), ("lead", "won"))


def test_a_short_retention_needs_no_shorter_horizon_in_the_file() -> None:
    assert settings(retention={"history_days": 180}).quality.horizon_days == 180

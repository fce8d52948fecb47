"""The client whose contacts and deals live in HubSpot, against what the sandbox knows of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.stage import SCHOOL, Stage, opened

TOLD = {
    "lead": "lead",
    "marketingqualifiedlead": "qualified",
    "contractsent": "opportunity",
    "closedwon": "won",
    "closedlost": "lost",
}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path, leads=400, purchases=1) as made:
        yield made


def sent(stage: Stage) -> dict[str, int]:
    return {lane.name: lane.sent for lane in stage.run(SCHOOL).destinations}


def test_every_stage_that_the_portal_tells_is_read_and_a_second_entry_is_not_told(stage: Stage) -> None:
    (source,) = stage.run(SCHOOL).sources
    entered = Counter((entry.record_id, entry.stage) for entry in stage.scenario.school_entries)
    assert max(entered.values()) > 1
    expected = Counter(TOLD[name] for _, name in entered if name in TOLD)
    assert source.entries == expected
    assert min(expected.values()) > 0


def test_the_platforms_know_most_of_whom_they_are_told(stage: Stage) -> None:
    stage.run(SCHOOL)
    for events in (stage.meta_events(SCHOOL), stage.google_events(SCHOOL)):
        assert sum(event["matched"] for event in events) > 0.7 * len(events) > 0


def test_a_deal_that_is_won_between_two_runs_is_told_once(stage: Stage) -> None:
    stage.run(SCHOOL)
    portal = stage.scenario.portal(SCHOOL)
    offered = next(
        deal
        for deal in portal.objects["deals"].values()
        if deal.properties["dealstage"] == "contractsent"
        and float(deal.properties.get("amount", 0)) > 0
        and portal.objects["contacts"][portal.deal_contacts[deal.id][0]].properties["marketing_consent"]
        == "true"
    )
    stage.sandbox.systems["hubspot"].change("deals", offered.id, {"dealstage": "closedwon"}, portal=portal.id)  # type: ignore[attr-defined]
    assert sent(stage) == {"meta": 1, "google": 1}
    assert sent(stage) == {"meta": 0, "google": 0}
    stage.counted_once()

"""Records that are deleted, merged or erased between two runs, through the whole of Closedwon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from closedwon.sandbox.faults import Fault
from tests.end_to_end.stage import INSTALLER, SCHOOL, Stage, opened


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path, leads=100, purchases=1) as made:
        yield made


def system(stage: Stage, name: str) -> Any:
    return stage.sandbox.systems[name]


def records(stage: Stage, client: str, state: str, stage_name: str) -> list[str]:
    """Records of ``client`` whose delivery of a stage to Meta stands so."""
    return [
        record
        for (record,) in stage.ledger_rows(
            "SELECT record_id FROM stage_entries e JOIN deliveries d USING (client, event_id)"
            f" WHERE client = '{client}' AND destination = 'meta' AND state = '{state}' AND d.stage = '{stage_name}'"
            " ORDER BY record_id"
        )
    ]


def reasons(stage: Stage, record: str) -> set[str | None]:
    return {
        reason
        for (reason,) in stage.ledger_rows(
            "SELECT reason FROM stage_entries e JOIN deliveries d USING (client, event_id)"
            f" WHERE record_id = '{record}' AND destination = 'meta'"
        )
    }


def mending(stage: Stage) -> None:
    """Let Meta's token be refused, so that what is queued waits."""
    stage.sandbox.faults.add(Fault("meta", "revoke", times=None))


def test_deletes_are_propagated_a_lead_deleted_while_its_conversion_waits_is_not_sent(stage: Stage) -> None:
    mending(stage)
    stage.run(INSTALLER)
    deleted, kept, *_ = records(stage, INSTALLER, "held", "lead")
    system(stage, "salesforce").delete("helio-solar.my", "Lead", deleted)
    stage.sandbox.faults.clear()
    report = stage.run(INSTALLER)
    assert report.complete, report.failures
    assert report.sources[0].gone >= 1
    assert reasons(stage, deleted) == {"record_deleted"}
    assert reasons(stage, kept) == {None}


def test_merges_leave_no_duplicates_a_merged_lead_is_not_told_of_again(stage: Stage) -> None:
    mending(stage)
    stage.run(INSTALLER)
    loser, winner, *_ = records(stage, INSTALLER, "held", "lead")
    stage.sandbox.faults.clear()
    stage.run(INSTALLER)
    told = len(stage.meta_events(INSTALLER))
    system(stage, "salesforce").merge("helio-solar.my", "Lead", winner, [loser])
    report = stage.run(INSTALLER)
    assert report.sources[0].gone == 1
    assert len(stage.meta_events(INSTALLER)) == told
    stage.counted_once()


def test_merges_in_hubspot_make_a_new_record_that_is_not_told_of_again(stage: Stage) -> None:
    stage.run(SCHOOL)
    one, other, *_ = records(stage, SCHOOL, "accepted", "lead")
    system(stage, "hubspot").merge("contacts", one, other, portal=stage.scenario.portal(SCHOOL).id)
    before = len(stage.meta_events(SCHOOL))
    report = stage.run(SCHOOL)
    assert report.sources[0].gone == 2
    assert len(stage.meta_events(SCHOOL)) == before
    stage.counted_once()


def test_privacy_deletions_of_a_portal_reach_what_waits(stage: Stage) -> None:
    mending(stage)
    stage.run(SCHOOL)
    erased, kept, *_ = records(stage, SCHOOL, "held", "lead")
    system(stage, "hubspot").erase("contacts", erased, portal=stage.scenario.portal(SCHOOL).id)
    stage.sandbox.faults.clear()
    report = stage.run(SCHOOL)
    assert report.complete, report.failures
    assert reasons(stage, erased) == {"record_deleted"}
    assert reasons(stage, kept) == {None}
    payloads = stage.ledger_rows(
        "SELECT count(payload) FROM stage_entries JOIN deliveries USING (client, event_id)"
        f" WHERE record_id = '{erased}'"
    )
    assert payloads == [(0,)]

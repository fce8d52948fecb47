"""Every stage that a record passed through, at its own time, from whatever the org recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from connectors.base import Batch
from tests.connectors.salesforce_org import Org, Served, entries_of, notes_of, passages, serving, stamp
from tests.connectors.salesforce_org import at as minute

DEALS = {"Opportunity.StageName": {"Proposal": "opportunity", "Review": "review", "Closed Won": "won"}}
LEADS = {"Lead.Status": {"Working": "lead", "Qualified": "qualified"}}
DAY = 24 * 60


def read(served: Served, cursor: Any = None, **changes: Any) -> list[Batch]:
    return list(served.connector(**changes).read(cursor))


def bases(frame: pd.DataFrame) -> list[str | None]:
    return [None if pd.isna(basis) else basis for basis in frame["time_basis"]]


def test_where_the_stage_history_cannot_be_read_the_field_history_tells_every_stage(tmp_path: Path) -> None:
    org = Org()
    deal = org.opportunity(1, "Closed Won", modified=90)
    org.field_history(deal, 0, "created")
    org.field_history(deal, 30, "StageName", "Proposal", "Review")
    org.field_history(deal, 60, "Amount", "10", "20")
    org.field_history(deal, 90, "StageName", "Review", "Closed Won")
    with serving(org, tmp_path) as served:
        served.hide("OpportunityHistory")
        batches = read(served, stages=DEALS)
    assert passages(entries_of(batches)) == [
        (deal, "Proposal", 0),
        (deal, "Review", 30),
        (deal, "Closed Won", 90),
    ]
    assert "past stages were taken from OpportunityFieldHistory" in notes_of(batches)


def test_a_deal_whose_tracked_stage_never_changed_has_had_it_from_the_start(tmp_path: Path) -> None:
    org = Org()
    deal = org.opportunity(1, "Proposal", created=5, modified=900)
    org.field_history(deal, 5, "created")
    with serving(org, tmp_path) as served:
        served.hide("OpportunityHistory")
        entries = entries_of(read(served, stages=DEALS))
    assert passages(entries) == [(deal, "Proposal", 5)]
    assert bases(entries) == [None]


def test_all_stages_that_were_passed_and_left_between_two_runs_are_read(tmp_path: Path) -> None:
    org = Org()
    deal = org.opportunity(1, "Proposal")
    org.opportunity_history(deal, 0, "Proposal")
    with serving(org, tmp_path) as served:
        first = read(served, stages=DEALS)
        for stage in ("Review", "Closed Won", "Proposal", "Review"):
            served.server.change("acme.my", "Opportunity", deal, {"StageName": stage})
        second = entries_of(read(served, first[-1].cursor, stages=DEALS))
    assert second["stage_raw"].tolist() == ["Proposal", "Review", "Closed Won", "Proposal", "Review"]


def test_without_history_the_opportunity_that_a_conversion_made_tells_its_time(tmp_path: Path) -> None:
    org = Org()
    deal = org.opportunity(1, "Proposal", created=3 * DAY + 77)
    lead = org.lead(
        1,
        "Qualified",
        modified=9 * DAY,
        ConvertedOpportunityId=deal,
        ConvertedDate=minute(3 * DAY).date().isoformat(),
    )
    with serving(org, tmp_path) as served:
        served.hide("LeadHistory")
        entries = entries_of(read(served, stages=LEADS))
    assert passages(entries) == [(lead, "Qualified", 3 * DAY + 77)]
    assert bases(entries) == [None]


def test_a_conversion_without_opportunity_is_dated_by_its_contact(tmp_path: Path) -> None:
    org = Org()
    contact = org.contact(1, created=2 * DAY + 30)
    lead = org.lead(
        1,
        "Qualified",
        modified=9 * DAY,
        ConvertedContactId=contact,
        ConvertedDate=minute(2 * DAY).date().isoformat(),
    )
    with serving(org, tmp_path) as served:
        served.hide("LeadHistory")
        entries = entries_of(read(served, stages=LEADS))
    assert passages(entries) == [(lead, "Qualified", 2 * DAY + 30)]


def test_a_lead_converted_into_an_older_opportunity_is_not_dated_before_its_conversion(
    tmp_path: Path,
) -> None:
    org = Org()
    old = org.opportunity(1, "Proposal", created=0)
    lead = org.lead(
        1,
        "Qualified",
        created=30 * DAY,
        modified=40 * DAY,
        ConvertedOpportunityId=old,
        ConvertedDate=minute(40 * DAY).date().isoformat(),
    )
    with serving(org, tmp_path) as served:
        served.hide("LeadHistory")
        entries = entries_of(read(served, stages=LEADS))
    assert passages(entries) == [(lead, "Qualified", 40 * DAY)]
    assert bases(entries) == ["last_modified"]


def test_what_the_history_says_of_a_conversion_wins_over_what_the_opportunity_suggests(
    tmp_path: Path,
) -> None:
    org = Org()
    deal = org.opportunity(1, "Proposal", created=70)
    lead = org.lead(
        1, "Qualified", modified=500, ConvertedOpportunityId=deal, ConvertedDate=minute(0).date().isoformat()
    )
    org.lead_history(lead, 0, "created")
    org.lead_history(lead, 60, "leadConverted")
    with serving(org, tmp_path) as served:
        entries = entries_of(read(served, stages=LEADS))
    assert passages(entries) == [(lead, "Qualified", 60)]


def test_a_deal_without_any_history_is_dated_by_its_last_change_of_stage(tmp_path: Path) -> None:
    org = Org()
    deal = org.opportunity(1, "Review", modified=900, LastStageChangeDate=stamp(minute(45)))
    with serving(org, tmp_path) as served:
        served.hide("OpportunityHistory", "OpportunityFieldHistory")
        batches = read(served, stages=DEALS)
    assert passages(entries_of(batches)) == [(deal, "Review", 45)]
    assert "OpportunityHistory and OpportunityFieldHistory cannot be read" in notes_of(batches)

"""Which records are left out by ``where`` and ``record_types``, and that nothing else rides along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base import SourceError
from tests.connectors.salesforce_org import Org, Served, entries_of, lead_id, opportunity_id, serving

STAGES = {"Lead.Status": {"Working": "lead"}, "Opportunity.StageName": {"Proposal": "opportunity"}}


def ids(served: Served, cursor: Any = None, **changes: Any) -> list[str]:
    batches = list(served.connector(**{"stages": STAGES, **changes}).read(cursor))
    return sorted(entries_of(batches)["record_id"])


def org_of_leads() -> Org:
    org = Org()
    org.lead(1, "Working", modified=1, LeadSource="Web", Country="FR")
    org.lead(2, "Working", modified=2, LeadSource="Web", Country="BE")
    org.lead(3, "Working", modified=3, LeadSource="Other", Country="FR")
    org.opportunity(1, "Proposal", Amount=10)
    org.opportunity(2, "Proposal", Amount=99)
    return org


def test_only_what_meets_the_condition_is_read_and_counted(tmp_path: Path) -> None:
    where = {"Lead": "LeadSource = 'Web' and Country in ('FR', 'DE')", "Opportunity": "Amount > 50"}
    with serving(org_of_leads(), tmp_path) as served:
        found = ids(served, where=where)
        total = served.connector(stages=STAGES, where=where).total(None)
    assert found == [opportunity_id(2), lead_id(1)]
    assert total == 2


def test_an_or_in_the_condition_does_not_let_records_out_of_the_window(tmp_path: Path) -> None:
    where = {"Lead": "Country = 'BE' OR LeadSource = 'Other'"}
    with serving(org_of_leads(), tmp_path) as served:
        reading = list(served.connector(stages=STAGES, where=where).read(None))
        assert sorted(entries_of(reading)["record_id"])[2:] == [lead_id(2), lead_id(3)]
        served.server.change("acme.my", "Lead", lead_id(3), {"City": "Lyon"})
        again = ids(served, reading[-1].cursor, where=where, overlap_minutes=0)
    assert again[-1:] == [lead_id(3)]
    assert lead_id(2) not in again


def test_a_condition_also_holds_for_bulk_jobs(tmp_path: Path) -> None:
    with serving(org_of_leads(), tmp_path) as served:
        assert ids(served, where={"Lead": "LeadSource = 'Web'"}, bulk="always")[2:] == [
            lead_id(1),
            lead_id(2),
        ]


def test_a_quote_within_text_stays_within_it(tmp_path: Path) -> None:
    org = Org()
    org.lead(1, "Working", LastName="O'Neil")
    org.lead(2, "Working", LastName="Neil")
    with serving(org, tmp_path) as served:
        assert ids(served, where={"Lead": r"LastName = 'O\'Neil'"}) == [lead_id(1)]


def test_only_the_record_types_that_are_named_are_read(tmp_path: Path) -> None:
    org = Org()
    homes, firms = org.record_type(1, "Lead", "Homes"), org.record_type(2, "Lead", "Firms")
    org.record_type(3, "Opportunity", "Homes")
    org.lead(1, "Working", RecordTypeId=homes)
    org.lead(2, "Working", RecordTypeId=firms)
    org.lead(3, "Working", RecordTypeId=None)
    with serving(org, tmp_path) as served:
        assert ids(served, record_types={"Lead": ["homes"]}) == [lead_id(1)]
        assert ids(served, record_types={"Lead": ["Homes", "Firms"]}) == [lead_id(1), lead_id(2)]
        both = {"record_types": {"Lead": ["Homes"]}, "where": {"Lead": "City != null"}}
        assert ids(served, **both) == []
        assert ids(served, where={"Lead": "RecordType.DeveloperName = 'Firms'"}) == [lead_id(2)]


def test_every_mistake_in_a_filter_is_named_with_its_key_and_the_closest_names(tmp_path: Path) -> None:
    org = org_of_leads()
    org.record_type(1, "Lead", "Homes")
    where = {"Lead": "LeadSorce = 'Web' AND Owner.Name = 'x'", "Opportunity": "Description LIKE 'a%'"}
    types = {"Lead": ["Home", "Homes"], "Opportunity": ["Homes"]}
    with serving(org, tmp_path) as served, pytest.raises(SourceError) as caught:
        ids(served, where=where, record_types=types)
    message = str(caught.value)
    assert "sources.crm.where.Lead: no field LeadSorce on Lead (closest: LeadSource" in message
    assert "sources.crm.where.Lead: no field Owner.Name on Lead" in message
    assert "sources.crm.where.Opportunity: Salesforce cannot filter by Description" in message
    assert "sources.crm.record_types.Lead: no record type Home of Lead (closest: Homes)" in message
    assert "sources.crm.record_types.Opportunity: Opportunity has no record types" in message
    assert caught.value.configuration


def test_a_check_says_how_much_a_filter_leaves(tmp_path: Path) -> None:
    where = {"Lead": "Country = 'FR'", "Opportunity": "Amount > 1000"}
    with serving(org_of_leads(), tmp_path) as served:
        checks = {check.name: check for check in served.connector(stages=STAGES, where=where).check()}
        assert served.count("records") == 0, "no record is read"
    assert checks["Lead filter"].message == "leaves 2 of 3 records"
    assert checks["Opportunity filter"].message == "warning: leaves 0 of 2 records"


def test_a_check_repeats_what_salesforce_says_of_a_filter(tmp_path: Path) -> None:
    with serving(org_of_leads(), tmp_path) as served:
        connector = served.connector(stages=STAGES, where={"Lead": "CreatedDate = 'yesterday'"})
        checks = {check.name: check for check in connector.check()}
    assert not checks["Lead filter"].ok
    assert "CreatedDate" in checks["Lead filter"].message


@pytest.mark.parametrize(
    "smuggled",
    [
        "Country = 'FR') OR (Id != null",
        "Country = 'FR' LIMIT 1",
        "Country = 'FR' ORDER BY Id",
        "Id IN (SELECT ConvertedContactId FROM Lead)",
        "Country = 'FR' ALL ROWS",
        "Country = 'FR'; DELETE",
        "Country = 'FR",
    ],
)
def test_what_is_more_than_one_condition_is_refused_before_anything_is_sent(
    tmp_path: Path, smuggled: str
) -> None:
    with serving(Org(), tmp_path) as served:
        with pytest.raises(ValidationError, match="one SOQL condition"):
            served.settings(where={"Lead": smuggled})
        assert served.count("logins") == 0

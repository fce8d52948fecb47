"""What is read from Salesforce: records, every stage that they passed, and when."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from connectors.base import Connector
from connectors.entries import STAGE_ENTRY_SCHEMA
from connectors.salesforce import connect
from tests.connectors.salesforce_org import (
    Org,
    at,
    entries_of,
    lead_id,
    notes_of,
    opportunity_id,
    passages,
    serving,
)

LEADS_ONLY = {"Lead.Status": {"New": "lead", "Working": "working", "Qualified": "qualified"}}


def read(served, cursor=None, **changes):
    return list(served.connector(**changes).read(cursor))


def test_a_lead_yields_every_mapped_status_that_it_passed_at_its_own_time(tmp_path: Path) -> None:
    org = Org()
    lead = org.lead(1, "Qualified", modified=90)
    org.lead_history(lead, 0, "created")
    org.lead_history(lead, 30, "Status", "New", "Working")
    org.lead_history(lead, 90, "Status", "Working", "Qualified")
    with serving(org, tmp_path) as served:
        entries = entries_of(read(served, stages=LEADS_ONLY))
    assert passages(entries) == [(lead, "New", 0), (lead, "Working", 30), (lead, "Qualified", 90)]
    assert entries["stage"].tolist() == ["lead", "working", "qualified"]


def test_an_opportunity_yields_each_stage_once_however_often_its_amount_changed(tmp_path: Path) -> None:
    org = Org()
    deal = org.opportunity(1, "Closed Won", modified=50, Amount=1500.5)
    for minutes, stage, amount in [(0, "Proposal", 900), (20, "Proposal", 1200), (50, "Closed Won", 1500.5)]:
        org.opportunity_history(deal, minutes, stage, amount)
    with serving(org, tmp_path) as served:
        entries = entries_of(read(served))
    assert passages(entries) == [(deal, "Proposal", 0), (deal, "Closed Won", 50)]
    assert entries["amount"].tolist() == [1500.5, 1500.5], "every stage is worth what the deal is worth now"


def test_a_stage_that_is_entered_again_is_there_again(tmp_path: Path) -> None:
    org = Org()
    deal = org.opportunity(1, "Proposal", modified=40)
    for minutes, stage in [(0, "Proposal"), (20, "Closed Won"), (40, "Proposal")]:
        org.opportunity_history(deal, minutes, stage)
    with serving(org, tmp_path) as served:
        entries = entries_of(read(served))
    assert passages(entries) == [(deal, "Proposal", 0), (deal, "Closed Won", 20), (deal, "Proposal", 40)]


def test_a_lead_that_never_changed_status_entered_it_when_it_was_created(tmp_path: Path) -> None:
    org = Org()
    renamed = org.lead(1, "Working", created=5, modified=300)
    org.lead_history(renamed, 5, "created")
    untouched = org.lead(2, "Working", created=7)
    with serving(org, tmp_path) as served:
        batches = read(served)
    assert sorted(passages(entries_of(batches))) == [(renamed, "Working", 5), (untouched, "Working", 7)]
    assert "approximate" not in notes_of(batches)


def test_conversion_dates_the_status_that_it_set(tmp_path: Path) -> None:
    org = Org()
    lead = org.lead(1, "Qualified", modified=500)
    org.lead_history(lead, 30, "Status", "New", "Working")
    org.lead_history(lead, 60, "leadConverted")
    with serving(org, tmp_path) as served:
        batches = read(served)
    assert passages(entries_of(batches)) == [(lead, "Working", 30), (lead, "Qualified", 60)]
    assert "approximate" not in notes_of(batches)


def test_without_history_the_record_itself_dates_its_present_stage_and_a_note_says_so(tmp_path: Path) -> None:
    org = Org()
    lead = org.lead(1, "Qualified", created=0, modified=200)
    moved = org.opportunity(1, "Closed Won", modified=400, LastStageChangeDate="2026-11-20T09:40:00.000+0000")
    with serving(org, tmp_path) as served:
        served.server.settings = served.server.settings.changed(
            {"hidden_objects": ["LeadHistory", "OpportunityHistory"]}
        )
        batches = read(served)
    entries = entries_of(batches)
    assert passages(entries) == [(lead, "Qualified", 200), (moved, "Closed Won", 100)]
    assert [None if pd.isna(basis) else basis for basis in entries["time_basis"]] == ["last_modified", None]
    notes = notes_of(batches)
    assert "LeadHistory cannot be read" in notes
    assert "Lead.Status: no history tells when 1 entries began" in notes
    assert "Opportunity.StageName: no history tells" not in notes, "LastStageChangeDate is exact"


def test_values_that_no_stage_maps_are_left_out_and_counted_once(tmp_path: Path) -> None:
    org = Org()
    for number in range(3):
        org.lead(number, "Junk")
    kept = org.lead(9, "Working")
    with serving(org, tmp_path) as served:
        batches = read(served)
    assert entries_of(batches)["record_id"].tolist() == [kept]
    assert notes_of(batches).count("Junk (3)") == 1
    assert sum(batch.rows_read for batch in batches) == 4


def test_a_lead_carries_its_person_its_custom_fields_and_its_consent_as_text(tmp_path: Path) -> None:
    org = Org()
    person = {
        "Email": "Zoé.Lefèvre@example.org",
        "MobilePhone": "06 39 98 12 34",
        "FirstName": "Zoé",
        "LastName": "Lefèvre",
        "City": "Angers",
        "PostalCode": "49000",
        "Country": "France",
        "LeadSource": "Web",
    }
    custom = {
        "GCLID__c": "Cj0KCQiA-Test_01",
        "Facebook_Lead_ID__c": 12345678901234567,
        "Score__c": 12.5,
        "Consent__c": False,
    }
    org.lead(1, "Working", created=3, modified=4, **person, **custom)
    fields = {
        "gclid": "gclid__C",
        "meta_lead_id": {"Lead": "Facebook_Lead_ID__c"},
        "extra.score": {"Lead": "Score__c"},
    }
    with serving(org, tmp_path) as served:
        entries = entries_of(
            read(
                served,
                fields=fields,
                stages={"Lead.Status": {"Working": "lead"}},
                consent_fields={"ad_user_data": "Consent__c"},
            )
        )
    expected = {
        "source": "crm",
        "object": "Lead",
        "record_id": lead_id(1),
        "email": "Zoé.Lefèvre@example.org",
        "phone": "06 39 98 12 34",
        "first_name": "Zoé",
        "last_name": "Lefèvre",
        "city": "Angers",
        "postal_code": "49000",
        "country": "France",
        "lead_source": "Web",
        "currency": "EUR",
        "gclid": "Cj0KCQiA-Test_01",
        "meta_lead_id": "12345678901234567",
        "extra.score": "12.5",
        "ad_user_data": "false",
        "lead_created_at": pd.Timestamp(at(3)),
        "modified_at": pd.Timestamp(at(4)),
    }
    assert {name: entries[name][0] for name in expected} == expected
    assert entries[["order_id", "amount", "state"]].isna().all(axis=None)
    assert {name: entries[name].dtype for name in STAGE_ENTRY_SCHEMA} == STAGE_ENTRY_SCHEMA


def test_an_opportunity_carries_its_contact(tmp_path: Path) -> None:
    org = Org()
    contact = org.contact(
        1,
        Email="w.naylor@example.net",
        Phone="01632 960123",
        FirstName="Wendy",
        LastName="Naylor",
        MailingCity="Leeds",
    )
    org.opportunity(1, "Proposal", ContactId=contact, Amount=99)
    org.opportunity(2, "Proposal")
    with serving(org, tmp_path) as served:
        entries = entries_of(read(served)).set_index("record_id")
    carried = entries.loc[opportunity_id(1), ["email", "phone", "first_name", "last_name", "city"]]
    assert carried.tolist() == ["w.naylor@example.net", "01632 960123", "Wendy", "Naylor", "Leeds"]
    assert entries.loc[opportunity_id(2), ["email", "phone", "first_name"]].isna().all()


def test_a_custom_field_that_an_opportunity_lacks_is_taken_from_its_contact(tmp_path: Path) -> None:
    org = Org()
    contact = org.contact(1, Consent__c=True)
    org.opportunity(1, "Proposal", ContactId=contact)
    org.lead(1, "Working", Consent__c=False)
    with serving(org, tmp_path) as served:
        entries = entries_of(read(served, consent_fields={"ad_user_data": "Consent__c"}))
    assert entries["ad_user_data"].tolist() == ["false", "true"]


def test_in_an_org_with_several_currencies_an_amount_keeps_its_own(tmp_path: Path) -> None:
    org = Org()
    org.opportunity(1, "Proposal", Amount=10, CurrencyIsoCode="GBP")
    org.opportunity(2, "Proposal", Amount=10, CurrencyIsoCode="USD")
    with serving(org, tmp_path, currencies=("USD", "GBP")) as served:
        entries = entries_of(read(served))
    assert entries["currency"].tolist() == ["GBP", "USD"]
    assert entries["amount"].tolist() == [10, 10], "no amount is converted into the corporate currency"


def test_in_an_org_with_one_currency_amounts_are_in_the_clients(tmp_path: Path) -> None:
    org = Org()
    org.opportunity(1, "Proposal", Amount=10)
    with serving(org, tmp_path) as served:
        batches = read(served, currency="CHF")
    assert entries_of(batches)["currency"].tolist() == ["CHF"]
    assert "CurrencyIsoCode" not in notes_of(batches), "an org that has no such field misses nothing"


def test_a_field_that_was_renamed_in_the_org_stops_the_run_before_anything_is_read(tmp_path: Path) -> None:
    from connectors.base import SourceError

    org = Org()
    org.lead(1, "Working", Google_Click_ID__c="Cj0KCQiA-Test_01")
    with serving(org, tmp_path) as served:
        with pytest.raises(SourceError, match=r"closest: Google_Click_ID__c"):
            read(served, fields={"gclid": {"Lead": "Google_Click__c"}}, stages=LEADS_ONLY)
        assert served.count("records") == 0


def test_a_field_of_another_record_is_read_along_its_relationships(tmp_path: Path) -> None:
    org = Org()
    account = org.account(1, Industry="Energy")
    contact = org.contact(1, AccountId=account)
    org.opportunity(1, "Proposal", ContactId=contact, AccountId=account)
    fields = {
        "extra.industry": {"Opportunity": "account.industry"},
        "extra.branch": {"Opportunity": "Contact.Account.Industry"},
    }
    with serving(org, tmp_path) as served:
        entries = entries_of(read(served, fields=fields))
    assert entries[["extra.industry", "extra.branch"]].to_numpy().tolist() == [["Energy", "Energy"]]


def test_leads_are_read_before_opportunities_and_only_mapped_objects_are_read(tmp_path: Path) -> None:
    org = Org()
    org.lead(1, "Working")
    org.opportunity(1, "Proposal")
    with serving(org, tmp_path) as served:
        both = entries_of(read(served))
        one = entries_of(read(served, stages={"Opportunity.StageName": {"Proposal": "opportunity"}}))
        total = served.connector().total(None)
    assert both["object"].tolist() == ["Lead", "Opportunity"]
    assert one["object"].tolist() == ["Opportunity"]
    assert total == 2


def test_an_empty_org_is_read_to_its_end(tmp_path: Path) -> None:
    with serving(Org(), tmp_path) as served:
        batches = read(served)
        assert served.connector().total(None) == 0
    assert entries_of(batches).empty
    assert batches[-1].cursor == {}


def test_all_mistakes_in_field_names_are_told_at_once_with_their_keys_and_the_closest_names(
    tmp_path: Path,
) -> None:
    from connectors.base import SourceError

    org = Org()
    org.lead(1, "Working", GCLID__c="x", Consent__c=True)
    fields = {
        "gclid": {"Lead": "GCILD__c"},
        "amount": {"Lead": "LeadSource"},
    }
    with serving(org, tmp_path) as served, pytest.raises(SourceError) as caught:
        read(
            served,
            fields=fields,
            stages={"Lead.Status": {"Working": "lead"}},
            consent_fields={"ad_user_data": "Consnt__c"},
        )
    message = str(caught.value)
    assert "sources.crm.fields.gclid.Lead: no field GCILD__c on Lead (closest: GCLID__c" in message
    assert "sources.crm.fields.amount.Lead: LeadSource is of type picklist" in message
    assert "consent.fields.ad_user_data: no field Consnt__c on Lead (closest: Consent__c" in message
    assert caught.value.configuration


def test_connecting_sends_nothing(tmp_path: Path) -> None:
    from connectors.base import SourceContext

    with serving(Org(), tmp_path) as served:
        connector = connect(served.settings(), SourceContext("crm", "UTC", "FR", None))
        assert isinstance(connector, Connector)
        assert served.count("logins") == 0


def test_stages_that_map_nothing_are_no_settings(tmp_path: Path) -> None:
    with serving(Org(), tmp_path) as served, pytest.raises(ValidationError, match="at least 1 item"):
        served.settings(stages={"Lead.Status": {}})

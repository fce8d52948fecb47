"""Opportunities come back when their person changes, though nothing of their own did."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from closedwon.sandbox.faults import Fault
from connectors.base import Batch
from connectors.salesforce.records import paging
from connectors.salesforce.records.queries import Position, stamp
from tests.connectors.salesforce_org import (
    CLIENT_CREDENTIALS,
    Org,
    Served,
    at,
    entries_of,
    notes_of,
    opportunity_id,
    serving,
)

DEALS = {"Opportunity.StageName": {"Proposal": "opportunity", "Closed Won": "won"}}
CLICKS = {"gclid": {"Lead": "GCLID__c"}}
ORG = "acme.my"
ADDRESS = {"Email": "w.naylor@example.net"}
TOO_SLOW = json.dumps(
    [{"errorCode": "QUERY_TIMEOUT", "message": "Your query request was running for too long."}]
)


def read(served: Served, cursor: Any = None, **changes: Any) -> list[Batch]:
    return list(served.connector(**{"stages": DEALS, **changes}).read(cursor))


def stored(batch: Batch) -> dict[str, Any]:
    """The cursor of ``batch`` after its way through a ledger."""
    cursor: dict[str, Any] = json.loads(json.dumps(batch.cursor))
    return cursor


def known(batches: list[Batch]) -> pd.DataFrame:
    """What was read, by record."""
    return entries_of(batches).set_index("record_id")


def give_up(served: Served, times: int) -> None:
    """Let Salesforce give up on the next queries."""
    path, kind = "/services/data/v68.0/query", "application/json"
    served.faults.add(
        Fault("salesforce", "status", times=times, path=path, status=400, body=TOO_SLOW, content_type=kind)
    )


def reached(minutes: float) -> dict[str, str]:
    """An object's entry of a cursor that knows of no people yet."""
    return Position(at(minutes), opportunity_id(0)).to_json()


def long_before(org: Org, **deal: Any) -> str:
    """An opportunity that lies behind the overlap, because another one was changed long after it."""
    org.opportunity(2, "Proposal", modified=5_000)
    return org.opportunity(1, "Proposal", **deal)


def test_an_address_added_to_a_contact_brings_its_opportunities_back(tmp_path: Path) -> None:
    org = Org()
    contact = org.contact(1, LastName="Naylor")
    deal = long_before(org, ContactId=contact)
    org.opportunity(3, "Proposal", modified=50)
    with serving(org, tmp_path) as served:
        first = read(served)
        served.server.change(ORG, "Contact", contact, ADDRESS)
        again = known(read(served, stored(first[-1])))
    assert again.loc[deal, "email"] == ADDRESS["Email"]
    assert len(again) == 2, "only that opportunity, besides what lies within the overlap"


def test_a_click_id_filled_in_on_a_converted_lead_brings_its_opportunity_back(tmp_path: Path) -> None:
    org = Org()
    deal = long_before(org)
    lead = org.lead(1, "Qualified", ConvertedOpportunityId=deal, GCLID__c=None)
    org.lead(2, "Qualified", GCLID__c="another")
    with serving(org, tmp_path) as served:
        first = read(served, fields=CLICKS)
        served.server.change(ORG, "Lead", lead, {"GCLID__c": "Cj0KCQiA-late"})
        again = known(read(served, stored(first[-1]), fields=CLICKS))
    assert again.loc[deal, "gclid"] == "Cj0KCQiA-late"


def test_a_lead_converted_into_the_contact_of_an_older_opportunity_brings_it_back(tmp_path: Path) -> None:
    org = Org()
    contact = org.contact(1, **ADDRESS)
    deal = long_before(org, created=60, modified=60, ContactId=contact)
    lead = org.lead(1, "Qualified", GCLID__c="Cj0KCQiA-Test_05")
    with serving(org, tmp_path) as served:
        first = read(served, fields=CLICKS)
        served.server.change(ORG, "Lead", lead, {"IsConverted": True, "ConvertedContactId": contact})
        again = known(read(served, stored(first[-1]), fields=CLICKS))
    assert pd.isna(known(first).loc[deal, "gclid"])
    assert again.loc[deal, "gclid"] == "Cj0KCQiA-Test_05"


def test_a_contact_that_becomes_the_primary_one_brings_its_opportunity_back(tmp_path: Path) -> None:
    org = Org()
    deal = long_before(org)
    contact = org.contact(1, **ADDRESS)
    with serving(org, tmp_path) as served:
        first = read(served)
        role = {"OpportunityId": deal, "ContactId": contact, "IsPrimary": True}
        served.server.change(ORG, "OpportunityContactRole", None, role, create=True)
        again = known(read(served, stored(first[-1])))
    assert again.loc[deal, "email"] == ADDRESS["Email"]


def test_a_person_accounts_new_address_brings_its_opportunities_back(tmp_path: Path) -> None:
    org = Org()
    person = org.account(1, IsPersonAccount=True, LastName="Naylor", PersonEmail=None)
    deal = long_before(org, AccountId=person)
    with serving(org, tmp_path, person_accounts=True) as served:
        first = read(served)
        served.server.change(ORG, "Account", person, {"PersonEmail": ADDRESS["Email"]})
        again = known(read(served, stored(first[-1])))
    assert again.loc[deal, "email"] == ADDRESS["Email"]


def test_contacts_that_are_hidden_are_not_searched_for_changes(tmp_path: Path) -> None:
    org = Org()
    long_before(org, ContactId=org.contact(1, **ADDRESS))
    with serving(org, tmp_path) as served:
        served.hide("Contact")
        again = read(served, stored(read(served)[-1]))
    assert "no city, country, email" in notes_of(again)


def test_a_search_that_salesforce_gives_up_on_is_told_and_done_again_next_time(tmp_path: Path) -> None:
    org = Org()
    contact = org.contact(1, LastName="Naylor")
    deal = long_before(org, ContactId=contact)
    with serving(org, tmp_path) as served:
        first = read(served, bulk="never")
        served.server.change(ORG, "Contact", contact, ADDRESS)
        give_up(served, times=12)
        second = read(served, stored(first[-1]), bulk="never")
        third = read(served, stored(second[-1]), bulk="never")
    assert "did not say in time whose contact, lead or account changed" in notes_of(second)
    assert deal not in known(second).index
    assert known(third).loc[deal, "email"] == ADDRESS["Email"]
    assert "in time" not in notes_of(third)


def test_a_first_search_that_salesforce_gives_up_on_begins_where_it_began_next_time(tmp_path: Path) -> None:
    org = Org()
    contact = org.contact(1, LastName="Naylor")
    deal = org.opportunity(1, "Proposal", created=-2_000, ContactId=contact)
    org.opportunity(2, "Proposal", modified=1_000)
    settings = {"auth": CLIENT_CREDENTIALS, "bulk": "never"}
    with serving(org, tmp_path, clock=lambda: at(10)) as served:
        served.server.change(ORG, "Contact", contact, ADDRESS)
        give_up(served, times=12)
        second = read(served, {"Opportunity": reached(0)}, **settings)
        third = read(served, stored(second[-1]), **settings)
    assert "in time" in notes_of(second)
    assert known(third).loc[deal, "email"] == ADDRESS["Email"]


def test_a_change_of_a_person_during_a_first_reading_that_was_cut_short_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE_RECORDS", 2)
    org = Org()
    contact = org.contact(1, LastName="Naylor")
    deal = org.opportunity(1, "Proposal", ContactId=contact)
    for number in range(2, 7):
        org.opportunity(number, "Proposal", modified=number * 60)
    with serving(org, tmp_path) as served:
        reading = served.connector(stages=DEALS).read(None)
        cursor = stored([next(reading) for _ in range(2)][-1])
        reading.close()
        served.server.change(ORG, "Contact", contact, ADDRESS)
        rest = known(read(served, cursor))
    assert rest.loc[deal, "email"] == ADDRESS["Email"]


def test_a_change_of_a_person_between_two_pages_of_a_job_is_not_lost(tmp_path: Path) -> None:
    org = Org()
    contact = org.contact(1, LastName="Naylor")
    deal = org.opportunity(1, "Proposal", created=100, ContactId=contact)
    org.opportunity(2, "Proposal", created=2_000)
    now = datetime.now(UTC)
    settings = {"auth": CLIENT_CREDENTIALS, "bulk": "always", "bulk_page_records": 1}
    with serving(org, tmp_path, clock=lambda: now - timedelta(minutes=30)) as served:
        reading = served.connector(stages=DEALS, **settings).read({"Opportunity": reached(0)})
        waiting = stored(next(batch for batch in reading if deal in batch.entries["record_id"].tolist()))
        reading.close()
        made = stamp(now - timedelta(hours=1))
        waiting["Opportunity"]["job"]["horizon"] = waiting["Opportunity.people"]["seen"] = made
        served.server.change(ORG, "Contact", contact, ADDRESS)
        resumed = read(served, waiting, **settings)
        after = known(read(served, stored(resumed[-1]), **settings))
    assert deal not in known(resumed).index
    assert after.loc[deal, "email"] == ADDRESS["Email"]

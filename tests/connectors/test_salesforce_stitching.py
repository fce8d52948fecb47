"""A lead keeps one identity with its contact and its opportunity, however the org hides or splits them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from connectors.base import Batch, SourceError
from connectors.salesforce.schema.person_accounts import twin
from tests.connectors.salesforce_org import Org, Served, at, entries_of, notes_of, serving

DEALS = {"Opportunity.StageName": {"Proposal": "opportunity", "Closed Won": "won"}}
CLICKS = {"gclid": {"Lead": "GCLID__c"}}
CONSENT = {"ad_user_data": "Consent__c"}
DAY = 24 * 60


def read(served: Served, cursor: Any = None, **changes: Any) -> list[Batch]:
    return list(served.connector(**{"stages": DEALS, **changes}).read(cursor))


def only(batches: list[Batch]) -> dict[str, Any]:
    """The one entry that was read, without what is null."""
    entries = entries_of(batches)
    assert len(entries) == 1
    return {name: value for name, value in entries.iloc[0].items() if not pd.isna(value)}


def converted(
    org: Org, *, number: int = 1, lead: dict[str, Any] | None = None, **deal: Any
) -> tuple[str, str]:
    """A lead that became a contact and an opportunity without taking its own fields there."""
    contact = org.contact(number, Email="w.naylor@example.net", FirstName="Wendy", LastName="Naylor")
    opportunity = org.opportunity(number, "Closed Won", **{"created": 600, "ContactId": contact, **deal})
    record = org.lead(
        number,
        "Qualified",
        created=10,
        **{"ConvertedOpportunityId": opportunity, "ConvertedContactId": contact, **(lead or {})},
    )
    return record, opportunity


def test_what_the_ad_handed_to_the_lead_reaches_the_opportunitys_won(tmp_path: Path) -> None:
    org = Org()
    lead, deal = converted(
        org,
        lead={
            "GCLID__c": "Cj0KCQiA-Test_01",
            "Facebook_Lead_ID__c": 12345678901234567,
            "LeadSource": "Web",
            "Phone": "01632 960123",
            "City": "Leeds",
            "PostalCode": "LS1 1AA",
        },
    )
    with serving(org, tmp_path) as served:
        won = only(read(served, fields={**CLICKS, "meta_lead_id": {"Lead": "Facebook_Lead_ID__c"}}))
    assert won["record_id"] == deal
    assert won["gclid"] == "Cj0KCQiA-Test_01"
    assert won["meta_lead_id"] == "12345678901234567"
    assert won["lead_created_at"] == pd.Timestamp(at(10)), (
        "windows run from the lead, not from the opportunity"
    )
    assert won["external_id"] == lead, "the funnel's stages are one person's"
    assert (won["email"], won["phone"], won["city"]) == ("w.naylor@example.net", "01632 960123", "Leeds")
    assert won["lead_source"] == "Web"


def test_a_converted_leads_stages_and_its_opportunitys_share_one_external_id(tmp_path: Path) -> None:
    org = Org()
    lead = org.lead(1, "Working", LastName="Lefèvre", Email="zoe@example.org", GCLID__c="Cj0KCQiA-Test_02")
    stages = {"Lead.Status": {"Working": "lead", "Qualified": "qualified"}, **DEALS}
    with serving(org, tmp_path) as served:
        first = read(served, stages=stages, fields=CLICKS)
        served.server.convert("acme.my", lead, status="Qualified", opportunity={"StageName": "Proposal"})
        second = read(served, first[-1].cursor, stages=stages, fields=CLICKS)
    entries = pd.concat([entries_of(first), entries_of(second)])
    assert set(entries["stage"]) == {"lead", "qualified", "opportunity"}
    assert set(entries["external_id"]) == {lead}
    assert set(entries["gclid"]) == {"Cj0KCQiA-Test_02"}
    assert entries["lead_created_at"].nunique() == 1


def test_what_the_opportunity_itself_says_wins_over_its_lead(tmp_path: Path) -> None:
    org = Org()
    converted(
        org,
        lead={"GCLID__c": "of-the-lead", "Email": "old@example.org", "LeadSource": "Other"},
        GCLID__c="of-the-opportunity",
        LeadSource="Web",
    )
    with serving(org, tmp_path) as served:
        won = only(read(served, fields={"gclid": "GCLID__c"}))
    assert (won["gclid"], won["email"], won["lead_source"]) == (
        "of-the-opportunity",
        "w.naylor@example.net",
        "Web",
    )


def test_a_field_that_only_leads_have_needs_no_mapping_of_its_own(tmp_path: Path) -> None:
    org = Org()
    converted(org, lead={"GCLID__c": "Cj0KCQiA-Test_03"})
    with serving(org, tmp_path) as served:
        assert only(read(served, fields={"gclid": "GCLID__c"}))["gclid"] == "Cj0KCQiA-Test_03"
        with pytest.raises(
            SourceError, match=r"fields\.gclid\.Lead: no field GCLDI__c on Lead \(closest: GCLID__c"
        ):
            read(served, fields={"gclid": {"Lead": "GCLDI__c"}})
        with pytest.raises(SourceError, match=r"fields\.gclid: no field GCLDI__c on Opportunity"):
            read(served, fields={"gclid": "GCLDI__c"})


def test_what_a_lead_was_thought_to_be_worth_is_not_what_its_opportunity_is(tmp_path: Path) -> None:
    org = Org()
    converted(org, lead={"AnnualRevenue": 9_000_000, "CurrencyIsoCode": "JPY"})
    with serving(org, tmp_path) as served:
        won = only(read(served, fields={"amount": {"Lead": "AnnualRevenue"}}))
    assert "amount" not in won
    assert won["currency"] == "EUR"


def test_names_and_addresses_are_never_half_of_each_record(tmp_path: Path) -> None:
    org = Org()
    contact = org.contact(1, LastName="Naylor", MailingCity="York")
    deal = org.opportunity(1, "Proposal", ContactId=contact)
    org.lead(
        1,
        "Qualified",
        FirstName="Wendy",
        City="Leeds",
        PostalCode="LS1 1AA",
        Email="w.naylor@example.net",
        ConvertedOpportunityId=deal,
        ConvertedContactId=contact,
    )
    with serving(org, tmp_path) as served:
        entry = only(read(served))
    assert entry["email"] == "w.naylor@example.net"
    assert (entry["last_name"], entry["city"]) == ("Naylor", "York")
    assert not {"first_name", "postal_code"} & entry.keys()


@pytest.mark.parametrize(
    ("on_the_deal", "on_the_lead", "heard"),
    [
        ("yes", "no", "denied"),
        ("no", "yes", "denied"),
        ("Yes", " yes", "Yes"),
        ("no", None, "no"),
        (None, "no", "no"),
        (None, "yes", "yes"),
        (None, None, None),
    ],
)
def test_a_refusal_on_either_record_wins_and_no_consent_is_widened(
    tmp_path: Path, on_the_deal: str | None, on_the_lead: str | None, heard: str | None
) -> None:
    org = Org()
    converted(org, lead={"Consent__c": on_the_lead}, Consent__c=on_the_deal)
    converted(org, number=2, lead={"Consent__c": "yes"}, StageName="Unmapped", Consent__c="yes")
    with serving(org, tmp_path) as served:
        assert only(read(served, consent_fields=CONSENT)).get("ad_user_data") == heard


def test_of_a_lead_of_somebody_else_only_the_ad_is_taken(tmp_path: Path) -> None:
    org = Org()
    spouse = org.contact(2, LastName="Naylor", Consent__c=None)
    org.contact(3, Consent__c="yes")
    converted(
        org,
        lead={"GCLID__c": "Cj0KCQiA-Test_04", "Email": "w.naylor@example.net", "Consent__c": "yes"},
        ContactId=spouse,
    )
    with serving(org, tmp_path) as served:
        won = only(read(served, fields=CLICKS, consent_fields=CONSENT))
    assert won["gclid"] == "Cj0KCQiA-Test_04"
    assert "email" not in won
    assert won["ad_user_data"] == "denied", "one person's yes is not another's"
    assert won["external_id"] == spouse


def test_a_consent_that_only_leads_record_is_a_mistake_where_opportunities_are_read(tmp_path: Path) -> None:
    org = Org()
    converted(org, lead={"Consent__c": "yes"})
    with (
        serving(org, tmp_path) as served,
        pytest.raises(SourceError, match="no field Consent__c on Opportunity"),
    ):
        read(served, consent_fields=CONSENT)


def test_of_two_leads_that_became_one_opportunity_the_earlier_is_its_origin(tmp_path: Path) -> None:
    org = Org()
    _, deal = converted(org, lead={"GCLID__c": "first"})
    org.lead(2, "Qualified", created=300, GCLID__c="second", ConvertedOpportunityId=deal)
    with serving(org, tmp_path) as served:
        won = only(read(served, fields=CLICKS))
    assert (won["gclid"], won["lead_created_at"]) == ("first", pd.Timestamp(at(10)))


def test_an_opportunity_made_by_hand_finds_the_lead_of_its_contact(tmp_path: Path) -> None:
    org = Org()
    contact = org.contact(1, Email="w.naylor@example.net")
    org.opportunity(1, "Closed Won", created=100 * DAY, ContactId=contact)
    same = {"ConvertedContactId": contact}
    org.lead(1, "Qualified", created=5 * DAY, GCLID__c="too old to be credited", **same)
    org.lead(2, "Qualified", created=40 * DAY, GCLID__c="earlier", **same)
    recent = org.lead(3, "Qualified", created=95 * DAY, GCLID__c="latest", **same)
    org.lead(4, "Qualified", created=101 * DAY, GCLID__c="after it", **same)
    other = org.opportunity(2, "Unmapped", created=97 * DAY)
    org.lead(
        5, "Qualified", created=96 * DAY, GCLID__c="another deal's", ConvertedOpportunityId=other, **same
    )
    with serving(org, tmp_path) as served:
        won = only(read(served, fields=CLICKS))
    assert (won["gclid"], won["external_id"]) == ("latest", recent)
    assert won["lead_created_at"] == pd.Timestamp(at(95 * DAY))


def test_an_opportunity_without_any_lead_is_dated_and_known_by_itself(tmp_path: Path) -> None:
    org = Org()
    contact = org.contact(1, Email="w.naylor@example.net")
    org.opportunity(1, "Closed Won", created=50, ContactId=contact)
    org.lead(1, "Working", GCLID__c="nobody's")
    with serving(org, tmp_path) as served:
        won = only(read(served, fields=CLICKS))
    assert "gclid" not in won
    assert (won["lead_created_at"], won["external_id"]) == (pd.Timestamp(at(50)), contact)


def test_an_id_of_ours_alone_identifies_nobody_and_is_not_made_up(tmp_path: Path) -> None:
    org = Org()
    org.lead(1, "Working", LastName="Naylor")
    org.lead(2, "Working", Email="w.naylor@example.net")
    org.opportunity(1, "Proposal")
    with serving(org, tmp_path) as served:
        entries = entries_of(read(served, stages={"Lead.Status": {"Working": "lead"}, **DEALS}))
    assert entries["external_id"].isna().tolist() == [True, False, True]


def test_an_external_id_that_is_mapped_is_the_clients_own(tmp_path: Path) -> None:
    org = Org()
    converted(org, lead={"Customer_No__c": "C-17", "Email": "w.naylor@example.net"})
    with serving(org, tmp_path) as served:
        won = only(read(served, fields={"external_id": {"Lead": "Customer_No__c"}}))
    assert won["external_id"] == "C-17"


def test_where_leads_cannot_be_read_opportunities_still_are_and_a_note_says_what_is_missing(
    tmp_path: Path,
) -> None:
    org = Org()
    converted(org)
    with serving(org, tmp_path) as served:
        served.hide("Lead")
        hidden = read(served)
        served.hide(fields=("Lead.ConvertedOpportunityId",))
        field_hidden = read(served)
    for batches in (hidden, field_hidden):
        assert only(batches)["lead_created_at"] == pd.Timestamp(at(600))
        assert "which lead each came from cannot be seen" in notes_of(batches)


def test_leads_of_a_full_page_are_found_through_several_requests(tmp_path: Path) -> None:
    org = Org()
    for number in range(900):
        deal = org.opportunity(number, "Proposal", created=600)
        org.lead(
            number, "Qualified", created=number % 500, GCLID__c=f"click-{number}", ConvertedOpportunityId=deal
        )
    with serving(org, tmp_path) as served:
        entries = entries_of(read(served, fields=CLICKS)).sort_values("record_id")
    assert entries["gclid"].tolist() == [f"click-{number}" for number in range(900)]


def test_a_contact_that_only_its_role_tells_is_the_opportunitys_person(tmp_path: Path) -> None:
    org = Org()
    person = org.contact(1, Email="w.naylor@example.net", FirstName="Wendy")
    adviser = org.contact(2, Email="adviser@example.net")
    deal = org.opportunity(1, "Proposal")
    org.role(1, deal, adviser, primary=False)
    org.role(2, deal, person)
    with serving(org, tmp_path) as served:
        found = only(read(served))
        served.hide(fields=("Opportunity.ContactId",))
        hidden = only(read(served))
    for entry in (found, hidden):
        assert (entry["email"], entry["first_name"], entry["external_id"]) == (
            "w.naylor@example.net",
            "Wendy",
            person,
        )


def test_a_person_account_is_the_opportunitys_person(tmp_path: Path) -> None:
    org = Org()
    own = org.contact(9)
    person = org.account(
        1,
        IsPersonAccount=True,
        PersonContactId=own,
        PersonEmail="w.naylor@example.net",
        FirstName="Wendy",
        LastName="Naylor",
        Phone="01632 960123",
        PersonMailingCity="Leeds",
        Consent__pc="yes",
    )
    org.contact(8, Consent__c="yes")
    org.opportunity(1, "Proposal", AccountId=person, Amount=99)
    with serving(org, tmp_path, person_accounts=True) as served:
        entry = only(read(served, consent_fields=CONSENT))
    expected = {
        "email": "w.naylor@example.net",
        "phone": "01632 960123",
        "first_name": "Wendy",
        "last_name": "Naylor",
        "city": "Leeds",
        "external_id": own,
        "ad_user_data": "yes",
    }
    assert {name: entry.get(name) for name in expected} == expected


def test_a_companys_account_is_nobodys_person_account(tmp_path: Path) -> None:
    org = Org()
    company = org.account(1, IsPersonAccount=False, Phone="020 7946 0100")
    contact = org.contact(1, Email="w.naylor@example.net")
    org.opportunity(1, "Proposal", AccountId=company, ContactId=contact)
    person = org.account(2, IsPersonAccount=True, PersonEmail="someone@example.com", Phone="020 7946 0200")
    org.opportunity(2, "Proposal", AccountId=person, ContactId=contact)
    with serving(org, tmp_path, person_accounts=True) as served:
        entries = entries_of(read(served))
    assert entries["email"].tolist() == ["w.naylor@example.net"] * 2
    assert entries["phone"].isna().all(), "a switchboard is no person's, nor is another person's phone"


@pytest.mark.parametrize(
    ("of_the_contact", "on_the_account"),
    [
        ("Contact.Email", "Account.PersonEmail"),
        ("Contact.MailingCity", "Account.PersonMailingCity"),
        ("Contact.FirstName", "Account.FirstName"),
        ("Contact.Phone", "Account.Phone"),
        ("Contact.acme__Tier__c", "Account.acme__Tier__pc"),
    ],
)
def test_a_person_accounts_fields_have_names_of_their_own(of_the_contact: str, on_the_account: str) -> None:
    assert twin(of_the_contact) == on_the_account

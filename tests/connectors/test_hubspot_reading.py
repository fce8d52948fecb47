"""Which stage entries a portal's contacts and deals become, when each was entered, and by whom."""

from __future__ import annotations

import pandas as pd
import pytest

from closedwon.sandbox.world import PortalProperty
from connectors.base import SourceError
from connectors.entries import STAGE_ENTRY_SCHEMA
from tests.connectors.hubspot_portal import (
    DEAL_PATH,
    ONLY_CONTACTS,
    ONLY_DEALS,
    Portal,
    at,
    entries_of,
    notes_of,
    passages,
    serving,
)


def test_every_stage_that_a_contact_passed_is_an_entry_at_its_own_time() -> None:
    portal = Portal()
    portal.contact(7, ("subscriber", 0), ("lead", 10), ("marketingqualifiedlead", 25), modified=90)
    with serving(portal) as served:
        batches = served.read()
    assert passages(batches) == [("7", "lead", 10), ("7", "qualified", 25)]
    assert entries_of(batches)["stage_raw"].tolist() == ["Lead", "Marketing Qualified Lead"]
    assert "Subscriber (1)" in notes_of(batches)


def test_the_frame_has_the_stage_entry_columns_and_arrow_types() -> None:
    portal = Portal()
    portal.contact(7, ("lead", 10))
    with serving(portal) as served:
        frame = entries_of(served.read())
    assert frame.dtypes.to_dict() == STAGE_ENTRY_SCHEMA


def test_several_stages_between_two_runs_are_all_read() -> None:
    portal = Portal()
    portal.deal(5, ("presentationscheduled", 0))
    with serving(portal) as served:
        first = served.read(stages=ONLY_DEALS)
        for minute, stage in ((30, "closedlost"), (40, "presentationscheduled"), (50, "closedwon")):
            served.clock.now = at(minute)
            served.server.change("deals", "5", {"dealstage": stage})
        second = served.read(first[-1].cursor, stages=ONLY_DEALS)
    assert passages(first) == [("5", "opportunity", 0)]
    assert passages(second) == [("5", "opportunity", 0), ("5", "opportunity", 40), ("5", "won", 50)]


def test_a_stage_that_is_set_again_without_leaving_it_is_entered_once() -> None:
    portal = Portal()
    portal.contact(7, ("lead", 0), ("lead", 5), ("lead", 9))
    with serving(portal) as served:
        assert passages(served.read(stages=ONLY_CONTACTS)) == [("7", "lead", 0)]


def test_moving_back_to_a_stage_whose_value_had_to_be_cleared_first_is_an_entry() -> None:
    portal = Portal()
    portal.contact(7, ("marketingqualifiedlead", 0), ("", 5), ("lead", 5), ("", 8), ("lead", 9))
    with serving(portal) as served:
        found = passages(served.read(stages=ONLY_CONTACTS))
    assert found == [("7", "qualified", 0), ("7", "lead", 5), ("7", "lead", 9)]


def test_a_contact_is_known_by_its_person_its_clicks_and_its_source() -> None:
    portal = Portal()
    portal.contact(
        7,
        ("lead", 10),
        email="ada@example.com",
        mobilephone="+33 6 39 98 00 11",
        firstname="Ada",
        lastname="Invented",
        address="1 rue Exemple",
        city="Lyon",
        zip="69001",
        country="France",
        hs_country_region_code="FR",
        hs_google_click_id="CjwKCAinvented",
        hs_facebook_click_id="IwARinvented",
        hs_analytics_source="PAID_SEARCH",
    )
    with serving(portal) as served:
        row = entries_of(served.read()).iloc[0]
    assert {name: value for name, value in row.items() if value is not pd.NA and isinstance(value, str)} == {
        "source": "crm",
        "object": "contact",
        "record_id": "7",
        "stage": "lead",
        "stage_raw": "Lead",
        "currency": "EUR",
        "email": "ada@example.com",
        "phone": "+33 6 39 98 00 11",
        "first_name": "Ada",
        "last_name": "Invented",
        "street": "1 rue Exemple",
        "city": "Lyon",
        "postal_code": "69001",
        "country": "FR",
        "external_id": "7",
        "gclid": "CjwKCAinvented",
        "fbclid": "IwARinvented",
        "lead_source": "PAID_SEARCH",
    }
    assert row["lead_created_at"] == pd.Timestamp(at(10))


def test_a_deal_carries_its_amount_and_the_person_clicks_and_birth_of_its_contact() -> None:
    portal = Portal()
    contact = portal.contact(7, ("lead", 2), email="ada@example.com", hs_google_click_id="g-1")
    portal.deal(5, ("closedwon", 60), of=[contact], amount="1250.5", deal_currency_code="USD")
    with serving(portal) as served:
        row = entries_of(served.read(stages=ONLY_DEALS)).iloc[0]
    assert (row["object"], row["stage_raw"]) == ("deal", "Sales Pipeline: Closed won")
    assert (row["amount"], row["currency"]) == (1250.5, "USD")
    assert (row["email"], row["gclid"], row["external_id"]) == ("ada@example.com", "g-1", "7")
    assert row["lead_created_at"] == pd.Timestamp(at(2))


def test_a_deal_without_a_currency_of_its_own_is_in_the_clients() -> None:
    portal = Portal()
    portal.deal(5, ("closedwon", 60), amount="10")
    with serving(portal) as served:
        row = entries_of(served.read(stages=ONLY_DEALS, currency="CHF")).iloc[0]
    assert row["currency"] == "CHF"


def test_of_several_contacts_of_a_deal_the_first_one_of_the_portal_is_taken_whatever_the_order() -> None:
    portal = Portal()
    for number in (9, 10, 100):
        portal.contact(number, ("lead", 0), email=f"person{number}@example.com")
    portal.deal(5, ("closedwon", 60), of=["100", "10", "9"])
    portal.deal(6, ("closedwon", 60), of=["10", "100"])
    with serving(portal) as served:
        frame = entries_of(served.read(stages=ONLY_DEALS))
    assert frame["external_id"].tolist() == ["9", "10"]


def test_a_deal_without_a_contact_is_read_all_the_same() -> None:
    portal = Portal()
    portal.deal(5, ("closedwon", 60), amount="10")
    portal.deal(6, ("closedwon", 61), of=["404"])
    with serving(portal) as served:
        frame = entries_of(served.read(stages=ONLY_DEALS))
    assert frame["record_id"].tolist() == ["5", "6"]
    assert frame["email"].isna().all()
    assert frame["lead_created_at"].tolist() == [pd.Timestamp(at(60)), pd.Timestamp(at(61))]


def test_mapped_properties_feed_both_objects_and_a_deal_asks_itself_first() -> None:
    portal = Portal()
    portal.custom = {
        "contacts": (PortalProperty("ad_click", "Ad click"), PortalProperty("plan", "Plan")),
        "deals": (PortalProperty("plan", "Plan"), PortalProperty("net", "Net", "number", "number")),
    }
    contact = portal.contact(7, ("lead", 0), ad_click="g-7", plan="basic")
    portal.deal(5, ("closedwon", 60), of=[contact], plan="gold", net="99", amount="120")
    portal.deal(6, ("closedwon", 61), of=[contact])
    fields = {
        "gclid": {"contact": "ad_click"},
        "extra.plan": "plan",
        "amount": {"deal": "net"},
    }
    with serving(portal) as served:
        frame = entries_of(served.read(fields=fields)).set_index("record_id")
    assert frame["extra.plan"].to_dict() == {"7": "basic", "5": "gold", "6": "basic"}
    assert frame["gclid"].to_dict() == {"7": "g-7", "5": "g-7", "6": "g-7"}
    assert frame["amount"].to_dict()["5"] == 99


def test_a_date_that_stands_for_the_leads_birth_is_read_as_one() -> None:
    portal = Portal()
    portal.custom = {"contacts": (PortalProperty("first_seen", "First seen", "date", "date"),)}
    portal.contact(7, ("lead", 10), first_seen="2026-10-01")
    with serving(portal) as served:
        frame = entries_of(served.read(stages=ONLY_CONTACTS, fields={"lead_created_at": "first_seen"}))
    assert frame["lead_created_at"].tolist() == [pd.Timestamp("2026-10-01", tz="UTC")]


def test_consent_is_read_where_the_client_records_it() -> None:
    portal = Portal()
    portal.custom = {"contacts": (PortalProperty("marketing_ok", "OK", "bool", "booleancheckbox"),)}
    contact = portal.contact(7, ("lead", 0), marketing_ok="false")
    portal.deal(5, ("closedwon", 60), of=[contact])
    with serving(portal) as served:
        frame = entries_of(served.read(consent_fields={"ad_user_data": "marketing_ok"}))
    assert frame["ad_user_data"].tolist() == ["false", "false"]


def test_consent_that_no_property_holds_stops_the_reading_where_it_can_stand_nowhere_else() -> None:
    portal = Portal()
    portal.contact(7, ("lead", 0))
    consent = {"consent_fields": {"ad_user_data": "marketing_ok"}}
    with serving(portal) as served:
        with pytest.raises(SourceError, match=r"consent\.fields\.ad_user_data: no property marketing_ok"):
            served.read(**consent, consent_required=True)
        batches = served.read(**consent)
    assert "says nothing of it" in notes_of(batches)


@pytest.mark.parametrize("history", ["refused", "absent"])
def test_where_histories_cannot_be_read_hubspots_own_dates_stand_in_and_the_run_says_so(history: str) -> None:
    portal = Portal()
    contact = portal.contact(7, ("lead", 10), ("marketingqualifiedlead", 25), modified=90)
    portal.deal(5, ("presentationscheduled", 40), ("closedwon", 60), of=[contact], modified=95)
    with serving(portal) as served:
        served.tell(history=history)
        batches = served.read()
    assert passages(batches) == [
        ("7", "lead", 10),
        ("7", "qualified", 25),
        ("5", "opportunity", 40),
        ("5", "won", 60),
    ]
    assert entries_of(batches)["time_basis"].isna().all()
    assert "the history of contact.lifecyclestage cannot be read" in notes_of(batches)
    assert "the history of deal.dealstage cannot be read" in notes_of(batches)


def test_a_stage_of_which_no_date_is_known_is_dated_by_the_last_change_and_marked_so() -> None:
    portal = Portal()
    portal.contact(7, ("lead", 10), modified=90)
    portal.contacts["8"] = portal.contacts["7"].__class__(
        "8", at(0), at(45), {"lifecyclestage": "lead"}, {"lifecyclestage": ()}
    )
    with serving(portal) as served:
        batches = served.read(stages=ONLY_CONTACTS)
    assert passages(batches) == [("7", "lead", 10), ("8", "lead", 45)]
    assert [basis is pd.NA for basis in entries_of(batches)["time_basis"]] == [True, False]
    assert "nothing tells when 1 entries began" in notes_of(batches)


def test_an_empty_portal_gives_an_empty_frame_and_no_error() -> None:
    with serving(Portal()) as served:
        assert served.connector().total(None) == 0
        batches = served.read()
        again = served.read(batches[-1].cursor)
    assert entries_of(batches).empty
    assert entries_of(again).empty


def test_only_contacts_need_no_access_to_deals() -> None:
    portal = Portal()
    portal.contact(7, ("lead", 0))
    with serving(portal) as served:
        served.tell(scopes=["crm.objects.contacts.read", "crm.schemas.contacts.read"])
        assert passages(served.read(stages=ONLY_CONTACTS)) == [("7", "lead", 0)]


def test_a_deal_that_moved_to_another_pipeline_keeps_the_stages_of_both() -> None:
    portal = Portal()
    portal.deal(5, ("presentationscheduled", 0), ("772", 30))
    stages = {"deal.dealstage": {"Presentation scheduled": "opportunity", "Renewals: Closed won": "won"}}
    with serving(portal) as served:
        assert passages(served.read(stages=stages)) == [("5", "opportunity", 0), ("5", "won", 30)]


def test_414_uri_too_long_cannot_happen_however_many_properties_are_mapped() -> None:
    portal = Portal()
    names = [f"a_rather_long_name_of_a_property_{number:04d}" for number in range(600)]
    portal.custom = {"contacts": tuple(PortalProperty(name, name) for name in names)}
    portal.contact(7, ("lead", 0), **{names[-1]: "kept"})
    with serving(portal) as served:
        frame = entries_of(
            served.read(stages=ONLY_CONTACTS, fields={f"extra.{name}": name for name in names})
        )
    assert frame[f"extra.{names[-1]}"].tolist() == ["kept"]


def test_a_batch_that_is_refused_in_part_for_another_reason_than_absence_is_an_error() -> None:
    from tests.connectors.hubspot_portal import refusal

    portal = Portal()
    portal.deal(5, ("closedwon", 60))
    body = '{"status": "COMPLETE", "results": [], "errors": [{"category": "INTERNAL_ERROR"}]}'
    with serving(portal) as served:
        served.faults.add(refusal(207, body, f"{DEAL_PATH}/batch/read"))
        with pytest.raises(SourceError, match="in part only: INTERNAL_ERROR"):
            served.read(stages=ONLY_DEALS)

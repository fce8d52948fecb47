"""A purchase carries what was known of the person when it was made, and nothing of anybody else's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from closedwon.ledger.retention import retire_identities
from connectors.base import Gone
from tests.pipeline.shop import (
    ASKED,
    BOUGHT,
    EMAIL,
    FBCLID,
    GCLID,
    LEAD_ID,
    NOW,
    PHONE,
    Shop,
    lead,
    purchase,
    sha,
    shop,
)

CLICKS = {"gclid": GCLID, "fbclid": FBCLID, "meta_lead_id": LEAD_ID}
FBC = f"fb.1.{int(ASKED.timestamp() * 1000)}.{FBCLID}"


def test_a_purchase_gains_the_click_and_lead_ids_of_the_lead_with_its_address(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL, **CLICKS))
    acme.sales(purchase(email=f" {EMAIL.upper()}"))
    sent = acme.sent("T1")
    assert (sent["gclid"], sent["fbc"], sent["lead_id"]) == (GCLID, FBC, int(LEAD_ID))
    assert {name: lane.stitched for name, lane in acme.lanes.items()} == {"meta": 1, "google": 1}


def test_a_purchase_gains_the_click_of_the_lead_with_its_number_written_differently(acme: Shop) -> None:
    acme.leads(lead(phone=PHONE, **CLICKS))
    acme.sales(purchase(phone="06 12 34 56 78"))
    assert acme.sent("T1")["gclid"] == GCLID


def test_a_lead_id_that_would_be_refused_if_wrong_is_not_carried_by_a_number_alone(acme: Shop) -> None:
    acme.leads(lead(phone=PHONE, **CLICKS))
    acme.sales(purchase(phone=PHONE))
    sent = acme.sent("T1")
    assert "lead_id" not in sent
    assert sent["fbc"] == FBC


@pytest.mark.parametrize("same_batch", [True, False])
def test_the_lead_of_the_same_crm_is_known_to_its_deal(acme: Shop, *, same_batch: bool) -> None:
    asked, again = lead(email=EMAIL, gclid=GCLID), lead("L2", BOUGHT, email=EMAIL)
    if same_batch:
        acme.leads(again, asked)
    else:
        acme.leads(asked)
        acme.leads(again)
    assert acme.sent("L2")["gclid"] == GCLID


def test_nothing_is_carried_from_after_the_purchase(acme: Shop) -> None:
    acme.leads(lead(at=BOUGHT + timedelta(seconds=1), email=EMAIL, phone=PHONE, **CLICKS))
    acme.sales(purchase(email=EMAIL))
    assert acme.sent("T1").keys() == {"em", "email_address"}
    assert acme.lanes["google"].stitched == 0


def test_a_lead_of_the_same_moment_is_known(acme: Shop) -> None:
    acme.leads(lead(at=BOUGHT, email=EMAIL, gclid=GCLID))
    acme.sales(purchase(email=EMAIL))
    assert acme.sent("T1")["gclid"] == GCLID


def test_a_click_whose_window_has_closed_is_not_carried_but_the_number_is(acme: Shop) -> None:
    acme.leads(lead(at=BOUGHT - timedelta(days=90, seconds=1), email=EMAIL, phone=PHONE, **CLICKS))
    acme.sales(purchase(email=EMAIL))
    sent = acme.sent("T1")
    assert sent.keys() == {"em", "ph", "email_address", "phone_number"}
    assert sent["phone_number"] == [sha(PHONE)]


def test_a_click_that_would_expire_while_the_delivery_waits_is_not_carried(acme: Shop) -> None:
    at = NOW - timedelta(days=84)
    acme.leads(lead(at=at, email=EMAIL, gclid=GCLID))
    acme.sales(purchase(at=at + timedelta(days=80), email=EMAIL))
    assert "gclid" not in acme.sent("T1")


def test_the_window_is_that_of_the_conversion_actions(tmp_path: Path) -> None:
    acme = Shop(tmp_path, shop(click_days=9))
    acme.leads(lead(email=EMAIL, gclid=GCLID))
    acme.sales(purchase(email=EMAIL))
    assert "gclid" not in acme.sent("T1")
    acme.ledger.close()


def test_google_takes_the_purchase_for_as_long_as_its_carried_click(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL, gclid=GCLID))
    acme.sales(purchase(email=EMAIL), purchase("T2", email="b.invented@courriel.example"))
    assert acme.expires_at("T1", "google") == ASKED + timedelta(days=90)
    assert acme.expires_at("T2", "google") == BOUGHT + timedelta(days=63)


def test_the_newest_click_before_the_purchase_counts(acme: Shop) -> None:
    newer = "Cj0KCQiAnewerinventedclick0123456"
    acme.leads(
        lead("L1", email=EMAIL, gclid=GCLID),
        lead("L2", ASKED + timedelta(days=3), email=EMAIL, gclid=newer),
        lead("L3", BOUGHT + timedelta(days=1), email=EMAIL, gclid="Cj0KCQiAtoolate0123456789"),
    )
    acme.sales(purchase(email=EMAIL))
    assert acme.sent("T1")["gclid"] == newer


def test_a_record_keeps_the_click_that_it_has_itself(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL, gclid=GCLID))
    acme.leads(lead("L2", BOUGHT, email=EMAIL, wbraid="WBRAIDinvented0123456789"))
    assert acme.sent("L2")["wbraid"] == "WBRAIDinvented0123456789"
    assert "gclid" not in acme.sent("L2")


def test_all_addresses_and_numbers_of_the_person_are_sent_its_own_first(acme: Shop) -> None:
    other, landline = "ada.other@courriel.example", "+33145678901"
    acme.leads(
        lead("L1", phone=PHONE, email=other, first_name="Ada", last_name="Martin"),
        lead("L2", phone=landline, email=other),
    )
    acme.sales(purchase(email=other, phone=PHONE))
    sent = acme.sent("T1")
    assert sent["phone_number"] == [sha(PHONE), sha(landline)]
    assert sent["ph"] == [sha(PHONE[1:]), sha(landline[1:])]
    assert sent["email_address"] == [sha(other)]


def test_an_event_has_five_addresses_and_four_numbers_at_most(acme: Shop) -> None:
    numbers = [f"+336123456{n:02d}" for n in range(8)]
    acme.leads(
        *(
            lead(f"L{n}", ASKED + timedelta(hours=n), email=EMAIL, phone=number)
            for n, number in enumerate(numbers)
        )
    )
    acme.sales(purchase(email=EMAIL))
    sent = acme.sent("T1")
    assert sent["phone_number"] == [sha(number) for number in reversed(numbers[4:])]
    assert sent["ph"] == [sha(number[1:]) for number in reversed(numbers[3:])]


def test_a_name_is_carried_whole_and_only_where_there_is_none(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL, phone=PHONE, first_name="Ada", last_name="Martin"))
    acme.sales(purchase("T1", email=EMAIL), purchase("T2", email=EMAIL, last_name="Durand"))
    assert (acme.sent("T1")["fn"], acme.sent("T1")["ln"]) == ([sha("ada")], [sha("martin")])
    assert acme.sent("T2").get("fn") is None
    assert acme.sent("T2")["ln"] == [sha("durand")]


FAMILY = [
    lead("L1", email="ada@courriel.example", phone=PHONE, first_name="Ada", last_name="Martin", gclid=GCLID),
    lead("L2", email="bo@courriel.example", phone=PHONE, first_name="Bo", last_name="Martin", fbclid=FBCLID),
    lead("L3", email="cy@courriel.example", phone=PHONE, first_name="Cy", last_name="Martin"),
]


def test_a_number_of_three_people_says_nothing_and_is_counted(acme: Shop) -> None:
    acme.leads(*FAMILY)
    acme.sales(purchase(phone=PHONE))
    assert acme.sent("T1").keys() == {"ph", "phone_number"}
    assert (acme.report.conflicts, acme.report.unresolved) == (1, 1)


def test_of_three_people_with_one_number_the_name_tells_who_it_is(acme: Shop) -> None:
    acme.leads(*FAMILY)
    acme.sales(purchase(phone=PHONE, first_name="ADA", last_name="martin"))
    assert acme.sent("T1")["gclid"] == GCLID
    assert acme.sent("T1")["email_address"] == [sha("ada@courriel.example")]
    assert (acme.report.conflicts, acme.report.unresolved) == (1, 0)


def test_of_three_people_with_one_number_the_address_tells_who_it_is(acme: Shop) -> None:
    acme.leads(*FAMILY)
    acme.sales(purchase(phone=PHONE, email="bo@courriel.example"))
    sent = acme.sent("T1")
    assert sent["fbc"] == FBC
    assert "gclid" not in sent
    assert sent["email_address"] == [sha("bo@courriel.example")]


def test_somebody_with_another_address_under_the_number_is_another_person(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL, phone=PHONE, gclid=GCLID))
    acme.sales(purchase(phone=PHONE, email="bo@courriel.example"))
    assert "gclid" not in acme.sent("T1")
    assert (acme.report.conflicts, acme.report.unresolved) == (1, 0)


def test_a_loyalty_card_ties_purchases_together_and_only_within_its_source(acme: Shop) -> None:
    acme.leads(lead(email="bo@courriel.example", gclid=GCLID, external_id="C77"))
    acme.sales(
        purchase("T1", BOUGHT - timedelta(days=1), email=EMAIL, external_id="C77"),
        purchase("T2", phone=PHONE, external_id="C77"),
    )
    sent = acme.sent("T2")
    assert sent["email_address"] == [sha(EMAIL)]
    assert "gclid" not in sent


def test_who_refused_is_not_known_to_anybody(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL, ad_user_data="no", **CLICKS))
    acme.sales(purchase(email=EMAIL))
    assert acme.sent("T1").keys() == {"em", "email_address"}
    assert acme.held() == []


def test_who_refuses_later_is_forgotten(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL, **CLICKS))
    acme.leads(lead(email=EMAIL, ad_user_data="no", **CLICKS))
    assert acme.held() == []


def test_a_record_that_was_deleted_is_forgotten_and_one_that_was_merged_is_not(acme: Shop) -> None:
    acme.leads(lead("L1", email=EMAIL, gclid=GCLID), lead("L2", email="bo@courriel.example", fbclid=FBCLID))
    acme.leads(gone=[Gone("Lead", "L1"), Gone("Lead", "L2", merged_into="L3")])
    assert [row["record_id"] for row in acme.rows("identities")] == ["L2"]


def test_an_address_of_too_many_people_is_on_no_event_and_ties_nobody(acme: Shop) -> None:
    ours = "till@lumen.example"
    acme.leads(lead(email=ours, gclid=GCLID))
    acme.sales(*(purchase(f"T{n}", email=ours, phone=f"+336123456{n:02d}") for n in range(11)))
    assert all(acme.sent(f"T{n}").keys() == {"ph", "phone_number"} for n in range(11))
    assert acme.report.shared == {"email": 11}
    assert any("stands for more people" in note for note in acme.report.notes)
    assert not any(ours in note for note in acme.report.notes)


def test_as_many_people_as_are_allowed_share_an_address(acme: Shop) -> None:
    acme.sales(*(purchase(f"T{n}", email=EMAIL, phone=f"+336123456{n:02d}") for n in range(10)))
    assert acme.report.shared == {}
    assert all("email_address" in acme.sent(f"T{n}") for n in range(10))


def test_people_are_counted_over_all_batches(acme: Shop) -> None:
    ours = "till@lumen.example"
    for n in range(12):
        name = {"last_name": f"Name{'abcdefghijkl'[n]}", "first_name": "Ada"}
        acme.sales(purchase(f"T{n}", email=ours, phone=f"+336123456{n:02d}", **name))
    assert acme.report.shared == {"email": 1}
    assert not any("email_address" in acme.sent(f"T{n}") for n in range(12))


def test_a_good_customer_is_one_person_however_often(acme: Shop) -> None:
    acme.sales(*(purchase(f"T{n}", email=EMAIL, phone=PHONE, external_id="C1") for n in range(200)))
    assert acme.report.shared == {}
    assert len(acme.rows("identities")) == 1


def test_what_the_file_says_is_no_customers_is_left_out_from_the_first_time(tmp_path: Path) -> None:
    acme = Shop(tmp_path, shop(not_customers=["Till@Lumen.example", "01 45 67 89 01"]))
    acme.sales(purchase(email="till@lumen.example", phone="+33145678901", last_name="Martin"))
    assert acme.state("T1", "google") == ("skipped", "no_identifier")
    assert acme.report.shared == {"email": 1, "phone": 1}
    acme.ledger.close()


def test_what_is_neither_an_address_nor_a_number_is_told_of(tmp_path: Path) -> None:
    acme = Shop(tmp_path, shop(not_customers=["nobody", "12", "till@lumen.example"]))
    acme.sales(purchase(email=EMAIL))
    assert any("2 of its entries are neither" in note for note in acme.report.notes)
    acme.ledger.close()


def test_without_stitching_nothing_is_kept_and_nothing_carried(tmp_path: Path) -> None:
    acme = Shop(tmp_path, shop(stitch=False))
    acme.leads(lead(email=EMAIL, **CLICKS))
    acme.sales(purchase(email=EMAIL))
    assert acme.sent("T1").keys() == {"em", "email_address"}
    assert acme.rows("identities") == []
    acme.ledger.close()


def test_the_ledger_says_where_each_carried_identifier_came_from(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL, phone=PHONE, **CLICKS))
    acme.sales(purchase(email=EMAIL))
    origin = {
        "source": "crm",
        "object": "Lead",
        "record_id": "L1",
        "by": "email",
        "known_at": "2026-11-08T12:00:00Z",
    }
    assert acme.carried("T1", "meta") == dict.fromkeys(("lead_id", "fbc", "ph[0]"), origin)
    assert acme.carried("T1", "google") == dict.fromkeys(("gclid", "phone[0]"), origin)


def test_a_delivery_says_what_it_can_be_matched_on(acme: Shop) -> None:
    acme.sales(purchase(email=EMAIL, phone=PHONE))
    by_lane = {row["destination"]: row["identifiers"] for row in acme.rows("deliveries")}
    assert by_lane == {"meta": "em ph", "google": "email phone"}


def test_the_map_holds_no_word_of_anybody_in_clear(tmp_path: Path) -> None:
    acme = Shop(tmp_path)
    acme.leads(lead(email=EMAIL, phone=PHONE, first_name="Adamantine", last_name="Inventedname", **CLICKS))
    acme.ledger.close()
    held = (acme.folder / "ledger.db").read_bytes().lower()
    assert GCLID.lower().encode() in held
    for word in (EMAIL, PHONE[1:], "612345678", "adamantine", "inventedname"):
        assert word.encode() not in held


def test_reading_the_same_again_adds_nothing(acme: Shop) -> None:
    for _ in range(2):
        acme.leads(lead(email=EMAIL, phone=PHONE, **CLICKS))
        acme.sales(purchase(email=EMAIL, phone=PHONE))
    assert len(acme.rows("identities")) == 2


def test_what_was_not_seen_for_longer_than_it_is_kept_is_forgotten(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL, gclid=GCLID))
    retire_identities(acme.ledger, "acme", before=ASKED)
    assert len(acme.rows("identities")) == 1
    retire_identities(acme.ledger, "acme", before=ASKED + timedelta(seconds=1))
    assert acme.rows("identities") == []


def test_what_is_older_than_it_is_kept_is_not_learned(tmp_path: Path) -> None:
    acme = Shop(tmp_path, shop(keep_days=10))
    acme.leads(lead(email=EMAIL, gclid=GCLID))
    assert acme.rows("identities") == []
    acme.ledger.close()


def test_an_address_that_tests_are_made_with_leads_to_few_records(acme: Shop) -> None:
    for start in range(0, 120, 60):
        acme.leads(
            *(lead(f"L{n}", email=EMAIL, gclid=f"Cj0KCQiAinvented{n:012d}") for n in range(start, start + 60))
        )
    assert len(acme.rows("identities")) == 50

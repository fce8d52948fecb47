"""The identity map lends nobody what is somebody else's, was refused or came later, and says truly what it lent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from closedwon.ledger.outgoing.outbox import Outbox, Settlement
from closedwon.ledger.states import State
from closedwon.pipeline.incoming.reconciling import reconcile
from connectors.base import Gone
from tests.pipeline.shop import (
    ASKED,
    BOUGHT,
    EMAIL,
    GCLID,
    NOW,
    PHONE,
    ForgetfulCrm,
    Shop,
    lead,
    purchase,
    sha,
    shop,
)

LATER = "Cj0KCQiAlaterinventedclick012345"
WBRAID = "WBRAIDinvented0123456789"
OTHER = "bo@courriel.example"
OURS = "till@lumen.example"


def refusing(**person: Any) -> dict[str, Any]:
    return lead(email=EMAIL, ad_user_data="no", **person)


def ours(count: int) -> list[dict[str, Any]]:
    """Purchases by ``count`` people under the shop's own address."""
    return [purchase(f"X{n}", email=OURS, phone=f"+336223456{n:02d}") for n in range(count)]


def accept_all(acme: Shop, destination: str) -> None:
    """Have the platform accept all that waits, and keep nothing, as Meta's lane does."""
    outbox = Outbox(acme.ledger, "acme", destination)
    claimed = outbox.claim(1_000, NOW)["event_id"].to_list()
    outbox.settle(Settlement(claimed, State.ACCEPTED), run_id=1, now=NOW)


# Refused, deleted, erased


def test_who_refuses_in_a_batch_lends_nothing_to_that_batch(acme: Shop) -> None:
    acme.leads(lead("L1", email=EMAIL, gclid=GCLID))
    acme.leads(refusing(gclid=GCLID), lead("L2", BOUGHT, email=EMAIL))
    assert "gclid" not in acme.sent("L2")


def test_a_record_deleted_in_a_batch_lends_nothing_to_that_batch(acme: Shop) -> None:
    acme.leads(lead("L1", email=EMAIL, gclid=GCLID))
    acme.leads(lead("L2", BOUGHT, email=EMAIL), gone=[Gone("Lead", "L1")])
    assert "gclid" not in acme.sent("L2")


def test_who_refuses_is_forgotten_though_another_record_said_the_same_first(acme: Shop) -> None:
    acme.leads(lead("L1", email=EMAIL, gclid=GCLID), lead("L2", email=EMAIL, gclid=GCLID))
    acme.leads(refusing(record="L2", gclid=GCLID))
    acme.sales(purchase(email=EMAIL))
    assert "gclid" not in acme.sent("T1")


def test_a_refusal_is_heard_while_stitching_is_off(acme: Shop) -> None:
    acme.leads(lead("L1", email=EMAIL, gclid=GCLID))
    acme.settings = shop(stitch=False)
    acme.leads(refusing(gclid=GCLID))
    acme.settings = shop()
    acme.sales(purchase(email=EMAIL))
    assert "gclid" not in acme.sent("T1")


@pytest.mark.parametrize("how", ["refused", "deleted"])
def test_what_waits_does_not_carry_what_was_taken_back(acme: Shop, how: str) -> None:
    acme.leads(lead("L1", email=EMAIL, phone=PHONE, gclid=GCLID))
    acme.sales(purchase(email=EMAIL))
    if how == "refused":
        acme.leads(refusing(phone=PHONE, gclid=GCLID))
    else:
        acme.leads(gone=[Gone("Lead", "L1")])
    assert acme.sent("T1").keys() == {"em", "email_address"}


def test_an_erased_person_of_whom_nothing_waits_is_forgotten_by_the_map(acme: Shop) -> None:
    acme.leads(lead("L1", email=EMAIL, gclid=GCLID))
    for destination in ("meta", "google"):
        accept_all(acme, destination)
    later = NOW + timedelta(days=2)
    reconcile(
        ForgetfulCrm("L1"),
        acme.settings,
        acme.ledger,
        acme.report,
        before=None,
        now=later,
        uploaders=acme.uploaders,
    )
    assert acme.held() == []


def test_a_deleted_record_does_not_take_along_what_another_one_said_as_well(acme: Shop) -> None:
    acme.leads(lead("L1", email=EMAIL, gclid=GCLID), lead("L2", email=EMAIL, gclid=GCLID))
    acme.leads(gone=[Gone("Lead", "L1")])
    acme.sales(purchase(email=EMAIL))
    assert acme.sent("T1").get("gclid") == GCLID


@pytest.mark.parametrize("how", ["refused", "deleted"])
def test_what_a_merged_record_said_goes_with_the_record_that_is_left_of_it(acme: Shop, how: str) -> None:
    acme.leads(lead("L1", email=EMAIL, gclid=GCLID), lead("L2", email=EMAIL, phone=PHONE))
    acme.leads(gone=[Gone("Lead", "L1", merged_into="L2")])
    if how == "refused":
        acme.leads(refusing(record="L2", phone=PHONE))
    else:
        acme.leads(gone=[Gone("Lead", "L2")])
    assert acme.held() == []


def test_what_had_nothing_else_is_not_sent(acme: Shop) -> None:
    acme.leads(*(lead(f"L{n}", email=f"p{n}@courriel.example", external_id=f"C{n}") for n in range(3)))
    cards = [{"external_id": f"C{n}"} for n in range(3)]
    acme.sales(
        *(
            purchase(f"S{n}", BOUGHT - timedelta(days=1), email=f"p{n}@courriel.example", **card)
            for n, card in enumerate(cards)
        )
    )
    acme.sales(*(purchase(f"T{n}", **card) for n, card in enumerate(cards)))
    assert all(acme.state(f"T{n}", "google") == ("queued", None) for n in range(3))
    acme.sales(
        *(
            purchase(
                f"S{n}", BOUGHT - timedelta(days=1), email=f"p{n}@courriel.example", ad_user_data="no", **card
            )
            for n, card in enumerate(cards)
        )
    )
    assert all(acme.state(f"T{n}", "google") == ("skipped", "taken_back") for n in range(3))
    waited = [one for one in acme.rows("deliveries") if one["reason"] == "taken_back"]
    assert acme.report.withdrawn == len(waited) > 0


# The wrong person


def test_an_address_that_was_mended_in_its_record_leads_there_no_longer(acme: Shop) -> None:
    acme.leads(lead("L1", email=EMAIL, gclid=GCLID))
    acme.leads(lead("L1", email=OTHER, gclid=GCLID))
    acme.sales(purchase(email=EMAIL))
    assert "gclid" not in acme.sent("T1")


def test_a_number_of_two_people_says_nothing_though_one_of_them_left_only_a_name(acme: Shop) -> None:
    acme.leads(lead("L1", phone=PHONE, email=EMAIL, first_name="Ada", last_name="Martin", gclid=GCLID))
    acme.sales(
        purchase("T0", BOUGHT - timedelta(hours=1), phone=PHONE, first_name="Bo", last_name="Durand"),
        purchase("T1", phone=PHONE),
    )
    assert "gclid" not in acme.sent("T1")


def test_an_address_listed_as_no_customers_is_not_carried_from_earlier_records(acme: Shop) -> None:
    acme.leads(lead("L1", phone=PHONE, email=OURS, gclid=GCLID))
    acme.settings = shop(not_customers=[OURS])
    acme.sales(purchase(phone=PHONE))
    assert sha(OURS) not in acme.sent("T1").get("email_address", [])


def test_an_address_that_turns_out_to_be_shared_is_not_carried_either(acme: Shop) -> None:
    acme.leads(lead("L1", phone=PHONE, email=OURS, gclid=GCLID))
    acme.sales(purchase(phone=PHONE), *ours(11))
    assert acme.report.shared == {"email": 11}
    assert "email_address" not in acme.sent("T1")


def test_what_waits_under_an_address_that_turns_out_to_be_shared_keeps_its_postal_address(acme: Shop) -> None:
    home = {"first_name": "Ada", "last_name": "Martin", "postal_code": "75011", "country": "FR"}
    acme.sales(purchase(email=OURS, **home))
    assert {"email_address", "address"} <= acme.sent("T1").keys()
    acme.sales(*ours(11))
    assert "email_address" not in acme.sent("T1")
    assert "address" in acme.sent("T1")


# After the purchase


def test_a_click_that_a_record_gained_after_the_purchase_is_not_carried(acme: Shop) -> None:
    acme.now = BOUGHT - timedelta(days=1)
    acme.leads(lead("L1", email=EMAIL))
    acme.now = NOW
    acme.leads(lead("L1", email=EMAIL, gclid=LATER) | {"modified_at": BOUGHT + timedelta(days=1)})
    acme.sales(purchase(email=EMAIL))
    assert "gclid" not in acme.sent("T1")


def test_what_was_sent_once_and_waits_again_keeps_what_it_carries(acme: Shop) -> None:
    acme.sales(purchase(email=EMAIL))
    meta = Outbox(acme.ledger, "acme", "meta")
    meta.release(meta.claim(1, NOW)["event_id"].to_list(), NOW)
    before = acme.sent("T1")["em"], acme.sent("T1").get("ph")
    acme.leads(lead("L1", email=EMAIL, phone=PHONE))
    acme.sales(purchase(email=EMAIL))
    assert (acme.sent("T1")["em"], acme.sent("T1").get("ph")) == before


def test_a_purchase_ahead_of_the_clock_carries_no_click_that_expires_as_it_falls_due(acme: Shop) -> None:
    acme.leads(lead("L1", NOW - timedelta(days=80), email=EMAIL, gclid=GCLID))
    acme.sales(purchase(at=NOW + timedelta(days=9, hours=23), email=EMAIL))
    assert "gclid" not in acme.sent("T1")


# What could be matched and is not


def test_an_id_is_not_a_name_that_contradicts_another(acme: Shop) -> None:
    acme.leads(lead("L1", phone=PHONE, last_name="Martin", external_id="C1", gclid=GCLID))
    acme.sales(purchase(phone=PHONE, first_name="Ada", last_name="Martin"))
    assert acme.sent("T1").get("gclid") == GCLID


def test_ids_of_records_do_not_make_several_people_of_one(acme: Shop) -> None:
    acme.leads(
        *(lead(f"L{n}", phone=PHONE, last_name="Martin", external_id=f"C{n}", gclid=GCLID) for n in range(2))
    )
    acme.sales(purchase(phone=PHONE))
    assert acme.sent("T1").get("gclid") == GCLID


def test_who_asks_eleven_times_without_a_first_name_is_one_person(acme: Shop) -> None:
    acme.leads(
        *(lead(f"L{n}", email=EMAIL, last_name="Martin", external_id=f"C{n}") for n in range(11)),
    )
    assert acme.report.shared == {}


def test_what_was_dropped_by_mistake_is_learned_when_it_is_read_again(acme: Shop) -> None:
    ada = lead("L1", email=EMAIL, gclid=GCLID, first_name="Ada", last_name="Martin")
    acme.leads(ada)
    acme.settings = shop(not_customers=[EMAIL])
    acme.leads(ada)
    acme.settings = shop()
    acme.leads(ada)
    acme.sales(purchase(email=EMAIL))
    assert acme.sent("T1").get("gclid") == GCLID


def test_two_addresses_of_one_name_are_the_person_of_that_name(acme: Shop) -> None:
    ada = {"phone": PHONE, "first_name": "Ada", "last_name": "Martin"}
    acme.leads(lead("L1", email=EMAIL, gclid=GCLID, **ada), lead("L2", email=OTHER, **ada))
    acme.sales(purchase(**ada))
    assert acme.sent("T1").get("gclid") == GCLID


def test_a_number_that_is_dropped_leaves_what_an_address_leads_to(acme: Shop) -> None:
    desk = "+33145678901"
    acme.leads(lead("L1", email=EMAIL, phone=desk, gclid=GCLID))
    acme.sales(*(purchase(f"X{n}", phone=desk, email=f"p{n}@courriel.example") for n in range(11)))
    acme.sales(purchase(email=EMAIL))
    assert acme.sent("T1").get("gclid") == GCLID


def test_the_last_click_is_learned_however_many_came_before(acme: Shop) -> None:
    clicks = [f"Cj0KCQiAinvented{n:012d}" for n in range(55)]
    for start in (0, 50):
        acme.leads(
            *(
                lead(f"L{n}", ASKED + timedelta(hours=n), email=EMAIL, gclid=click)
                for n, click in enumerate(clicks)
                if start <= n < start + 50
            )
        )
    acme.sales(purchase(email=EMAIL))
    assert acme.sent("T1")["gclid"] == clicks[-1]


def test_the_last_click_counts_by_whichever_key_it_is_found(acme: Shop) -> None:
    acme.leads(
        lead("L1", email=EMAIL, gclid=GCLID),
        lead("L2", ASKED + timedelta(days=3), phone=PHONE, gclid=LATER),
    )
    acme.sales(purchase(email=EMAIL, phone=PHONE))
    assert acme.sent("T1")["gclid"] == LATER


# What the ledger says of it


def test_the_ledger_names_no_click_that_the_event_does_not_have(acme: Shop) -> None:
    acme.leads(lead("L1", email=EMAIL, gclid=GCLID, wbraid=WBRAID))
    acme.sales(purchase(email=EMAIL))
    assert acme.carried("T1", "google").keys() == {"gclid"}


def test_the_ledger_names_no_identifier_that_the_event_does_not_have(acme: Shop) -> None:
    acme.sales(purchase(email=EMAIL, first_name="Ada", client_ip="81.2.69.142", gclid=GCLID, wbraid=WBRAID))
    by_lane = {row["destination"]: row["identifiers"] for row in acme.rows("deliveries")}
    assert by_lane["google"].split() == ["email", "gclid"]


def test_what_is_skipped_carries_nothing(acme: Shop) -> None:
    acme.leads(lead("L1", email=EMAIL, phone=PHONE, gclid=GCLID))
    acme.sales(purchase(email=EMAIL, ad_user_data="no"))
    assert acme.carried("T1", "google") == {}

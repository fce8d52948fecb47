"""Who is in an audience: who joined within its days and did not leave, with a consent that lets platforms know them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from closedwon.pipeline.audiences.report import AudienceReport
from closedwon.pipeline.audiences.rules import AudienceExpressionError, AudienceRules
from closedwon.pipeline.incoming.rules import digest
from connectors.base import Gone
from tests.pipeline.audiences import BUYERS, known_as, members, states, tell, with_audiences
from tests.pipeline.shop import ASKED, BOUGHT, EMAIL, NOW, PHONE, Shop, lead, purchase, sha, shop

LEADS: dict[str, Any] = {
    "stages": ["lead"],
    "leave": ["purchase"],
    "meta": {"name": "Leads"},
    "google": {"name": "Leads"},
}
BEST: dict[str, Any] = BUYERS | {"value": "amount", "meta": {"name": "Best", "value_based": True}}


@pytest.fixture
def acme(tmp_path: Path, sqlite_url: str) -> Iterator[Shop]:
    opened = Shop(tmp_path, with_audiences(buyers=BUYERS, leads=LEADS, best=BEST), url=sqlite_url)
    yield opened
    opened.ledger.close()


def test_who_enters_a_stage_joins_as_each_platform_knows_them(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL, phone=PHONE))
    assert states(acme, "leads", "meta") == states(acme, "leads", "google") == ["joining"]
    assert sha(EMAIL) in str(known_as(acme, "leads", "meta"))
    assert sha(EMAIL) in str(known_as(acme, "leads", "google"))
    assert states(acme, "buyers") == []


def test_a_person_with_several_records_is_one_member_worth_all_of_them(acme: Shop) -> None:
    acme.sales(purchase("T1", email=EMAIL), purchase("T2", email=EMAIL.upper(), amount=30.0))
    assert members(acme, "best") == [("joining", 50.0)]
    assert members(acme, "buyers") == [("joining", None)]


def test_a_purchase_with_the_leads_phone_number_alone_is_the_leads(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL, phone=PHONE, fbclid="IwAR0inventedclick0123456789"))
    assert states(acme, "leads") == ["joining"]
    tell(acme, "leads")
    acme.sales(purchase(phone=PHONE))
    assert states(acme, "leads") == ["leaving"]


def test_without_stitching_a_person_is_one_address(acme: Shop) -> None:
    acme.settings = with_audiences(shop(stitch=False), buyers=BUYERS)
    acme.sales(
        purchase("T1", email=EMAIL, external_id="card-1"),
        purchase("T2", email=EMAIL),
        purchase("T3", phone=PHONE),
        purchase("T4", email="bob@courriel.example", ad_user_data="no"),
    )
    assert states(acme, "buyers") == ["joining", "joining"]


def test_receipts_under_a_card_alone_are_of_whoever_has_the_card(acme: Shop) -> None:
    acme.sales(purchase("T1", external_id="card-1", phone="+33612345670"))
    tell_all(acme)
    acme.sales(purchase("T2", external_id="card-1", email=EMAIL))
    assert members(acme, "best") == [("joining", 40.0), ("leaving", None)]
    tell_all(acme)
    acme.sales(purchase("T3", external_id="card-1"))
    assert members(acme, "best") == [("joining", 60.0)]


def test_a_household_with_one_number_has_a_member_for_each_address(acme: Shop) -> None:
    acme.sales(
        purchase("T1", email="ada@courriel.example", phone=PHONE),
        purchase("T2", email="bob@courriel.example", phone=PHONE),
    )
    assert members(acme, "best") == [("joining", 20.0), ("joining", 20.0)]


def test_who_enters_a_leaving_stage_later_leaves_and_joins_again_by_a_newer_entry(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL))
    tell_all(acme)
    acme.sales(purchase(email=EMAIL))
    assert states(acme, "leads") == ["leaving"]
    tell_all(acme)
    assert states(acme, "leads") == []
    acme.leads(lead("L2", at=NOW - timedelta(days=1), email=EMAIL))
    assert states(acme, "leads") == ["joining"]


def test_who_left_before_they_joined_is_in(acme: Shop) -> None:
    acme.sales(purchase(at=ASKED - timedelta(days=1), email=EMAIL))
    acme.leads(lead(email=EMAIL))
    assert states(acme, "leads") == ["joining"]


def test_what_is_kept_of_who_left_does_not_tell_who_they_are(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL, phone=PHONE))
    tell_all(acme)
    acme.sales(purchase(at=BOUGHT, email=EMAIL))
    states(acme, "leads")
    tell_all(acme)
    assert [row for row in acme.rows("audience_members") if row["audience"] == "leads"] == []
    assert not [row for row in acme.rows("audience_entries") if row["audience"] == "leads" and row["joins"]]


def test_nothing_new_is_told_of_who_is_in_already(acme: Shop) -> None:
    acme.sales(purchase(email=EMAIL))
    tell_all(acme)
    acme.sales(purchase(email=EMAIL))
    assert members(acme, "best") == [("member", 20.0)]
    assert acme.rows("audience_people") == []


def test_a_value_that_changes_is_told_where_the_platform_hears_of_values(acme: Shop) -> None:
    acme.sales(purchase(email=EMAIL))
    tell_all(acme)
    acme.sales(purchase("T2", email=EMAIL))
    assert members(acme, "best") == [("joining", 40.0)]
    assert members(acme, "buyers") == [("member", None)]


def test_a_refund_lowers_the_value_and_a_whole_one_ends_the_membership(acme: Shop) -> None:
    acme.sales(purchase(email=EMAIL))
    tell_all(acme)
    acme.sales(refund(-5.0))
    assert members(acme, "best") == [("joining", 15.0)]
    acme.sales(refund(-20.0))
    assert states(acme, "best") == ["leaving"]


def test_an_amount_in_another_currency_adds_nothing_to_a_value(acme: Shop) -> None:
    acme.sales(purchase(email=EMAIL), purchase("T2", email=EMAIL, currency="USD", amount=900.0))
    assert members(acme, "best") == [("joining", 20.0)]


def test_of_whom_no_value_is_known_is_told_as_worth_nothing(acme: Shop) -> None:
    acme.sales(purchase(email=EMAIL, currency="USD"))
    assert members(acme, "best") == [("joining", 0.0)]


def test_who_is_worth_too_little_joins_once_they_are_worth_enough(acme: Shop) -> None:
    acme.settings = with_audiences(best=BEST | {"min_value": 50})
    acme.sales(purchase(email=EMAIL))
    assert states(acme, "best") == []
    acme.sales(purchase("T2", email=EMAIL, amount=30.0))
    assert members(acme, "best") == [("joining", 50.0)]


def test_a_condition_keeps_entries_out(acme: Shop) -> None:
    acme.settings = with_audiences(buyers=BUYERS | {"where": "amount > 100 AND currency = 'EUR'"})
    acme.sales(
        purchase("T1", email="a@courriel.example", amount=100.0),
        purchase("T2", email="b@courriel.example", amount=101.0),
        purchase("T3", email="c@courriel.example", amount=None),
    )
    assert states(acme, "buyers") == ["joining"]


def test_after_its_days_a_membership_ends(acme: Shop) -> None:
    acme.sales(purchase(email=EMAIL))
    tell_all(acme)
    assert states(acme, "buyers", days=87) == ["member"]
    assert states(acme, "buyers", days=89) == ["leaving"]
    assert not [row for row in acme.rows("audience_entries") if row["audience"] == "buyers"]


def test_a_newer_entry_is_told_where_the_platform_forgets_who_is_not_added_again(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL))
    tell_all(acme)
    acme.leads(lead("L2", at=BOUGHT, email=EMAIL))
    assert states(acme, "leads", "google") == ["joining"]
    assert states(acme, "leads", "meta") == ["member"]


@pytest.mark.parametrize(
    "consent",
    [
        {"ad_user_data": "no"},
        {"ad_user_data": "perhaps"},
        {"ad_user_data": "yes", "ad_personalization": "no"},
    ],
)
def test_without_consent_nobody_joins(acme: Shop, consent: dict[str, str]) -> None:
    acme.sales(purchase(email=EMAIL, **consent))
    assert states(acme, "buyers") == []


def test_without_a_word_on_consent_nobody_joins_even_where_conversions_are_sent(acme: Shop) -> None:
    given = acme.settings.model_copy(
        update={
            "consent": acme.settings.consent.model_copy(
                update={"default": "unspecified", "unspecified": "send"}
            )
        }
    )
    acme.settings = given
    acme.sales(purchase(email=EMAIL))
    assert states(acme, "buyers") == []


def test_consent_withdrawn_in_any_record_takes_the_person_out_of_every_audience(acme: Shop) -> None:
    acme.sales(purchase(email=EMAIL))
    tell_all(acme)
    acme.leads(lead(email=EMAIL, ad_user_data="no"))
    assert states(acme, "buyers") == states(acme, "best") == ["leaving"]
    assert not [row for row in acme.rows("audience_entries") if row["identifiers"]]


def test_who_refused_by_another_record_does_not_join(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL, ad_user_data="no"))
    acme.sales(purchase(email=EMAIL, ad_user_data="yes"))
    assert states(acme, "buyers") == []


def test_consent_given_anew_joins_again(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL))
    tell_all(acme)
    acme.leads(lead(email=EMAIL, ad_user_data="no"))
    assert states(acme, "leads") == ["leaving"]
    acme.leads(lead(email=EMAIL, ad_user_data="yes"))
    assert states(acme, "leads") == ["joining"]


@pytest.mark.parametrize("sale_first", [True, False])
def test_a_refusal_that_is_taken_back_lets_the_persons_other_records_speak_again(
    acme: Shop, *, sale_first: bool
) -> None:
    if sale_first:
        acme.sales(purchase(email=EMAIL))
        tell_all(acme)
    acme.leads(lead(email=EMAIL, ad_user_data="no"))
    if sale_first:
        assert states(acme, "buyers") == ["leaving"]
        tell_all(acme)
    else:
        acme.sales(purchase(email=EMAIL))
    assert states(acme, "buyers") == []
    acme.leads(lead(email=EMAIL, ad_user_data="yes"))
    assert members(acme, "best") == [("joining", 20.0)]
    assert sha(EMAIL) in str(known_as(acme, "buyers"))


def test_a_refusal_that_only_one_of_two_records_takes_back_still_holds(acme: Shop) -> None:
    acme.sales(purchase(email=EMAIL))
    acme.leads(
        lead("L1", email=EMAIL, ad_user_data="no"),
        lead("L2", email=EMAIL, ad_user_data="no"),
    )
    acme.leads(lead("L1", email=EMAIL, ad_user_data="yes"))
    assert states(acme, "buyers") == []
    assert not [row for row in acme.rows("audience_entries") if row["identifiers"]]


def test_a_record_that_is_gone_speaks_for_nobody(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL))
    tell_all(acme)
    acme.leads(gone=[Gone("Lead", "L1")])
    assert states(acme, "leads") == ["leaving"]


def test_a_merged_record_leaves_its_person_in_by_the_one_that_is_left(acme: Shop) -> None:
    acme.leads(lead("L1", email=EMAIL), lead("L2", email=EMAIL))
    tell_all(acme)
    acme.leads(lead("L2", email=EMAIL), gone=[Gone("Lead", "L1", merged_into="L2")])
    assert states(acme, "leads") == ["member"]


def test_an_address_that_was_mended_moves_the_membership(acme: Shop) -> None:
    acme.leads(lead(email=EMAIL))
    tell_all(acme)
    acme.leads(lead(email="ada@courriel.example"))
    assert states(acme, "leads") == ["joining", "leaving"]


def test_who_no_platform_could_know_does_not_join(acme: Shop) -> None:
    acme.sales(purchase(first_name="Ada"))
    assert states(acme, "buyers") == []


def test_an_audience_that_is_declared_no_more_is_left_by_everybody(acme: Shop) -> None:
    acme.sales(purchase("T1", email=EMAIL))
    tell_all(acme)
    acme.sales(purchase("T2", email="new@courriel.example"))
    assert states(acme, "buyers") == ["joining", "member"]
    acme.settings = with_audiences(leads=LEADS)
    assert states(acme, "buyers") == ["leaving"]
    assert not [row for row in acme.rows("audience_entries") if row["audience"] == "buyers"]


def test_an_audience_that_is_declared_later_has_the_sources_read_anew(acme: Shop) -> None:
    before = digest(with_audiences(leads=LEADS), "shops")
    assert digest(with_audiences(leads=LEADS, buyers=BUYERS), "shops") != before
    renamed = LEADS | {"meta": {"name": "Other"}}
    assert digest(with_audiences(leads=renamed), "shops") == before


@pytest.mark.parametrize(
    ("changes", "key", "expected"),
    [
        ({"where": "amount >"}, "audiences.buyers.where", "a condition"),
        ({"where": "amont > 5"}, "audiences.buyers.where", "did you mean amount"),
        ({"where": "SUM(amount) > 5"}, "audiences.buyers.where", "what one row tells"),
        ({"where": "1) THEN 1 ELSE (0"}, "audiences.buyers.where", "a condition"),
        ({"value": "amont"}, "audiences.buyers.value", "did you mean amount"),
    ],
)
def test_an_expression_that_cannot_be_computed_is_named(
    changes: dict[str, Any], key: str, expected: str
) -> None:
    with pytest.raises(AudienceExpressionError) as raised:
        AudienceRules(with_audiences(buyers=BUYERS | changes))
    assert raised.value.key == key
    assert expected in str(raised.value)
    assert "CASE WHEN" not in str(raised.value)


def test_only_the_run_that_hears_of_a_refusal_is_incomplete_for_it() -> None:
    assert not AudienceReport("buyers", "google", refused=1, refused_now=1).complete
    assert AudienceReport("buyers", "google", refused=1).complete


def tell_all(acme: Shop) -> None:
    """Have the platforms accept all that they are to be told."""
    for audience, platforms in {"buyers": ("meta",), "best": ("meta",), "leads": ("meta", "google")}.items():
        for destination in platforms:
            if audience in acme.settings.audiences:
                states(acme, audience)
                tell(acme, audience, destination)


def refund(amount: float) -> dict[str, Any]:
    """What was given back of the order T1."""
    return {
        "object": "order", "record_id": "T1:refund", "order_id": "T1", "stage": "refund", "entered_at": NOW,
        "amount": amount, "currency": "EUR",
    }  # fmt: skip

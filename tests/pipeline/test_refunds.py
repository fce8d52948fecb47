"""An order is worth what was not given back, in whichever order purchase and refund are read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from closedwon.ledger import Ledger
from config.settings import ClientSettings
from tests.pipeline.taking import NOW, Intaken


def shop(value: Any = "amount", **changes: Any) -> ClientSettings:
    return ClientSettings.model_validate(
        {
            "client": "acme",
            "timezone": "Europe/Paris",
            "country": "FR",
            "currency": "EUR",
            "sources": {
                "tills": {
                    "type": "pos_files",
                    "path": "/pos/*.csv",
                    "columns": {"order_id": "Order", "entered_at": "Date", "amount": "Total"},
                }
            },
            "destinations": {"meta": {"dataset_id": "1234567890", "access_token": "invented-token"}},
            "conversions": {"purchase": {"value": value, "meta": "Purchase"}},
            "consent": {"default": "granted"},
        }
        | changes
    )


@pytest.fixture
def tills(ledger: Ledger) -> Intaken:
    return Intaken(shop(), "tills", ledger)


def purchase(order: str = "A1", amount: float = 100.0) -> dict[str, Any]:
    return {
        "order_id": order, "record_id": order, "stage": "purchase", "amount": amount, "currency": "EUR",
        "entered_at": NOW - timedelta(hours=2), "email": "invented@courriel.example",
    }  # fmt: skip


def refund(amount: float, order: str = "A1", record: str = "") -> dict[str, Any]:
    return {
        "order_id": order, "record_id": record or f"{order}:refund:{amount}", "stage": "refund",
        "amount": amount, "currency": "EUR", "entered_at": NOW - timedelta(hours=1),
    }  # fmt: skip


READINGS = {
    "together": [[purchase(), refund(-30.0)]],
    "refund later": [[purchase()], [refund(-30.0)]],
    "refund first": [[refund(-30.0)], [purchase()]],
    "all again": [[purchase(), refund(-30.0)], [purchase(), refund(-30.0)]],
    "in two parts": [[refund(-10.0)], [purchase()], [refund(-20.0)]],
}


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
def test_a_partial_refund_lowers_the_value(tills: Intaken, reading: list[list[dict[str, Any]]]) -> None:
    for batch in reading:
        tills.take(*batch)
    assert tills.deliveries() == {("A1", "purchase"): ("queued", None, 70.0)}


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
def test_an_order_that_was_given_back_is_not_sent(
    tills: Intaken, reading: list[list[dict[str, Any]]]
) -> None:
    for batch in reading:
        tills.take(*batch)
    tills.take(refund(-70.0, record="the rest"))
    assert tills.deliveries() == {("A1", "purchase"): ("skipped", "refunded", 70.0)}
    assert tills.payloads() == {"A1": None}
    tills.take(purchase())
    assert tills.deliveries()["A1", "purchase"][:2] == ("skipped", "refunded")


def test_a_refund_concerns_its_own_order_and_its_own_tills(ledger: Ledger, tills: Intaken) -> None:
    tills.take(purchase("A1"), purchase("A2"), refund(-100.0, "A2"))
    assert tills.deliveries()["A1", "purchase"] == ("queued", None, 100.0)
    other = shop()
    other.sources["other"] = other.sources["tills"]
    elsewhere = Intaken(other, "other", ledger)
    elsewhere.take(purchase("A2", 50.0))
    assert ("queued", None, 50.0) in elsewhere.deliveries().values()


def test_an_export_that_says_what_was_refunded_so_far_is_not_added_up(tills: Intaken) -> None:
    tills.take(purchase(), refund(-10.0, record="A1:refunded"))
    tills.take(purchase(), refund(-25.0, record="A1:refunded"))
    assert tills.deliveries() == {("A1", "purchase"): ("queued", None, 75.0)}


def test_more_given_back_than_was_paid_is_nothing_left(tills: Intaken) -> None:
    tills.take(purchase(), refund(-120.0))
    assert tills.deliveries()["A1", "purchase"][:2] == ("skipped", "refunded")


def test_a_margin_shrinks_with_its_order(ledger: Ledger) -> None:
    tills = Intaken(shop("amount * 0.5"), "tills", ledger)
    tills.take(purchase())
    tills.take(refund(-40.0))
    assert tills.deliveries()["A1", "purchase"] == ("queued", None, 30.0)


def test_an_order_whose_amount_was_mended_with_its_refund_keeps_the_share_of_the_new_amount(
    tills: Intaken,
) -> None:
    tills.take(purchase(amount=100.0))
    tills.take(purchase(amount=200.0), refund(-50.0))
    assert tills.deliveries() == {("A1", "purchase"): ("queued", None, 150.0)}


OTHER_CURRENCY = refund(-90.0) | {"currency": "USD"}


@pytest.mark.parametrize(
    "reading",
    [[[purchase(), OTHER_CURRENCY]], [[purchase()], [OTHER_CURRENCY]], [[OTHER_CURRENCY], [purchase()]]],
    ids=["together", "refund later", "refund first"],
)
def test_a_refund_in_another_currency_is_told_of_and_not_taken_off(
    tills: Intaken, reading: list[list[dict[str, Any]]]
) -> None:
    for batch in reading:
        tills.take(*batch)
    assert tills.deliveries() == {("A1", "purchase"): ("queued", None, 100.0)}
    assert ["another currency" in note for note in tills.report.notes] == [True]
    tills.take(refund(-30.0))
    assert tills.deliveries() == {("A1", "purchase"): ("queued", None, 70.0)}


def test_a_refund_of_no_known_currency_is_in_that_of_its_order(tills: Intaken) -> None:
    tills.take(purchase(), refund(-30.0) | {"currency": None})
    assert tills.deliveries() == {("A1", "purchase"): ("queued", None, 70.0)}
    assert tills.report.notes == []


@pytest.mark.parametrize("amount", [0.0, None])
def test_an_order_of_no_amount_has_no_share_to_lose(ledger: Ledger, amount: float | None) -> None:
    tills = Intaken(shop(80), "tills", ledger)
    tills.take(purchase() | {"amount": amount})
    tills.take(refund(-30.0))
    assert tills.deliveries() == {("A1", "purchase"): ("queued", None, 80.0)}


def test_a_fixed_value_stays_until_nothing_is_left(ledger: Ledger) -> None:
    tills = Intaken(shop(80), "tills", ledger)
    tills.take(purchase(), refund(-40.0))
    assert tills.deliveries()["A1", "purchase"] == ("queued", None, 80.0)
    tills.take(refund(-60.0))
    assert tills.deliveries()["A1", "purchase"] == ("skipped", "refunded", 80.0)


def test_a_refund_after_sending_is_counted_once_and_noted(tills: Intaken) -> None:
    tills.take(purchase())
    tills.send_all()
    tills.take(refund(-30.0))
    assert tills.report.refunded_after_sending == 1
    assert tills.told() == {"A1": (70.0, 100.0, True)}
    tills.take(refund(-30.0), purchase())
    assert tills.report.refunded_after_sending == 0
    assert (tills.report.collisions, tills.report.amended) == (0, 0)
    assert tills.told() == {"A1": (70.0, 100.0, True)}


def test_an_order_given_back_after_sending_is_worth_nothing(ledger: Ledger) -> None:
    tills = Intaken(shop(80), "tills", ledger)
    tills.take(purchase())
    tills.send_all()
    tills.take(refund(-100.0))
    assert tills.told() == {"A1": (0.0, 80.0, True)}

"""The shop chain's website and tills: who booked and bought, what ties the two together, and what only seems to."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from closedwon.sandbox.invented.bookings import KINDS, Booking, Kind
from closedwon.sandbox.invented.people import GARBAGE_EMAILS
from closedwon.sandbox.invented.purchases import Purchase
from closedwon.sandbox.invented.shared_identifiers import SHOP_EMAIL
from closedwon.sandbox.scenario import Scenario, generate
from config import load_client

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PURCHASES = 8_000
CLICK_PROPERTIES = (
    "hs_google_click_id",
    "hs_facebook_click_id",
    "gbraid",
    "wbraid",
    "facebook_lead_id",
)


@cache
def scenario() -> Scenario:
    return generate(7, leads=1, purchases=PURCHASES, now=NOW)


@cache
def purchases_by_person() -> dict[int, list[Purchase]]:
    found: dict[int, list[Purchase]] = {}
    for purchase in scenario().purchases:
        if purchase.person_id is not None:
            found.setdefault(purchase.person_id, []).append(purchase)
    return found


def bookings(kind: Kind) -> list[Booking]:
    return [booking for booking in scenario().bookings if booking.kind == kind]


def bought(booking: Booking) -> list[Purchase]:
    return purchases_by_person().get(booking.contact.person.id, [])


def digits(phone: str) -> str:
    """The last digits of a number, which every way of writing it shares."""
    return "".join(char for char in phone if char.isdigit())[-7:]


def test_there_are_six_bookings_for_a_hundred_purchases_of_every_kind() -> None:
    assert len(scenario().bookings) == pytest.approx(0.06 * PURCHASES, abs=3)
    for kind, share in KINDS.items():
        assert len(bookings(kind)) == pytest.approx(share * 0.06 * PURCHASES, abs=3), kind


def test_the_portal_holds_every_booking_as_one_contact() -> None:
    contacts = scenario().portal("lumen-shops").objects["contacts"]
    entries = scenario().site_entries
    assert len(contacts) == len(scenario().bookings) == len(entries)
    assert {entry.record_id for entry in entries} == contacts.keys()
    emails = [record.properties["email"] for record in contacts.values() if "email" in record.properties]
    assert len(emails) == len(set(emails))
    school = scenario().portal("atlas-school").objects["contacts"]
    assert not contacts.keys() & school.keys()


def test_every_booking_began_with_a_click_whose_ids_the_portal_keeps() -> None:
    contacts = scenario().portal("lumen-shops").objects["contacts"].values()
    kept = Counter(name for record in contacts for name in CLICK_PROPERTIES if name in record.properties)
    assert min(kept[name] for name in CLICK_PROPERTIES) > 5
    assert kept.total() == len(scenario().bookings)
    handed_out = {
        click_id
        for click in scenario().world.clicks
        for click_id in (click.gclid, click.gbraid, click.wbraid, click.fbclid, click.meta_lead_id)
    }
    cut = sum(
        record.properties[name] not in handed_out
        for record in contacts
        for name in CLICK_PROPERTIES
        if name in record.properties
    )
    assert 0 < cut < 0.05 * len(scenario().bookings)


def test_most_bookings_are_followed_by_a_purchase_within_the_windows() -> None:
    for booking in bookings("buyer"):
        waited = [sale.sold_at - booking.contact.created_at for sale in bought(booking)]
        assert any(timedelta(0) < time <= timedelta(days=40) for time in waited)
        assert booking.contact.click is not None
        assert booking.contact.click.clicked_at < booking.contact.created_at


def test_buyers_type_the_same_address_or_number_in_other_ways() -> None:
    same = differently = 0
    for booking in bookings("buyer"):
        for sale in bought(booking):
            if sale.phone and booking.contact.phone:
                assert digits(sale.phone) == digits(booking.contact.phone)
                same += 1
                differently += sale.phone != booking.contact.phone
    assert same > 100
    assert differently > 0.5 * same


def test_some_give_shops_an_address_that_no_platform_knows() -> None:
    known = {person.email for person in scenario().world.people.values()}
    with_one = [booking for booking in bookings("buyer") if booking.shopping_address]
    assert 0.15 < len(with_one) / len(bookings("buyer")) < 0.35
    typed = [sale.email for booking in with_one for sale in bought(booking) if "@" in sale.email.strip("@ ")]
    own = [email for email in typed if email not in GARBAGE_EMAILS and email.lower() != SHOP_EMAIL]
    assert len(own) > 20
    assert all(".shopping." in email.lower() for email in own)
    for booking in with_one:
        assert booking.shopping_address not in known
        assert booking.contact.phone


def test_what_must_not_be_put_together_is_there_too() -> None:
    for booking in bookings("late"):
        assert all(sale.sold_at <= booking.contact.created_at for sale in bought(booking))
    for booking in bookings("stale"):
        created_at = booking.contact.created_at
        assert all(sale.sold_at - created_at > timedelta(days=90) for sale in bought(booking))
    assert not any(bought(booking) for booking in bookings("visitor"))
    refused = [booking for booking in bookings("buyer") if not booking.contact.consent]
    assert 0.02 < len(refused) / len(bookings("buyer")) < 0.15


def test_a_household_is_three_people_with_one_telephone() -> None:
    homes: dict[str, list[Booking]] = {}
    for booking in bookings("household"):
        homes.setdefault(booking.contact.person.phone, []).append(booking)
    assert homes
    for members in homes.values():
        assert len({booking.contact.person.id for booking in members}) == 3
        assert len({booking.contact.email for booking in members}) == 3
        assert len({digits(booking.contact.phone or "") for booking in members}) == 1
    sales = [sale for booking in bookings("household") for sale in bought(booking)]
    assert any(sale.phone and not sale.email for sale in sales)


def test_only_a_household_shares_a_telephone() -> None:
    shared = Counter(booking.contact.person.phone for booking in scenario().bookings)
    shoppers = {
        person.phone for person in scenario().world.people.values() if 1_000_001 <= person.id < 2_000_001
    }
    assert {booking.kind for booking in scenario().bookings if shared[booking.contact.person.phone] > 1} == {
        "household"
    }
    assert not any(booking.contact.person.phone in shoppers for booking in bookings("visitor"))


def test_one_stores_cashier_types_the_shops_own_address_for_many_people() -> None:
    typed = [sale for sale in scenario().purchases if sale.email.lower() == SHOP_EMAIL]
    assert len(typed) > 0.008 * PURCHASES
    assert len({sale.store for sale in typed}) == 1
    assert len({sale.phone for sale in typed if sale.phone}) > 20
    assert {sale.email for sale in typed} > {SHOP_EMAIL}


def test_a_refund_bears_the_address_of_its_purchase() -> None:
    emails = {purchase.order_id: purchase.email for purchase in scenario().purchases}
    assert all(refund.email == emails[refund.order_id] for refund in scenario().refunds)


def test_the_clients_file_reads_the_website_and_the_tills(tmp_path: Path) -> None:
    scenario().write(tmp_path, "http://127.0.0.1:8099")
    settings = load_client(tmp_path / "clients" / "lumen-shops.yaml").settings
    assert {name: source.type for name, source in settings.sources.items()} == {
        "site": "hubspot",
        "shops": "pos_files",
    }
    assert settings.identity.stitch
    token = getattr(settings.sources["site"], "auth").token  # noqa: B009 (of one kind of source only)
    assert token.get_secret_value() == scenario().portal("lumen-shops").service_key

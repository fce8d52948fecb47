"""What putting a person's records together brings the shop chain, and that it is never somebody else's.

The same scenario is synced twice, against a sandbox each: once with stitching and once without. The sandbox knows who
everybody is, and says for each conversion which identifiers were enough by themselves.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from closedwon.cli.clients import open_ledger
from closedwon.cli.recognition import Recognition, recognition
from closedwon.pipeline.report import RunReport
from closedwon.sandbox.invented.shared_identifiers import SHOP_EMAIL
from closedwon.sandbox.scenario import Scenario
from config import load_client
from tests.end_to_end.stage import SHOPS, Stage, opened, tills

NOW = datetime.now(UTC)
SEED = 24
"""One with a household whose members bought under nothing but their telephone."""


@dataclass(frozen=True)
class Carried:
    """One identifier that a delivery has from another record."""

    destination: str
    event_id: str
    order_id: str
    happened_at: datetime
    identifier: str
    record_id: str
    by: str
    known_at: datetime


@dataclass(frozen=True)
class Synced:
    """One sync of the shop chain, and what the platforms and the ledger hold of it."""

    scenario: Scenario
    report: RunReport
    events: dict[str, list[dict[str, Any]]]
    carried: list[Carried]
    recognised: dict[str, Recognition]
    payloads: str

    def ids(self, platform: str) -> set[str]:
        key = "event_id" if platform == "meta" else "transaction_id"
        return {event[key] for event in self.events[platform]}


def synced(folder: Path, identity: str) -> Synced:
    with opened(folder, leads=1, purchases=1_200, seed=SEED, now=NOW) as stage:
        path = stage.clients / f"{SHOPS}.yaml"
        path.write_text(f"{path.read_text(encoding='utf-8')}\nidentity: {{{identity}}}\n", encoding="utf-8")
        report = stage.run(SHOPS)
        file = load_client(path)
        with open_ledger(file) as ledger:
            recognised = recognition(stage.sandbox.url, file, ledger)
        return Synced(
            stage.scenario,
            report,
            {"meta": stage.meta_events(SHOPS), "google": stage.google_events(SHOPS)},
            list(carried(stage)),
            recognised,
            str(stage.ledger_rows("SELECT payload FROM deliveries WHERE payload IS NOT NULL")),
        )


def carried(stage: Stage) -> Iterator[Carried]:
    rows = stage.ledger_rows(
        "SELECT destination, event_id, record_id, event_time, carried FROM deliveries"
        " JOIN stage_entries USING (client, event_id)"
        " WHERE carried IS NOT NULL AND deliveries.stage = 'purchase'"
    )
    for destination, event_id, order_id, happened_at, found in rows:
        for one in json.loads(found):
            yield Carried(
                destination,
                event_id,
                order_id,
                datetime.fromtimestamp(happened_at / 1e6, UTC),
                one["identifier"],
                one["record_id"],
                one["by"],
                datetime.fromisoformat(one["known_at"]),
            )


@pytest.fixture(scope="module")
def stitched(tmp_path_factory: pytest.TempPathFactory) -> Synced:
    return synced(tmp_path_factory.mktemp("stitched"), f"not_customers: [{SHOP_EMAIL}]")


@pytest.fixture(scope="module")
def unstitched(tmp_path_factory: pytest.TempPathFactory) -> Synced:
    return synced(tmp_path_factory.mktemp("unstitched"), f"stitch: false, not_customers: [{SHOP_EMAIL}]")


def people(scenario: Scenario) -> dict[str, int | None]:
    """Who each order and each contact is of, in truth."""
    return {purchase.order_id: purchase.person_id for purchase in scenario.purchases} | {
        entry.record_id: entry.person_id for entry in scenario.site_entries
    }


@pytest.mark.parametrize("platform", ["meta", "google"])
def test_stitching_lets_the_platforms_recognise_more_of_what_they_are_sent(
    stitched: Synced, unstitched: Synced, platform: str
) -> None:
    with_it, without = stitched.recognised[platform], unstitched.recognised[platform]
    assert with_it.matched > without.matched > 0.7 * len(unstitched.events[platform])
    assert with_it.without_stitching == without.matched == without.without_stitching
    assert unstitched.carried == []


@pytest.mark.parametrize("platform", ["meta", "google"])
def test_the_same_is_sent_and_besides_what_had_nothing_of_its_own_to_be_matched_by(
    stitched: Synced, unstitched: Synced, platform: str
) -> None:
    assert stitched.ids(platform) >= unstitched.ids(platform)
    gained = {one.event_id for one in stitched.carried if one.destination == platform}
    assert stitched.ids(platform) - unstitched.ids(platform) <= gained


def test_a_purchase_gains_the_click_that_it_began_with(stitched: Synced) -> None:
    gained = {(one.destination, one.identifier) for one in stitched.carried}
    assert {("google", "gclid"), ("google", "wbraid"), ("meta", "fbc"), ("meta", "lead_id")} <= gained
    matched = [event["matched_by"] for event in stitched.events["google"]]
    assert any(enough in (["gclid"], ["wbraid"]) for enough in matched)


def test_nothing_is_carried_from_after_the_purchase_or_past_a_clicks_window(stitched: Synced) -> None:
    for one in stitched.carried:
        assert one.known_at <= one.happened_at
        if one.identifier in ("gclid", "gbraid", "wbraid", "fbc", "lead_id"):
            assert one.happened_at - one.known_at <= timedelta(days=90)


def test_nobody_who_lives_alone_gains_what_somebody_else_gave(stitched: Synced) -> None:
    telephones = Counter(person.phone for person in stitched.scenario.world.people.values())
    who = people(stitched.scenario)
    alone = {person.id for person in stitched.scenario.world.people.values() if telephones[person.phone] == 1}
    of_them = [one for one in stitched.carried if who[one.order_id] in alone]
    assert len(of_them) > 100
    assert [one for one in of_them if who[one.order_id] != who[one.record_id]] == []


def test_a_refusal_on_the_website_is_a_refusal_at_the_till(stitched: Synced) -> None:
    refused = {
        booking.contact.person.id for booking in stitched.scenario.bookings if not booking.contact.consent
    }
    contacts = {entry.record_id: entry.person_id for entry in stitched.scenario.site_entries}
    assert refused
    assert not [one for one in stitched.carried if contacts.get(one.record_id) in refused]


def test_a_households_telephone_alone_carries_nothing(stitched: Synced) -> None:
    at_home = [booking.contact for booking in stitched.scenario.bookings if booking.kind == "household"]
    all_booked = max(contact.created_at for contact in at_home)
    by_telephone = {
        purchase.order_id
        for purchase in stitched.scenario.purchases
        if purchase.person_id in {contact.person.id for contact in at_home}
        and purchase.phone
        and not purchase.email
        and not purchase.loyalty_card
        and purchase.sold_at > all_booked
    }
    assert by_telephone
    assert not [one for one in stitched.carried if one.order_id in by_telephone]


def test_the_shops_own_address_is_on_no_event(stitched: Synced, unstitched: Synced) -> None:
    digest = hashlib.sha256(SHOP_EMAIL.encode()).hexdigest()
    assert any(purchase.email.lower() == SHOP_EMAIL for purchase in stitched.scenario.purchases)
    assert digest not in stitched.payloads
    assert digest not in unstitched.payloads
    assert any("not_customers" in note for note in tills(stitched.report).notes)

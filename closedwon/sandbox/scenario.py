"""Three invented clients from a seed: their people, clicks, leads and purchases, and the accounts that hear of them.

The same seed, sizes and moment give the same scenario, but for the RSA keys, which are always fresh.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from closedwon.sandbox.invented.accounts import INSTALLER, SCHOOL, SHOP_CHAIN, installer, school, shop_chain
from closedwon.sandbox.invented.bookings import KINDS, Booking, emails_typed_at_the_till, invent_bookings
from closedwon.sandbox.invented.client_files import Client, write_clients
from closedwon.sandbox.invented.leads import Lead, invent_leads
from closedwon.sandbox.invented.org_records import OrgRecords, StageEntry
from closedwon.sandbox.invented.people import invent_people
from closedwon.sandbox.invented.portal_records import PortalRecords
from closedwon.sandbox.invented.purchases import Purchase, invent_purchases
from closedwon.sandbox.invented.shared_identifiers import emails_typed_by_the_cashier, move_in_together
from closedwon.sandbox.invented.students import invent_students
from closedwon.sandbox.invented.till_files import write_till_files
from closedwon.sandbox.world import HubSpotPortal, Person, World

_CROWDS = {
    "askers": (1, {"FR": 0.82, "DE": 0.05, "GB": 0.04, "US": 0.02, "NL": 0.04, "ES": 0.03}),
    "shoppers": (1_000_001, {"FR": 0.78, "DE": 0.06, "GB": 0.06, "US": 0.03, "NL": 0.04, "ES": 0.03}),
    "learners": (2_000_001, {"FR": 0.55, "ES": 0.15, "DE": 0.12, "NL": 0.10, "GB": 0.08}),
    "visitors": (3_000_001, {"FR": 0.78, "DE": 0.06, "GB": 0.06, "US": 0.03, "NL": 0.04, "ES": 0.03}),
}
"""The first id of each crowd's people, and the shares of the countries where they live."""

_STUDENTS_PER_LEAD = 0.4
_BOOKINGS_PER_PURCHASE = 0.06
_FIRST_BOOKING = 33_100_000_001
_KNOWN_TO_A_PLATFORM = 0.85


@dataclass
class Scenario:
    """The world that the sandbox serves, and what a test may expect of it.

    Attributes:
        entries: stages that records of the installer's org entered, in every status and stage.
        school_entries: the same of the school's portal, by the stages' internal values.
        bookings: the contacts of the shop chain's portal; ``site_entries``: the stages that they entered.
        purchases: the shop chain's purchases, each order once, those that are too old for Meta included.
        refunds: receipts that give money back, under the order ids of purchases.
        unreadable_rows: rows of the till files that cannot be read, known after :meth:`write`.
    """

    seed: int
    world: World = field(repr=False)
    leads: list[Lead] = field(repr=False)
    entries: list[StageEntry] = field(repr=False)
    school_entries: list[StageEntry] = field(repr=False)
    bookings: list[Booking] = field(repr=False)
    site_entries: list[StageEntry] = field(repr=False)
    purchases: list[Purchase] = field(repr=False)
    refunds: list[Purchase] = field(repr=False)
    clients: list[Client] = field(repr=False)
    unreadable_rows: int = 0

    def portal(self, client: str) -> HubSpotPortal:
        """The HubSpot portal of the client of this name."""
        return next(one.portal for one in self.clients if one.name == client and one.portal is not None)

    def write(
        self, directory: Path, endpoint: str, *, google_ads: str | None = None, legacy_client: bool = True
    ) -> list[Path]:
        """Write ``clients/`` with YAML, ``.env``, keys and till files; returns the clients' YAML files.

        ``endpoint`` is the sandbox's address, without a path; ``google_ads`` that of its Google Ads API, which
        one more client sends its conversions to where a ``legacy_client`` is wanted.
        """
        folder = directory / "clients"
        clients = write_clients(
            folder, endpoint.rstrip("/"), self.clients, google_ads=google_ads, legacy_client=legacy_client
        )
        rng = _random(self.seed, "till files")
        _, self.unreadable_rows = write_till_files(rng, folder / "pos", self.purchases, self.refunds)
        return clients


def generate(seed: int, *, leads: int, purchases: int, now: datetime) -> Scenario:
    """Invent the clients as they stand at ``now`` (aware): so many leads, so many purchases.

    The school has two contacts for five leads of the installer, the shop chain six for a hundred purchases.

    Raises:
        ValueError: ``now`` has no zone.
    """
    if now.tzinfo is None:
        raise ValueError("now needs a zone")
    now = now.astimezone(UTC)
    askers = _crowd(seed, "askers", max(1, leads))
    learners = _crowd(seed, "learners", round(leads * _STUDENTS_PER_LEAD))
    invented_leads = invent_leads(_random(seed, "leads"), askers, leads, now)
    students = invent_students(_random(seed, "students"), learners, now)
    shops = _invent_shops(seed, purchases, now)
    org, site, portal = OrgRecords(now), PortalRecords(now, first_contact=_FIRST_BOOKING), PortalRecords(now)
    org.add(invented_leads)
    site.add(booking.contact for booking in shops.bookings)
    portal.add(students)
    clients = [
        installer(_random(seed, INSTALLER), org),
        shop_chain(_random(seed, SHOP_CHAIN), site),
        school(_random(seed, SCHOOL), portal),
    ]
    people = [*askers, *shops.shoppers, *learners, *shops.visitors]
    contacts = [*students, *(booking.contact for booking in shops.bookings)]
    clicks = [*(lead.click for lead in invented_leads), *(contact.click for contact in contacts)]
    world = World(
        now=now,
        people={person.id: person for person in people},
        clicks=[click for click in clicks if click],
        orgs=[client.org for client in clients if client.org],
        portals=[client.portal for client in clients if client.portal],
        datasets=[client.dataset for client in clients],
        accounts=[client.account for client in clients],
        known_by={platform: _known(seed, platform, people) for platform in ("meta", "google")},
    )
    return Scenario(
        seed=seed,
        world=world,
        leads=invented_leads,
        entries=org.entries,
        school_entries=portal.entries,
        bookings=shops.bookings,
        site_entries=site.entries,
        purchases=shops.purchases,
        refunds=shops.refunds,
        clients=clients,
    )


@dataclass(frozen=True)
class _Shops:
    """Who came to the shop chain and to its website, and what they bought and booked."""

    shoppers: list[Person]
    visitors: list[Person]
    purchases: list[Purchase]
    refunds: list[Purchase]
    bookings: list[Booking]


def _invent_shops(seed: int, count: int, now: datetime) -> _Shops:
    shoppers, households = move_in_together(_crowd(seed, "shoppers", max(1, count // 3)))
    bought, refunds = invent_purchases(_random(seed, "purchases"), shoppers, count, now)
    booked = round(count * _BOOKINGS_PER_PURCHASE)
    visitors = _crowd(seed, "visitors", round(booked * KINDS["visitor"]), apart_from=shoppers)
    bookings = invent_bookings(
        _random(seed, "bookings"),
        shoppers=shoppers,
        households=households,
        visitors=visitors,
        purchases=bought,
        count=booked,
        now=now,
    )
    typed = emails_typed_by_the_cashier(_random(seed, "cashier"), bought)
    typed |= emails_typed_at_the_till(_random(seed, "shopping addresses"), bookings, bought)
    return _Shops(shoppers, visitors, _with_emails(bought, typed), _with_emails(refunds, typed), bookings)


def _with_emails(receipts: Sequence[Purchase], typed: Mapping[str, str]) -> list[Purchase]:
    return [
        replace(receipt, email=typed[receipt.order_id]) if receipt.order_id in typed else receipt
        for receipt in receipts
    ]


def _random(seed: int, part: str) -> random.Random:
    """A generator a part, so that more of one thing does not change the others."""
    return random.Random(f"{seed}:{part}")


def _crowd(seed: int, part: str, count: int, *, apart_from: Sequence[Person] = ()) -> list[Person]:
    first_id, countries = _CROWDS[part]
    return invent_people(_random(seed, part), countries, count, first_id=first_id, apart_from=apart_from)


def _known(seed: int, platform: str, people: Sequence[Person]) -> frozenset[int]:
    rng = _random(seed, f"known by {platform}")
    return frozenset(person.id for person in people if rng.random() < _KNOWN_TO_A_PLATFORM)

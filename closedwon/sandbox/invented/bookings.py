"""Invents who clicked an ad of the shop chain and booked an eye test on its website, and whether they bought.

Most of them give the website and the till the same e-mail or number, typed differently. The rest is what makes
putting the two together hard: bookings that were made after the purchase or long before it, households with one
telephone, consent refused, and people with an address for shops alone, which no platform has an account of.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Literal

from closedwon.sandbox.invented.ad_clicks import google_click, google_ios_click, meta_click, meta_lead_form
from closedwon.sandbox.invented.contacts import Contact, MakeClick, kept_ids, to_the_millisecond
from closedwon.sandbox.invented.people import (
    GARBAGE_EMAILS,
    shopping_address,
    write_country,
    write_email,
    write_phone,
)
from closedwon.sandbox.invented.purchases import Purchase
from closedwon.sandbox.invented.shared_identifiers import HOUSEHOLD_SIZE, Household
from closedwon.sandbox.world import Person

Kind = Literal["buyer", "late", "stale", "household", "visitor"]

KINDS: dict[Kind, float] = {"buyer": 0.54, "late": 0.08, "stale": 0.06, "household": 0.06, "visitor": 0.26}
"""Kinds of bookings to their shares.

``buyer``: booked some weeks before one of their purchases; ``late``: booked after the last of them; ``stale``: booked
more than 90 days before the first; ``household``: one of three that share a telephone; ``visitor``: never bought.
"""

_Sales = Sequence[datetime]
_BOOKED: dict[Kind, Callable[[random.Random, _Sales, datetime], datetime]] = {
    "buyer": lambda rng, sales, _: rng.choice(sales) - _days(rng, 0.5, 40),
    "late": lambda rng, sales, latest: max(sales) + rng.random() * (latest - max(sales)),
    "stale": lambda rng, sales, _: min(sales) - _days(rng, 95, 125),
    "household": lambda rng, _, latest: latest - _days(rng, 20, 50),
    "visitor": lambda rng, _, latest: latest - _days(rng, 0, 30),
}
"""When a booking of each kind was made, from the person's purchases and the latest moment that there is."""

_SOURCES: dict[MakeClick, tuple[float, str]] = {
    google_click: (0.36, "PAID_SEARCH"),
    google_ios_click: (0.14, "PAID_SEARCH"),
    meta_click: (0.32, "PAID_SOCIAL"),
    meta_lead_form: (0.18, "PAID_SOCIAL"),
}
"""What was clicked to its share, and HubSpot's name for the source."""

_SETTLED = timedelta(minutes=15)
"""How long before now the portal's last change lies: search finds changes late."""

_SHOPPING_ADDRESS = 0.25
_NO_EMAIL = 0.06
_NO_PHONE = 0.25
_CONSENT_REFUSED = 0.07


@dataclass(frozen=True, slots=True)
class Booking:
    """One booking: the contact that the portal holds, and what is so in truth.

    Attributes:
        kind: one of :data:`KINDS`.
        shopping_address: the e-mail that the person gives the website and the till alike, where it is none that a
            platform knows.
    """

    contact: Contact
    kind: Kind
    shopping_address: str | None


def invent_bookings(
    rng: random.Random,
    *,
    shoppers: Sequence[Person],
    households: Sequence[Household],
    visitors: Sequence[Person],
    purchases: Sequence[Purchase],
    count: int,
    now: datetime,
) -> list[Booking]:
    """Invent about ``count`` bookings of different people, oldest first; fewer where there are not so many people.

    ``purchases`` are of ``shoppers``, ``households`` of some of these, and ``visitors`` never bought.
    """
    latest = now - _SETTLED
    sales = _sales_by_person(purchases)
    homes = rng.sample(households, min(len(households), int(count * KINDS["household"] / HOUSEHOLD_SIZE)))
    together = {person.id for home in households for person in home}
    buyers = _buyers(rng, shoppers, purchases, together)
    people: dict[Kind, Iterator[Person]] = {
        "household": chain.from_iterable(homes),
        "visitor": iter(visitors),
        "buyer": buyers,
        "late": buyers,
        "stale": buyers,
    }
    bookings = [
        _book(rng, kind, person, sales.get(person.id, []), latest)
        for kind, who in people.items()
        for person in islice(who, round(count * KINDS[kind]))
    ]
    return sorted(bookings, key=lambda booking: booking.contact.created_at)


def emails_typed_at_the_till(
    rng: random.Random, bookings: Iterable[Booking], purchases: Iterable[Purchase]
) -> dict[str, str]:
    """Order id to the e-mail that those with an address for shops gave in place of the one that platforms know."""
    personas = {
        booking.contact.person.id: replace(booking.contact.person, email=booking.shopping_address)
        for booking in bookings
        if booking.shopping_address
    }
    return {
        purchase.order_id: write_email(rng, personas[purchase.person_id])
        for purchase in purchases
        if purchase.person_id in personas and _is_own(purchase.email)
    }


def _buyers(
    rng: random.Random, shoppers: Sequence[Person], purchases: Sequence[Purchase], but: set[int]
) -> Iterator[Person]:
    """Shoppers who left something at a till, those who buy often rather sooner than later, each once."""
    people = {person.id: person for person in shoppers}
    left = [
        purchase.person_id
        for purchase in purchases
        if purchase.person_id is not None and (purchase.phone or _is_own(purchase.email))
    ]
    rng.shuffle(left)
    return (people[person_id] for person_id in dict.fromkeys(left) if person_id not in but)


def _sales_by_person(purchases: Iterable[Purchase]) -> dict[int, list[datetime]]:
    sales: dict[int, list[datetime]] = {}
    for purchase in purchases:
        if purchase.person_id is not None:
            sales.setdefault(purchase.person_id, []).append(purchase.sold_at.astimezone(UTC))
    return sales


def _is_own(email: str) -> bool:
    return bool(email) and email not in GARBAGE_EMAILS


def _book(rng: random.Random, kind: Kind, person: Person, sales: _Sales, latest: datetime) -> Booking:
    created_at = to_the_millisecond(_BOOKED[kind](rng, sales, latest))
    (make,) = rng.choices(list(_SOURCES), weights=[share for share, _ in _SOURCES.values()])
    click = make(rng, person.id, created_at)
    address = shopping_address(person) if kind == "buyer" and rng.random() < _SHOPPING_ADDRESS else None
    typed = replace(person, email=address or person.email)
    # A household is one by its number, and with an address for shops the number is what a platform may know.
    left = 1.0 if address or kind == "household" else rng.random()
    contact = Contact(
        person=person,
        source=_SOURCES[make][1],
        click=click,
        email=None if left < _NO_EMAIL else write_email(rng, typed).strip().lower(),
        phone=None if _NO_EMAIL <= left < _NO_EMAIL + _NO_PHONE else write_phone(rng, person),
        country=write_country(rng, person),
        click_ids=kept_ids(rng, click),
        consent=rng.random() >= _CONSENT_REFUSED,
        lifecycle=(("lead", created_at),),
    )
    return Booking(contact, kind, address)


def _days(rng: random.Random, soonest: float, latest: float) -> timedelta:
    return timedelta(days=rng.uniform(soonest, latest))

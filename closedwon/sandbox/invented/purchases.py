"""Invents the purchases of a shop chain: who bought what for how much, and who brought it back.

A third of them nobody can tell whose they were; the rest left an e-mail, a number or both at the till.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from closedwon.sandbox.invented.people import GARBAGE_EMAILS, write_email, write_phone
from closedwon.sandbox.world import Person

ZONE = ZoneInfo("Europe/Paris")
STORES = {
    "centre": ("Paris Bastille", "Paris Ternes", "Lyon Bellecour"),
    "north": ("Lille Flandres", "Rouen Horloge", "Amiens Beffroi"),
    "south": ("Nîmes Arènes", "Toulouse Capitole", "Nice Masséna"),
}
"""Region to its stores; each region has a till of its own make."""

_DAYS_BACK = 30
_OLD_SHARE = 0.03
_OLD_DAYS = (63, 110)
_REFUND_EVERY = 50
_WALK_IN = 0.30
_OPENING_HOUR, _CLOSING_HOUR = 9, 20


@dataclass(frozen=True, slots=True)
class Purchase:
    """One receipt.

    Attributes:
        sold_at: in the shops' zone, whole seconds.
        amount: EUR with two decimals; of a refund, how much was given back.
        person_id: who it was in truth, or None for somebody who left nothing.
        consent: "yes", "no" or empty, as the till asked.
    """

    order_id: str
    region: str
    store: str
    sold_at: datetime
    amount: float
    person_id: int | None
    email: str
    phone: str
    first_name: str
    last_name: str
    postal_code: str
    loyalty_card: str
    consent: str
    refund: bool = False


def invent_purchases(
    rng: random.Random, people: Sequence[Person], count: int, now: datetime
) -> tuple[list[Purchase], list[Purchase]]:
    """Invent ``count`` purchases with unique order ids, oldest first, and the refunds of some of them."""
    moments = sorted(_moment(rng, now) for _ in range(count))
    purchases = [_invent(rng, people, number, moment) for number, moment in enumerate(moments, start=1)]
    return purchases, [_refund(rng, bought, now) for bought in purchases[::_REFUND_EVERY]]


def _moment(rng: random.Random, now: datetime) -> datetime:
    days = rng.randint(*_OLD_DAYS) if rng.random() < _OLD_SHARE else rng.randint(1, _DAYS_BACK)
    opened = (now.astimezone(ZONE) - timedelta(days=days)).replace(hour=_OPENING_HOUR, minute=0, second=0)
    seconds = rng.randrange(3600 * (_CLOSING_HOUR - _OPENING_HOUR))
    return opened.replace(microsecond=0) + timedelta(seconds=seconds)


def _invent(rng: random.Random, people: Sequence[Person], number: int, moment: datetime) -> Purchase:
    region = rng.choice(tuple(STORES))
    amount = round(min(2_400.0, 5 + rng.expovariate(1 / 55)), 2)
    anonymous = Purchase(
        order_id=f"{region[0].upper()}{number:07d}",
        region=region,
        store=rng.choice(STORES[region]),
        sold_at=moment,
        amount=amount,
        person_id=None,
        email="",
        phone="",
        first_name="",
        last_name="",
        postal_code="",
        loyalty_card="",
        consent="",
    )
    return anonymous if rng.random() < _WALK_IN else _bought_by(rng, anonymous, rng.choice(people))


def _bought_by(rng: random.Random, purchase: Purchase, person: Person) -> Purchase:
    left = rng.random()
    email = write_email(rng, person) if left < 0.75 else ""
    if 0.73 < left < 0.75:
        email = rng.choice(GARBAGE_EMAILS)
    member = rng.random() < 0.6
    return replace(
        purchase,
        person_id=person.id,
        email=email,
        phone=write_phone(rng, person) if left > 0.45 else "",
        first_name=person.first_name if member else "",
        last_name=person.last_name if member else "",
        postal_code=person.postal_code if member else "",
        loyalty_card=f"{person.id:013d}" if member else "",
        consent=rng.choices(("yes", "no", ""), weights=(80, 6, 14))[0],
    )


def _refund(rng: random.Random, bought: Purchase, now: datetime) -> Purchase:
    """Some of it comes back some days later, under the order's own id."""
    returned = bought.sold_at + timedelta(days=rng.randint(1, 9), seconds=rng.randrange(3600))
    latest = now.astimezone(ZONE).replace(microsecond=0) - timedelta(minutes=30)
    share = rng.choice((1, 1, 0.5))
    return replace(bought, sold_at=min(returned, latest), amount=round(bought.amount * share, 2), refund=True)

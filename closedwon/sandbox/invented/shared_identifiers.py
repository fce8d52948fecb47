"""What several people share: the telephone of a household, and the shop's own e-mail that a cashier types.

Neither says which person it is, though both look as if they did.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

from closedwon.sandbox.invented.purchases import Purchase
from closedwon.sandbox.world import Person

SHOP_EMAIL = "caisse@lumen-shops.example"

Household = tuple[Person, ...]
HOUSEHOLD_SIZE = 3

_HOUSEHOLD_EVERY = 60
_STORE = "Lyon Bellecour"
_CASHIER_SHARE = 0.25
_SHOP_EMAIL_FORMS = (SHOP_EMAIL, SHOP_EMAIL, SHOP_EMAIL.upper())


def move_in_together(people: Sequence[Person]) -> tuple[list[Person], list[Household]]:
    """Let three people in every sixty live together: one telephone, one address; returns everybody, and households."""
    settled = list(people)
    households = []
    for start in range(0, len(people) - HOUSEHOLD_SIZE + 1, _HOUSEHOLD_EVERY):
        members = slice(start, start + HOUSEHOLD_SIZE)
        settled[members] = [_at_home_of(people[start], person) for person in people[members]]
        households.append(tuple(settled[members]))
    return settled, households


def emails_typed_by_the_cashier(rng: random.Random, purchases: Iterable[Purchase]) -> dict[str, str]:
    """Order id to the shop's e-mail, for many of one store's customers who gave no e-mail themselves."""
    return {
        purchase.order_id: rng.choice(_SHOP_EMAIL_FORMS)
        for purchase in purchases
        if purchase.store == _STORE and not purchase.email and rng.random() < _CASHIER_SHARE
    }


def _at_home_of(host: Person, person: Person) -> Person:
    return replace(
        person,
        phone=host.phone,
        country=host.country,
        city=host.city,
        state=host.state,
        postal_code=host.postal_code,
    )

"""Invents the prospective students of a language school: who asks, after which ad, and how far they come.

As dirty as a HubSpot portal gets: it takes no malformed address and knows nobody twice by one, but addresses are
missing, click ids cut off, consent refused, deals moved back and forth, won without an amount or below zero.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from closedwon.sandbox.invented.ad_clicks import google_click, meta_click
from closedwon.sandbox.invented.contacts import Contact, MakeClick, Step, kept_ids, to_the_millisecond
from closedwon.sandbox.invented.people import write_country, write_email, write_phone
from closedwon.sandbox.world import Person

_DAYS_BACK = 21
_RECENT_DAYS = 6
_RECENT_SHARE = 0.6
_SETTLED = timedelta(minutes=15)
"""How long before now the portal's last change lies: search finds changes late."""

_Next = tuple[float, str, tuple[float, float]]
_LIFECYCLE: dict[str, tuple[_Next, ...]] = {
    "lead": ((0.62, "marketingqualifiedlead", (0.5, 30)),),
    "marketingqualifiedlead": ((0.66, "salesqualifiedlead", (2, 40)),),
    "salesqualifiedlead": ((0.72, "opportunity", (1, 36)),),
}
_DEAL: dict[str, tuple[_Next, ...]] = {
    "appointmentscheduled": ((0.78, "contractsent", (4, 50)), (0.12, "closedlost", (12, 80))),
    "contractsent": (
        (0.05, "appointmentscheduled", (2, 20)),
        (0.58, "closedwon", (6, 60)),
        (0.25, "closedlost", (12, 72)),
    ),
}
"""Stage to the chance of each next stage, and after how many hours; who reaches none stays where they are."""

_SOURCES: dict[str, tuple[float, MakeClick | None]] = {
    "PAID_SEARCH": (0.40, google_click),
    "PAID_SOCIAL": (0.32, meta_click),
    "ORGANIC_SEARCH": (0.16, None),
    "REFERRALS": (0.07, None),
    "OFFLINE": (0.05, None),
}
"""Original traffic source to its share, and what the ad platform handed out for it."""

_NO_EMAIL = 0.05
_NO_PHONE = 0.25
_CONSENT_REFUSED = 0.07
_NO_AMOUNT_EVERY = 40
_NEGATIVE_EVERY = 60


def invent_students(rng: random.Random, people: Sequence[Person], now: datetime) -> list[Contact]:
    """Invent one contact a person over the three weeks before ``now``, oldest first."""
    latest = now - _SETTLED
    created = sorted(_created(rng, latest) for _ in people)
    return [
        _invent(rng, person, moment, latest, nth)
        for nth, (person, moment) in enumerate(zip(people, created, strict=True))
    ]


def _created(rng: random.Random, latest: datetime) -> datetime:
    recent = rng.random() < _RECENT_SHARE
    days = rng.uniform(0, _RECENT_DAYS) if recent else rng.uniform(_RECENT_DAYS, _DAYS_BACK)
    return to_the_millisecond(latest - timedelta(days=days))


def _invent(rng: random.Random, person: Person, created_at: datetime, latest: datetime, nth: int) -> Contact:
    (source,) = rng.choices(list(_SOURCES), weights=[share for share, _ in _SOURCES.values()])
    make = _SOURCES[source][1]
    click = make(rng, person.id, created_at) if make else None
    lifecycle = _journey(rng, _LIFECYCLE, ("lead", created_at), latest)
    deal: tuple[Step, ...] = ()
    if lifecycle[-1][0] == "opportunity":
        deal = _journey(rng, _DEAL, ("appointmentscheduled", lifecycle[-1][1]), latest)
    if deal and deal[-1][0] == "closedwon":
        lifecycle = (*lifecycle, ("customer", deal[-1][1] + timedelta(seconds=2)))
    no_email = rng.random() < _NO_EMAIL
    return Contact(
        person=person,
        source=source,
        click=click,
        email=None if no_email else write_email(rng, person).strip().lower(),
        phone=None if not no_email and rng.random() < _NO_PHONE else write_phone(rng, person),
        country=write_country(rng, person),
        click_ids=kept_ids(rng, click),
        consent=rng.random() >= _CONSENT_REFUSED,
        lifecycle=lifecycle,
        deal_steps=deal,
        amount=_amount(rng, nth) if deal else None,
    )


def _journey(
    rng: random.Random, following: dict[str, tuple[_Next, ...]], first: Step, latest: datetime
) -> tuple[Step, ...]:
    steps = [first]
    while True:
        stage, moment = steps[-1]
        luck = rng.random()
        for chance, next_stage, (soonest, last) in following.get(stage, ()):
            luck -= chance
            if luck < 0:
                moment += timedelta(milliseconds=round(3_600_000 * rng.uniform(soonest, last)))
                steps.append((next_stage, moment))
                break
        else:
            return tuple(steps)
        if moment > latest:
            return tuple(steps[:-1])


def _amount(rng: random.Random, nth: int) -> float | None:
    amount = float(rng.randrange(240, 2_900, 20))
    if nth % _NO_AMOUNT_EVERY == 3:
        return None
    return -amount if nth % _NEGATIVE_EVERY == 5 else amount

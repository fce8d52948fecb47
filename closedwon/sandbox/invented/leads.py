"""Invents the leads of a solar installer: who asks, after which ad, how far they come, and what the CRM makes of it.

Dirty on purpose, as CRMs are: missing and nonsensical e-mails, numbers in every style, click ids that a form cut
off, people who ask twice, consent refused, deals won for nothing or for less than nothing, a clock that runs fast.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from closedwon.sandbox.invented.ad_clicks import google_click, meta_click, meta_lead_form
from closedwon.sandbox.invented.people import GARBAGE_EMAILS, write_country, write_email, write_phone
from closedwon.sandbox.world import Click, Person

LEAD_STAGES = ("New", "Working", "Qualified", "Unqualified")

_DAYS_BACK = 21
_RECENT_DAYS = 6
_RECENT_SHARE = 0.6
_SETTLED = timedelta(minutes=15)
"""How long before now the org's last change lies: Salesforce shows changes late."""

_Step = tuple[float, str, tuple[float, float]]
_NEXT: dict[str, tuple[_Step, ...]] = {
    "New": ((0.85, "Working", (0.5, 30)),),
    "Working": ((0.60, "Qualified", (4, 48)), (0.25, "Unqualified", (6, 72))),
    "Qualified": ((0.75, "Proposal", (1, 36)),),
    "Proposal": ((0.75, "Negotiation", (8, 60)), (0.15, "Closed Lost", (24, 96))),
    "Negotiation": ((0.60, "Closed Won", (8, 60)), (0.30, "Closed Lost", (12, 72))),
}
"""Stage to the chance of each next stage, and after how many hours; a lead that reaches none stays where it is."""

_MakeClick = Callable[[random.Random, int, datetime], Click]
_SOURCES: dict[str, tuple[float, _MakeClick | None]] = {
    "Google Ads": (0.35, google_click),
    "Facebook Ads": (0.20, meta_click),
    "Facebook Lead Ads": (0.20, meta_lead_form),
    "Web": (0.15, None),
    "Partner Referral": (0.10, None),
}
"""Lead source to its share, and what the ad platform handed out for it."""

_ASKS_TWICE = 0.04
_ANONYMOUS = 0.015
_NO_EMAIL = 0.04
_GARBAGE_EMAIL = 0.02
_NO_PHONE = 0.15
_CUT_CLICK_ID = 0.01
_CONSENT_REFUSED = 0.08
_AMOUNT_REVISED = 0.3


@dataclass(frozen=True, slots=True)
class Lead:
    """One lead as the CRM holds it, and its journey.

    Attributes:
        person: who it is in truth; the CRM's own e-mail, phone and name may differ or be missing.
        steps: (stage, UTC time) in order, Lead statuses first, then the opportunity's stages.
        offered: amount at the first proposal, in EUR; amount: at the end, perhaps missing or negative.
    """

    person: Person
    created_at: datetime
    source: str
    click: Click | None
    first_name: str | None
    last_name: str
    email: str | None
    phone: str | None
    country: str | None
    gclid: str | None
    fbclid: str | None
    meta_lead_id: str | None
    consent: bool
    steps: tuple[tuple[str, datetime], ...]
    offered: float
    amount: float | None
    settled_at: datetime

    @property
    def anonymous(self) -> bool:
        """Whether nothing in the CRM says who it is."""
        return self.first_name is None

    def opportunity_steps(self) -> list[tuple[str, datetime]]:
        """Stages of the opportunity that the lead was converted into; empty where it was not."""
        return [step for step in self.steps if step[0] not in LEAD_STAGES]

    def lead_steps(self) -> list[tuple[str, datetime]]:
        """Statuses of the lead itself."""
        return [step for step in self.steps if step[0] in LEAD_STAGES]


def invent_leads(rng: random.Random, people: Sequence[Person], count: int, now: datetime) -> list[Lead]:
    """Invent ``count`` leads over the three weeks before ``now``, oldest first."""
    latest = now - _SETTLED
    created = sorted(_created(rng, latest) for _ in range(count))
    leads: list[Lead] = []
    for index, moment in enumerate(created):
        again = bool(leads) and rng.random() < _ASKS_TWICE
        person = rng.choice(leads).person if again else people[index % len(people)]
        leads.append(_invent(rng, person, moment, latest))
    return _with_odd_deals(rng, leads, now)


def _created(rng: random.Random, latest: datetime) -> datetime:
    days = (
        rng.uniform(0, _RECENT_DAYS)
        if rng.random() < _RECENT_SHARE
        else rng.uniform(_RECENT_DAYS, _DAYS_BACK)
    )
    return (latest - timedelta(days=days)).replace(microsecond=0)


def _invent(rng: random.Random, person: Person, created_at: datetime, latest: datetime) -> Lead:
    anonymous = rng.random() < _ANONYMOUS
    source, click = ("Web", None) if anonymous else _origin(rng, person, created_at)
    offered = float(rng.randrange(8_000, 25_000, 50))
    revised = rng.random() < _AMOUNT_REVISED
    steps = _journey(rng, created_at, latest)
    return Lead(
        person=person,
        created_at=created_at,
        source=source,
        click=click,
        first_name=None if anonymous else person.first_name,
        last_name="[not provided]" if anonymous else person.last_name,
        email=None if anonymous else _email(rng, person),
        phone=None if anonymous or rng.random() < _NO_PHONE else write_phone(rng, person),
        country=_country(rng, person),
        gclid=_as_the_form_kept_it(rng, click.gclid if click else None),
        fbclid=_as_the_form_kept_it(rng, click.fbclid if click else None),
        meta_lead_id=click.meta_lead_id if click else None,
        consent=rng.random() >= _CONSENT_REFUSED,
        steps=steps,
        offered=offered,
        amount=round(offered * rng.uniform(0.85, 1.1), 2) if revised else offered,
        settled_at=steps[-1][1],
    )


def _origin(rng: random.Random, person: Person, created_at: datetime) -> tuple[str, Click | None]:
    (source,) = rng.choices(list(_SOURCES), weights=[share for share, _ in _SOURCES.values()])
    make = _SOURCES[source][1]
    return source, make(rng, person.id, created_at) if make else None


def _email(rng: random.Random, person: Person) -> str | None:
    habit = rng.random()
    if habit < _NO_EMAIL:
        return None
    return rng.choice(GARBAGE_EMAILS) if habit < _NO_EMAIL + _GARBAGE_EMAIL else write_email(rng, person)


def _country(rng: random.Random, person: Person) -> str | None:
    """The installer's own country often goes without saying; another never does."""
    return None if person.country == "FR" and rng.random() < 0.2 else write_country(rng, person)


def _as_the_form_kept_it(rng: random.Random, click_id: str | None) -> str | None:
    if click_id is None or rng.random() >= _CUT_CLICK_ID:
        return click_id
    return rng.choice(("(not set)", click_id[:15]))


def _journey(rng: random.Random, created_at: datetime, latest: datetime) -> tuple[tuple[str, datetime], ...]:
    steps = [("New", created_at)]
    while True:
        stage, moment = steps[-1]
        luck = rng.random()
        for chance, next_stage, (soonest, last) in _NEXT.get(stage, ()):
            luck -= chance
            if luck < 0:
                moment += timedelta(seconds=round(3600 * rng.uniform(soonest, last)))
                steps.append((next_stage, moment))
                break
        else:
            return tuple(steps)
        if moment > latest:
            return tuple(steps[:-1])


def _with_odd_deals(rng: random.Random, leads: list[Lead], now: datetime) -> list[Lead]:
    """Some won deals without an amount, some below zero, and some that a fast clock dates into the future."""
    odd = list(leads)
    won = [index for index, lead in enumerate(leads) if lead.steps[-1][0] == "Closed Won"]
    for nth, index in enumerate(won):
        lead = leads[index]
        if nth % 40 == 3:
            odd[index] = replace(lead, amount=None)
        elif nth % 60 == 5:
            odd[index] = replace(lead, amount=-lead.offered)
        elif nth % 50 == 7:
            ahead = (now + timedelta(hours=rng.randint(1, 6))).replace(microsecond=0)
            odd[index] = replace(lead, steps=(*lead.steps[:-1], ("Closed Won", ahead)))
    return odd

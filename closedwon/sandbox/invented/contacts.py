"""A contact as a HubSpot portal holds it, whoever the portal belongs to, and their journey."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from closedwon.sandbox.world import Click, Person

Step = tuple[str, datetime]
"""A stage's internal value, and when it was entered (UTC, milliseconds)."""

MakeClick = Callable[[random.Random, int, datetime], Click]
"""Invents the click of a person (id) that led to what they did at a moment."""

_CUT_CLICK_ID = 0.01
_NOT_IDS = {"person_id", "platform", "clicked_at"}
_CLICK_IDS = tuple(field.name for field in fields(Click) if field.name not in _NOT_IDS)


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact.

    Attributes:
        person: who it is in truth; e-mail and phone of the portal may be missing or written otherwise.
        source: HubSpot's original traffic source.
        click: what the ad platform knows of where they came from.
        click_ids: what the form kept of it, under the names that :class:`~closedwon.sandbox.world.Click` has.
        lifecycle: stages of the contact; deal_steps: stages of their deal, empty where there is none.
        amount: of the deal in EUR, perhaps missing or negative.
    """

    person: Person
    source: str
    click: Click | None
    email: str | None
    phone: str | None
    country: str
    click_ids: Mapping[str, str]
    consent: bool
    lifecycle: tuple[Step, ...]
    deal_steps: tuple[Step, ...] = ()
    amount: float | None = None

    @property
    def created_at(self) -> datetime:
        """When the contact was made."""
        return self.lifecycle[0][1]


def kept_ids(rng: random.Random, click: Click | None) -> dict[str, str]:
    """The ids of a click as a form keeps them: now and then one is cut off."""
    if click is None:
        return {}
    given = {name: click_id for name in _CLICK_IDS if (click_id := getattr(click, name))}
    return {
        name: click_id[:15] if rng.random() < _CUT_CLICK_ID else click_id for name, click_id in given.items()
    }


def to_the_millisecond(moment: datetime) -> datetime:
    """HubSpot's times are whole milliseconds."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

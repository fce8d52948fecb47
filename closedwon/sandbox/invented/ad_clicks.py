"""Invents the ids that ad platforms hand out: Google click ids, those of iOS, Meta click ids, Meta lead ids."""

from __future__ import annotations

import random
import string
from datetime import datetime, timedelta

from closedwon.sandbox.world import Click

_BASE64URL = string.ascii_letters + string.digits + "-_"
_GCLID_STARTS = ("Cj0KCQiA", "EAIaIQobChMI", "CjwKCAiA")
_GBRAID_START, _WBRAID_START = "0AAAAA", "CjgKCQ"
_GBRAID_SHARE = 0.2
_FBCLID_STARTS = ("IwAR", "IwY2xjaw", "PAZXh0bgNh")


def google_click(rng: random.Random, person_id: int, before: datetime) -> Click:
    """A click on a Google ad some minutes to two days before the form was filled in."""
    length = rng.randint(60, 90)
    start = rng.choice(_GCLID_STARTS)
    gclid = start + _base64url(rng, length - len(start))
    return Click(person_id, "google", before - timedelta(minutes=rng.randint(2, 2880)), gclid=gclid)


def google_ios_click(rng: random.Random, person_id: int, before: datetime) -> Click:
    """A click on a Google ad on an iPhone, some minutes to two days before the form was filled in."""
    clicked_at = before - timedelta(minutes=rng.randint(2, 2880))
    if rng.random() < _GBRAID_SHARE:
        return Click(person_id, "google", clicked_at, gbraid=_GBRAID_START + _base64url(rng, 37))
    return Click(person_id, "google", clicked_at, wbraid=_WBRAID_START + _base64url(rng, 62))


def meta_click(rng: random.Random, person_id: int, before: datetime) -> Click:
    """A click on a Meta ad some minutes to two days before the form was filled in."""
    fbclid = rng.choice(_FBCLID_STARTS) + _base64url(rng, 57)
    return Click(person_id, "meta", before - timedelta(minutes=rng.randint(2, 2880)), fbclid=fbclid)


def meta_lead_form(rng: random.Random, person_id: int, before: datetime) -> Click:
    """A Meta instant form, whose lead id has 15 to 17 digits; the CRM has it within minutes."""
    digits = rng.randint(15, 17)
    lead_id = str(rng.randrange(10 ** (digits - 1), 10**digits))
    return Click(person_id, "meta", before - timedelta(minutes=rng.randint(1, 10)), meta_lead_id=lead_id)


def _base64url(rng: random.Random, length: int) -> str:
    return "".join(rng.choices(_BASE64URL, k=length))

"""Both readings of the platforms' pages, the product's and the sandbox's, agree on people however they write."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import replace

import polars as pl
import pytest

from closedwon.sandbox import reading
from closedwon.sandbox.invented.countries import COUNTRIES
from closedwon.sandbox.invented.people import (
    PHONE_STYLES,
    invent_people,
    write_country,
    write_email,
    write_phone,
)
from matching import identifiers

PEOPLE = 3_000
WRITINGS = 2


def _typed(rng, text):
    """A name as somebody typed it: its letters composed or not, spaces around, capitals that come back the same."""
    loud = text.upper() if text.upper().lower() == text else text
    return rng.choice([text, f"  {text}\u00a0", unicodedata.normalize("NFD", text), loud, f"'{text}"])


def _date(rng, iso):
    year, month, day = iso.split("-")
    return rng.choice(
        [iso, f"{year}{month}{day}", f"{day}/{month}/{year}", f"{int(day)}.{int(month)}.{year}"]
    )


@pytest.fixture(scope="module")
def written():
    """People, and rows as a CRM has them: every person several times."""
    rng = random.Random(20261122)
    people = invent_people(rng, dict.fromkeys(COUNTRIES, 1), PEOPLE, first_id=1) * WRITINGS
    rows = [
        {
            "email": write_email(rng, person),
            "phone": write_phone(rng, person),
            "first_name": _typed(rng, person.first_name),
            "last_name": _typed(rng, person.last_name),
            "date_of_birth": _date(rng, person.date_of_birth),
            "gender": rng.choice([person.gender, {"f": "Female", "m": "Male"}[person.gender]]),
            "city": _typed(rng, person.city),
            "state": _typed(rng, person.state),
            "postal_code": rng.choice(
                [person.postal_code, person.postal_code.lower(), f" {person.postal_code}"]
            ),
            "country": write_country(rng, person),
        }
        for person in people
    ]
    return people, rows


def _hashes(texts):
    return [reading.sha256(text) for text in texts]


def test_they_agree_on_what_meta_gets(written):
    people, rows = written
    found = identifiers(pl.DataFrame(rows), "meta", None, birth_dates="day_first")
    # Meta keeps dots and tags: another way to write a Gmail address is another address.
    typed = [replace(person, email=row["email"]) for person, row in zip(people, rows, strict=True)]
    expected = {
        "em": map(reading.meta_email, typed),
        "ph": map(reading.meta_phone, people),
        "fn": (reading.meta_name(person.first_name) for person in people),
        "ln": (reading.meta_name(person.last_name) for person in people),
        "db": map(reading.meta_date_of_birth, people),
        "ge": (person.gender for person in people),
        "ct": (reading.meta_name(person.city) for person in people),
        "st": (reading.meta_name(person.state) for person in people),
        "zp": map(reading.meta_postal_code, people),
        "country": (person.country.lower() for person in people),
    }
    for name, forms in expected.items():
        assert found[f"id.{name}"].to_list() == _hashes(forms), name


def test_they_agree_on_what_google_gets(written):
    people, rows = written
    found = identifiers(pl.DataFrame(rows), "google", None)
    expected = {
        "email": map(reading.google_email, people),
        "phone": map(reading.google_phone, people),
        "given_name": (reading.google_name(person.first_name) for person in people),
        "family_name": (reading.google_name(person.last_name) for person in people),
    }
    for name, forms in expected.items():
        assert found[f"id.{name}"].to_list() == _hashes(forms), name
    assert found["id.postal_code"].to_list() == [person.postal_code for person in people]
    assert found["id.region_code"].to_list() == [person.country for person in people]


def test_they_agree_on_every_way_to_write_a_number():
    rng = random.Random(1)
    people = invent_people(rng, dict.fromkeys(COUNTRIES, 1), 200, first_id=1)
    seen = set()
    for person in people:
        for _ in range(10 * len(PHONE_STYLES)):
            seen.add((write_phone(rng, person), person.country, person.phone))
    texts, countries, numbers = zip(*sorted(seen), strict=True)
    found = identifiers(pl.DataFrame({"phone": texts, "country": countries}), "google", None)
    assert found["id.phone"].to_list() == _hashes(numbers)

"""Invents people, and the many ways in which they, or those who take their call, write an e-mail or a number.

Nobody here exists: mail domains end in ``.example``, gmail addresses carry a local part that says it is
invented, and telephone numbers come from the ranges of :mod:`closedwon.sandbox.invented.countries`.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import cache

from closedwon.sandbox.invented.countries import COUNTRIES, Country
from closedwon.sandbox.world import Person

_DOMAINS = ("courriel.example", "posta.example", "kantoor.example", "mailbox.example", "correo.example")
_GMAIL_SHARE = 0.35
_FRESH_NUMBER_TRIES = 20

GARBAGE_EMAILS = (
    "n/a",
    "quinn",
    "none",
    "-",
    "claire.example.com",
    "unknown@",
    "@posta.example",
    "a b@posta.example",
)
"""What a CRM holds where an e-mail was required and none was given."""


def invent_people(
    rng: random.Random,
    shares: Mapping[str, float],
    count: int,
    *,
    first_id: int,
    apart_from: Iterable[Person] = (),
) -> list[Person]:
    """Invent ``count`` people with consecutive ids, in the countries of ``shares`` (weights by code).

    None of them has the telephone of anybody in ``apart_from``.
    """
    countries = rng.choices([COUNTRIES[code] for code in shares], weights=list(shares.values()), k=count)
    taken = {person.phone for person in apart_from}
    return [_invent(rng, country, first_id + index, taken) for index, country in enumerate(countries)]


def _invent(rng: random.Random, country: Country, person_id: int, taken: set[str]) -> Person:
    gender = rng.choice("fm")
    first = rng.choice(country.women if gender == "f" else country.men)
    last = rng.choice(country.families)
    town = rng.choice(country.towns)
    return Person(
        id=person_id,
        first_name=first,
        last_name=last,
        email=_email(rng, first, last, person_id),
        phone=_phone(rng, country, taken),
        country=country.code,
        city=town.name,
        state=town.state,
        postal_code=_fill(rng, town.postal_codes),
        date_of_birth=(date(1945, 1, 1) + timedelta(days=rng.randrange(22_000))).isoformat(),
        gender=gender,
    )


def _email(rng: random.Random, first: str, last: str, person_id: int) -> str:
    local = f"{_ascii(first)}.{_ascii(last)}"
    if rng.random() < _GMAIL_SHARE:
        return f"{local}.invented{person_id:06d}@gmail.com"
    return f"{local}.{person_id}@{rng.choice(_DOMAINS)}"


def shopping_address(person: Person) -> str:
    """Another address of the person, which they keep for shops."""
    return f"{_ascii(person.first_name)}.shopping.{person.id}@{_DOMAINS[person.id % len(_DOMAINS)]}"


def _phone(rng: random.Random, country: Country, taken: set[str]) -> str:
    for _ in range(_FRESH_NUMBER_TRIES):
        number = f"+{country.calling_code}{_fill(rng, rng.choice(country.numbers)).replace(' ', '')}"
        if number not in taken:
            break
    # A range that is used up is shared from here on, as landlines of one household are.
    taken.add(number)
    return number


def _fill(rng: random.Random, pattern: str) -> str:
    return "".join(str(rng.randrange(10)) if char == "#" else char for char in pattern)


@cache
def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    return "".join(char for char in plain.lower() if char.isascii() and char.isalnum())


def write_email(rng: random.Random, person: Person) -> str:
    """The address as somebody typed it: cased, padded, and for gmail with other dots or a tag."""
    local, _, domain = person.email.partition("@")
    habit = rng.random()
    if habit < 0.70:
        return person.email
    if habit < 0.80:
        return person.email.upper()
    if habit < 0.86:
        return f"  {person.email} "
    if domain == "gmail.com":
        return f"{local.replace('.', '')}@gmail.com" if habit < 0.93 else f"{local}+deals@gmail.com"
    return f"{local.title()}@{domain}"


_Style = Callable[[Country, list[str]], str]


def _national(separator: str) -> _Style:
    def write(country: Country, groups: list[str]) -> str:
        return separator.join([country.trunk + groups[0], *groups[1:]])

    return write


PHONE_STYLES: dict[str, _Style] = {
    "e164": lambda country, groups: f"+{country.calling_code}{''.join(groups)}",
    "international": lambda country, groups: f"+{country.calling_code} {' '.join(groups)}",
    "no plus": lambda country, groups: f"{country.exit_code}{country.calling_code} {' '.join(groups)}",
    "optional trunk": lambda country, groups: (
        f"+{country.calling_code} ({country.trunk}){' '.join(groups)}"
        if country.trunk
        else f"+{country.calling_code}-{'-'.join(groups)}"
    ),
    "national spaced": _national(" "),
    "national dotted": _national("."),
    "national dashed": _national("-"),
    "national compact": _national(""),
    "area in brackets": lambda country, groups: f"({country.trunk}{groups[0]}) {'-'.join(groups[1:])}",
}
"""Ways of writing one number, from its national groups; every one is readable to who knows the country."""

_STYLES = tuple(PHONE_STYLES.values())


def write_phone(rng: random.Random, person: Person) -> str:
    """The number as somebody typed it: with or without the country, a trunk 0, dots or dashes."""
    country = COUNTRIES[person.country]
    return rng.choice(_STYLES)(country, _groups(country, person.phone))


def _groups(country: Country, e164: str) -> list[str]:
    digits = e164[1 + len(country.calling_code) :]
    lengths = next(lengths for prefix, lengths in _groupings(country.code) if digits.startswith(prefix))
    groups, start = [], 0
    for length in lengths:
        groups.append(digits[start : start + length])
        start += length
    return groups


@cache
def _groupings(code: str) -> list[tuple[str, list[int]]]:
    """For each pattern of a country's numbers, the digits it begins with and the lengths of its groups."""
    return [
        (pattern.replace(" ", "").split("#")[0], [len(group) for group in pattern.split()])
        for pattern in COUNTRIES[code].numbers
    ]


def write_country(rng: random.Random, person: Person) -> str:
    """The country as a form holds it: mostly its English name, sometimes its own or its code."""
    names = COUNTRIES[person.country].names
    return names[0] if rng.random() < 0.8 else rng.choice(names)

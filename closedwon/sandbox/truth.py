"""Who a platform recognises in what it is sent: the sandbox's answer to "how many conversions matched?".

Each platform knows most but not all people (``World.known_by``) and only the clicks that really happened. An
index is built once; looking a conversion up costs a few dictionary reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, TypeVar

from closedwon.sandbox import reading
from closedwon.sandbox.reading import sha256
from closedwon.sandbox.world import Click, Person, World

GOOGLE_CLICK_IDS = ("gclid", "gbraid", "wbraid")
"""The ids that Google hands out for a click, as events and :class:`~closedwon.sandbox.world.Click` call them."""

_Value = TypeVar("_Value")


class MetaTruth:
    """Whom Meta recognises in the ``user_data`` of an event."""

    def __init__(self, world: World) -> None:
        known = list(_known(world, "meta"))
        self._emails = {sha256(reading.meta_email(person)) for person in known}
        self._phones = {sha256(reading.meta_phone(person)) for person in known}
        self._names = {identity for person in known for identity in _meta_names(person)}
        clicks = _clicks(world, "meta")
        self._fbclids = {click.fbclid for click in clicks if click.fbclid}
        self._lead_ids = {int(click.meta_lead_id) for click in clicks if click.meta_lead_id}

    def matched_by(self, user_data: Mapping[str, Any]) -> list[str]:
        """What is enough by itself: a lead id, click id, e-mail, phone, or full name with postal code or birth date.

        ``user_data`` has the keys of the Conversions API; a value is a string or a list of strings. A
        ``lead_id`` counts only as an integer: as a string it is accepted and matches nothing. In the answer a
        value is named by its key and its place (``em[0]``), those that only count together with a plus between
        them (``fn[0]+ln[0]+zp[0]``), and ids that come alone by their key.
        """
        return [
            *self._clicks(user_data),
            *_known_values("em", _values(user_data, "em"), self._emails),
            *_known_values("ph", _values(user_data, "ph"), self._phones),
            *self._full_names(user_data),
        ]

    def _clicks(self, user_data: Mapping[str, Any]) -> Iterator[str]:
        lead_id, fbc = user_data.get("lead_id"), user_data.get("fbc")
        if isinstance(lead_id, int) and lead_id in self._lead_ids:
            yield "lead_id"
        if isinstance(fbc, str) and fbc.split(".", 3)[-1] in self._fbclids:
            yield "fbc"

    def _full_names(self, user_data: Mapping[str, Any]) -> Iterator[str]:
        for nth_first, first in enumerate(_values(user_data, "fn")):
            for nth_last, last in enumerate(_values(user_data, "ln")):
                for kind in ("zp", "db"):
                    for nth, detail in enumerate(_values(user_data, kind)):
                        if (first, last, kind, detail) in self._names:
                            yield f"fn[{nth_first}]+ln[{nth_last}]+{kind}[{nth}]"


class GoogleTruth:
    """Whom Google recognises in the identifiers of an event."""

    def __init__(self, world: World) -> None:
        known = list(_known(world, "google"))
        self._emails = {sha256(reading.google_email(person)) for person in known}
        self._phones = {sha256(reading.google_phone(person)) for person in known}
        self._addresses = {_google_address(person) for person in known}
        self._clicks = {
            (kind, click_id): click
            for click in _clicks(world, "google")
            for kind in GOOGLE_CLICK_IDS
            if (click_id := getattr(click, kind))
        }

    def click(self, kind: str, click_id: str) -> Click | None:
        """The click that Google gave this id of this kind (:data:`GOOGLE_CLICK_IDS`) to, or None."""
        return self._clicks.get((kind, click_id))

    def recognised_by(
        self, emails: Sequence[str], phones: Sequence[str], addresses: Sequence[tuple[str, str, str, str]]
    ) -> list[str]:
        """The user identifiers that are an account's, by kind and place: ``email[0]``, ``phone[1]``, ``address[0]``.

        E-mails and phones are SHA-256 as hex; an address is hashed given and family name, region code, postal code.
        """
        return [
            *_known_values("email", emails, self._emails),
            *_known_values("phone", phones, self._phones),
            *_known_values("address", addresses, self._addresses),
        ]


def _known_values(name: str, given: Iterable[_Value], known: Set[_Value]) -> Iterator[str]:
    return (f"{name}[{nth}]" for nth, value in enumerate(given) if value in known)


def _known(world: World, platform: str) -> Iterator[Person]:
    known = world.known_by.get(platform)
    return (person for person in world.people.values() if known is None or person.id in known)


def _clicks(world: World, platform: str) -> list[Click]:
    return [click for click in world.clicks if click.platform == platform]


def _meta_names(person: Person) -> Iterator[tuple[str, str, str, str]]:
    first, last = sha256(reading.meta_name(person.first_name)), sha256(reading.meta_name(person.last_name))
    yield first, last, "zp", sha256(reading.meta_postal_code(person))
    yield first, last, "db", sha256(reading.meta_date_of_birth(person))


def _google_address(person: Person) -> tuple[str, str, str, str]:
    return (
        sha256(reading.google_name(person.first_name)),
        sha256(reading.google_name(person.last_name)),
        person.country,
        person.postal_code,
    )


def _values(user_data: Mapping[str, Any], key: str) -> tuple[str, ...] | list[str]:
    value = user_data.get(key)
    if isinstance(value, list):
        return value
    return () if value is None else (value,)

"""Who a platform recognises in what it is sent: the sandbox's answer to "how many conversions matched?".

Each platform knows most but not all people (``World.known_by``) and only the clicks that really happened. An
index is built once; looking a conversion up costs a few dictionary reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from closedwon.sandbox import reading
from closedwon.sandbox.reading import sha256
from closedwon.sandbox.world import Click, Person, World


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

    def matches(self, user_data: Mapping[str, Any]) -> bool:
        """Whether a lead id, click id, e-mail, phone, or full name with postal code or birth date is known.

        ``user_data`` has the keys of the Conversions API; a value is a string or a list of strings. A
        ``lead_id`` counts only as an integer: as a string it is accepted and matches nothing.
        """
        return (
            self._clicked(user_data)
            or not self._emails.isdisjoint(_values(user_data, "em"))
            or not self._phones.isdisjoint(_values(user_data, "ph"))
            or self._named(user_data)
        )

    def _clicked(self, user_data: Mapping[str, Any]) -> bool:
        lead_id = user_data.get("lead_id")
        if isinstance(lead_id, int) and lead_id in self._lead_ids:
            return True
        fbc = user_data.get("fbc")
        return isinstance(fbc, str) and fbc.split(".", 3)[-1] in self._fbclids

    def _named(self, user_data: Mapping[str, Any]) -> bool:
        return any(
            (first, last, kind, detail) in self._names
            for kind in ("zp", "db")
            for detail in _values(user_data, kind)
            for first in _values(user_data, "fn")
            for last in _values(user_data, "ln")
        )


class GoogleTruth:
    """Whom Google recognises in the identifiers of an event."""

    def __init__(self, world: World) -> None:
        known = list(_known(world, "google"))
        self._emails = {sha256(reading.google_email(person)) for person in known}
        self._phones = {sha256(reading.google_phone(person)) for person in known}
        self._addresses = {_google_address(person) for person in known}
        self._clicks = {click.gclid: click for click in _clicks(world, "google") if click.gclid}

    def click(self, gclid: str) -> Click | None:
        """The click that Google gave this id to, or None."""
        return self._clicks.get(gclid)

    def knows_email(self, digest: str) -> bool:
        """Whether the SHA-256 (hex) is of an account's e-mail."""
        return digest in self._emails

    def knows_phone(self, digest: str) -> bool:
        """Whether the SHA-256 (hex) is of an account's phone number."""
        return digest in self._phones

    def knows_address(self, given_name: str, family_name: str, region_code: str, postal_code: str) -> bool:
        """Whether hashed names with plain region and postal code are an account's."""
        return (given_name, family_name, region_code, postal_code) in self._addresses


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

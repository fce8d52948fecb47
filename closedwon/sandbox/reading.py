"""The sandbox's own reading of how the platforms normalise people: a second opinion on their documentation.

It shares nothing with ``matching/`` on purpose: where the two readings differ, conversions stop matching and
a test or the demo shows it. It only reads :class:`~closedwon.sandbox.world.Person`, which is clean data.

Pages: Meta's "Customer Information Parameters", Google's "Format user data" of the Data Manager API.
"""

from __future__ import annotations

import hashlib
import unicodedata

from closedwon.sandbox.world import Person

_GOOGLE_MAIL = frozenset({"gmail.com", "googlemail.com"})


def sha256(text: str) -> str:
    """SHA-256 of the UTF-8 text as lower-case hex, as both platforms ask."""
    return hashlib.sha256(text.encode()).hexdigest()


def meta_email(person: Person) -> str:
    """``em``: trimmed, lower case; dots and tags stay."""
    return person.email.strip().lower()


def meta_phone(person: Person) -> str:
    """``ph``: digits with the country code, no plus."""
    return person.phone.removeprefix("+")


def meta_name(name: str) -> str:
    """``fn``, ``ln``: lower case, no punctuation, no white space; accents stay."""
    return _without(name, "PSZC")


def meta_postal_code(person: Person) -> str:
    """``zp``: lower case, no space, no dash; the first five digits in the United States."""
    code = person.postal_code.lower().replace(" ", "").replace("-", "")
    return code[:5] if person.country == "US" else code


def meta_date_of_birth(person: Person) -> str:
    """``db``: YYYYMMDD."""
    return person.date_of_birth.replace("-", "")


def google_email(person: Person) -> str:
    """``emailAddress``: lower case; for Google's own mail domains without dots and without a tag."""
    local, _, domain = person.email.strip().lower().partition("@")
    if domain in _GOOGLE_MAIL:
        local = local.split("+")[0].replace(".", "")
    return f"{local}@{domain}"


def google_phone(person: Person) -> str:
    """``phoneNumber``: E.164 with the plus."""
    return person.phone


def google_name(name: str) -> str:
    """``givenName``, ``familyName``: lower case, no punctuation, no outer white space; accents stay."""
    return _without(name, "P").strip()


def _without(text: str, categories: str) -> str:
    """Lower-cased ``text`` without the characters of these Unicode general categories."""
    lowered = unicodedata.normalize("NFC", text).lower()
    return "".join(char for char in lowered if unicodedata.category(char)[0] not in categories)

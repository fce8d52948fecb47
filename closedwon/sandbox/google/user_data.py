"""The user data of an event or of an audience's member: hashes in the encoding that the request declares.

Page: "Format user data".
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pycountry

from closedwon.sandbox.google.messages import ENCODINGS, enum_name
from closedwon.sandbox.google.violations import Violations

MAX_IDENTIFIERS = 10

_HEX = re.compile(r"[0-9a-fA-F]+")


@dataclass(slots=True)
class Identifiers:
    """Who it is: click ids, and hashes as lower-case hex."""

    clicks: dict[str, str]
    emails: list[str]
    phones: list[str]
    addresses: list[tuple[str, str, str, str]]


class UserDataReader:
    """Reads one ``userData`` after the other of a request; what breaks a rule goes into ``violations``."""

    def __init__(self, request: Mapping[str, Any], violations: Violations) -> None:
        self._encoding = enum_name(request.get("encoding"), ENCODINGS)
        self._violations = violations

    def read(self, path: str, user_data: Mapping[str, Any], into: Identifiers) -> None:
        """Add the user identifiers to ``into``."""
        if self._encoding is None:
            self._wrong("encoding", "REQUIRED_FIELD_MISSING", "An encoding is required with user data.")
        given = user_data.get("userIdentifiers", [])
        if not given:
            self._wrong(f"{path}.user_identifiers", "REQUIRED_FIELD_MISSING", "At least one is required.")
        if len(given) > MAX_IDENTIFIERS:
            problem = f"At most {MAX_IDENTIFIERS} user identifiers are allowed."
            self._wrong(f"{path}.user_identifiers", "TOO_MANY_USER_IDENTIFIERS", problem)
            return
        for index, identifier in enumerate(given):
            self._identifier(f"{path}.user_identifiers[{index}]", identifier, into)

    def _wrong(self, path: str, reason: str, description: str) -> None:
        self._violations.add(path, reason, description)

    def _identifier(self, path: str, identifier: Mapping[str, Any], into: Identifiers) -> None:
        if len(identifier) != 1:
            self._wrong(
                path, "INVALID_FORMAT", "Exactly one of email_address, phone_number and address is required."
            )
            return
        ((kind, value),) = identifier.items()
        if kind == "address":
            self._address(f"{path}.address", value, into)
        elif kind == "emailAddress":
            into.emails.append(self._hash(f"{path}.email_address", value))
        else:
            into.phones.append(self._hash(f"{path}.phone_number", value))

    def _address(self, path: str, address: Mapping[str, Any], into: Identifiers) -> None:
        names = {"givenName": "given_name", "familyName": "family_name"}
        plain = {"regionCode": "region_code", "postalCode": "postal_code"}
        missing = [field for key, field in {**names, **plain}.items() if not address.get(key)]
        for field in missing:
            self._wrong(f"{path}.{field}", "REQUIRED_FIELD_MISSING", "The field is required for an address.")
        if missing:
            return
        given, family = (self._hash(f"{path}.{field}", address[key]) for key, field in names.items())
        if address["regionCode"] not in _regions():
            self._wrong(f"{path}.region_code", "INVALID_REGION_CODE", "The region code is not valid.")
        if not isinstance(address["postalCode"], str) or _looks_hashed(address["postalCode"]):
            self._wrong(f"{path}.postal_code", "INVALID_POSTAL_CODE", "The postal code must not be hashed.")
        into.addresses.append((given, family, address["regionCode"], str(address["postalCode"])))

    def _hash(self, path: str, value: Any) -> str:
        """The hash as lower-case hex, whatever encoding the request declares."""
        decode, reason = _DECODERS[self._encoding or "HEX"]
        try:
            digest = decode(value)
        except (ValueError, TypeError, binascii.Error):
            self._wrong(path, reason, f"The value is not {self._encoding or 'HEX'} encoded.")
            return ""
        if len(digest) != 32:
            self._wrong(path, "INVALID_SHA256_FORMAT", "The value is not a SHA-256 hash.")
        return digest.hex()


def _from_hex(value: str) -> bytes:
    # bytes.fromhex skips white space, which Google does not.
    if not _HEX.fullmatch(value):
        raise ValueError
    return bytes.fromhex(value)


def _from_base64(value: str) -> bytes:
    return base64.b64decode(value, validate=True)


_DECODERS: dict[str, tuple[Callable[[str], bytes], str]] = {
    "HEX": (_from_hex, "INVALID_HEX_ENCODING"),
    "BASE64": (_from_base64, "INVALID_BASE64_ENCODING"),
}


def _looks_hashed(value: str) -> bool:
    return len(value) == 64 and _HEX.fullmatch(value) is not None


@cache
def _regions() -> Collection[str]:
    return frozenset(country.alpha_2 for country in pycountry.countries)

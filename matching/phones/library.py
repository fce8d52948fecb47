"""Numbers read one by one by libphonenumber: what the columns cannot decide.

The Rust port comes first. Where it refuses a number, the reference implementation has the last word, because its
numbering plans are the newer ones.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType

_LONGEST = len("+") + 15
"""E.164 has at most fifteen digits, though some national plans allow for more."""


def e164(text: str, country: str | None, *, known_invalid: bool = False) -> str | None:
    """Read ``text`` as dialled in ``country``; null unless it is a valid number.

    ``known_invalid`` spares the question to the reference implementation, whose answer is known.
    """
    fast, reference = _libraries()
    number = _valid(fast, text, country)
    if number is None and not known_invalid:
        number = _valid(reference, text, country)
    return number if number and len(number) <= _LONGEST else None


def _valid(library: ModuleType, text: str, country: str | None) -> str | None:
    try:
        number = library.parse(text, country)
    except library.NumberParseException:
        return None
    if not library.is_valid_number(number):
        return None
    return str(library.format_number(number, library.PhoneNumberFormat.E164))


@cache
def _libraries() -> tuple[ModuleType, ModuleType]:
    """The fast implementation and the reference, imported by the first number only."""
    import phonenumbers
    import rphonenumbers

    return rphonenumbers, phonenumbers

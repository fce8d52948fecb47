"""Record ids: 15 characters in base 62, and three more that keep the case safe."""

from __future__ import annotations

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def record_id(key_prefix: str, number: int) -> str:
    """The id of 18 characters of the ``number``-th record with that key prefix (``00Q`` for leads)."""
    digits = []
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    short = key_prefix + "".join(reversed(digits)).rjust(12, "0")
    return short + case_suffix(short)


def case_suffix(short: str) -> str:
    """One letter for each five characters, whose bits say which of them are upper case."""
    return "".join(
        _SUFFIX[sum(character.isupper() << bit for bit, character in enumerate(short[start : start + 5]))]
        for start in (0, 5, 10)
    )

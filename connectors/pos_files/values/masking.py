"""Shows the form of a row without its content: rejects are written to disk and must hold no personal data."""

from __future__ import annotations

import re

_LONGEST = 300
_EMAIL = re.compile(r"[^\s,;|\"]+@[^\s,;|\"]+")
_AMOUNT = re.compile(r"[-+($€£¥ ]{0,3}[0-9][0-9., ]{0,9}[-)$€£¥ ]{0,2}")
_DATE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?"
)

# A local phone number has seven digits or more: shorter runs cannot be one.
_MOST_AMOUNT_DIGITS = 6


def _mask_character(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isalpha() or not character.isascii():
        return "x"
    return character if character.isprintable() else " "


def masked(text: str) -> str:
    """``text`` with letters as ``x``, digits as ``9`` and addresses as ``x***@x***``; of its first 300 characters."""
    pieces = _EMAIL.split(text[:_LONGEST])
    shown = "x***@x***".join("".join(map(_mask_character, piece)) for piece in pieces)
    return shown if len(text) <= _LONGEST else f"{shown}…"


def shown_amount(text: str) -> str:
    """An amount's cell as a message may show it: as it stands only where it cannot be anything else."""
    harmless = _AMOUNT.fullmatch(text) and sum(map(str.isdigit, text)) <= _MOST_AMOUNT_DIGITS
    return text if harmless else masked(text)


def shown_time(text: str) -> str:
    """A date's cell as a message may show it; a cell that is no date may hold somebody's name or number."""
    return text if _DATE.fullmatch(text) else masked(text)


def masked_email(text: str) -> str:
    """The first letter of name and host, and the top-level domain: ``q…@e….com``; the form alone of anything else."""
    name, at, host = text.rpartition("@")
    body, dot, top = host.rpartition(".")
    if not (name and at and body and dot and top.isalpha()):
        return masked(text)
    return f"{name[0]}…@{body[0]}….{top}"


def masked_phone(text: str) -> str:
    """All digits but the last two as dots."""
    last = len(text) - 2
    return "".join("•" if character.isdigit() and n < last else character for n, character in enumerate(text))


def masked_name(text: str) -> str:
    """The initial."""
    return f"{text[:1]}…"

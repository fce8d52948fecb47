"""Identifiers shown to people: enough to recognise one's own record by, too little to write to the person."""

from __future__ import annotations

import re

_EMAIL = re.compile(r"([^@]+)@(.+)\.([^.@]+)")
_SHOWN_HEAD, _SHOWN_TAIL, _LONG = 4, 3, 20


def mask(value: object) -> str:
    """Hide most of ``value``: ``b***@e***.org``, ``+33***``, ``Cj0K…f3Q`` (from 20 characters on)."""
    text = str(value)
    email = _EMAIL.fullmatch(text)
    if email:
        name, domain, suffix = email.groups()
        return f"{name[0]}***@{domain[0]}***.{suffix}"
    if len(text) >= _LONG and text.isascii() and " " not in text:
        return f"{text[:_SHOWN_HEAD]}…{text[-_SHOWN_TAIL:]}"
    return f"{text[:3]}***" if text.startswith("+") else f"{text[:1]}***"

"""Digits and dashes of every script as ASCII ones: rules ask for ``[0-9]``, people write ``٠١٢`` and mean the same.

NFKC, which every cell has gone through, does it for full-width ones only.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import polars as pl

from matching.rarely import only_where

_MINUS = "\N{MINUS SIGN}"
"""Which Unicode counts among the signs of mathematics."""

_NOT_ASCII = rf"[[\p{{Nd}}\p{{Pd}}{_MINUS}]--[0-9-]]"


def in_ascii(text: pl.Expr) -> pl.Expr:
    """``text`` with its digits and dashes in ASCII."""
    return text.str.replace_many(_written_otherwise())


def rarely_in_ascii(text: pl.Expr) -> pl.Expr:
    """:func:`in_ascii` of a whole column, where hardly a row has any others: only these are gone through."""
    return pl.coalesce(only_where(text.str.contains(_NOT_ASCII), text, in_ascii), text)


@cache
def _written_otherwise() -> dict[str, str]:
    """Each decimal digit and dash that is not ASCII, and what it stands for."""
    kinds = {char: unicodedata.category(char) for char in map(chr, range(0x80, 0x10000))}
    digits = {char: str(unicodedata.digit(char)) for char, kind in kinds.items() if kind == "Nd"}
    return digits | dict.fromkeys((_MINUS, *(char for char, kind in kinds.items() if kind == "Pd")), "-")

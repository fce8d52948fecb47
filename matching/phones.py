"""Phone numbers to E.164, read in the row's country: a national number hashed as it stands matches nobody.

The Rust port of libphonenumber reads them; where it refuses a number of possible length, the reference
implementation has the last word, because its numbering plans are the newer ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from types import ModuleType

import polars as pl

_PARSED = pl.Struct({"e164": pl.String, "reason": pl.String})

_PLUS_AND_00 = re.compile(r"^\+?\s*00(?=\s*[1-9(])")
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")

_FILLER = "|".join(f"{digit}{{8}}$" for digit in range(10))
"""Eight times the same digit at the end; seven are a hotline."""


def to_e164(text: pl.Expr, country: pl.Expr) -> pl.Expr:
    """Parse each number in its country: a struct of ``e164`` (with +) and, where that is null, ``reason``.

    ``country`` is ISO 3166-1 alpha-2, null for none. Extensions are dropped. Each pair of text and country is
    parsed once a frame.
    """
    whole = text.str.replace(r"^([\d\s+()-]+)\.0$", "$1")
    pairs = pl.struct(whole.alias("text"), country.alias("country"))
    return pairs.map_batches(_parse_unique, return_dtype=_PARSED, is_elementwise=True)


def _parse_unique(pairs: pl.Series) -> pl.Series:
    frame = pairs.struct.unnest()
    unique = frame.unique().drop_nulls("text").with_columns(reason=_unreadable(pl.col("text")))
    rows = zip(*(unique[name].to_list() for name in ("text", "country", "reason")), strict=True)
    numbers = [None if reason else _e164(text, country) for text, country, reason in rows]
    judged = unique.with_columns(pl.Series("e164", numbers, dtype=pl.String)).with_columns(
        reason=pl.coalesce("reason", _refusal(pl.col("e164"), pl.col("text"), pl.col("country")))
    )
    accepted = judged.with_columns(e164=pl.when(pl.col("reason").is_null()).then("e164"))
    return (
        frame.join(accepted, on=["text", "country"], how="left", nulls_equal=True, maintain_order="left")
        .select("e164", "reason")
        .to_struct(pairs.name)
    )


def _unreadable(text: pl.Expr) -> pl.Expr:
    """Why the text need not be parsed, or null."""
    return (
        pl.when(text.str.contains(r"(?i)^\d(?:[.,]\d+)?e\+?\d+$"))
        .then(pl.lit("a spreadsheet turned the number into scientific notation: format the column as text"))
        .when(text.str.count_matches(r"\d") < 3)
        .then(pl.lit("not a phone number: expected digits"))
    )


def _refusal(e164: pl.Expr, text: pl.Expr, country: pl.Expr) -> pl.Expr:
    """Why a parsed number is refused, or null."""
    national = ~text.str.contains(r"^\s*(?:\+|00)")
    return (
        pl.when(e164.is_null() & national & country.is_null())
        .then(pl.lit("a national number needs a country: add country, or write the number as +33…"))
        .when(e164.is_null())
        .then(pl.lit("not a valid phone number: expected one of the row's country, or + and a country code"))
        .when(e164.str.contains(_FILLER))
        .then(pl.lit("a made-up number such as 0000000000: leave the field empty"))
    )


def _e164(text: str, country: str | None) -> str | None:
    number = _valid_e164(text, country)
    return number or next(filter(None, (_valid_e164(reading, country) for reading in _readings(text))), None)


def _readings(text: str) -> Iterator[str]:
    """What else a number may mean that is not valid as it stands; the first valid reading counts."""
    if _PLUS_AND_00.match(text):
        yield _PLUS_AND_00.sub("+", text)
    if _TRUNK_ZERO.search(text):
        yield _PLUS_AND_00.sub("+", _TRUNK_ZERO.sub("", text))


def _valid_e164(text: str, country: str | None) -> str | None:
    fast, reference = _libraries()
    try:
        number = fast.parse(text, country)
        if fast.is_valid_number(number):
            return str(fast.format_number(number, fast.PhoneNumberFormat.E164))
        if not fast.is_possible_number(number):
            return None
        number = reference.parse(text, country)
    except (fast.NumberParseException, reference.NumberParseException):
        return None
    if not reference.is_valid_number(number):
        return None
    return str(reference.format_number(number, reference.PhoneNumberFormat.E164))


@cache
def _libraries() -> tuple[ModuleType, ModuleType]:
    """The fast implementation and the reference, imported by the first number only."""
    import phonenumbers
    import rphonenumbers

    return rphonenumbers, phonenumbers

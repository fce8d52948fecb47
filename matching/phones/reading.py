"""Phone numbers as people and spreadsheets write them, to E.164: mended, read, and read again in another way.

A number that is valid as it stands is never read in another way.
"""

from __future__ import annotations

import polars as pl

from matching.phones import columns, readings

_DECIMAL = r"^([\d\s+()-]+)\.0$"

_FILLER = "|".join(f"{digit}{{8}}$" for digit in range(10))
"""Eight times the same digit at the end; seven are a hotline."""


def parsed(pairs: pl.Series) -> pl.Series:
    """``text`` and ``country`` of each struct to ``e164`` and ``reason``: see :func:`matching.phones.to_e164`."""
    texts, countries = pairs.struct.field("text"), pairs.struct.field("country")
    whole = _whole(texts)
    e164 = columns.read(whole, countries).e164
    reason = pl.Series("reason", [None], pl.String).new_from_index(0, len(texts))
    left = (e164.is_null() & texts.is_not_null()).arg_true()
    if not left.is_empty():
        odd = pl.DataFrame({"text": whole.gather(left), "country": countries.gather(left)})
        closer = odd.join(
            _look_closer(odd.unique()),
            on=["text", "country"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        e164, reason = e164.scatter(left, closer["e164"]), reason.scatter(left, closer["reason"])
    return pl.DataFrame({"e164": e164, "reason": reason}).to_struct(pairs.name)


def _whole(texts: pl.Series) -> pl.Series:
    """Without the decimal that a spreadsheet adds: digits that are read only later would make it one of them."""
    rows = texts.str.ends_with(".0").fill_null(value=False).arg_true()
    if rows.is_empty():
        return texts
    return texts.clone().scatter(rows, texts.gather(rows).str.replace(_DECIMAL, "$1"))


def _look_closer(odd: pl.DataFrame) -> pl.DataFrame:
    """``odd`` with ``e164`` and ``reason``, for texts that did not come to a number at once."""
    mended = odd.with_columns(read=readings.mended(pl.col("text"))).with_columns(
        reason=_unreadable(pl.col("read"))
    )
    readable = mended["reason"].is_null().arg_true()
    numbers = readings.numbers(mended[readable].select("country", text="read"))
    e164 = pl.Series([None], dtype=pl.String).new_from_index(0, mended.height).scatter(readable, numbers)
    return (
        mended.with_columns(e164.alias("e164"))
        .with_columns(
            reason=pl.coalesce("reason", _refusal(pl.col("e164"), pl.col("read"), pl.col("country")))
        )
        .select("text", "country", "reason", e164=pl.when(pl.col("reason").is_null()).then("e164"))
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

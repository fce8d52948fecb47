"""Consent as CRMs and tills write it, read as granted, denied or unspecified."""

from __future__ import annotations

import polars as pl

from config.settings import ConsentSettings

GRANTED = (
    "granted",
    "true",
    "1",
    "1.0",
    "yes",
    "y",
    "oui",
    "o",
    "ja",
    "j",
    "si",
    "sí",
    "sim",
    "on",
    "opt-in",
    "opted in",
    "accepted",
)
DENIED = (
    "denied",
    "false",
    "0",
    "0.0",
    "no",
    "n",
    "non",
    "nein",
    "nee",
    "não",
    "off",
    "opt-out",
    "opted out",
    "declined",
    "refused",
)

_MEANING = {**dict.fromkeys(GRANTED, "granted"), **dict.fromkeys(DENIED, "denied")}
_COLUMNS = ("ad_user_data", "ad_personalization")


def read_consent(settings: ConsentSettings) -> list[pl.Expr]:
    """Expressions that replace both consent columns by ``granted``, ``denied`` or ``unspecified``.

    A blank cell is the client's default; a word that nobody knows counts as a refusal, never as a consent.
    """
    return [_read(column, settings.default) for column in _COLUMNS]


def _read(column: str, default: str) -> pl.Expr:
    word = pl.col(column).str.strip_chars().str.to_lowercase()
    return (
        pl.when(word.is_null() | (word == ""))
        .then(pl.lit(default))
        .otherwise(word.replace_strict(_MEANING, default="denied", return_dtype=pl.String))
        .alias(column)
    )

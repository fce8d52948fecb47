"""Consent as CRMs and tills write it, read as granted, denied or unspecified, with where each answer came from.

A record's own word wins, then what the client's file says of the person's region, then its default. The country is
the person's, and the client's where the record names none; of one that is named but not understood, the strictest
answer of the file holds.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from config.columns import CONSENT_COLUMNS
from config.regions import region_of_countries
from config.settings import ClientSettings, ConsentSettings
from matching.cleaning import clean
from matching.countries import to_alpha2
from matching.placeholders import is_placeholder
from matching.repeats import Distinct, coded, combined

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
_FROM_STRICTEST = ("denied", "unspecified", "granted")

OF_FIELD = "field"
"""Where a consent came from: the record's own word."""
UNREADABLE = "unreadable"
"""The record's own word, which nobody knows."""
BY_PERSON, BY_CLIENT = "region", "client"
"""The region of the person's country, and that of the client's."""
UNKNOWN_COUNTRY = "country:unknown"
BY_DEFAULT = "default"


def read_consent(entries: pl.DataFrame, settings: ClientSettings) -> pl.DataFrame:
    """Both consent columns of ``entries`` as ``granted``, ``denied`` or ``unspecified``, and ``consent``, why.

    A word that nobody knows counts as a refusal, never as a consent. ``consent`` is one text,
    ``ad_user_data=granted(field) ad_personalization=denied(region:EEA)``: in the parentheses stands ``field``,
    ``unreadable``, ``region:<region>``, ``client:<region>``, ``country:unknown`` or ``default``.
    """
    said, silent = _said(entries, settings), _silence(settings)
    answers = {column: _answer(column, silent) for column in CONSENT_COLUMNS}
    reasons = [
        pl.format(f"{column}={{}}({{}})", answers[column], _origin(column, silent)) for column in answers
    ]
    proof = pl.concat_str(reasons, separator=" ")
    return said.spread(said.frame.select(**answers, consent=proof))


def read_refusals(entries: pl.DataFrame, settings: ClientSettings) -> pl.DataFrame:
    """``refused`` and ``kept_back`` of ``entries``, for what their persons' other records may do.

    ``refused`` is the person's own no to either consent, and holds for all records of theirs. What the client's file
    says of a region, or of everybody, is nobody's own word: such a record is ``kept_back``, and so is one whose consent
    is missing. It lends nothing, and takes nothing away from what other records say.
    """
    said, silent = _said(entries, settings), _silence(settings)
    answers = {column: _answer(column, silent) for column in CONSENT_COLUMNS}
    own = [_word(column).is_not_null() & (answer == "denied") for column, answer in answers.items()]
    denied = [answer == "denied" for answer in answers.values()]
    missing = _too_little(answers["ad_user_data"], settings.consent)
    return said.spread(
        said.frame.select(
            refused=pl.any_horizontal(own),
            kept_back=pl.any_horizontal(*denied, missing) & ~pl.any_horizontal(own),
        )
    )


def withheld(settings: ConsentSettings) -> pl.Expr:
    """Whether a row that :func:`read_consent` has read says too little to be sent."""
    return _too_little(pl.col("ad_user_data"), settings)


def without_consent(settings: ClientSettings) -> list[str]:
    """The sources of which nothing can be sent: neither they nor the client's file ever say that people agreed."""
    consent = settings.consent
    enough = {"granted", "unspecified"} if consent.unspecified == "send" else {"granted"}
    if "ad_user_data" in consent.fields or not enough.isdisjoint(
        {consent.default, *consent.regions.values()}
    ):
        return []
    return [
        name for name, source in settings.sources.items() if "ad_user_data" not in source.mapped_columns()
    ]


def _too_little(answer: pl.Expr, settings: ConsentSettings) -> pl.Expr:
    return (answer == "unspecified") & pl.lit(settings.unspecified == "withhold")


def _said(entries: pl.DataFrame, settings: ClientSettings) -> Distinct:
    """What ``entries`` say that their consent is read from, each combination once."""
    names = (*CONSENT_COLUMNS, "country") if settings.consent.regions else CONSENT_COLUMNS
    return combined({name: coded(entries[name]) for name in names})


class _Silence(NamedTuple):
    """What holds for rows that say nothing of consent, and where that comes from."""

    answer: pl.Expr
    origin: pl.Expr


def _silence(settings: ClientSettings) -> _Silence:
    consent = settings.consent
    if not consent.regions:
        return _Silence(pl.lit(consent.default), pl.lit(BY_DEFAULT))
    country = _country()
    named = country.is_not_null()
    place = pl.when(named).then(to_alpha2(country)).otherwise(pl.lit(settings.country))
    region = place.replace_strict(region_of_countries(consent.regions), default=None, return_dtype=pl.String)
    answer = region.replace_strict(consent.regions, default=consent.default, return_dtype=pl.String)
    whose = pl.when(named).then(pl.lit(BY_PERSON)).otherwise(pl.lit(BY_CLIENT))
    origin = pl.concat_str(whose, region, separator=":").fill_null(BY_DEFAULT)
    strictest = min((consent.default, *consent.regions.values()), key=_FROM_STRICTEST.index)
    return _Silence(
        pl.when(place.is_null()).then(pl.lit(strictest)).otherwise(answer),
        pl.when(place.is_null()).then(pl.lit(UNKNOWN_COUNTRY)).otherwise(origin),
    )


def _answer(column: str, silent: _Silence) -> pl.Expr:
    word = _word(column)
    meaning = word.replace_strict(_MEANING, default="denied", return_dtype=pl.String)
    return pl.when(word.is_null()).then(silent.answer).otherwise(meaning)


def _origin(column: str, silent: _Silence) -> pl.Expr:
    word = _word(column)
    known = pl.when(word.is_in(list(_MEANING))).then(pl.lit(OF_FIELD)).otherwise(pl.lit(UNREADABLE))
    return pl.when(word.is_null()).then(silent.origin).otherwise(known)


def _country() -> pl.Expr:
    """The country as the record names it; null where it names none."""
    name = pl.col("country").map_batches(clean, pl.String, is_elementwise=True)
    return pl.when(~is_placeholder("country", name.str.to_lowercase())).then(name)


def _word(column: str) -> pl.Expr:
    word = pl.col(column).str.strip_chars().str.to_lowercase()
    return word.replace("", None)

"""Countries as people write them (codes, English and native names, nicknames) to ISO 3166-1 alpha-2.

The tables come from pycountry and are built on first use: most runs see nothing but two-letter codes.
"""

from __future__ import annotations

import gettext
import unicodedata
from functools import cache

import polars as pl

_LANGUAGES = (
    *("ar", "bg", "cs", "da", "de", "EL", "es", "et", "fi", "fr", "he", "hr", "hu", "is", "it", "ja", "ko"),
    *("lt", "lv", "nb", "nl", "pl", "pt", "pt_BR", "ro", "ru", "sk", "sl", "sr", "sv", "th", "tr", "UK"),
    *("vi", "zh_CN", "zh_TW"),
)
"""Whose names for countries are understood, besides English."""

_NICKNAMES = {
    "UK": "GB",
    "Great Britain": "GB",
    "Britain": "GB",
    "England": "GB",
    "Scotland": "GB",
    "Wales": "GB",
    "Northern Ireland": "GB",
    "United Kingdom of Great Britain": "GB",
    "America": "US",
    "United States America": "US",
    "États-Unis": "US",
    "Estados Unidos": "US",
    "Vereinigte Staaten": "US",
    "EEUU": "US",
    "EL": "GR",
    "Holland": "NL",
    "The Netherlands": "NL",
    "UAE": "AE",
    "Emirates": "AE",
    "Russia": "RU",
    "Turkey": "TR",
    "Czech Republic": "CZ",
    "Ivory Coast": "CI",
    "Cape Verde": "CV",
    "Macedonia": "MK",
    "Swaziland": "SZ",
    "Burma": "MM",
    "East Timor": "TL",
    "Brunei": "BN",
    "Vatican": "VA",
    "Macau": "MO",
    "Palestine": "PS",
    "Korea": "KR",
    "Republic of Ireland": "IE",
    "Congo-Brazzaville": "CG",
    "Congo-Kinshasa": "CD",
    "DR Congo": "CD",
    "Democratic Republic of the Congo": "CD",
    "Hong Kong SAR": "HK",
    "Россия": "RU",
    "السعودية": "SA",
    "한국": "KR",
}
"""Names in use that ISO 3166-1 does not list."""


def to_alpha2(text: pl.Expr) -> pl.Expr:
    """ISO 3166-1 alpha-2 (upper case) of each country; null where it is not understood."""
    return text.map_batches(_map_unique, return_dtype=pl.String, is_elementwise=True)


def _map_unique(names: pl.Series) -> pl.Series:
    known = {name: alpha2(name) for name in names.unique() if name is not None}
    if not known:
        return pl.Series(names.name, [None] * len(names), dtype=pl.String)
    return names.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)


def alpha2(name: str) -> str | None:
    """ISO 3166-1 alpha-2 of one country, or None."""
    key = _key(name)
    return _english().get(key) or _native().get(key)


def _key(name: str) -> str:
    """Letters and digits alone, without case and accents: ``U.S.A.`` and ``usa`` are one key."""
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in decomposed if letter.isalnum())


@cache
def _english() -> dict[str, str]:
    import pycountry

    names: dict[str, str] = {}
    for country in pycountry.countries:
        written = [country.alpha_2, country.alpha_3, country.name]
        written += [
            getattr(country, kind) for kind in ("official_name", "common_name") if hasattr(country, kind)
        ]
        # ISO writes "Tanzania, United Republic of"; forms say it the other way round.
        head, comma, rest = country.name.partition(", ")
        written += [f"{rest} {head}"] if comma else []
        names |= {_key(name): country.alpha_2 for name in written}
    return names | {_key(name): code for name, code in _NICKNAMES.items()}


@cache
def _native() -> dict[str, str]:
    import pycountry

    found: dict[str, set[str]] = {}
    for language in _LANGUAGES:
        translation = gettext.translation(
            "iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True
        )
        for country in pycountry.countries:
            for kind in ("name", "common_name", "official_name"):
                if hasattr(country, kind):
                    found.setdefault(_key(translation.gettext(getattr(country, kind))), set()).add(
                        country.alpha_2
                    )
    return {key: codes.pop() for key, codes in found.items() if len(codes) == 1}

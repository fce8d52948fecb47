"""Countries as people write them (codes, English and native names, nicknames) to ISO 3166-1 alpha-2.

The tables of names come from pycountry and are built on first use: most runs see nothing but two-letter codes.
A text that is a country's code or name means that country, whatever else it may name: ``CA`` is Canada and ``Georgia``
is in the Caucasus, whatever the state beside it; a person's state has a column of its own.
"""

from __future__ import annotations

import gettext
import re
import unicodedata
from collections.abc import Iterator
from functools import cache

import polars as pl

from config.countries import COUNTRIES
from matching.country_names import NICKNAMES

LANGUAGES = (
    *("ar", "bg", "cs", "da", "de", "EL", "es", "et", "fi", "fr", "he", "hr", "hu", "is", "it", "ja", "ko"),
    *("lt", "lv", "nb", "nl", "pl", "pt", "pt_BR", "ro", "ru", "sk", "sl", "sr", "sv", "th", "tr", "UK"),
    *("vi", "zh_CN", "zh_TW"),
)
"""Whose names for countries are understood, besides English."""

_TURNED = re.compile(r"([^,()]+?)(?:\s*,\s*|\s*\()([^,()]+)\)?")
_APART = re.compile(r"[/|()\[\]]|\s[-–—]\s")


def to_alpha2(text: pl.Expr) -> pl.Expr:
    """ISO 3166-1 alpha-2 (upper case) of each country, XK for Kosovo; null where it is not understood."""
    return text.map_batches(_map_unique, return_dtype=pl.String, is_elementwise=True)


def _map_unique(names: pl.Series) -> pl.Series:
    known = {name: alpha2(name) for name in names.unique() if name is not None}
    if not known:
        return pl.Series(names.name, [None] * len(names), dtype=pl.String)
    return names.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)


def alpha2(name: str) -> str | None:
    """ISO 3166-1 alpha-2 of one country (XK for Kosovo), or None."""
    code = name.upper()
    return (
        code if code in COUNTRIES else next(filter(None, map(_named, _readings(name))), None) or _agreed(name)
    )


def _readings(name: str) -> Iterator[str]:
    """``name``, and the right way round what lists turn: ``Korea, South``, ``Ireland (Republic of)``."""
    yield name
    turned = _TURNED.fullmatch(name.strip())
    if turned:
        yield f"{turned[2]} {turned[1]}"


def _agreed(name: str) -> str | None:
    """The one country that all parts name: ``United States (US)``, ``FR - France``, ``België / Belgique``."""
    codes = {_named(part) for part in _APART.split(name) if _key(part)}
    return codes.pop() if len(codes) == 1 else None


def _named(name: str) -> str | None:
    key = _key(name)
    return _english().get(key) or _native().get(key)


def _key(name: str) -> str:
    """Letters and digits alone, without case, accents and articles: ``U.S.A.`` and ``usa`` are one key."""
    decomposed = unicodedata.normalize("NFKD", name.replace("&", " and ")).casefold()
    bare = re.sub(r"^\s*the\b|\bthe\s*$", "", decomposed)
    whole = re.sub(r"^\s*st\b", "saint", bare)
    return "".join(letter for letter in whole if letter.isalnum())


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
    return names | {_key(name): code for name, code in NICKNAMES.items()}


@cache
def _native() -> dict[str, str]:
    import pycountry

    found: dict[str, set[str]] = {}
    for language in LANGUAGES:
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

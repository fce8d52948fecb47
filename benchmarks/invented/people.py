"""People by the thousand, as they are, and the order in which they come to a business."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.invented.homes import HOMES, Post, any_numbers
from benchmarks.invented.languages import LANGUAGES, Forms
from benchmarks.invented.words import Shape, Vocabulary, any_of, made_up
from closedwon.sandbox.invented.countries import COUNTRIES

FAMILY_NAMES = Shape(100_000, shift=27, steepness=1.0)
"""The 25 commonest have 8% of all people together, the 239 commonest 28%.

The U.S. Census Bureau counted 8.7% and 25% (Comenetz: Frequently Occurring Surnames in the 2010 Census).
"""

GIVEN_NAMES = Shape(4_000, shift=10, steepness=1.3)
"""Of each gender. The commonest has 3% of all people, the ten commonest have 22%.

The U.S. Census Bureau counted 3.3% and 23% among men (Frequently Occurring Names, 1990).
"""

TOWNS = Shape(3_000, shift=5, steepness=1.0)
"""Zipf's own law for cities; how many and how flat at the head is our own guess."""

_COMMON = 300
"""Among so many of the commonest the names of the sandbox are, mixed with those that are made up."""

_DOMAINS = ("courriel.example", "posta.example", "kantoor.example", "mailbox.example", "correo.example")
_GMAIL = 0.35

_SEEN_BEFORE = 0.35
_REMEMBERED = 30_000

_BORN_FROM = date(1945, 1, 1)
_BORN_WITHIN_DAYS = 22_000

_SEED = 1


class Crowd:
    """The people of all countries, who come one after another, some of them again.

    A share of :data:`_SEEN_BEFORE` are people who came before: any of the last :data:`_REMEMBERED`, alike likely.
    """

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._remembered = self._born(np.arange(1))
        self._next_id = 1

    def come(self, count: int) -> pl.DataFrame:
        """The next ``count`` to come: a row each, with the columns of :meth:`_Nation.people`."""
        fresh = self._rng.random(count) >= _SEEN_BEFORE
        born = self._born(np.arange(self._next_id, self._next_id + fresh.sum()))
        known = pl.concat([self._remembered, born])
        newest = self._remembered.height - 1 + np.cumsum(fresh)
        back = (self._rng.random(count) * np.minimum(newest + 1, _REMEMBERED)).astype(np.int64)
        self._remembered = known.tail(_REMEMBERED)
        self._next_id += born.height
        return known[np.where(fresh, newest, newest - back)]

    def _born(self, ids: NDArray[np.int64]) -> pl.DataFrame:
        shares = np.cumsum([homes.share for homes in HOMES.values()])
        country = np.searchsorted(shares / shares[-1], self._rng.random(len(ids)))
        nations = [
            nation.people(self._rng, ids[country == number]) for number, nation in enumerate(_nations())
        ]
        return pl.concat(nations).sort("id")


@cache
def _nations() -> list[_Nation]:
    """Of each country in :data:`HOMES`; to make up all their names takes a second."""
    rng = np.random.default_rng(_SEED)
    return [_Nation(rng, code) for code in HOMES]


class _Nation:
    """The people of one country."""

    def __init__(self, rng: np.random.Generator, code: str) -> None:
        self._code = code
        self._homes = HOMES[code]
        listed, language = COUNTRIES[code], LANGUAGES[code]
        self._calling_code = listed.calling_code

        def vocabulary(names: Sequence[str], endings: str, forms: Forms, shape: Shape) -> Vocabulary:
            made = made_up(rng, language.sound, endings, forms, shape.count)
            return Vocabulary(_mixed(rng, names, made), shape)

        self._women = vocabulary(listed.women, language.women, language.given_forms, GIVEN_NAMES)
        self._men = vocabulary(listed.men, language.men, language.given_forms, GIVEN_NAMES)
        self._families = vocabulary(listed.families, language.families, language.family_forms, FAMILY_NAMES)
        towns = [town.name for town in listed.towns]
        self._towns = vocabulary(towns, language.towns, language.town_forms, TOWNS)
        self._regions = any_of(rng, self._homes.regions, TOWNS.count)
        self._post = Post(rng, self._homes.postal_codes, TOWNS.count)

    def people(self, rng: np.random.Generator, ids: NDArray[np.int64]) -> pl.DataFrame:
        """A person for each of ``ids``, and what holds for each.

        Columns: ``id``, ``country`` (ISO 3166-1 alpha-2), ``gender`` (``f`` or ``m``), ``first_name``, ``last_name``,
        ``email``, ``national`` (the number without its trunk prefix, in groups), ``phone`` (E.164), ``city``,
        ``state``, ``postal_code``, ``date_of_birth`` (a date).
        """
        count = len(ids)
        towns = self._towns.ranks(rng, count)
        national = any_numbers(rng, self._homes.numbers, count)
        drawn = pl.DataFrame(
            {
                "id": ids,
                "gender": any_of(rng, ("f", "m"), count),
                "woman": self._women.draw(rng, count),
                "man": self._men.draw(rng, count),
                "last_name": self._families.draw(rng, count),
                "domain": any_of(rng, _DOMAINS, count),
                "at_gmail": rng.random(count) < _GMAIL,
                "national": national,
                "city": self._towns.words.gather(towns),
                "state": self._regions.gather(towns),
                "postal_code": self._post.draw(rng, towns),
                "born": rng.integers(_BORN_WITHIN_DAYS, size=count),
            }
        )
        named = drawn.with_columns(first_name=pl.when(pl.col("gender") == "f").then("woman").otherwise("man"))
        return named.select(
            "id",
            pl.lit(self._code).alias("country"),
            "gender",
            "first_name",
            "last_name",
            _email().alias("email"),
            "national",
            pl.concat_str(pl.lit(f"+{self._calling_code}"), _without_spaces("national")).alias("phone"),
            "city",
            "state",
            "postal_code",
            (pl.lit(_BORN_FROM) + pl.duration(days="born")).alias("date_of_birth"),
        )


def _mixed(rng: np.random.Generator, listed: Sequence[str], made: pl.Series) -> pl.Series:
    """``listed`` among the commonest of ``made``; as many words as those."""
    common = pl.concat([pl.Series(listed, dtype=pl.String), made.head(_COMMON)])
    shuffled = common.gather(rng.permutation(len(common)))
    return pl.concat([shuffled, made.slice(_COMMON)]).unique(maintain_order=True).head(len(made))


def _email() -> pl.Expr:
    name = pl.format("{}.{}", _ascii("first_name"), _ascii("last_name"))
    return (
        pl.when("at_gmail")
        .then(pl.format("{}.invented{}@gmail.com", name, pl.col("id").cast(pl.String).str.zfill(6)))
        .otherwise(pl.format("{}.{}@{}", name, "id", "domain"))
    )


def _ascii(column: str) -> pl.Expr:
    bare = pl.col(column).str.replace_all("ß", "ss", literal=True).str.normalize("NFKD")
    return bare.str.replace_all("[^a-zA-Z0-9]", "").str.to_lowercase()


def _without_spaces(column: str) -> pl.Expr:
    return pl.col(column).str.replace_all(" ", "", literal=True)

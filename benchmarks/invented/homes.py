"""Where invented people live and how they are reached: regions, postal codes and telephone numbers of a country."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.invented.words import any_of, filled, one_of


@dataclass(frozen=True)
class PostalCodes:
    """How a country's postal codes are built.

    Attributes:
        head: what a town's codes begin with, a pattern.
        tails: what they end in, patterns.
        most: how many tails the largest town has; the next have a half, a third, … of them, but ``least``.
    """

    head: str
    tails: Sequence[str]
    most: int
    least: int


@dataclass(frozen=True)
class Numbers:
    """National numbers of a country: how they may begin, and the lengths of the groups in which they are printed."""

    prefixes: Sequence[str]
    groups: Sequence[int]


@dataclass(frozen=True)
class Homes:
    """All of it for one country; ``share`` is that of all people."""

    share: float
    regions: Sequence[str]
    postal_codes: PostalCodes
    numbers: Numbers


def _split(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(","))


_AMERICAN_AREAS = (*range(205, 210), *range(212, 219), *range(301, 306), *range(307, 311), *range(312, 317))

HOMES: Mapping[str, Homes] = {
    "FR": Homes(
        0.45,
        _split(
            "Île-de-France, Auvergne-Rhône-Alpes, Bourgogne-Franche-Comté, Occitanie, Bretagne, Normandie,"
            "Hauts-de-France, Grand Est, Pays de la Loire, Nouvelle-Aquitaine, Centre-Val de Loire, Corse,"
            "Provence-Alpes-Côte d'Azur"
        ),
        PostalCodes("###", ["##"], most=40, least=2),
        Numbers(["199", "644", "756"], [1, 2, 2, 2, 2]),
    ),
    "DE": Homes(
        0.15,
        _split(
            "Nordrhein-Westfalen, Bayern, Baden-Württemberg, Niedersachsen, Hessen, Sachsen, Thüringen,"
            "Rheinland-Pfalz, Berlin, Schleswig-Holstein, Brandenburg, Hamburg, Sachsen-Anhalt, Bremen"
        ),
        PostalCodes("###", ["##"], most=60, least=2),
        Numbers(["151"], [3, 8]),
    ),
    "GB": Homes(
        0.12,
        _split(
            "Greater Manchester, Greater London, West Midlands, West Yorkshire, Kent, Essex, Merseyside,"
            "Staffordshire, Avon, Hampshire, Lancashire, Surrey, Tyne and Wear, South Glamorgan, Midlothian"
        ),
        PostalCodes("@@#", [" #@@"], most=8_000, least=200),
        Numbers(["71"], [4, 6]),
    ),
    "US": Homes(
        0.12,
        _split(
            "NY, NM, MO, CA, TX, FL, PA, IL, OH, GA, NC, MI, NJ, VA, WA, AZ, MA, TN, IN, MD, WI, CO, MN, SC,"
            "AL, LA, KY, OR, OK, CT, UT, IA, NV, AR, MS, KS, California, Texas, Florida, New York"
        ),
        PostalCodes("###", ["##", "##", "##-####"], most=300, least=3),
        Numbers([f"{area}555" for area in _AMERICAN_AREAS], [3, 3, 4]),
    ),
    "NL": Homes(
        0.08,
        _split(
            "Noord-Holland, Zuid-Holland, Noord-Brabant, Gelderland, Utrecht, Limburg, Overijssel,"
            "Friesland, Groningen, Drenthe, Flevoland, Zeeland"
        ),
        PostalCodes("##", ["## @@", "##@@"], most=8_000, least=200),
        Numbers(["61"], [1, 4, 4]),
    ),
    "ES": Homes(
        0.08,
        _split(
            "Andalucía, Cataluña, Comunidad de Madrid, Galicia, Castilla y León, País Vasco, Canarias,"
            "Comunidad Valenciana, Aragón, Castilla-La Mancha, Extremadura, Asturias, Navarra, Murcia"
        ),
        PostalCodes("###", ["##"], most=40, least=2),
        Numbers(["61"], [3, 3, 3]),
    ),
}
"""By the country's code (ISO 3166-1 alpha-2).

The numbers are drawn from ranges in which libphonenumber takes every number for valid. Those that regulators keep
free for fiction, from which the sandbox takes its own, are too few for so many people. Nobody is ever called by them,
and nothing keeps them.
"""


def any_numbers(rng: np.random.Generator, numbers: Numbers, count: int) -> pl.Series:
    """Draw ``count`` national numbers, grouped by spaces."""
    free = sum(numbers.groups) - len(numbers.prefixes[0])
    digits = pl.concat_str(any_of(rng, numbers.prefixes, count), filled(rng, "#" * free, count))
    ends = accumulate(numbers.groups)
    groups = [
        digits.str.slice(end - length, length) for end, length in zip(ends, numbers.groups, strict=True)
    ]
    return pl.select(pl.concat_str(groups, separator=" ")).to_series()


class Post:
    """A country's postal codes: where a town's begin, and who lives behind which of them."""

    def __init__(self, rng: np.random.Generator, codes: PostalCodes, towns: int) -> None:
        self._heads = filled(rng, codes.head, towns)
        self._tails = _any_pattern(rng, codes.tails, codes.most)
        self._breadth = np.maximum(codes.least, codes.most // np.arange(1, towns + 1))

    def draw(self, rng: np.random.Generator, towns: NDArray[np.int64]) -> pl.Series:
        """Draw a postal code of each of ``towns``, given by rank."""
        within = (rng.random(len(towns)) * self._breadth[towns]).astype(np.int64)
        # Else small towns would all have the same few tails.
        tails = self._tails.gather((within + towns) % len(self._tails))
        return self._heads.gather(towns) + tails


def _any_pattern(rng: np.random.Generator, patterns: Sequence[str], count: int) -> pl.Series:
    ways = [(1.0, pl.lit(filled(rng, pattern, count))) for pattern in patterns]
    return one_of(rng, pl.DataFrame(height=count), ways)

"""Words of which few are common and most are rare, as names and towns are, and how they are made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

_DIGITS = tuple("0123456789")
_LETTERS = tuple("ABCDEFGHJKLMNPRSTUVWXYZ")
_SPARE = 2.0
"""How many times as many words are made up as are asked for, since some come up twice."""

_SHORT = 0.4
"""Share of the words with one syllable before the last."""


@dataclass(frozen=True)
class Shape:
    """How many words there are, and how common that of each rank is: (rank + ``shift``) ** -``steepness``.

    This is Zipf's law as Mandelbrot has it, whose head is flatter.
    """

    count: int
    shift: float
    steepness: float

    def cumulative(self) -> NDArray[np.float64]:
        """The share of all draws that the commonest words have together, for each rank."""
        weights = (np.arange(1.0, self.count + 1) + self.shift) ** -self.steepness
        return np.cumsum(weights / weights.sum(), dtype=np.float64)


class Vocabulary:
    """Words to draw from, the commonest first."""

    def __init__(self, words: pl.Series, shape: Shape) -> None:
        self.words = words
        self._cumulative = shape.cumulative()

    def ranks(self, rng: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Draw ``count`` words, each as its place in ``words``."""
        return np.searchsorted(self._cumulative, rng.random(count)).clip(max=len(self.words) - 1)

    def draw(self, rng: np.random.Generator, count: int) -> pl.Series:
        """Draw ``count`` words."""
        return self.words.gather(self.ranks(rng, count))


@dataclass(frozen=True)
class Sound:
    """What the syllables of a language are made of, separated by spaces; repeat what is frequent."""

    onsets: str
    vowels: str


def made_up(
    rng: np.random.Generator,
    sound: Sound,
    endings: str,
    forms: Mapping[str, float],
    count: int,
) -> pl.Series:
    """Make up ``count`` words, all different.

    Args:
        rng: decides.
        sound: of the language.
        endings: of such a word, separated by spaces.
        forms: how many words make one name (``{}``, ``{}-{}``, ``de la {}``), each with its weight.
        count: how many are wanted.

    Raises:
        ValueError: the language has not so many.
    """
    tries = round(count * _SPARE)
    parts = pl.DataFrame({"one": _word(rng, sound, endings, tries), "two": _word(rng, sound, endings, tries)})
    ways = [(weight, pl.format(form, *("one", "two")[: form.count("{}")])) for form, weight in forms.items()]
    words = one_of(rng, parts, ways).unique(maintain_order=True).head(count)
    if len(words) < count:
        raise ValueError(f"only {len(words):,} words of {count:,}: give the language more syllables")
    return words


def _word(rng: np.random.Generator, sound: Sound, endings: str, count: int) -> pl.Series:
    onsets = [any_of(rng, sound.onsets.split(), count) for _ in range(3)]
    vowels = [any_of(rng, sound.vowels.split(), count) for _ in range(2)]
    short = pl.lit(pl.Series(rng.random(count) < _SHORT))
    middle = pl.when(short).then(pl.lit("")).otherwise(pl.concat_str(onsets[1], vowels[1]))
    word = pl.concat_str(onsets[0], vowels[0], middle, onsets[2], any_of(rng, endings.split(), count))
    return pl.select(word.str.slice(0, 1).str.to_uppercase() + word.str.slice(1)).to_series()


def any_of(rng: np.random.Generator, choices: Sequence[str], count: int) -> pl.Series:
    """Draw ``count`` of ``choices``, all alike common."""
    return pl.Series(choices, dtype=pl.String).gather(rng.integers(len(choices), size=count))


def one_of(rng: np.random.Generator, frame: pl.DataFrame, ways: Sequence[tuple[float, pl.Expr]]) -> pl.Series:
    """For each row of ``frame`` the value of one of ``ways``, each chosen as often as its weight says."""
    weights = np.array([weight for weight, _ in ways])
    chosen = np.searchsorted(np.cumsum(weights) / weights.sum(), rng.random(frame.height))
    way = pl.lit(pl.Series(chosen))
    return frame.select(
        pl.coalesce(pl.when(way == number).then(value) for number, (_, value) in enumerate(ways))
    ).to_series()


def filled(rng: np.random.Generator, pattern: str, count: int) -> pl.Series:
    """``count`` texts of ``pattern``, in which ``#`` stands for any digit and ``@`` for any letter."""
    alphabets = {"#": _DIGITS, "@": _LETTERS}
    characters = [any_of(rng, alphabets.get(char, (char,)), count) for char in pattern]
    return pl.select(pl.concat_str(characters)).to_series()

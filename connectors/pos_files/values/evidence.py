"""Gathers, over a whole file, the values that only one reading fits, and decides by them or refuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import polars as pl

from connectors.pos_files.errors import FileError

# Values that contradict the rest are dirt up to this share of all that decide. None is misread: a value that votes
# fits no other reading, so it becomes a reject.
_DIRT = 0.01


@dataclass(frozen=True)
class Question:
    """What is to be decided.

    Attributes:
        setting: the key of the client's file that decides it too.
        readings: each possible answer, and how a message words it.
        shown: how a message shows a value, without what may be personal in it.
    """

    setting: str
    readings: Mapping[str, str]
    shown: Callable[[str], str]


class Evidence:
    """What the values of one column say about how they are to be read."""

    def __init__(self, column: str, question: Question) -> None:
        self._column = column
        self._question = question
        self._votes: Counter[str] = Counter()
        self._voters: dict[str, str] = {}
        self._undecided: list[str] = []
        self._open: set[str] = set()

    def add(self, values: pl.DataFrame, readings: pl.DataFrame) -> None:
        """Take in distinct values.

        Args:
            values: ``text``, and ``count``: how often it stands there.
            readings: for each value what it means by each answer (one column each), null where it does not fit.
        """
        fits = pl.all().is_not_null()
        only = readings.select(pl.sum_horizontal(fits)).to_series() == 1
        for answer in readings.columns:
            voters = values.filter(only & readings[answer].is_not_null())
            if len(voters):
                self._votes[answer] += int(voters["count"].sum())
                self._voters.setdefault(answer, voters["text"][0])
        if len(self._undecided) < 2:
            differs = pl.max_horizontal(pl.all()) != pl.min_horizontal(pl.all())
            undecided = readings.select(differs).to_series().fill_null(value=False).arg_true().head(2)
            fitting = readings[undecided].select(fits.any())
            self._open |= {answer for answer in fitting.columns if fitting[answer].any()}
            self._undecided += [text for text in values["text"][undecided] if text not in self._undecided]

    def verdict(self) -> str | None:
        """The answer that the whole file gives; ``None`` where all answers read all values alike.

        Raises:
            FileError: values contradict each other, or several answers fit and no value decides.
        """
        if not self._votes:
            if self._undecided:
                raise self._ambiguous()
            return None
        (answer, votes), *others = self._votes.most_common()
        if others and sum(count for _, count in others) > _DIRT * votes:
            raise self._contradictory(answer, others[0][0])
        return answer

    def _ambiguous(self) -> FileError:
        shown = " and ".join(f'"{self._question.shown(text)}"' for text in self._undecided[:2])
        answers = " or ".join(
            words for answer, words in self._question.readings.items() if answer in self._open
        )
        return FileError(
            f"columns.{self._column}: {shown} can be read with {answers}, and no other value decides",
            self._advice(self._open),
        )

    def _contradictory(self, answer: str, other: str) -> FileError:
        words, shown = self._question.readings, self._question.shown
        return FileError(
            f'columns.{self._column}: "{shown(self._voters[answer])}" only fits {words[answer]} and '
            f'"{shown(self._voters[other])}" only {words[other]}',
            self._advice(self._votes),
        )

    def _advice(self, possible: Collection[str]) -> str:
        answers = " or ".join(f'"{answer}"' for answer in self._question.readings if answer in possible)
        return f"Set {self._question.setting} to {answers}."

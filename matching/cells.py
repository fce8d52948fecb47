"""What a normaliser is given and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import polars as pl

COUNTRY = "row.country"
CLICKED_MS = "row.clicked_ms"

BirthDateOrder = Literal["day_first", "month_first", "year_first"]
"""In which order a source writes day, month and year where they are figures alone."""


class Cell(NamedTuple):
    """One column as expressions over prepared rows: its clean text, and what else of the row decides.

    Rules are applied to different cells only: a cell is what its rules read, so they may read nothing but this.

    Attributes:
        text: null where empty.
        lower: the text in lower case.
        country: the row's, as ISO 3166-1 alpha-2, else the client's; null where the row names one that is not
            understood, since a guess would make a foreign number somebody else's.
        clicked_ms: Unix milliseconds.
        birth_dates: the order that the source declares, None where nobody has said.
        steps: what :meth:`once` was asked for, in that order, by the column that it becomes.
    """

    text: pl.Expr
    lower: pl.Expr
    country: pl.Expr
    clicked_ms: pl.Expr
    birth_dates: BirthDateOrder | None
    steps: dict[str, pl.Expr]

    def once(self, expression: pl.Expr, name: str | None = None) -> pl.Expr:
        """``expression`` over this cell, as a column that is worked out once, however often it is mentioned.

        Polars finds common subexpressions by itself, but runs Python within them at each mention. What every rule
        of the column needs is shared under a ``name``, which must stand for the same expression everywhere.
        """
        column = f"step.{name or len(self.steps)}"
        self.steps.setdefault(column, expression)
        return pl.col(column)


class Outcome(NamedTuple):
    """A normaliser's answer: the normal form, null where refused, and the reason, to be read only there.

    A reason says what was expected and never repeats the value.
    """

    value: pl.Expr
    reason: pl.Expr


Normalizer = Callable[[Cell], Outcome]


def cell(column: str, birth_dates: BirthDateOrder | None = None) -> Cell:
    """The cell of ``column`` in prepared rows, see :mod:`matching.preparing`."""
    text = pl.col(column)
    steps = {"step.lower": text.str.to_lowercase()}
    return Cell(text, pl.col("step.lower"), pl.col(COUNTRY), pl.col(CLICKED_MS), birth_dates, steps)

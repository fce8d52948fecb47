"""Words that people and systems write where they have no value: hashed, they make one person of many."""

from __future__ import annotations

from functools import cache

import polars as pl

from matching.placeholder_words import EMAIL, OTHER_WORDS, WORDS


def is_placeholder(column: str, lower: pl.Expr) -> pl.Expr:
    """Whether the clean text of ``column``, in lower case, stands for no value."""
    listed = lower.is_in(pl.lit(_words(column)))
    return listed | lower.str.contains(EMAIL) if column == "email" else listed


@cache
def _words(column: str) -> pl.Series:
    return pl.Series([sorted(WORDS.get(column, OTHER_WORDS))])

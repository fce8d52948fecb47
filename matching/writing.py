"""Names and places as text: what the platforms call lower case, punctuation and spaces, for any script."""

from __future__ import annotations

import polars as pl

from matching.cells import Cell, Outcome
from matching.cleaning import composed

_NOT_ALPHANUMERIC = r"[^\p{L}\p{Mn}\p{Mc}\p{Nd}]|[ʻʼʹ]"
_PUNCTUATION = r"[^\p{L}\p{Mn}\p{Mc}\p{Nd}\s]|[ʻʼʹ]"
"""Apostrophes that Unicode calls letters go with the others: the same name is typed with any of them."""

_REPLACEMENT_CHARACTER = "\ufffd"


def squeezed(lower: pl.Expr) -> pl.Expr:
    """Of a text in lower case the letters, their marks and digits alone."""
    # Composed last: two characters that punctuation kept apart may compose once it is gone.
    return composed(lower.str.replace_all(_NOT_ALPHANUMERIC, ""))


def words(text: pl.Expr) -> pl.Expr:
    """Lower case without punctuation; words apart by single spaces."""
    bare = text.str.to_lowercase().str.replace_all(_PUNCTUATION, "").str.replace_all(r"\s+", " ")
    return composed(bare.str.strip_chars())


def written(cell: Cell, normal: pl.Expr, what: str) -> Outcome:
    """``normal`` where anything is left of the cell's text and no wrong encoding has damaged it."""
    damaged = cell.text.str.contains(_REPLACEMENT_CHARACTER, literal=True)
    form = cell.once(normal)
    return Outcome(
        pl.when((form.str.len_bytes() > 0) & ~damaged).then(form),
        pl.when(damaged)
        .then(pl.lit("damaged by a wrong encoding: read the source again in the encoding it was written in"))
        .otherwise(pl.lit(f"no letter or digit in it: expected {what}")),
    )

"""Work done for some rows only: Polars works out every side of a ``when`` for every row, nulls included."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

_TEXT = "text"


def only_where(
    mask: pl.Expr, text: pl.Expr, change: Callable[[pl.Expr], pl.Expr], dtype: pl.DataType | None = None
) -> pl.Expr:
    """``change`` of ``text`` where ``mask`` is true, null elsewhere; it makes ``dtype``, text by default."""
    made = dtype or pl.String()
    changed = change(pl.col(_TEXT))

    def some(columns: Sequence[pl.Series]) -> pl.Series:
        masked, texts = columns
        elsewhere = pl.Series(texts.name, [None], made).new_from_index(0, len(texts))
        if not masked.any():
            return elsewhere
        rows = texts.filter(masked).alias(_TEXT).to_frame().lazy()
        found = rows.select(changed).collect(engine="in-memory").to_series()
        return elsewhere.scatter(masked.arg_true(), found)

    return pl.map_batches([mask, text], some, made, is_elementwise=True)

"""Phone numbers to E.164, read in the row's country: a national number hashed as it stands matches nobody.

Columns are read at once (:mod:`matching.phones.columns`), by machines drawn from libphonenumber's own metadata. What
these cannot decide, libphonenumber reads (:mod:`matching.phones.library`), and what it refuses may have been written
in a way of its own (:mod:`matching.phones.readings`).
"""

from __future__ import annotations

import polars as pl

_PARSED = pl.Struct({"e164": pl.String, "reason": pl.String})


def to_e164(text: pl.Expr, country: pl.Expr) -> pl.Expr:
    """Read each number in its country: a struct of ``e164`` (with +) and, where that is null, ``reason``.

    ``country`` is ISO 3166-1 alpha-2, null for none. Extensions and other words after a number are dropped; of
    several numbers in one text, each valid by itself, the first counts.
    """
    pairs = pl.struct(text.alias("text"), country.alias("country"))
    return pairs.map_batches(_parse, return_dtype=_PARSED, is_elementwise=True)


def _parse(pairs: pl.Series) -> pl.Series:
    """The metadata of all numbering plans are imported by the first number only."""
    from matching.phones.reading import parsed

    return parsed(pairs)

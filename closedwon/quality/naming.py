"""How a segment is named, alike where it is learned and where a conversion is valued by it."""

from __future__ import annotations

from typing import get_args

import polars as pl

from config.quality import Segment

SEGMENT_COLUMNS: tuple[str, ...] = get_args(Segment)
"""Every column that a client's file may ask for."""

_LONGEST = 200


def segment_name(column: str) -> pl.Expr:
    """What ``column`` says of an entry's segment; null where it is empty.

    An e-mail address in it is a slip of the mapping: a person is no segment, and the ledger holds no address in clear.
    """
    name = pl.col(column).str.strip_chars().str.slice(0, _LONGEST)
    is_name = (name != "") & ~name.str.contains("@", literal=True)
    return pl.when(is_name).then(name).alias(column)

"""Parts whole names, where an export has nothing better: a first word and the rest, or ``Last, First``.

No rule parts every name. This one is right for compound last names (``van den Berg``, ``García López``); where it is
wrong, the person is not matched by name, and never mistaken for another.
"""

from __future__ import annotations

import polars as pl

from config.sources.pos_files import FULL_NAME

_PARTED = ("first_name", "last_name")
_TURNED = r"^(?<last>[^,]+),\s*(?<first>[^,]+)$"
_IN_ORDER = r"^(?<first>\S+)(?:\s+(?<last>.+))?$"


def with_names(people: pl.DataFrame) -> pl.DataFrame:
    """``people`` with the parts of ``full_name`` where neither ``first_name`` nor ``last_name`` is known."""
    if FULL_NAME not in people.columns:
        return people
    name = pl.col(FULL_NAME).str.strip_chars()
    turned, in_order = name.str.extract_groups(_TURNED), name.str.extract_groups(_IN_ORDER)
    known = [pl.col(part) if part in people.columns else pl.lit(None, pl.String) for part in _PARTED]
    unknown = pl.all_horizontal(column.is_null() for column in known)
    return people.with_columns(
        pl.when(unknown)
        .then(pl.coalesce(turned.struct.field(field), in_order.struct.field(field)))
        .otherwise(column)
        .str.strip_chars()
        .alias(part)
        for part, field, column in zip(_PARTED, ("first", "last"), known, strict=True)
    )

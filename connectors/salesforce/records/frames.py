"""Records of the REST API as a frame of texts, the same frame that a Bulk API result gives.

What follows then need not know how a record came: every column is text, named by the field's path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

Record = dict[str, Any]
"""A record as the REST API gives it; numbers with a decimal point are :class:`decimal.Decimal`."""


def frame_of(records: Sequence[Record], fields: Sequence[str]) -> pl.DataFrame:
    """One row a record and one String column for each of ``fields``, such as ``Id`` or ``Contact.Email``.

    Null stays null, also where the record that a path leads through is not there; booleans are ``true`` and
    ``false``; numbers are written out in full; times are as Salesforce gives them.
    """
    return pl.DataFrame([_column(records, path) for path in fields])


def empty_frame(fields: Sequence[str]) -> pl.DataFrame:
    """The frame of no records."""
    return pl.DataFrame(schema=dict.fromkeys(fields, pl.String))


def _column(records: Sequence[Record], path: str) -> pl.Series:
    return pl.Series(
        path,
        [
            value if value is None or type(value) is str else _as_text(value)
            for value in _values(records, path)
        ],
        dtype=pl.String,
    )


def _values(records: Sequence[Record], path: str) -> Sequence[Any]:
    *parents, name = path.split(".")
    holders: Sequence[Mapping[str, Any] | None] = records
    for parent in parents:
        holders = [holder[parent] if holder else None for holder in holders]
    return [holder[name] if holder else None for holder in holders]


def _as_text(value: bool | int | Decimal) -> str:
    """A JSON value as a person would write it: a lead id in a number field has no exponent or fraction."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        whole = value.to_integral_value()
        return f"{whole if value == whole else value.normalize():f}"
    return str(value)

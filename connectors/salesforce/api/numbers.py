"""Numbers written out in full: the Bulk API gives a Meta lead id in a number field as ``2.34567890123456E14``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import polars as pl

from connectors.salesforce.api.errors import ObjectHiddenError

_TYPES = frozenset({"currency", "double", "int", "long", "percent"})
_EXACT = pl.Decimal(38, 18)
"""Salesforce's numbers have 18 digits at most, on both sides of the point together."""

Describe = Callable[[str], Mapping[str, Any]]


def number_fields(describe: Describe, object_name: str, paths: Iterable[str]) -> list[str]:
    """Those of ``paths`` that lead to a number, by what the org says of its fields."""
    return [path for path in paths if _type(describe, (object_name,), path) in _TYPES]


def written_out(records: pl.DataFrame, numbers: Iterable[str]) -> pl.DataFrame:
    """``records`` with the texts of the columns ``numbers`` as a person would write them, without ``.0``."""
    return records.with_columns(map(_written_out, numbers))


def _written_out(name: str) -> pl.Expr:
    exact = pl.col(name).cast(_EXACT, strict=False).cast(pl.String)
    return pl.coalesce(exact.str.strip_chars_end("0").str.strip_chars_end("."), name)


def _type(describe: Describe, objects: Iterable[str], path: str) -> str:
    relationship, _, rest = path.partition(".")
    for name in objects:
        try:
            fields = describe(name)["fields"]
        except ObjectHiddenError:
            continue
        for field in fields:
            if rest and field.get("relationshipName") == relationship:
                return _type(describe, field["referenceTo"], rest)
            if not rest and field["name"] == path:
                return str(field["type"])
    return ""

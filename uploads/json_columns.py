"""JSON objects built column by column: a million payloads without a million Python dictionaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl


def text(value: pl.Expr) -> pl.Expr:
    """``value`` as a JSON string (RFC 8259 section 7); null stays null.

    Control characters are dropped: nothing that a platform takes has a use for them.
    """
    escaped = (
        value.str.replace_all(r"[\x00-\x1f\x7f]", "")
        .str.replace_all("\\", "\\\\", literal=True)
        .str.replace_all('"', '\\"', literal=True)
    )
    return pl.lit('"') + escaped + pl.lit('"')


def plain(value: pl.Expr) -> pl.Expr:
    """``value`` as a JSON string where nothing needs escaping (hex digests, ids, codes); null stays null."""
    return pl.lit('"') + value + pl.lit('"')


def plain_list(values: pl.Expr) -> pl.Expr:
    """The members of a list as JSON strings that need no escaping, to stand within an array; null stays null."""
    return pl.lit('"') + values.list.join('","') + pl.lit('"')


def number(value: pl.Expr) -> pl.Expr:
    """A finite number as JSON; null stays null."""
    return value.round(6).cast(pl.String)


def array(*values: pl.Expr) -> pl.Expr:
    """A JSON array of those values that are not null; null when none is left."""
    return _enclosed("[", "]", values)


def members(**values: pl.Expr) -> pl.Expr:
    """A JSON object of those members that are not null; null when none is left."""
    return object_of(values)


def object_of(values: Mapping[str, pl.Expr]) -> pl.Expr:
    """A JSON object of those members that are not null; null when none is left."""
    return _enclosed("{", "}", [pl.lit(f'"{key}":') + value for key, value in values.items()])


def _enclosed(left: str, right: str, values: Sequence[pl.Expr]) -> pl.Expr:
    # The inner text is named once: an eager select would compute it anew at every mention, at every level.
    inner = (
        values[0]
        if len(values) == 1
        else pl.concat_str(values, separator=",", ignore_nulls=True).replace("", None)
    )
    return pl.concat_str(pl.lit(left), inner, pl.lit(right))

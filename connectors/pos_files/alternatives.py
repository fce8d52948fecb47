"""Brings the cells of a column together that an export writes under one of several headers."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from connectors.pos_files.formats.table import Columns
from connectors.pos_files.headers import Places

_NEXT = "|"


def columns_to_read(found: Mapping[str, tuple[Places, ...]]) -> Columns:
    """``found`` with a column for each alternative: ``phone``, ``phone|1``, …"""
    return {
        f"{column}{_NEXT}{n}" if n else column: places
        for column, alternatives in found.items()
        for n, places in enumerate(alternatives)
    }


def column_of(name: str) -> str:
    """The column of which ``name``, as in :func:`columns_to_read`, is an alternative."""
    return name.partition(_NEXT)[0]


def filled(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` with one column for each, of whose alternatives the first that is filled counts."""
    others = [name for name in frame.columns if _NEXT in name]
    if not others:
        return frame
    alternatives: dict[str, list[str]] = {}
    for name in others:
        column = name.rpartition(_NEXT)[0]
        alternatives.setdefault(column, [column]).append(name)
    joined = [pl.coalesce(names).alias(column) for column, names in alternatives.items()]
    return frame.with_columns(joined).drop(others)

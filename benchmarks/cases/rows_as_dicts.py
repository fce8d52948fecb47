"""Frames as the peers take them: a dictionary a row, built outside the clock."""

from __future__ import annotations

from typing import Any

import polars as pl

from benchmarks.people_rows import PREPARED


def as_written(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows as people wrote them."""
    return frame.select(pl.exclude(f"^{PREPARED}.*$")).to_dicts()


def as_asked_for(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The same people, with what the peers refuse put right beforehand: numbers in E.164, country codes, addresses."""
    prepared = [name for name in frame.columns if name.startswith(PREPARED)]
    return as_written(
        frame.with_columns(pl.col(name).alias(name.removeprefix(PREPARED)) for name in prepared)
    )


def with_any_value(frame: pl.DataFrame) -> int:
    """How many rows of a frame of identifiers have one at least."""
    ids = pl.selectors.starts_with("id.")
    return frame.filter(pl.any_horizontal(ids.is_not_null())).height

"""What one writes in an afternoon, and the floor below which nothing can be."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import polars as pl
import polars_hash as plh

Row = Mapping[str, str | None]


def hashed(row: Row, columns: Sequence[str]) -> dict[str, str]:
    """Strip, lower, SHA-256: no platform's rules, but what most home-made uploads do."""
    return {
        name: hashlib.sha256(value.strip().lower().encode()).hexdigest()
        for name in columns
        if (value := row[name]) is not None
    }


def sha256_alone(frame: pl.DataFrame) -> pl.DataFrame:
    """Every cell hashed as it stands, column by column."""
    return frame.select(plh.col(name).chash.sha2_256() for name in frame.columns)

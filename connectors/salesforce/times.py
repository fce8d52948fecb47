"""Times as Salesforce writes them, which is not the same in all of its answers."""

from __future__ import annotations

import polars as pl

UTC_TIME = pl.Datetime("us", "UTC")


def times(column: str) -> pl.Expr:
    """A text column of dateTimes as UTC: ``2026-11-20T10:11:12.000+0000`` (REST) or ``…Z`` (Bulk API 2.0)."""
    return (
        pl.col(column)
        .str.replace(r"Z$", "+0000")
        .str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%z", time_unit="us")
        .dt.convert_time_zone("UTC")
        .cast(UTC_TIME)
    )

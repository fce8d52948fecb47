"""When each record entered each of its stages, from histories, or from the dates that HubSpot keeps a stage.

Frames here have the columns ``record`` (the record's id), ``raw`` (the stage's internal value) and ``at`` (UTC).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from connectors.hubspot.client import Json
from connectors.stages import in_order

STAMP = pl.Datetime("us", "UTC")


def stamps(column: str) -> pl.Expr:
    """A column of HubSpot's dates (``2026-11-20``) and date-times (``2026-11-20T10:11:12.345Z``) as UTC."""
    text = pl.col(column)
    formats = ("%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%d")
    return pl.coalesce(
        text.str.to_datetime(form, time_unit="us", strict=False) for form in formats
    ).dt.replace_time_zone("UTC")


def has_history(records: Sequence[Json], stage: str) -> bool:
    """Whether the history of ``stage`` was given, as far as there is any to be given."""
    staged = [record for record in records if record["properties"].get(stage)]
    return not staged or any((record.get("propertiesWithHistory") or {}).get(stage) for record in staged)


def past_stages(records: Sequence[Json], stage: str) -> pl.DataFrame:
    """Every value that the property ``stage`` had, oldest first; a value that was cleared is null."""
    # Newest first, and so it stays among versions of one moment unless it is turned round.
    versions = [((record.get("propertiesWithHistory") or {}).get(stage) or ())[::-1] for record in records]
    return _frame(
        [record["id"] for record, its in zip(records, versions, strict=True) for _ in its],
        [version["value"] or None for its in versions for version in its],
        [version["timestamp"] for its in versions for version in its],
    )


def entered_stages(records: Sequence[Json], entered: Mapping[str, str]) -> pl.DataFrame:
    """The stages that each record's own dates tell of; ``entered`` has the property of each stage."""
    known = [
        (record["id"], stage, record["properties"][name])
        for record in records
        for stage, name in entered.items()
        if record["properties"].get(name)
    ]
    return _frame(*([row[place] for row in known] for place in range(3)))


def stage_times(records: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Every stage that ``records`` entered, with its time.

    Args:
        records: ``record``, ``raw`` (the present stage) and ``modified_at``.
        known: what :func:`past_stages` or :func:`entered_stages` gave.

    Returns:
        Stage times in the order that :func:`~connectors.stages.in_order` gives them.
    """
    dated = known.filter(pl.col("at").is_not_null()).with_columns(approximate=pl.lit(value=False))
    present = (
        records.filter(pl.col("raw").is_not_null())
        .join(dated, on=["record", "raw"], how="anti", maintain_order="left")
        .select("record", "raw", at="modified_at", approximate=pl.lit(value=True))
    )
    return in_order(pl.concat([dated, present]), records)


def _frame(records: list[str], raw: list[str | None], at: list[str]) -> pl.DataFrame:
    frame = pl.DataFrame(
        {"record": records, "raw": raw, "at": at}, schema=dict.fromkeys(("record", "raw", "at"), pl.String)
    )
    return frame.with_columns(at=stamps("at"))

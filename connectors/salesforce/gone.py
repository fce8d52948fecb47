"""Records that are no longer there: in the recycle bin, merged into another, or erased without a trace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from connectors.base import Gone
from connectors.chunks import chunks
from connectors.salesforce.api.client import Client
from connectors.salesforce.records.related import Related
from connectors.salesforce.schema.objects import ObjectModel
from connectors.salesforce.schema.visible import Visible

DELETED, MERGED_INTO = "IsDeleted", "MasterRecordId"

_LOOKUP = 2_000
"""Ids whose answers are held at a time."""


def gone_fields(model: ObjectModel, client: Client) -> tuple[str, ...]:
    """The fields that say that a record is gone; an opportunity cannot be merged."""
    visible = Visible(model.name, client.describe)
    return (DELETED, *filter(None, [visible.spelled(MERGED_INTO)]))


def without_gone(records: pl.DataFrame, object_name: str) -> tuple[pl.DataFrame, tuple[Gone, ...]]:
    """``records`` that are there, and those that are not; without :data:`DELETED`, all are there."""
    if DELETED not in records.columns:
        return records, ()
    deleted = pl.col(DELETED) == "true"
    return records.filter(~deleted), tuple(_gone(records.filter(deleted), object_name))


def missing_records(client: Client, model: ObjectModel, record_ids: Sequence[str]) -> Iterator[Gone]:
    """Those of ``record_ids`` that were deleted, merged or erased.

    What Salesforce does not give back at all has left the recycle bin too, or lies where the integration user may
    not look: Salesforce answers both alike.
    """
    lookup = Related(model.name, "Id", ("Id", *gone_fields(model, client)), include_deleted=True)
    for asked in chunks(record_ids, _LOOKUP):
        found = lookup.rows(client, asked)
        _, gone = without_gone(found, model.name)
        yield from gone
        present = set(found["Id"])
        yield from (Gone(model.name, record) for record in asked if record not in present)


def _gone(records: pl.DataFrame, object_name: str) -> Iterator[Gone]:
    merged = records[MERGED_INTO] if MERGED_INTO in records.columns else [None] * records.height
    for record, into in zip(records["Id"], merged, strict=True):
        yield Gone(object_name, record, into)

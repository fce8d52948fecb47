"""Rows that refer to some records, or that they refer to, as a frame: histories, leads, contact roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from connectors.salesforce.api.client import Client
from connectors.salesforce.records.frames import frame_of
from connectors.salesforce.records.paging import rows_by_id
from connectors.salesforce.records.queries import related_query


@dataclass(frozen=True)
class Related:
    """Which rows, and what of each.

    Attributes:
        object_name: the object that holds them.
        reference: the field by which they are found.
        fields: field paths; the columns of the answer are named so.
        condition: which rows matter, as SOQL, or nothing.
        include_deleted: also those in the recycle bin.
    """

    object_name: str
    reference: str
    fields: tuple[str, ...]
    condition: str = ""
    include_deleted: bool = False

    def rows(self, client: Client, ids: Sequence[str]) -> pl.DataFrame:
        """The rows whose reference is among ``ids``, those of each id oldest first."""
        condition = f" AND {self.condition}" if self.condition else ""
        query = related_query(self.object_name, self.fields, self.reference, condition)
        rows = rows_by_id(client, query, ids, include_deleted=self.include_deleted) if ids else []
        return frame_of(rows, self.fields)

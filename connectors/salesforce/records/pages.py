"""What reading an object yields, however its records are transported."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from connectors.salesforce.records.bookmarks import Bookmark


@dataclass(frozen=True)
class Page:
    """Some records of an object.

    Attributes:
        records: a String column for each field that was asked for, named by its path.
        bookmark: where a later run goes on, once this page and all before it are stored.
        last: nothing followed them.
    """

    records: pl.DataFrame
    bookmark: Bookmark
    last: bool

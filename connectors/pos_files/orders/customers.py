"""Joins the people whom orders only number: another export, held in memory, that knows their e-mail and phone.

A million customers with nine columns take about 270 MB.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from config.sources import PosFilesSettings
from connectors.pos_files.alternatives import columns_to_read, filled
from connectors.pos_files.errors import FileError
from connectors.pos_files.formats.tables import table_opener
from connectors.pos_files.headers import Asked, found_places
from connectors.pos_files.meaning import CUSTOMER
from connectors.pos_files.orders.customer_files import customer_files, failing_as_source
from connectors.pos_files.presets import CustomerExport
from connectors.pos_files.storage.exports import PosFile
from connectors.pos_files.storage.settling import is_settled, unless_unfinished

MOST_CUSTOMERS = 2_000_000
"""Beyond this many rows an export of customers is refused, since all are held in memory."""

_KEY = "key"
_ROWS = 50_000


class Customers:
    """The people of an export, by their number there."""

    def __init__(self, people: pl.DataFrame) -> None:
        hashes = people[_KEY].hash().to_numpy()
        # Looked up by sorted numbers: a join would index all customers anew for every block of orders.
        self._places: NDArray[np.intp] = hashes.argsort(kind="stable")
        self._hashes: NDArray[np.uint64] = hashes[self._places]
        self._people = people

    def joined(self, orders: pl.DataFrame) -> pl.DataFrame:
        """``orders`` with the person's columns filled in by :data:`~connectors.pos_files.meaning.CUSTOMER`; what an
        order says itself wins, and of a number that stands there twice, the last."""
        if CUSTOMER not in orders.columns or self._people.is_empty():
            return orders
        keys = orders[CUSTOMER]
        last = np.searchsorted(self._hashes, keys.hash().to_numpy(), side="right") - 1
        found = self._people[self._places[np.maximum(last, 0)]]
        same = (found[_KEY] == keys).fill_null(value=False)
        return orders.with_columns(
            pl.coalesce(
                *([pl.col(column)] if column in orders.columns else []),
                pl.when(same).then(found[column]),
            ).alias(column)
            for column in found.columns
            if column != _KEY
        )


def read_customers(settings: PosFilesSettings, export: CustomerExport, advice: str) -> Customers:
    """The people of all exports that ``settings.customers`` names; of a number that stands there twice, the last.

    Raises:
        SourceError: there is no such file, one cannot be read, or they hold too many people.
    """
    asked = [
        Asked("customers.key", _KEY, export.key),
        *(
            Asked(f"customers.columns.{column}", column, header, needed=False)
            for column, header in export.columns.items()
        ),
    ]
    # How the orders are written says nothing of how the customers are.
    own = settings.model_copy(update={"delimiter": None, "encoding": None, "sheet": None})
    parts: list[pl.DataFrame] = []
    for file in customer_files(settings):
        with failing_as_source(file):
            parts += _people(file, own, asked, advice, room=MOST_CUSTOMERS - sum(map(len, parts)))
    columns = [_KEY, *export.columns]
    nobody = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    return Customers(pl.concat([nobody, *(part.select(columns) for part in parts)]))


def _people(
    file: PosFile, settings: PosFilesSettings, asked: list[Asked], advice: str, *, room: int
) -> Iterator[pl.DataFrame]:
    """The rows of one export, with all columns that are ``asked`` for."""
    with file.open() as opened, unless_unfinished(opened):
        table = table_opener(opened, settings, settled=is_settled(opened))([one.header for one in asked])
        if table is None:
            return
        found = found_places(asked, table.headers, advice=advice)
        absent = [pl.lit(None, pl.String).alias(one.column) for one in asked if one.column not in found]
        for rows in table.rows(columns_to_read(found), count=_ROWS):
            room -= len(rows.frame)
            if room < 0:
                raise FileError(
                    f"there are more than {MOST_CUSTOMERS:,} customers, who would not fit into memory",
                    "Export only the customers who bought lately.",
                )
            yield filled(rows.frame).with_columns(absent)

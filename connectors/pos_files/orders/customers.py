"""Joins the people whom orders only number: another export, held in memory, that knows their e-mail and phone.

A million customers with nine columns take about 270 MB.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import polars as pl
from numpy.typing import NDArray

from config.sources import PosFilesSettings
from connectors.base import SourceError
from connectors.pos_files.alternatives import columns_to_read, filled
from connectors.pos_files.cursor import Stamp
from connectors.pos_files.errors import FileError, UnfinishedError, system_failure
from connectors.pos_files.formats.tables import table_opener
from connectors.pos_files.headers import Asked, found_places
from connectors.pos_files.meaning import CUSTOMER
from connectors.pos_files.presets import CustomerExport
from connectors.pos_files.storage.exports import PosFile
from connectors.pos_files.storage.files import matching_files
from connectors.pos_files.storage.settling import is_settled, is_whole, unless_unfinished

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


def stamps(settings: PosFilesSettings) -> list[tuple[str, int, int, str, bool]]:
    """What changes when the exports of customers do: their orders are then read again, with the people they name.

    Raises:
        SourceError: there is none, or one cannot be opened.
    """
    found = []
    for file in _files(settings):
        with _failing_as_source(file), file.open() as opened:
            stamp, whole = Stamp.of(opened), is_whole(opened)
        found.append((file.name, stamp.size, stamp.mtime_ns, stamp.head, whole))
    return found


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
    for file in _files(settings):
        with _failing_as_source(file):
            parts += _people(file, own, asked, advice, room=MOST_CUSTOMERS - sum(map(len, parts)))
    columns = [_KEY, *export.columns]
    nobody = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    return Customers(pl.concat([nobody, *(part.select(columns) for part in parts)]))


def _files(settings: PosFilesSettings) -> list[PosFile]:
    return matching_files(settings.customers.path, settings) if settings.customers else []


@contextmanager
def _failing_as_source(file: PosFile) -> Iterator[None]:
    """Without the customers no order is read: it would be known for one that names nobody."""
    try:
        yield
    except (FileError, OSError) as error:
        failure = system_failure(error) if isinstance(error, OSError) else error
        raise SourceError(
            f"customers: {file.name}: {failure}",
            advice=failure.advice,
            configuration=not isinstance(failure, UnfinishedError),
        ) from None


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

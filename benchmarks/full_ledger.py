"""A ledger of a million deliveries: what one real run left in it, many times over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Column, ColumnElement, Table, func, insert, literal, select, text

from benchmarks.purchases import NOW, write_client, write_till
from benchmarks.sink import sink
from closedwon.ledger import Ledger
from closedwon.ledger.schema import deliveries, identities, stage_entries
from closedwon.pipeline.run import run_client
from config import load_client

RECORD = "T000000100-1"
"""A record of which the ledger holds a copy."""

_DESTINATIONS = ("meta", "google")
_MARK = "x"
"""What a copy's digests begin with: no digest does by itself."""

_MARK_LENGTH = 5


@dataclass(frozen=True)
class Size:
    """How much a ledger holds.

    Attributes:
        entries: stage entries, each with a delivery to Meta and one to Google.
        identities: sightings of people in the identity map.
        seeds: purchases of the real run that is copied.
    """

    entries: int = 500_000
    identities: int = 300_000
    seeds: int = 20_000


@contextmanager
def client(folder: Path, size: Size) -> Iterator[Path]:
    """A client of a till and of both platforms, who can be run for as long as the context lasts; yields the file."""
    till = write_till(folder, size.seeds, later=datetime.now(UTC) - NOW)
    with sink() as url:
        yield write_client(folder, till.typed, url, _DESTINATIONS, stitch=True)


def fill(file: Path, url: str, size: Size) -> int:
    """Run the client of ``file`` with the ledger at ``url``, and copy what that left there up to ``size``.

    Returns how many deliveries the ledger holds then.
    """
    digests = {
        stage_entries: ("event_id",),
        deliveries: ("event_id",),
        identities: ("identity", "external_id", "email", "phone", "name"),
    }
    wanted = {
        stage_entries: size.entries,
        deliveries: size.entries * len(_DESTINATIONS),
        identities: size.identities,
    }
    with closing(Ledger(url)) as ledger:
        report = run_client(load_client(file).settings, ledger)
        if report.failures:
            raise RuntimeError(f"the run that is to be copied failed: {report.failures}")
        for table, columns in digests.items():
            _multiply(ledger, table, columns, wanted[table])
        with ledger.writing() as connection:
            # PostgreSQL looks through a table of that size by itself, but not within these seconds.
            if connection.dialect.name == "postgresql":
                connection.execute(text("ANALYZE"))
        return _count(ledger, deliveries)


def _multiply(ledger: Ledger, table: Table, digests: tuple[str, ...], rows: int) -> None:
    """Copy all rows of ``table`` until there are about so many, each copy with ids of its own."""
    names = [column.name for column in table.columns]
    original = table.c[digests[0]].not_like(f"{_MARK}%")
    for number in range(1, round(rows / _count(ledger, table))):
        copy = select(*(_copied(column, column.name in digests, number) for column in table.columns))
        with ledger.writing() as connection:
            connection.execute(insert(table).from_select(names, copy.where(original)))


def _copied(column: Column[str], is_digest: bool, number: int) -> ColumnElement[str]:
    if is_digest:
        return literal(f"{_MARK}{number:0{_MARK_LENGTH - 1}}").concat(func.substr(column, _MARK_LENGTH + 1))
    return column.concat(f"-{number}") if column.name in {"record_id", "order_id"} else column


def _count(ledger: Ledger, table: Table) -> int:
    with ledger.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

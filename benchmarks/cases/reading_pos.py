"""A till's export read to its end: cp1252, semicolons, ``1.234,50 €``, days first, refunds and unreadable rows."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.case import Case, Contender, Part
from benchmarks.cases.reading import WARM_UP_SHARE, itself
from closedwon.sandbox.invented.people import invent_people
from closedwon.sandbox.invented.purchases import invent_purchases
from closedwon.sandbox.invented.till_files import DIALECTS, write_till_files

if TYPE_CHECKING:
    import pandas as pd

_SEED = 20_260
_REGION = "north"
_DIALECT = DIALECTS[_REGION]
_LIVE_IN = {"FR": 0.78, "DE": 0.06, "GB": 0.06, "US": 0.03, "NL": 0.04, "ES": 0.03}
_NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
_ZONE = "Europe/Paris"
_INVENTED = 100_000
"""Receipts that are invented; more than these are the same again, under order ids of their own."""

_COLUMNS = {
    "order_id": "Order",
    "entered_at": "Date",
    "amount": "Total",
    "email": "Email",
    "phone": "Phone",
    "first_name": "First name",
    "last_name": "Last name",
    "postal_code": "Postcode",
    "external_id": "Loyalty card",
    "store": "Store",
}


@contextmanager
def _written(folder: Path, rows: int) -> Iterator[list[Path]]:
    """Write a short file, to warm up on, and one of ``rows`` receipts and their refunds."""
    short = max(1, round(rows * WARM_UP_SHARE))
    yield [_file(folder / f"till-{count}", count) for count in (short, rows)]


def _file(target: Path, rows: int) -> Path:
    invented = min(rows, _INVENTED)
    rng = random.Random(_SEED)
    people = invent_people(rng, _LIVE_IN, max(1, invented // 3), first_id=1)
    purchases, refunds = (
        [replace(receipt, region=_REGION) for receipt in receipts]
        for receipts in invent_purchases(rng, people, invented, _NOW)
    )
    write_till_files(rng, target, purchases, refunds)
    path = target / f"till-{_REGION}.csv"
    _repeat(path, round(rows / invented))
    return path


def _repeat(path: Path, times: int) -> None:
    """Append all rows of a file to it until they stand in it so many times, each time under other order ids."""
    header, *rows = _cells(path)
    assert header[0] == _COLUMNS["order_id"]
    with path.open("a", encoding=_DIALECT.encoding, newline="") as file:
        writer = csv.writer(file, delimiter=_DIALECT.delimiter)
        for time in range(1, times):
            writer.writerows([order and f"{order}-{time}", *cells] for order, *cells in rows)


def _parts(paths: list[Path]) -> Iterator[Part]:
    for path in paths:
        yield Part(path, _cells_alone(path))


def _cells(path: Path) -> Iterator[list[str]]:
    with path.open(encoding=_DIALECT.encoding, newline="") as file:
        yield from csv.reader(file, delimiter=_DIALECT.delimiter)


def _ours(path: Path) -> int:
    """Read to the end as a run does, a batch at a time; each is dropped, as after it is stored."""
    from config.sources import PosFilesSettings
    from connectors.base import SourceContext
    from connectors.pos_files import connect

    settings = {
        "type": "pos_files",
        "path": str(path),
        "columns": _COLUMNS,
        "refunds": {"column": "Type", "values": ["Refund"]},
    }
    context = SourceContext(
        "shops",
        timezone=_ZONE,
        country="FR",
        currency="EUR",
        consent_fields={"ad_user_data": "Marketing consent"},
    )
    connector = connect(PosFilesSettings.model_validate(settings), context)
    return sum(len(batch.entries) for batch in connector.read(None))


def _script(path: Path) -> pd.DataFrame:
    """A script by somebody who knows this one till's dialect; what cannot be read is dropped without a word."""
    import pandas as pd

    table = pd.read_csv(
        path, sep=_DIALECT.delimiter, encoding=_DIALECT.encoding, dtype=str, on_bad_lines="skip"
    )
    plain = table["Total"].str.replace(" €", "").str.replace(".", "").str.replace(",", ".")
    table["Total"] = pd.to_numeric(plain, errors="coerce")
    local = pd.to_datetime(table["Date"], format=_DIALECT.date_format, errors="coerce")
    table["Date"] = local.dt.tz_localize(_ZONE, ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")
    return table.dropna(subset=["Order", "Date", "Total"])


def _cells_alone(path: Path) -> int:
    return sum(1 for _ in _cells(path)) - 1


CASE = Case(
    name="reading.pos",
    title="A till's export to stage entries",
    provide=_written,
    parts=_parts,
    contenders=(
        Contender("Closedwon", _ours, count=itself),
        Contender("script: pandas, its dialect known", _script),
        Contender("floor: cells alone (csv.reader)", _cells_alone, count=itself),
    ),
    rows=1_000_000,
    laps=3,
)

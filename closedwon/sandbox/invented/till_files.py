"""Writes purchases as the exports of three makes of till, which agree on the headers and on nothing else.

Encodings, delimiters, dates and money differ; one region exports the last week again, so that orders come twice;
and every file has rows that nobody can read, because every export has.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from closedwon.sandbox.invented.purchases import Purchase

HEADERS = (
    "Order", "Date", "Total", "Type", "Store", "Email", "Phone", "First name", "Last name", "Postcode",
    "Loyalty card", "Marketing consent", "Note",
)  # fmt: skip

_ORDER, _DATE, _TOTAL = 0, 1, 2
_BAD_ROW_EVERY = 2_000
_EXPORTED_AGAIN = timedelta(days=7)
_NOTES = (
    "Gift wrap",
    "Called back\nleft a message",
    'Asked for "the blue one"',
    "Delivery; second floor, left",
)
_NOTE_SHARE = 0.02
_REFUND_FORMS = (("Refund", -1), ("Refund", 1), ("", -1))
"""How a till marks a refund: by its type, by its sign, or by both."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one make of till writes its export."""

    encoding: str
    delimiter: str
    date_format: str
    money: Callable[[float], str]


def _point(amount: float) -> str:
    return f"{amount:,.2f}"


def _comma(amount: float) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


DIALECTS = {
    "centre": Dialect("utf-8", ",", "%Y-%m-%d %H:%M:%S", _point),
    "north": Dialect("cp1252", ";", "%d/%m/%Y %H:%M", lambda amount: f"{_comma(amount)} €"),
    "south": Dialect("utf-8-sig", "\t", "%d/%m/%Y %H:%M:%S", _comma),
}
"""Region to the dialect of its tills."""

_Row = list[str]


def _cell(index: int, value: str) -> Callable[[_Row], _Row]:
    return lambda row: [*row[:index], value, *row[index + 1 :]]


BAD_ROWS: dict[str, Callable[[_Row], _Row]] = {
    "unreadable amount": _cell(_TOTAL, "see receipt"),
    "unreadable date": _cell(_DATE, "31/02/2026 10:00"),
    "missing order id": _cell(_ORDER, ""),
    "too few cells": lambda row: row[:5],
    "too many cells": lambda row: [*row, "x", "y"],
}
"""What is wrong with a row, and how to make one so."""


def write_till_files(
    rng: random.Random, folder: Path, purchases: list[Purchase], refunds: list[Purchase]
) -> tuple[list[Path], int]:
    """Write one file a region and one repeated week; returns the files, and how many rows are unreadable."""
    folder.mkdir(parents=True, exist_ok=True)
    receipts = sorted([*purchases, *refunds], key=lambda receipt: receipt.sold_at)
    files, unreadable = [], 0
    for region, dialect in DIALECTS.items():
        own = [receipt for receipt in receipts if receipt.region == region]
        rows = list(_rows(rng, own, dialect))
        bad = list(_bad_rows(rng, rows))
        unreadable += len(bad)
        files.append(_write(folder / f"till-{region}.csv", dialect, _mixed(rng, rows, bad)))
    rows = list(_rows(rng, _last_week(receipts), DIALECTS["centre"]))
    files.append(_write(folder / "till-centre-last-week.csv", DIALECTS["centre"], rows))
    return files, unreadable


def _last_week(receipts: list[Purchase]) -> list[Purchase]:
    """The centre's receipts of the last days, which its till exports a second time."""
    return [
        receipt
        for receipt in receipts
        if receipt.region == "centre" and receipt.sold_at > receipts[-1].sold_at - _EXPORTED_AGAIN
    ]


def _rows(rng: random.Random, receipts: Iterable[Purchase], dialect: Dialect) -> Iterable[_Row]:
    for receipt in receipts:
        kind, sign = _kind_and_sign(receipt)
        yield [
            receipt.order_id,
            receipt.sold_at.strftime(dialect.date_format),
            dialect.money(sign * receipt.amount),
            kind,
            receipt.store,
            receipt.email,
            receipt.phone,
            receipt.first_name,
            receipt.last_name,
            receipt.postal_code,
            receipt.loyalty_card,
            receipt.consent,
            rng.choice(_NOTES) if rng.random() < _NOTE_SHARE else "",
        ]


def _kind_and_sign(receipt: Purchase) -> tuple[str, int]:
    # By the order's number, so that an order exported again reads the same.
    return _REFUND_FORMS[int(receipt.order_id[1:]) % len(_REFUND_FORMS)] if receipt.refund else ("Sale", 1)


def _bad_rows(rng: random.Random, rows: list[_Row]) -> Iterable[_Row]:
    """Unreadable variants of good rows, under order ids of their own: nothing of them may be counted."""
    for number in range(1 + len(rows) // _BAD_ROW_EVERY) if rows else ():
        for kind, spoil in BAD_ROWS.items():
            order_id = f"BAD-{number}-{kind.replace(' ', '-')}"
            yield spoil([order_id, *rng.choice(rows)[1:]])


def _mixed(rng: random.Random, rows: list[_Row], bad: list[_Row]) -> list[_Row]:
    mixed = list(rows)
    for row in bad:
        mixed.insert(rng.randint(1, len(mixed)), row)
    return mixed


def _write(path: Path, dialect: Dialect, rows: Iterable[_Row]) -> Path:
    with path.open("w", encoding=dialect.encoding, newline="") as file:
        writer = csv.writer(file, delimiter=dialect.delimiter)
        writer.writerow(HEADERS)
        writer.writerows(rows)
    return path

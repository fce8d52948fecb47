"""Turns rows of text into stage entries: purchases and refunds, each with its time, amount and currency."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pandas as pd
import polars as pl

from config.columns import is_stage_entry_column
from connectors.entries import stage_entries
from connectors.pos_files.alternatives import filled
from connectors.pos_files.formats.table import ROW, Place, Refused, Rows
from connectors.pos_files.meaning import REFUND_MARK, STATUS
from connectors.pos_files.orders.line_items import LINE, TEXT, LineItems
from connectors.pos_files.orders.oddities import Oddities, left_out
from connectors.pos_files.orders.refunds import with_records
from connectors.pos_files.orders.typed_rows import DATED, MARKED, PRICED, PROBLEM, typed_rows
from connectors.pos_files.source import Source
from connectors.pos_files.survey import Plan
from connectors.pos_files.values.names import with_names

OBJECT = "order"


@dataclass(frozen=True)
class Reading:
    """What a block's rows became.

    Attributes:
        entries: a stage-entry frame (:func:`connectors.entries.stage_entries`).
        refused: the rows that could not be read.
        resume: where the next run can go on; ``None`` for the file's beginning.
    """

    entries: pd.DataFrame
    refused: list[Refused]
    oddities: Oddities
    resume: Place | None


class EntryReader:
    """Reads the blocks of one file, in their order, by the file's plan."""

    def __init__(self, plan: Plan, source: Source) -> None:
        self._plan = plan
        self._source = source
        meaning = source.meaning
        self._line_items = LineItems(meaning, plan.decimal, plan.scattered) if meaning.line_items else None

    def read(self, rows: Rows) -> Reading:
        """Read a block; an order whose lines it may have cut comes with the next.

        Raises:
            FileError: the order ids cannot be such.
        """
        meaning = self._source.meaning
        typed, oddities = typed_rows(filled(rows.frame), self._plan, meaning)
        resume: Place | None = rows.next
        if self._line_items is not None:
            folded = self._line_items.take(typed, rows)
            typed, resume = folded.orders, self._line_items.place(rows)
            oddities += Oddities(unlike_totals=folded.unlike_totals)
        typed, others = _purchases_and_refunds(typed, meaning.purchases)
        typed = typed.with_columns(problem=pl.coalesce(_absent(), PROBLEM))
        readable = pl.col(PROBLEM).is_null()
        refused = [_refused(row, rows) for row in typed.filter(~readable).iter_rows(named=True)]
        kept = self._with_people(typed.filter(readable))
        entries = self._stage_entries(with_records(kept, meaning.stage))
        return Reading(entries, refused, oddities + others, resume)

    def _with_people(self, orders: pl.DataFrame) -> pl.DataFrame:
        if self._source.customers is not None:
            orders = self._source.customers.joined(orders)
        return with_names(orders)

    def _stage_entries(self, records: pl.DataFrame) -> pd.DataFrame:
        raw = [column for column in (STATUS, REFUND_MARK) if column in records.columns]
        if raw:
            records = records.with_columns(stage_raw=pl.coalesce(raw))
        names = [name for name in records.columns if is_stage_entry_column(name)]
        return stage_entries(records.select(names), source=self._source.context.name, object_name=OBJECT)


def _purchases_and_refunds(
    rows: pl.DataFrame, purchases: tuple[str, ...] | None
) -> tuple[pl.DataFrame, Oddities]:
    """``rows`` without those whose status says that they are neither, and how many these are."""
    if purchases is None:
        return rows, Oddities()
    status = pl.col(STATUS).str.strip_chars().str.to_lowercase()
    wanted = pl.col(MARKED) | status.is_in(list(purchases)).fill_null(value=False)
    others = rows.filter(~wanted)[STATUS].value_counts()
    return rows.filter(wanted), left_out(Counter(dict(others.iter_rows())))


def _absent() -> pl.Expr:
    """What a row lacks: the first that applies."""
    return (
        pl.when(pl.col("order_id").is_null())
        .then(pl.lit("no order id"))
        .when(~pl.col(DATED))
        .then(pl.lit("no date"))
        .when(~pl.col(PRICED))
        .then(pl.lit("no amount"))
    )


def _refused(row: dict[str, object], rows: Rows) -> Refused:
    number, reason = row[ROW], str(row[PROBLEM])
    if isinstance(number, int):
        return rows.refuse(number, reason)
    return Refused(int(str(row[LINE])), str(row[TEXT]), reason)

"""The first pass over a file: decides, by all of its values, how the second is to read them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import polars as pl

from connectors.pos_files.alternatives import columns_to_read, filled
from connectors.pos_files.formats.table import Columns, Table, TableOpener
from connectors.pos_files.headers import JOIN, OR, Places, found_places
from connectors.pos_files.meaning import REFUNDED_AMOUNT, Meaning
from connectors.pos_files.orders.scattered import Scatter
from connectors.pos_files.values.evidence import Evidence
from connectors.pos_files.values.money import DECIMAL_QUESTION, DECIMALS, Decimal, amount_readings
from connectors.pos_files.values.times import (
    DATE_ORDER_QUESTION,
    DATE_ORDERS,
    DateOrder,
    date_readings,
    written_dates,
)

TIME_COLUMNS = ("entered_at", "lead_created_at")

_SURVEY_ROWS = 50_000

WORDS: Mapping[str, str] = {
    ".": "decimal point",
    ",": "decimal comma",
    "day_first": "day before month",
    "month_first": "month before day",
    "year_first": "year before month",
}
"""How a decimal mark or an order of dates is told."""


@dataclass(frozen=True)
class Plan:
    """How one file is to be read.

    Attributes:
        found: where the cells of each column stand, in the order in which they are tried.
        date_orders: the order of each time column that the file has.
        decided: the answers among them that made a difference, or that a setting or the preset gave.
        scattered: hashes of the orders whose lines stand apart
            (:class:`connectors.pos_files.orders.scattered.Scatter`).
        sniffed: what the file itself decided, in words; empty where settings decided all.
        missing: what the file does not say for want of a header, in words.
    """

    table: Table
    found: Mapping[str, tuple[Places, ...]]
    decimal: Decimal
    date_orders: Mapping[str, DateOrder]
    decided: frozenset[str]
    scattered: pl.Series
    sniffed: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def positions(self) -> Columns:
        """What is read of the table."""
        return columns_to_read(self.found)

    def header(self, column: str) -> str:
        """The headers that feed ``column``, in words."""
        return OR.join(
            JOIN.join(self.table.headers[place] for place in places) for places in self.found[column]
        )

    def digest(self) -> str:
        """Rows that are read by plans of the same digest are read alike."""
        how = (
            self.table.form,
            self.table.headers,
            self.found,
            self.decimal,
            self.date_orders,
            self.scattered.is_empty(),
        )
        return hashlib.sha256(repr(how).encode()).hexdigest()[:16]


def plan_for(open_table: TableOpener, meaning: Meaning) -> Plan | None:
    """Decide how to read the file; ``None`` for one without any content.

    Raises:
        FileError: it is no table, a header is missing, its amounts or dates can be read in two ways, or the lines
            of too many orders stand apart.
        UnfinishedError: its headers may not be complete yet.
    """
    table = open_table([asked.header for asked in meaning.asked])
    if table is None:
        return None
    found = found_places(meaning.asked, table.headers, advice=meaning.advice)
    verdicts, scattered = _surveyed(table, found, meaning)
    orders = {
        column: meaning.date_order or cast(DateOrder, verdicts.get(column, DATE_ORDERS[0]))
        for column in TIME_COLUMNS
        if column in found
    }
    # Without a file's name, so that it is said once a source: the field may well be another source's.
    missing = tuple(
        f'{asked.key}: files without the header "{asked.header}" say nothing of it'
        for asked in meaning.asked
        if asked.missed and asked.column not in found
    )
    return Plan(
        table,
        found,
        # Where nothing had to be decided, any answer reads the file alike.
        decimal=meaning.decimal or cast(Decimal, verdicts.get("amount", DECIMALS[0])),
        date_orders=orders,
        decided=frozenset(filter(None, (*verdicts.values(), meaning.decimal, meaning.date_order))),
        scattered=scattered,
        sniffed=table.sniffed + tuple(WORDS[answer] for answer in dict.fromkeys(verdicts.values())),
        missing=missing,
    )


@dataclass(frozen=True)
class _Question:
    """Something that the values of ``columns`` decide together."""

    columns: tuple[str, ...]
    readings: Callable[[pl.Series], pl.DataFrame]
    evidence: Evidence
    text: Callable[[pl.Series], pl.Series]


def _surveyed(
    table: Table, found: Mapping[str, tuple[Places, ...]], meaning: Meaning
) -> tuple[dict[str, str], pl.Series]:
    """The answers that only the file's values can give, by column, where they make a difference; and its orders
    whose lines stand apart."""
    questions = _questions(found, meaning)
    scatter = Scatter() if meaning.line_items else None
    wanted = {column for question in questions.values() for column in question.columns}
    if scatter is not None:
        wanted.add("order_id")
    if not wanted:
        return {}, pl.Series(dtype=pl.UInt64)
    columns = columns_to_read({column: found[column] for column in sorted(wanted)})
    for rows in table.rows(columns, count=_SURVEY_ROWS):
        frame = filled(rows.frame)
        for question in questions.values():
            _take(question, frame)
        if scatter is not None:
            scatter.add(frame["order_id"])
    answers = {column: question.evidence.verdict() for column, question in questions.items()}
    return (
        {column: answer for column, answer in answers.items() if answer is not None},
        scatter.orders() if scatter is not None else pl.Series(dtype=pl.UInt64),
    )


def _questions(found: Mapping[str, tuple[Places, ...]], meaning: Meaning) -> dict[str, _Question]:
    questions = {}
    if meaning.decimal is None:
        columns = tuple(column for column in ("amount", REFUNDED_AMOUNT) if column in found)
        evidence = Evidence("amount", DECIMAL_QUESTION)
        questions["amount"] = _Question(columns, amount_readings, evidence, _as_it_stands)
    if meaning.date_order is None:
        for column in TIME_COLUMNS:
            if column in found:
                evidence = Evidence(column, DATE_ORDER_QUESTION)
                questions[column] = _Question((column,), date_readings, evidence, written_dates)
    return questions


def _as_it_stands(text: pl.Series) -> pl.Series:
    return text


def _take(question: _Question, frame: pl.DataFrame) -> None:
    for column in question.columns:
        text = question.text(frame[column]).rename("text")
        # In the file's order, so that a refusal shows the same values each time.
        values = text.drop_nulls().to_frame().group_by("text", maintain_order=True).len("count")
        if len(values):
            question.evidence.add(values, question.readings(values["text"]))

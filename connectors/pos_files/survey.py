"""The first pass over a file: decides, by all of its values, how the second is to read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, cast

import polars as pl

from config.sources import PosFilesSettings
from connectors.base import SourceContext
from connectors.pos_files.evidence import Evidence
from connectors.pos_files.headers import positions_of
from connectors.pos_files.layout import Layout, layout_of
from connectors.pos_files.money import DECIMAL_QUESTION, DECIMALS, Decimal, amount_readings
from connectors.pos_files.records import Extent, blocks
from connectors.pos_files.rows import text_rows
from connectors.pos_files.times import (
    DATE_ORDER_QUESTION,
    DATE_ORDERS,
    DateOrder,
    date_readings,
    written_dates,
)

REFUND_MARK = "refund_mark"
"""The column of the cells that ``refunds.column`` names."""

TIME_COLUMNS = ("entered_at", "lead_created_at")

_SURVEY_ROWS = 50_000
_WORDS = {
    ".": "decimal point",
    ",": "decimal comma",
    "day_first": "day before month",
    "month_first": "month before day",
    "year_first": "year before month",
}


@dataclass(frozen=True)
class Plan:
    """How one file is to be read.

    Attributes:
        positions: where the cells of each column stand; several are joined.
        date_orders: the order of each time column that the file has.
        sniffed: what the file itself decided, in words; empty where settings decided all.
        missing: what the file does not say for want of a header, in words.
    """

    layout: Layout
    positions: Mapping[str, tuple[int, ...]]
    decimal: Decimal
    date_orders: Mapping[str, DateOrder]
    sniffed: tuple[str, ...]
    missing: tuple[str, ...]


def plan_for(
    handle: BinaryIO, settings: PosFilesSettings, context: SourceContext, extent: Extent
) -> Plan | None:
    """Decide how to read the file; ``None`` for one without any content.

    Raises:
        FileError: it is no delimited text, a header is missing, or its amounts or dates can be read in two ways.
        UnfinishedError: its headers may not be complete yet.
    """
    named = {f"columns.{column}": header for column, header in settings.columns.items()}
    if settings.refunds is not None:
        named["refunds.column"] = settings.refunds.column
    consent = _consent(settings, context)
    if context.consent_required:
        named |= consent
    layout = layout_of(handle, settings, named.values(), extent)
    if layout is None:
        return None
    found = positions_of(named, layout.headers, optional=consent)
    positions = {_column_of(key): places for key, places in found.items()}
    verdicts = _verdicts(handle, layout, positions, settings, extent)
    # Where nothing had to be decided, any answer reads the file alike.
    decimal = settings.decimal or cast(Decimal, verdicts.get("amount", DECIMALS[0]))
    times = [column for column in TIME_COLUMNS if column in positions]
    orders = {
        column: settings.date_order or cast(DateOrder, verdicts.get(column, DATE_ORDERS[0]))
        for column in times
    }
    sniffed = layout.sniffed + tuple(_WORDS[answer] for answer in dict.fromkeys(verdicts.values()))
    # Without a file's name, so that it is said once a source: the field may well be another source's.
    missing = tuple(
        f'{key}: files without the header "{header}" say nothing of it'
        for key, header in consent.items()
        if key not in found
    )
    return Plan(layout, positions, decimal, orders, sniffed, missing)


def _consent(settings: PosFilesSettings, context: SourceContext) -> dict[str, str]:
    """The headers of consents that the source does not map itself, by their keys in the client's file."""
    return {
        f"consent.fields.{column}": header
        for column, header in context.consent_fields.items()
        if column not in settings.columns
    }


def _column_of(key: str) -> str:
    return (
        REFUND_MARK
        if key == "refunds.column"
        else key.removeprefix("columns.").removeprefix("consent.fields.")
    )


def _verdicts(
    handle: BinaryIO,
    layout: Layout,
    positions: Mapping[str, tuple[int, ...]],
    settings: PosFilesSettings,
    extent: Extent,
) -> dict[str, str]:
    """The answers that only the file's values can give, by column, where they make a difference."""
    readers: dict[str, Callable[[pl.Series], pl.DataFrame]] = {}
    evidence: dict[str, Evidence] = {}
    if settings.decimal is None:
        readers["amount"], evidence["amount"] = amount_readings, Evidence("amount", DECIMAL_QUESTION)
    if settings.date_order is None:
        for column in TIME_COLUMNS:
            if column in positions:
                readers[column], evidence[column] = date_readings, Evidence(column, DATE_ORDER_QUESTION)
    if not readers:
        return {}
    surveyed = {column: positions[column] for column in readers}
    for block in blocks(
        handle,
        layout.form,
        offset=layout.data_offset,
        line=layout.data_line,
        rows=_SURVEY_ROWS,
        extent=extent,
    ):
        frame, _ = text_rows(block, layout, surveyed)
        for column, reader in readers.items():
            text = frame[column] if column == "amount" else written_dates(frame[column])
            # In the file's order, so that a refusal shows the same values each time.
            values = (
                text.rename("text").drop_nulls().to_frame().group_by("text", maintain_order=True).len("count")
            )
            if len(values):
                evidence[column].add(values, reader(values["text"]))
    return {column: answer for column, found in evidence.items() if (answer := found.verdict()) is not None}

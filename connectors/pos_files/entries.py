"""Turns rows of text into stage entries: purchases and refunds, each with its time, amount and currency."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import polars as pl

from config.columns import is_stage_entry_column
from config.sources import PosFilesSettings
from connectors.base import SourceContext, stage_entries
from connectors.pos_files.currencies import chosen_currency, currencies_of
from connectors.pos_files.masking import shown_amount, shown_time
from connectors.pos_files.money import amounts
from connectors.pos_files.rows import ROW
from connectors.pos_files.survey import REFUND_MARK, Plan
from connectors.pos_files.times import moments
from connectors.pos_files.zones import to_utc

REFUND_STAGE = "refund"
"""The stage of entries that give money back, whatever the purchases' stage is called."""

OBJECT = "order"


@dataclass(frozen=True)
class Oddities:
    """How often a rule had to settle what a file left open."""

    gaps: int = 0
    folds: int = 0
    dates_alone: int = 0
    unread_times: int = 0

    def __add__(self, other: Oddities) -> Oddities:
        return Oddities(
            self.gaps + other.gaps,
            self.folds + other.folds,
            self.dates_alone + other.dates_alone,
            self.unread_times + other.unread_times,
        )


@dataclass(frozen=True)
class Reading:
    """What a block's rows became.

    Attributes:
        entries: a stage-entry frame (:func:`connectors.base.stage_entries`).
        refused: the rows that could not be read: record in the block, and why.
    """

    entries: pd.DataFrame
    refused: list[tuple[int, str]]
    oddities: Oddities


def read_rows(frame: pl.DataFrame, plan: Plan, settings: PosFilesSettings, context: SourceContext) -> Reading:
    """Read the text rows of a block (:func:`connectors.pos_files.rows.text_rows`) by the file's plan."""
    typed, oddities = _with_times(frame, plan, settings.timezone or context.timezone)
    typed = _with_money(typed, frame["amount"], plan, settings.currency or context.currency)
    typed = typed.with_columns(problem=_problem(frame))
    good = pl.col("problem").is_null()
    refused = (
        typed.filter(~good)
        .select(ROW, "problem")
        .hstack(frame.filter(typed["problem"].is_not_null()).drop(ROW))
    )
    kept = _with_refunds(typed.filter(good), settings)
    return Reading(_stage_entries(kept, settings, context), _reasons(refused), oddities)


def _with_times(frame: pl.DataFrame, plan: Plan, zone: str) -> tuple[pl.DataFrame, Oddities]:
    oddities = Oddities()
    times = []
    for column, order in plan.date_orders.items():
        read = moments(frame[column], order)
        utc = to_utc(read, zone)
        unread = int((frame[column].is_not_null() & utc.times.is_null()).sum())
        alone = int((read["local"].is_not_null() & ~read["timed"]).sum())
        entered = column == "entered_at"
        oddities += Oddities(utc.gaps, utc.folds, alone if entered else 0, 0 if entered else unread)
        times.append(utc.times.rename(column))
    return frame.with_columns(times), oddities


def _with_money(typed: pl.DataFrame, text: pl.Series, plan: Plan, default: str | None) -> pl.DataFrame:
    """Put in numbers, currency codes and, where a currency is none or contradicts itself, ``currency_problem``."""
    money = amounts(text, plan.decimal)
    written = (
        typed["currency"] if "currency" in typed.columns else pl.Series([None] * len(typed), dtype=pl.String)
    )
    pairs = pl.DataFrame([written.alias("written"), money["mark"]])
    # As few pairs as there are currencies: the loop is over them, not over rows.
    distinct = pairs.unique()
    settled = [_currency(written, mark, default) for written, mark in distinct.iter_rows()]
    answers = distinct.with_columns(
        pl.Series("currency", [code for code, _ in settled], dtype=pl.String),
        pl.Series("currency_problem", [problem for _, problem in settled], dtype=pl.String),
    )
    currencies = pairs.join(
        answers, on=["written", "mark"], how="left", nulls_equal=True, maintain_order="left"
    )
    return typed.with_columns(money["amount"], currencies["currency"], currencies["currency_problem"])


def _currency(written: str | None, mark: str | None, default: str | None) -> tuple[str | None, str | None]:
    """The currency of a row, or what is wrong with it."""
    declared = chosen_currency(written, default)
    if written and declared is None:
        return None, "a currency that is no ISO 4217 code"
    if not mark:
        return declared, None
    possible = currencies_of(mark)
    if not possible:
        return None, _UNREADABLE_AMOUNT
    if declared is None:
        return chosen_currency(mark, None), None
    return (
        declared,
        None if declared in possible else f"the amount carries another currency's mark than {declared}",
    )


_NO_ORDER_ID, _NO_DATE, _NO_AMOUNT = "no order id", "no date", "no amount"
_UNREADABLE_DATE, _UNREADABLE_AMOUNT = "unreadable date", "unreadable amount"


def _problem(frame: pl.DataFrame) -> pl.Expr:
    """Why a row cannot be read, null where it can: the first that applies."""
    absent = {column: pl.lit(frame[column].is_null()) for column in ("order_id", "entered_at", "amount")}
    return (
        pl.when(absent["order_id"])
        .then(pl.lit(_NO_ORDER_ID))
        .when(absent["entered_at"])
        .then(pl.lit(_NO_DATE))
        .when(absent["amount"])
        .then(pl.lit(_NO_AMOUNT))
        .when(pl.col("entered_at").is_null())
        .then(pl.lit(_UNREADABLE_DATE))
        .when(pl.col("amount").is_null())
        .then(pl.lit(_UNREADABLE_AMOUNT))
        .otherwise(pl.col("currency_problem"))
    )


def _reasons(refused: pl.DataFrame) -> list[tuple[int, str]]:
    columns = refused.select(ROW, "problem", "entered_at", "amount").iter_rows()
    return [(row, _reason(problem, entered_at, amount)) for row, problem, entered_at, amount in columns]


def _reason(problem: str, entered_at: str, amount: str) -> str:
    if problem == _UNREADABLE_DATE:
        return f'{problem} "{shown_time(entered_at)}"'
    if problem == _UNREADABLE_AMOUNT:
        return f'{problem} "{shown_amount(amount)}"'
    return problem


def _with_refunds(kept: pl.DataFrame, settings: PosFilesSettings) -> pl.DataFrame:
    """Name each row's record and stage.

    A refund's record is its order, time (UTC) and amount: several refunds of one order stay apart, and the same
    refund in two exports is one.
    """
    marked = pl.lit(False)
    if settings.refunds is not None:
        values = [value.strip().lower() for value in settings.refunds.values]
        marked = pl.col(REFUND_MARK).str.to_lowercase().is_in(values).fill_null(False)
    refund = pl.col("amount") < 0
    refund_id = pl.format(
        "{}:refund:{}:{}",
        "order_id",
        pl.col("entered_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        pl.col("amount").cast(pl.Decimal(18, 3)).cast(pl.String),
    )
    return kept.with_columns(
        amount=pl.when(marked).then(0.0 - pl.col("amount").abs()).otherwise("amount"), refund=marked | refund
    ).with_columns(
        record_id=pl.when("refund").then(refund_id).otherwise("order_id"),
        stage=pl.when("refund").then(pl.lit(REFUND_STAGE)).otherwise(pl.lit(settings.stage)),
    )


def _stage_entries(kept: pl.DataFrame, settings: PosFilesSettings, context: SourceContext) -> pd.DataFrame:
    if "stage_raw" not in kept.columns and settings.refunds is not None:
        kept = kept.with_columns(stage_raw=pl.col(REFUND_MARK))
    names = [name for name in kept.columns if is_stage_entry_column(name)]
    columns = kept.select(names).to_pandas(use_pyarrow_extension_array=True)
    return stage_entries(
        {name: columns[name] for name in names}, source=context.name, object_name=OBJECT, length=len(kept)
    )

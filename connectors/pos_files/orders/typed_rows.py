"""Reads the cells of rows as times, amounts and currencies, and says what of a row cannot be read."""

from __future__ import annotations

import polars as pl

from connectors.pos_files.meaning import REFUND_MARK, REFUNDED_AMOUNT, Meaning
from connectors.pos_files.orders.oddities import Oddities
from connectors.pos_files.survey import Plan
from connectors.pos_files.values.currencies import chosen_currency, currencies_of
from connectors.pos_files.values.masking import shown_amount, shown_time
from connectors.pos_files.values.money import amounts
from connectors.pos_files.values.times import moments
from connectors.pos_files.values.zones import to_utc

MARKED = "marked"
"""Whether a row is marked as a refund."""

DATED, PRICED = "dated", "priced"
"""Whether a row has a date or an amount, readable or not."""

PROBLEM = "problem"
"""Why a row cannot be read; null where it can."""

_DATE, _AMOUNT, _REFUNDED = "unreadable date", "unreadable amount", "unreadable refunded amount"
_LOST_DIGITS = "a spreadsheet has rounded the order id: export the file anew, with the column as text"

# 1.23457E+18: orders that differ in the digits behind have one id now.
_ROUNDED = r"(?:^|-)[0-9]+(?:[.,][0-9]+)?[eE]\+[0-9]+$"


def typed_rows(frame: pl.DataFrame, plan: Plan, meaning: Meaning) -> tuple[pl.DataFrame, Oddities]:
    """``frame`` (trimmed text, one column each) with times in UTC, amounts as numbers and currencies as codes.

    Adds :data:`MARKED`, :data:`DATED`, :data:`PRICED` and :data:`PROBLEM`.
    """
    typed, oddities = _with_times(frame, plan, meaning.timezone)
    typed = _with_money(typed, frame, plan, meaning.currency)
    typed = typed.with_columns(
        _marked(meaning).alias(MARKED),
        frame["entered_at"].is_not_null().alias(DATED),
        frame["amount"].is_not_null().alias(PRICED),
    )
    return _with_problems(typed, frame), oddities


def _marked(meaning: Meaning) -> pl.Expr:
    if not meaning.refunds:
        return pl.lit(value=False)
    mark = pl.col(REFUND_MARK).str.strip_chars().str.to_lowercase()
    return mark.is_in(list(meaning.refunds)).fill_null(value=False)


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


def _with_money(typed: pl.DataFrame, frame: pl.DataFrame, plan: Plan, default: str | None) -> pl.DataFrame:
    """Put in numbers, currency codes and, where a currency is none or contradicts itself, why."""
    money = amounts(frame["amount"], plan.decimal)
    nothing = pl.Series([None] * len(typed), dtype=pl.String)
    written = typed["currency"] if "currency" in typed.columns else nothing
    pairs = pl.DataFrame([written.alias("written"), money["mark"]])
    # As few pairs as there are currencies: the loop is over them, not over rows.
    distinct = pairs.unique()
    settled = [_currency(written, mark, default) for written, mark in distinct.iter_rows()]
    answers = distinct.with_columns(
        pl.Series("currency", [code for code, _ in settled], dtype=pl.String),
        pl.Series(PROBLEM, [problem for _, problem in settled], dtype=pl.String),
    )
    currencies = pairs.join(
        answers, on=["written", "mark"], how="left", nulls_equal=True, maintain_order="left"
    )
    refunded = [
        amounts(frame[column], plan.decimal)["amount"].alias(column)
        for column in (REFUNDED_AMOUNT,)
        if column in frame.columns
    ]
    return typed.with_columns(money["amount"], currencies["currency"], currencies[PROBLEM], *refunded)


def _currency(written: str | None, mark: str | None, default: str | None) -> tuple[str | None, str | None]:
    """The currency of a row, or what is wrong with it."""
    declared = chosen_currency(written, default)
    if written and declared is None:
        return None, "a currency that is no ISO 4217 code"
    if not mark:
        return declared, None
    possible = currencies_of(mark)
    if not possible:
        return None, _AMOUNT
    if declared is None:
        return chosen_currency(mark, None), None
    return (
        declared,
        None if declared in possible else f"the amount carries another currency's mark than {declared}",
    )


def _with_problems(typed: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Say of each row the first thing that cannot be read in it."""
    problem = (
        pl.when(pl.col("order_id").str.contains(_ROUNDED))
        .then(pl.lit(_LOST_DIGITS))
        .when(pl.col(DATED) & pl.col("entered_at").is_null())
        .then(pl.lit(_DATE))
        .when(pl.col(PRICED) & pl.col("amount").is_null())
        .then(pl.lit(_AMOUNT))
    )
    if REFUNDED_AMOUNT in frame.columns:
        unread = frame[REFUNDED_AMOUNT].is_not_null() & typed[REFUNDED_AMOUNT].is_null()
        problem = problem.when(unread).then(pl.lit(_REFUNDED))
    typed = typed.with_columns(problem.otherwise(pl.col(PROBLEM)).alias(PROBLEM))
    bad = typed[PROBLEM].is_not_null().arg_true()
    if bad.is_empty():
        return typed
    refunded = REFUNDED_AMOUNT if REFUNDED_AMOUNT in frame.columns else pl.lit(None).alias(REFUNDED_AMOUNT)
    rows = typed.select(PROBLEM)[bad].hstack(frame.select("entered_at", "amount", refunded)[bad])
    return typed.with_columns(typed[PROBLEM].scatter(bad, [_shown(*row) for row in rows.iter_rows()]))


def _shown(problem: str, entered_at: str | None, amount: str | None, refunded: str | None) -> str:
    shown = {
        _DATE: lambda: shown_time(entered_at or ""),
        _AMOUNT: lambda: shown_amount(amount or ""),
        _REFUNDED: lambda: shown_amount(refunded or ""),
    }
    return f'{problem} "{shown[problem]()}"' if problem in shown else problem

"""Tells purchases and refunds apart, and gives each a record of its own.

A refund is an entry of stage ``refund`` with a negative amount, and the order id of the order that gave it back:
pipelines take it off that order's value.
"""

from __future__ import annotations

import polars as pl

from config.columns import REFUND_STAGE
from connectors.pos_files.meaning import REFUNDED_AMOUNT, REFUNDED_ORDER
from connectors.pos_files.orders.typed_rows import MARKED


def with_records(orders: pl.DataFrame, stage: str) -> pl.DataFrame:
    """``orders`` with ``record_id`` and ``stage``, and a further row for each that says what of it was refunded.

    The record of a refund that has a row of its own is its order, time (UTC) and amount: several refunds of one order
    stay apart, and the same refund in two exports is one. What an order says was refunded of it so far is one record,
    whose amount is another when more has been refunded.
    """
    signed = orders.with_columns(
        amount=pl.when(MARKED).then(0.0 - pl.col("amount").abs()).otherwise("amount"),
        refund=pl.col(MARKED) | (pl.col("amount") < 0),
    )
    named = signed.with_columns(
        record_id=pl.when("refund").then(_refund_id()).otherwise("order_id"),
        stage=pl.when("refund").then(pl.lit(REFUND_STAGE)).otherwise(pl.lit(stage)),
    )
    if REFUNDED_ORDER in named.columns:
        original = pl.coalesce(REFUNDED_ORDER, "order_id")
        named = named.with_columns(order_id=pl.when("refund").then(original).otherwise("order_id"))
    if REFUNDED_AMOUNT not in named.columns:
        return named
    refunded = named.filter(~pl.col("refund") & (pl.col(REFUNDED_AMOUNT) != 0)).with_columns(
        record_id=pl.format("{}:refunded", "order_id"),
        stage=pl.lit(REFUND_STAGE),
        amount=0.0 - pl.col(REFUNDED_AMOUNT).abs(),
        items=pl.lit(None, pl.String),
    )
    return pl.concat([named, refunded], how="diagonal")


def _refund_id() -> pl.Expr:
    return pl.format(
        "{}:refund:{}:{}",
        "order_id",
        pl.col("entered_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        pl.col("amount").cast(pl.Decimal(18, 3)).cast(pl.String),
    )

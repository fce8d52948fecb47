"""What an order is still worth, whether its refund is read before it, with it or long after.

The share of its amount that an order kept is taken of its value, not the refund itself: the value may be a margin, or
an amount times a factor. A value that the client's file fixes stays as it is until nothing is left of the order.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from closedwon.ledger.incoming.intake import Intake
from closedwon.pipeline.judging.funnel import identify
from config.columns import REFUND_STAGE

_ORDER = "order"
_CENT = 0.005
"""Half of the smallest coin: what is left below it is nothing."""


@dataclass(frozen=True)
class Refunds:
    """What a batch and the ledger together know of the refunds of the batch's orders.

    Attributes:
        given_back: ``order_id``, ``given_back``, above zero, and ``paid_in``, its currency.
        fresh: orders whose refunds are news to the ledger.
    """

    given_back: pl.DataFrame
    fresh: pl.Series


def refunds_in(entries: pl.DataFrame, intake: Intake, source: str) -> Refunds:
    """The refunds of every order in identified ``entries``."""
    orders = entries["order_id"].drop_nulls().unique()
    before = intake.refunds(source, orders)
    columns = before.columns
    now = entries.filter(pl.col("stage") == REFUND_STAGE).drop_nulls("order_id").select(columns)
    # A till that says what was refunded of an order so far says more of the same refund the next time.
    every = pl.concat([now, before.join(now, on="event_id", how="anti")])
    given_back = every.group_by("order_id", paid_in="currency").agg(given_back=-pl.col("amount").sum())
    known = ["event_id", "order_id", "amount"]
    return Refunds(given_back, now.join(before, on=known, how="anti")["order_id"].unique())


def with_kept_share(entries: pl.DataFrame, refunds: Refunds | None) -> pl.DataFrame:
    """``entries`` with ``kept``: the share, from 0 to 1, of each order's amount that was not given back.

    A refund in another currency than its order's is no share of it that could be told.
    """
    if refunds is None or refunds.given_back.is_empty():
        return entries.with_columns(kept=pl.lit(1.0))
    found = _refunds_of(entries, refunds).filter(~pl.col("foreign"))
    taken = found.group_by("event_id").agg(pl.col("given_back").sum())
    joined = entries.join(taken, on="event_id", how="left", maintain_order="left")
    left = pl.col("amount") - pl.col("given_back")
    share = pl.when(left < _CENT).then(0.0).otherwise((left / pl.col("amount")).clip(0.0, 1.0))
    refunded = (pl.col("given_back") > 0) & (pl.col("amount") > 0)
    return joined.with_columns(kept=pl.when(refunded).then(share).otherwise(1.0)).drop("given_back")


def refunded_in_other_currency(entries: pl.DataFrame, refunds: Refunds) -> bool:
    """Whether any of ``entries`` has a refund that :func:`with_kept_share` cannot take off."""
    return bool(_refunds_of(entries, refunds)["foreign"].any())


def _refunds_of(entries: pl.DataFrame, refunds: Refunds) -> pl.DataFrame:
    """``event_id``, ``given_back`` and ``foreign`` of each refund; one of no known currency is in its order's."""
    both = entries.select("event_id", "order_id", "currency").join(refunds.given_back, on="order_id")
    differs = pl.col("currency") != pl.col("paid_in")
    return both.select("event_id", "given_back", foreign=differs.fill_null(value=False))


def orders_of(refunds: Refunds, stages: Collection[str], *, client: str, source: str) -> pl.DataFrame:
    """The purchases that ``refunds.fresh`` concern, in whichever batch they were read: ``event_id``, ``order_id``."""
    orders = refunds.fresh.to_frame("order_id").join(pl.DataFrame({"stage": sorted(stages)}), how="cross")
    named = orders.with_columns(
        pl.lit(source).alias("source"), pl.lit(_ORDER).alias("object"), record_id="order_id"
    )
    return identify(named, client).select("event_id", "order_id")

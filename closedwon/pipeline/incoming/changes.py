"""What platforms have been told, held against what the records say now: values that changed, and people who refused."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from closedwon.ledger.outgoing.restating import CHANGED
from config.columns import CONSENT_COLUMNS


@dataclass(frozen=True)
class Changes:
    """What changed of conversions that one destination has accepted.

    Attributes:
        values: what they are worth now: a frame of :data:`closedwon.ledger.outgoing.restating.CHANGED`.
        refused: events whose persons have refused since, or no longer say that they agree.
    """

    values: pl.DataFrame
    refused: pl.Series


def changes_of(
    found: pl.DataFrame,
    known: pl.DataFrame,
    *,
    destination: str,
    amended: pl.Series,
    collided: pl.Series,
) -> Changes:
    """Hold conversions ``found`` against what is ``known`` of them at ``destination``.

    Args:
        found: as :meth:`closedwon.pipeline.judging.funnel.Funnel.conversions` gives them.
        known: of the destination, as :meth:`closedwon.ledger.incoming.intake.Intake.known` gives it.
        amended: events whose record states another amount than before, or another refund.
        collided: events that stand for several purchases: none of their values is the first one's.

    A value that differs because the client's rule is another now is not told of: what was sent under the old one stays,
    until its record is amended.
    """
    accepted = found.join(
        known.filter("accepted").select(
            "event_id", before="value", was_in="currency", by="rule", agreed="consent"
        ),
        on="event_id",
    )
    refuses = pl.any_horizontal(
        pl.col("ad_user_data") == "denied",
        pl.col("consent_missing"),
        *(_withdrawn(column) for column in CONSENT_COLUMNS),
    ).fill_null(value=False)
    worth = pl.when(pl.col("kept") <= 0).then(0.0).otherwise(pl.col("value").round(6))
    differs = pl.col("value").ne_missing(pl.col("before")) | pl.col("currency").ne_missing(pl.col("was_in"))
    is_amended = pl.col("event_id").is_in(amended.implode())
    # What is learned is of its stage: of its own amount, only that nothing is left of it says anything.
    follows_amount = pl.col("value_version").is_null() | (pl.col("kept") <= 0)
    told_anew = accepted.with_columns(value=worth, full_value=pl.col("full_value").round(6)).filter(
        ~refuses,
        pl.col("value").is_finite() & (pl.col("value") >= 0),
        pl.col("currency").is_not_null(),
        differs,
        ~pl.col("event_id").is_in(collided.implode()),
        (is_amended & follows_amount) | (pl.col("rule") == pl.col("by")).fill_null(value=False),
    )
    return Changes(
        told_anew.with_columns(destination=pl.lit(destination)).select(*CHANGED),
        accepted.filter(refuses)["event_id"],
    )


def _withdrawn(column: str) -> pl.Expr:
    """Whether a consent that a conversion was sent under is none any more."""
    granted = pl.col("agreed").str.contains(f"{column}=granted", literal=True)
    return granted & (pl.col(column) != "granted")

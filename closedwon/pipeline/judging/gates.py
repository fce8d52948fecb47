"""What a conversion must pass before it is queued: rules that hold for every platform, then the platform's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

import polars as pl

from closedwon.ledger.incoming.gone import DELETED, MERGED, SENT_BEFORE_MERGE
from closedwon.ledger.incoming.refunds import REFUNDED
from closedwon.ledger.outgoing.outbox import NOT_COUNTED
from closedwon.ledger.people.carried import TAKEN_BACK
from closedwon.ledger.people.forgetting import PERSON_FORGOTTEN
from uploads.base import Gate

FUTURE_SLACK = timedelta(days=31)
"""A stage ahead of our clock waits until its time has come; further ahead than this it is a mistake."""


def judge(
    conversions: pl.DataFrame,
    *,
    platform_gates: Sequence[Gate],
    expires_at: pl.Expr,
    needs_value: pl.Expr,
    now: datetime,
) -> pl.DataFrame:
    """``conversions`` with ``expires_at`` and ``reason``: the first gate that blocks, or null."""
    timed = conversions.with_columns(expires_at.alias("expires_at"))
    gates = (*_first(now), *platform_gates, *_last(needs_value))
    verdicts = [pl.when(gate.blocks).then(pl.lit(gate.name)) for gate in gates]
    return timed.with_columns(pl.coalesce(verdicts).alias("reason"))


def _first(now: datetime) -> tuple[Gate, ...]:
    return (
        Gate("consent_denied", pl.col("ad_user_data") == "denied"),
        Gate("consent_missing", pl.col("consent_missing")),
        Gate(SENT_BEFORE_MERGE, pl.col("sent_before_merge")),
        Gate(REFUNDED, pl.col("kept") <= 0),
        Gate("time_not_known", ~pl.col("time_known")),
        Gate("in_the_future", pl.col("event_time") > pl.lit(now + FUTURE_SLACK)),
        Gate("too_old", pl.col("expires_at") <= pl.lit(now)),
        Gate("before_its_lead", pl.col("event_time") < pl.col("lead_created_at")),
    )


def _last(needs_value: pl.Expr) -> tuple[Gate, ...]:
    value = pl.col("value")
    return (
        Gate("value_not_learned", pl.col("not_learned")),
        Gate("value_missing", needs_value & value.is_null()),
        Gate("value_not_finite", ~value.is_finite()),
        Gate("value_negative", value < 0),
        Gate("currency_missing", value.is_not_null() & pl.col("currency").is_null()),
        Gate("currency_unknown", value.is_not_null() & ~pl.col("currency").is_in(_currencies())),
    )


@cache
def _currencies() -> list[str]:
    """ISO 4217 codes that money can be in."""
    import pycountry

    return sorted(currency.alpha_3 for currency in pycountry.currencies)


MEANING = {
    "already_known": "read before, with the same verdict",
    "consent_denied": "refused by the person, region or default, or the field's word is not a yes",
    "consent_missing": "nothing says that the person agreed: name the field under consent.fields, or, where all"
    " agreed, write consent: {default: granted}",
    "no_personalization_consent": "the person refused personalised ads, which Meta cannot be told",
    "time_not_known": "only the record's last change is known, and that may be any edit; turn on field history",
    "in_the_future": "the stage's time is more than a month ahead",
    "too_old": "older than the platform takes",
    "before_its_lead": "the stage is dated before its lead was created",
    "too_little_customer_information": "nothing that Meta could match the person by",
    "no_identifier": "no click id, e-mail, phone or whole address that Google could match the person by",
    "purchase_without_value": "Meta takes no purchase without a value",
    "value_not_learned": "its value is learned, and none is in use yet: closedwon values CLIENT shows what is known and"
    " what is missing, and with --freeze makes it count",
    "value_missing": "the conversion has no value, though the client's file asks for one",
    "value_not_finite": "the value is not a number",
    "value_negative": "the value is below zero",
    "currency_missing": "a value without a currency",
    "currency_unknown": "the currency is not one of ISO 4217",
    REFUNDED: "the whole order was given back",
    DELETED: "the record was deleted in its system",
    MERGED: "the record was merged into another, which speaks for it",
    SENT_BEFORE_MERGE: "the platform heard of the stage before the person's records were merged",
    TAKEN_BACK: "all that it could be matched on came from a record whose person took it back",
    PERSON_FORGOTTEN: "the person was forgotten, as they asked",
    "no_longer_wanted": "the client's file no longer sends this stage there",
    "expired_before_sent": "it waited until the platform no longer took it",
    NOT_COUNTED: "the platform took it and said later that it did not count it; closedwon explain says why",
}
"""What each reason means, in words for a reader who does not run the software."""

"""Requests of the two upload services: the events as JSON text, column by column, and one message of them all.

A message is built from text that is parsed once, which takes a few microseconds an event; field by field, row by row
takes many times that.

https://developers.google.com/google-ads/api/reference/rpc/v26/ClickConversion
https://developers.google.com/google-ads/api/reference/rpc/v26/ConversionAdjustment
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import polars as pl
from google.ads.googleads.v26.services.types.conversion_adjustment_upload_service import (
    UploadConversionAdjustmentsRequest,
)
from google.ads.googleads.v26.services.types.conversion_upload_service import UploadClickConversionsRequest

from uploads import json_columns as js
from uploads.google_ads import payloads

_Conversions = UploadClickConversionsRequest.pb(UploadClickConversionsRequest()).__class__
_Adjustments = UploadConversionAdjustmentsRequest.pb(UploadConversionAdjustmentsRequest()).__class__

_LAST_JOB_ID = 2**31 - 1
_SECOND = 1_000_000
_TIME = "%Y-%m-%d %H:%M:%S+00:00"


def click_conversions(part: pl.DataFrame, customer_id: str) -> Any:
    """The upload of deliveries (:meth:`uploads.base.Uploader.send`)."""
    ours = js.members(
        conversion_action=_action(customer_id),
        order_id=js.plain(pl.col("event_id")),
        conversion_date_time=_time(pl.col("event_time")),
        conversion_value=js.number(pl.col("value")),
        currency_code=pl.when(pl.col("value").is_not_null()).then(js.plain(pl.col("currency"))),
    )
    # Two objects as one.
    theirs = (pl.lit(",") + pl.col("sent").str.strip_prefix("{")).fill_null("}")
    events = _joined(part.with_columns(payloads.sent(part)), ours.str.strip_suffix("}") + theirs)
    return UploadClickConversionsRequest.wrap(
        _Conversions(
            customer_id=customer_id,
            conversions=orjson.loads(events),
            partial_failure=True,
            job_id=_job_id(events),
        )
    )


def adjustments(part: pl.DataFrame, customer_id: str) -> Any:
    """The upload of new values (:meth:`uploads.base.Restating.restate`): a value of 0 is a retraction."""
    retracted = pl.col("value") == 0
    value = js.members(adjusted_value=js.number(pl.col("value")), currency_code=js.plain(pl.col("currency")))
    # An adjustment must be younger than its conversion, whatever the clocks said.
    changed = pl.max_horizontal(pl.col("changed_at"), pl.col("event_time") + _SECOND)
    event = js.members(
        order_id=js.plain(pl.col("event_id")),
        conversion_action=_action(customer_id),
        adjustment_date_time=_time(changed),
        adjustment_type=pl.when(retracted).then(pl.lit('"RETRACTION"')).otherwise(pl.lit('"RESTATEMENT"')),
        restatement_value=pl.when(~retracted).then(value),
    )
    events = _joined(part, event)
    return UploadConversionAdjustmentsRequest.wrap(
        _Adjustments(
            customer_id=customer_id,
            conversion_adjustments=orjson.loads(events),
            partial_failure=True,
            job_id=_job_id(events),
        )
    )


def probe(customer_id: str) -> Any:
    """An upload that is validated only and could not count anyway: it names no click and no action that exists."""
    event = {
        "gclid": "closedwon-check",
        "conversion_action": f"customers/{customer_id}/conversionActions/0",
        "conversion_date_time": "2020-01-01 00:00:00+00:00",
    }
    return UploadClickConversionsRequest.wrap(
        _Conversions(customer_id=customer_id, conversions=[event], partial_failure=True, validate_only=True)
    )


def _joined(part: pl.DataFrame, event: pl.Expr) -> str:
    return f"[{','.join(part.select(event=event)['event'])}]"


def _action(customer_id: str) -> pl.Expr:
    return pl.lit(f'"customers/{customer_id}/conversionActions/') + pl.col("name") + pl.lit('"')


def _time(microseconds: pl.Expr) -> pl.Expr:
    return js.plain(pl.from_epoch(microseconds, time_unit="us").dt.strftime(_TIME))


def _job_id(events: str) -> int:
    """From 1 to 2**31 - 1, the same for the same request: tried again, it is the same job in Google's reports."""
    digest = hashlib.sha256(events.encode()).digest()
    return int.from_bytes(digest[:8], "big") % _LAST_JOB_ID + 1

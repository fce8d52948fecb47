"""Meta's Conversions API: CRM stages ("conversion leads") and shop purchases, a thousand events a request.

https://developers.facebook.com/docs/marketing-api/conversions-api/parameters,
https://developers.facebook.com/docs/marketing-api/conversions-api/conversion-leads-integration
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from config.destinations import MetaSettings
from config.importing import ONE_AT_A_TIME
from config.redaction import redact
from uploads import json_columns as js
from uploads import limiting
from uploads import meta_limited_data_use as limited_data_use
from uploads.base import Check, Drops, Gate, Outcome, names_of
from uploads.errors import PlatformError, beginning
from uploads.isolating import Receipt, send_isolating
from uploads.meta_app import app_key
from uploads.meta_policy import NOT_CONFIRMED
from uploads.retrying import Sleep, with_retries

if TYPE_CHECKING:
    import requests

    from uploads.meta_graph import Graph

_CRM_AGE = timedelta(days=7)
_STORE_AGE = timedelta(days=62)
_HASHED = ("em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country", "external_id")
_SEVERAL = ("em", "ph")
_PLAIN = ("fbc", "fbp", "client_ip_address", "client_user_agent")

_TOO_WEAK = (
    {"ct", "country", "st", "zp", "ge", "client_user_agent"},
    {"db", "client_user_agent"},
    {"fn", "ge"},
    {"ln", "ge"},
)
"""Customer information that Meta refuses as too broad, alone or in any part (error 2804050)."""

_MOST_REMARKS = 5
_LONGEST_REMARK = 300

_TEST_EVENTS_COUNT = (
    "events are also shown in the Test Events tab; they count all the same: remove test_event_code when done"
)


def connect(settings: MetaSettings, *, sleep: Sleep = time.sleep) -> MetaUploader:
    """The uploader for a client's dataset; nothing is sent yet. ``sleep`` waits between attempts."""
    return MetaUploader(settings, sleep=sleep)


class MetaUploader:
    """One client's dataset. See :class:`uploads.base.Uploader`."""

    batch_size = 1_000
    keeps_payloads = False
    platform: Literal["meta"] = "meta"
    cannot_restate = (
        "Meta takes neither a new value nor a retraction for an event that it has accepted: it keeps the first. "
        "Where values change after the sale, send a stage at which they are settled"
    )
    """What to tell the user of a delivered conversion whose value has changed."""

    def __init__(self, settings: MetaSettings, *, sleep: Sleep = time.sleep) -> None:
        self._settings = settings
        self._sleep = sleep
        self._limiter = limiting.shared("meta", app_key(settings), settings.dataset_id)

    def expires_at(self) -> pl.Expr:
        """Seven days after the stage, 62 after a purchase in a store."""
        age = pl.when(pl.col("kind") == "pos").then(pl.lit(_STORE_AGE)).otherwise(pl.lit(_CRM_AGE))
        return pl.col("event_time") + age

    def gates(self) -> Sequence[Gate]:
        """What would make Meta refuse the event, and with it the whole batch of a thousand."""
        # Meta's events have no consent field: who refused personalisation reaches it under Limited Data Use or not.
        refused = pl.col("ad_personalization") == "denied"
        return (
            Gate(
                "no_personalization_consent",
                refused & ~limited_data_use.covers(self._settings.limited_data_use),
            ),
            Gate("too_little_customer_information", _too_weak()),
            Gate("purchase_without_value", (pl.col("name") == "Purchase") & pl.col("value").is_null()),
        )

    def payload(self) -> pl.Expr:
        """``custom_data`` comes last and is never empty: :meth:`send` adds value and currency at its end."""
        is_store = pl.col("kind") == "pos"
        hashed = {
            key: js.array(
                js.plain(pl.col(f"id.{key}")),
                *([js.plain_list(pl.col(f"more.{key}"))] if key in _SEVERAL else []),
            )
            for key in _HASHED
        }
        plain = {key: js.text(pl.col(f"id.{key}")) for key in _PLAIN}
        # As a JSON string a lead id is accepted and matches nothing.
        lead = {"lead_id": pl.col("id.lead_id").cast(pl.String)}
        custom_data = (
            pl.when(is_store)
            .then(js.members(order_id=js.text(pl.col("order_id"))))
            .otherwise(js.members(event_source=pl.lit('"crm"'), lead_event_source=js.text(pl.col("system"))))
        )
        return js.members(
            action_source=pl.when(is_store)
            .then(pl.lit('"physical_store"'))
            .otherwise(pl.lit('"system_generated"')),
            user_data=js.object_of({**hashed, **plain, **lead}),
            **limited_data_use.members(self._settings.limited_data_use),
            custom_data=custom_data,
        )

    def identifiers(self) -> pl.Expr:
        """Every identifier that there is goes into the event."""
        return names_of({name: pl.col(f"id.{name}").is_not_null() for name in (*_HASHED, *_PLAIN, "lead_id")})

    def named(self, payload: Mapping[str, Any]) -> list[str]:
        """The keys of ``user_data``."""
        return list(payload["user_data"])

    def without(self, payload: Mapping[str, Any], drops: Drops) -> dict[str, Any] | None:
        """None where what is left is too little customer information."""
        left = {
            name: [one for place, one in enumerate(value) if not drops(name, place, one)]
            if isinstance(value, list)
            else ([] if drops(name, 0, value) else value)
            for name, value in payload["user_data"].items()
        }
        user_data = {name: value for name, value in left.items() if value != []}
        if any(weak.issuperset(user_data) for weak in _TOO_WEAK):
            return None
        return {**payload, "user_data": user_data}

    def send(self, batch: pl.DataFrame) -> Iterator[Outcome]:
        """See :meth:`uploads.base.Uploader.send`. Meta names no guilty row, so a refused batch is halved."""
        ready = batch.select("event_id", event=event_json())
        yield from send_isolating(ready, self._post_with_retries)

    def check(self) -> list[Check]:
        """Whether the token can see the dataset, and whether test events are on."""
        try:
            answer = self._call(
                lambda: self._graph.get(self._settings.dataset_id, {"fields": "id,name"}),
            )
        except PlatformError as error:
            return [Check("dataset", ok=False, message=str(error))]
        checks = [Check("dataset", ok=True, message=f"dataset {answer.get('id')} can be reached")]
        if self._settings.test_event_code:
            checks.append(Check("test_event_code", ok=True, message=_TEST_EVENTS_COUNT))
        return checks

    def _post_with_retries(self, part: pl.DataFrame) -> Receipt:
        return with_retries(lambda: self._post(part), attempts=self._settings.max_attempts, sleep=self._sleep)

    def _post(self, part: pl.DataFrame) -> Receipt:
        parameters = {"data": f"[{part['event'].str.join(',').item()}]"}
        if self._settings.test_event_code:
            parameters["test_event_code"] = json.dumps(self._settings.test_event_code)
        answer = self._call(lambda: self._graph.post(f"{self._settings.dataset_id}/events", parameters))
        received, trace = answer.get("events_received"), answer.get("fbtrace_id")
        if received != part.height:
            detail = f"{received} of {part.height} received, trace {trace}"
            raise PlatformError("events_received", NOT_CONFIRMED, detail, platform_request_id=trace)
        messages = _remarks(answer.get("messages"))
        told = {"events_received": received, "messages": messages, "fbtrace_id": trace}
        return Receipt(trace, json.dumps(told), message="; ".join(messages) or None)

    @cached_property
    def _graph(self) -> Graph:
        """Made for the first request: a run that has nothing to send does without the SDK."""
        with ONE_AT_A_TIME:
            from uploads.meta_graph import Graph
        return Graph(self._settings)

    def _call(self, request: Callable[[], requests.Response]) -> Mapping[str, Any]:
        """What Meta answers to one HTTP request, made when its turn among those of all clients of the app has come."""
        from uploads.meta_errors import answer_of

        with self._limiter.turn(self._sleep):
            response = request()
            self._limiter.heard(response.headers)
            return answer_of(response)


def _remarks(messages: object) -> list[str]:
    """Meta's warnings about events that it accepted all the same: the first of them, short, without personal data."""
    if not isinstance(messages, list):
        return []
    return [redact(beginning(str(message)))[:_LONGEST_REMARK] for message in messages[:_MOST_REMARKS]]


def _too_weak() -> pl.Expr:
    every = {*_HASHED, *_PLAIN, "lead_id"}
    return pl.any_horizontal(
        pl.all_horizontal(pl.col(f"id.{key}").is_null() for key in sorted(every - weak)) for weak in _TOO_WEAK
    )


def event_json() -> pl.Expr:
    """The whole event as JSON, from a delivery's columns."""
    seconds = (pl.col("event_time") // 1_000_000).cast(pl.String)
    head = pl.concat_str(
        pl.lit('{"event_name":'),
        js.text(pl.col("name")),
        pl.lit(',"event_time":'),
        seconds,
        pl.lit(',"event_id":'),
        js.plain(pl.col("event_id")),
        pl.lit(","),
        pl.col("payload").str.strip_prefix("{").str.strip_suffix("}}"),
    )
    money = pl.concat_str(
        pl.lit(',"value":') + js.number(pl.col("value")),
        pl.lit(',"currency":') + js.plain(pl.col("currency")),
        ignore_nulls=True,
    )
    return head + money + pl.lit("}}")

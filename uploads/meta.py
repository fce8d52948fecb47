"""Meta's Conversions API: CRM stages ("conversion leads") and shop purchases, a thousand events a request.

https://developers.facebook.com/docs/marketing-api/conversions-api/parameters,
https://developers.facebook.com/docs/marketing-api/conversions-api/conversion-leads-integration
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

import polars as pl
from facebook_business.api import FacebookAdsApi, FacebookResponse
from facebook_business.session import FacebookSession

from config.destinations import MetaSettings
from config.redaction import redact
from uploads import json_columns as js
from uploads.base import Check, Drops, Gate, Outcome, names_of
from uploads.errors import PlatformError
from uploads.isolating import Receipt, send_isolating
from uploads.meta_errors import platform_error, refuse_what_is_not_json
from uploads.meta_policy import NOT_CONFIRMED, policy_for_status
from uploads.retrying import Sleep, with_retries
from uploads.sessions import guard

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


def connect(settings: MetaSettings, *, sleep: Sleep = time.sleep) -> MetaUploader:
    """The uploader for a client's dataset; nothing is sent yet. ``sleep`` waits between attempts."""
    return MetaUploader(settings, sleep=sleep)


class MetaUploader:
    """One client's dataset. See :class:`uploads.base.Uploader`."""

    batch_size = 1_000
    keeps_payloads = False
    platform: Literal["meta"] = "meta"

    def __init__(self, settings: MetaSettings, *, sleep: Sleep = time.sleep) -> None:
        self._settings = settings
        self._sleep = sleep
        # FacebookAdsApi.init() would set a process-wide default and post tracebacks to Meta.
        self._api = FacebookAdsApi(_session(settings), api_version=settings.api_version)

    def expires_at(self) -> pl.Expr:
        """Seven days after the stage, 62 after a purchase in a store."""
        age = pl.when(pl.col("kind") == "pos").then(pl.lit(_STORE_AGE)).otherwise(pl.lit(_CRM_AGE))
        return pl.col("event_time") + age

    def gates(self) -> Sequence[Gate]:
        """What would make Meta refuse the event, and with it the whole batch of a thousand."""
        return (
            # Meta's events have no consent field; a person who refused personalisation must not reach it at all.
            Gate("no_personalization_consent", pl.col("ad_personalization") == "denied"),
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
        """Whether the token can see the dataset."""
        try:
            answer = self._call("GET", (self._settings.dataset_id,), {"fields": "id,name"})
        except PlatformError as error:
            return [Check("dataset", ok=False, message=str(error))]
        return [Check("dataset", ok=True, message=f"dataset {answer.get('id')} can be reached")]

    def _post_with_retries(self, part: pl.DataFrame) -> Receipt:
        return with_retries(lambda: self._post(part), attempts=self._settings.max_attempts, sleep=self._sleep)

    def _post(self, part: pl.DataFrame) -> Receipt:
        params = {"data": f"[{','.join(part['event'].to_list())}]"}
        if self._settings.test_event_code:
            params["test_event_code"] = self._settings.test_event_code
        answer = self._call("POST", (self._settings.dataset_id, "events"), params)
        trace = answer.get("fbtrace_id")
        if answer.get("events_received") != part.height:
            detail = f"{answer.get('events_received')} of {part.height} received, trace {trace}"
            raise PlatformError("events_received", NOT_CONFIRMED, detail, platform_request_id=trace)
        return Receipt(platform_request_id=trace, answer=redact(json.dumps(answer)))

    def _call(self, method: str, path: Sequence[str], params: Mapping[str, str]) -> Mapping[str, Any]:
        try:
            response: FacebookResponse = self._api.call(method, path, params=dict(params))
        except Exception as error:
            raise platform_error(error) from None
        answer = response.json()
        if response.status() != 200 or not isinstance(answer, dict):
            raise PlatformError(f"http_{response.status()}", policy_for_status(response.status()))
        return answer


class _GraphSession(FacebookSession):  # type: ignore[misc]
    """The SDK's session with the address of the client's endpoint instead of the class-wide one."""

    def __init__(self, settings: MetaSettings) -> None:
        self.GRAPH = settings.endpoint
        super().__init__(
            app_secret=settings.app_secret.get_secret_value() if settings.app_secret else None,
            access_token=settings.access_token.get_secret_value(),
            timeout=settings.timeout_seconds,
        )


def _session(settings: MetaSettings) -> FacebookSession:
    session = _GraphSession(settings)
    guard(session.requests, settings.endpoint)
    session.requests.hooks["response"].append(refuse_what_is_not_json)
    return session


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

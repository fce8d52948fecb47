"""Google's Data Manager API: offline conversions and enhanced conversions for leads, two thousand events a request.

https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest
"""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

import polars as pl
from google.ads import datamanager_v1 as dm
from google.ads.datamanager_v1.services.ingestion_service.transports import IngestionServiceRestTransport

from config.destinations import GoogleDataManagerSettings
from config.types import is_loopback
from uploads import json_columns as js
from uploads.base import Check, Drops, Gate, Outcome, Verdict, names_of
from uploads.errors import Action, PlatformError, Policy
from uploads.google_credentials import KeyFileError, load_credentials
from uploads.google_errors import platform_error
from uploads.google_policy import DESTINATION, EVENT, NOT_CONFIRMED
from uploads.isolating import EVERY_EVENT_REFUSED, Receipt, send_isolating
from uploads.retrying import Sleep, with_retries
from uploads.sessions import guard

_CLICK_WINDOW = timedelta(days=90)
_USER_DATA_WINDOW = timedelta(days=63)
_CLICK_IDS = ("gclid", "gbraid", "wbraid")
_KINDS = {"email_address": "email", "phone_number": "phone", "address": "address"}
_ADDRESS = {
    "given_name": "given_name",
    "family_name": "family_name",
    "region_code": "region_code",
    "postal_code": "postal_code",
}

_Event = dm.Event.pb(dm.Event()).__class__
_Request = dm.IngestEventsRequest.pb(dm.IngestEventsRequest()).__class__


def connect(settings: GoogleDataManagerSettings, *, sleep: Sleep = time.sleep) -> GoogleDataManagerUploader:
    """The uploader for a client's account; nothing is sent yet. ``sleep`` waits between attempts."""
    return GoogleDataManagerUploader(settings, sleep=sleep)


class GoogleDataManagerUploader:
    """One client's Google Ads account. See :class:`uploads.base.Uploader`."""

    batch_size = 2_000
    keeps_payloads = True
    platform: Literal["google"] = "google"

    def __init__(self, settings: GoogleDataManagerSettings, *, sleep: Sleep = time.sleep) -> None:
        self._settings = settings
        self._sleep = sleep
        self._opened: dm.IngestionServiceClient | None = None

    def expires_at(self) -> pl.Expr:
        """90 days after the click where a click id is known, 63 days for user data alone.

        Of a click whose id came from another record its own time counts. Else the lead's creation stands for the
        click, which came before it, so a few conversions pass that Google will count as expired; none is kept back
        that it would take.
        """
        window = pl.when(_has_click()).then(pl.lit(_CLICK_WINDOW)).otherwise(pl.lit(_USER_DATA_WINDOW))
        return pl.coalesce("clicked_at", "lead_created_at", "event_time") + window

    def gates(self) -> Sequence[Gate]:
        """What would make Google refuse the event, and with it the whole request."""
        return (Gate("no_identifier", ~_has_click() & _identifiers().is_null()),)

    def payload(self) -> pl.Expr:
        """Everything but name, time and money, with the field names of the ``Event`` message."""
        return js.members(
            event_source=js.plain(pl.col("event_source")),
            ad_identifiers=_first_click(),
            user_data=js.members(user_identifiers=_identifiers()),
            consent=js.members(
                ad_user_data=_consent("ad_user_data"), ad_personalization=_consent("ad_personalization")
            ),
        )

    def identifiers(self) -> pl.Expr:
        """The one click id that is sent, and the kinds of user identifiers; an address only where it is whole."""
        has = {name: pl.col(f"id.{name}").is_not_null() for name in (*_CLICK_IDS, "email", "phone")}
        first = {
            name: has[name]
            & ~pl.any_horizontal(pl.lit(value=False), *(has[other] for other in _CLICK_IDS[:place]))
            for place, name in enumerate(_CLICK_IDS)
        }
        return names_of(
            {"email": has["email"], "phone": has["phone"], "address": _address_is_whole()} | first
        )

    def named(self, payload: Mapping[str, Any]) -> list[str]:
        """The click id, and the kinds of user identifiers."""
        kinds = {_KINDS[field]: None for one in _user_identifiers(payload) for field in one}
        return [*kinds, *payload.get("ad_identifiers", {})]

    def without(self, payload: Mapping[str, Any], drops: Drops) -> dict[str, Any] | None:
        """None where neither a click id nor a user identifier is left."""
        seen: Counter[str] = Counter()
        users = []
        for one in _user_identifiers(payload):
            ((field, value),) = one.items()
            kind = _KINDS[field]
            if not drops(kind, seen[kind], value):
                users.append(one)
            seen[kind] += 1
        clicks = {
            name: value
            for name, value in payload.get("ad_identifiers", {}).items()
            if not drops(name, 0, value)
        }
        if not users and not clicks:
            return None
        left = {name: value for name, value in payload.items() if name not in {"ad_identifiers", "user_data"}}
        left |= {"ad_identifiers": clicks} if clicks else {}
        return left | ({"user_data": {"user_identifiers": users}} if users else {})

    def send(self, batch: pl.DataFrame) -> Iterator[Outcome]:
        """See :meth:`uploads.base.Uploader.send`. A request speaks of one conversion action.

        An action that Google refuses, or none of whose events it takes, holds its own events and no others; it
        ends the lane only where nothing of any action was accepted.
        """
        refused: list[Outcome] = []
        accepted = False
        for part in batch.partition_by("name", maintain_order=True):
            for outcome in send_isolating(part, self._ingest_with_retries):
                if outcome.reason == EVERY_EVENT_REFUSED:
                    refused.append(outcome)
                    continue
                accepted |= outcome.verdict is Verdict.ACCEPTED
                yield outcome
                if outcome.ends_lane:
                    return
        yield from (replace(outcome, lane_goes_on=accepted) for outcome in refused)

    def check(self) -> list[Check]:
        """Whether the credentials load and give a token; a request that is only validated tries the account."""
        try:
            self._client()
            probe = _Request(validate_only=True, encoding="HEX", destinations=[self._destination("0")])
            self._call(probe)
        except PlatformError as error:
            # The probe has no event and no real action, and only an account that can be reached says so.
            if error.policy not in (DESTINATION, EVENT):
                return [Check("account", ok=False, message=str(error))]
        return [Check("account", ok=True, message="the account can be reached")]

    def _ingest_with_retries(self, part: pl.DataFrame) -> Receipt:
        request = _Request(
            destinations=[self._destination(part["name"][0])],
            events=[_event(row) for row in part.iter_rows(named=True)],
            encoding="HEX",
        )
        return with_retries(
            lambda: self._call(request), attempts=self._settings.max_attempts, sleep=self._sleep
        )

    def _call(self, request: Any) -> Receipt:
        try:
            answer = self._client().ingest_events(
                dm.IngestEventsRequest(request), retry=None, timeout=self._settings.timeout_seconds
            )
        except Exception as error:
            raise platform_error(error) from None
        if not answer.request_id and not request.validate_only:
            raise PlatformError("no_request_id", NOT_CONFIRMED)
        return Receipt(
            platform_request_id=answer.request_id, answer=json.dumps({"requestId": answer.request_id})
        )

    def _destination(self, action: str) -> dict[str, Any]:
        destination: dict[str, Any] = {
            "operating_account": {"account_type": "GOOGLE_ADS", "account_id": self._settings.customer_id},
            "product_destination_id": action,
        }
        if self._settings.login_customer_id:
            destination["login_account"] = {
                "account_type": "GOOGLE_ADS",
                "account_id": self._settings.login_customer_id,
            }
        return destination

    def _client(self) -> dm.IngestionServiceClient:
        if self._opened is None:
            # At DEBUG the SDK logs whole requests, hashes and tokens included.
            logging.getLogger("google").setLevel(logging.WARNING)
            endpoint = urlsplit(self._settings.endpoint)
            try:
                credentials = load_credentials(
                    self._settings.credentials, loopback_endpoint=is_loopback(endpoint.hostname or "")
                )
            except KeyFileError as error:
                raise PlatformError("credentials", Policy(Action.HOLD, str(error))) from None
            # The client by itself would send self-signed tokens, which are not confirmed for this API;
            # a transport made here exchanges the key for an access token.
            transport = IngestionServiceRestTransport(
                host=endpoint.netloc, url_scheme=endpoint.scheme, credentials=credentials
            )
            # The SDK makes both sessions itself and hands out neither: one sends events, one fetches tokens.
            guard(transport._session, self._settings.endpoint)
            guard(transport._session._auth_request_session, self._settings.endpoint)
            self._opened = dm.IngestionServiceClient(transport=transport)
        return self._opened


def _event(row: Mapping[str, Any]) -> Any:
    """A delivery as the SDK's own message; its fields were built as columns when it was queued."""
    seconds, micros = divmod(row["event_time"], 1_000_000)
    money = {} if row["value"] is None else {"conversion_value": row["value"], "currency": row["currency"]}
    return _Event(
        transaction_id=row["event_id"],
        event_timestamp={"seconds": seconds, "nanos": micros * 1_000},
        **money,
        **json.loads(row["payload"]),
    )


def _has_click() -> pl.Expr:
    return pl.any_horizontal(pl.col(f"id.{name}").is_not_null() for name in _CLICK_IDS)


def _first_click() -> pl.Expr:
    """One click id an event: Google refuses a gbraid beside a wbraid, and a gclid says more than either."""
    return pl.coalesce(js.members(**{name: js.plain(pl.col(f"id.{name}"))}) for name in _CLICK_IDS)


def _identifiers() -> pl.Expr:
    """The user identifiers as a JSON array; an address counts only when it is whole."""
    address = js.object_of({field: js.text(pl.col(f"id.{column}")) for field, column in _ADDRESS.items()})
    return js.array(
        *_one_or_more("email_address", "email"),
        *_one_or_more("phone_number", "phone"),
        js.members(address=pl.when(_address_is_whole()).then(address)),
    )


def _address_is_whole() -> pl.Expr:
    return pl.all_horizontal(pl.col(f"id.{column}").is_not_null() for column in _ADDRESS.values())


def _user_identifiers(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = payload.get("user_data", {}).get("user_identifiers", [])
    return found


def _one_or_more(field: str, name: str) -> tuple[pl.Expr, pl.Expr]:
    """An identifier of a kind, and further ones: each is an object of its own."""
    further = pl.col(f"more.{name}").list.join(f'"}},{{"{field}":"')
    return (
        js.members(**{field: js.plain(pl.col(f"id.{name}"))}),
        pl.lit(f'{{"{field}":"') + further + pl.lit('"}'),
    )


def _consent(column: str) -> pl.Expr:
    return pl.col(column).replace_strict(
        {"granted": '"CONSENT_GRANTED"', "denied": '"CONSENT_DENIED"'}, default=None, return_dtype=pl.String
    )

"""Google's Data Manager API: offline conversions and enhanced conversions for leads, two thousand events a request.

https://developers.google.com/data-manager/api/reference/rest/v1/events/ingest,
https://developers.google.com/data-manager/api/devguides/events/google-ads/conversion-adjustments
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import polars as pl

from config.destinations import GoogleDataManagerSettings
from uploads import google_events as events
from uploads.base import Check, Drops, Gate, Outcome, Processing, Verdict
from uploads.errors import Action, PlatformError
from uploads.google_policy import DESTINATION, NOT_CONFIRMED
from uploads.google_processing_policy import GONE, KEPT_FOR, gone, meaning_of
from uploads.importing import ONE_AT_A_TIME
from uploads.isolating import EVERY_EVENT_REFUSED, Receipt, send_isolating
from uploads.retrying import Sleep, with_retries

if TYPE_CHECKING:
    from google.ads import datamanager_v1 as dm

    from uploads.google_transport import DataManagerApi

_ADJUSTMENT_WINDOW = timedelta(days=54)

Answer = TypeVar("Answer")


def connect(settings: GoogleDataManagerSettings, *, sleep: Sleep = time.sleep) -> GoogleDataManagerUploader:
    """The uploader for a client's account; nothing is sent yet. ``sleep`` waits between attempts."""
    return GoogleDataManagerUploader(settings, sleep=sleep)


class GoogleDataManagerUploader:
    """One client's Google Ads account.

    See :class:`uploads.base.Uploader`, :class:`uploads.base.Polled` and :class:`uploads.base.Restating`.
    """

    batch_size = 2_000
    keeps_payloads = True
    platform: Literal["google"] = "google"

    asked_until = KEPT_FOR
    restated_for = _ADJUSTMENT_WINDOW

    def __init__(self, settings: GoogleDataManagerSettings, *, sleep: Sleep = time.sleep) -> None:
        self._settings = settings
        self._sleep = sleep

    @property
    def ready_after(self) -> timedelta:
        """Thirty minutes, which Google says to wait, or as the settings say."""
        return timedelta(minutes=self._settings.status_after_minutes)

    @property
    def restated_after(self) -> timedelta:
        """A day, or as the settings say: a new value that overtook its conversion would be a second one."""
        return timedelta(hours=self._settings.restate_after_hours)

    @property
    def least_processed(self) -> float:
        """What Google should count, as the client's file says."""
        return self._settings.warn_processed_below

    @property
    def least_matched(self) -> float:
        """What should belong to an ad click, as the client's file says."""
        return self._settings.warn_matched_below

    def expires_at(self) -> pl.Expr:
        """See :func:`uploads.google_events.expires_at`."""
        return events.expires_at()

    def gates(self) -> Sequence[Gate]:
        """What would make Google refuse the event, and with it the whole request."""
        return (Gate("no_identifier", events.has_no_identifier()),)

    def payload(self) -> pl.Expr:
        """See :func:`uploads.google_events.payload`."""
        return events.payload()

    def identifiers(self) -> pl.Expr:
        """See :func:`uploads.google_events.identifiers`."""
        return events.identifiers()

    def named(self, payload: Mapping[str, Any]) -> list[str]:
        """See :func:`uploads.google_events.named`."""
        return events.named(payload)

    def without(self, payload: Mapping[str, Any], drops: Drops) -> dict[str, Any] | None:
        """None where neither a click id nor a user identifier is left."""
        return events.without(payload, drops)

    def send(self, batch: pl.DataFrame) -> Iterator[Outcome]:
        """See :meth:`uploads.base.Uploader.send`. A request speaks of one conversion action.

        An action that Google refuses, or none of whose events it takes, holds its own events and no others; it
        ends the lane only where nothing of any action was accepted.
        """
        ready = batch.select("event_id", "name", event=events.event_json())
        refused: list[Outcome] = []
        accepted = False
        for part in ready.partition_by("name", maintain_order=True):
            for outcome in send_isolating(part, self._ingest):
                if outcome.reason == EVERY_EVENT_REFUSED:
                    refused.append(outcome)
                    continue
                accepted |= outcome.verdict is Verdict.ACCEPTED
                yield outcome
                if outcome.ends_lane:
                    return
        yield from (replace(outcome, lane_goes_on=accepted) for outcome in refused)

    def restate(self, batch: pl.DataFrame) -> Iterator[Outcome]:
        """The same events again with their new value: by their transaction id Google takes them for adjustments.

        It has no retraction: an order that was given back is worth 0. An id that it does not know becomes a new
        conversion, so only events that it accepted may come here.
        """
        return self.send(batch)

    def processing(self, platform_request_id: str) -> Processing:
        """What became of a request: its state, and counts by reason without the enum's prefix."""
        with ONE_AT_A_TIME:
            from uploads.google_processing import read_status
        try:
            return read_status(self._with_retries(lambda: self._api.status(platform_request_id)))
        except PlatformError as error:
            if error.code in GONE:
                return gone(error.code)
            raise

    def meaning(self, reason: str) -> str:
        """See :mod:`uploads.google_processing_policy`."""
        return meaning_of(reason).words

    def unmatched(self, reason: str) -> bool:
        """See :mod:`uploads.google_processing_policy`."""
        return meaning_of(reason).unmatched

    def check(self) -> list[Check]:
        """Whether the credentials load and give a token; a request that is only validated tries the account."""
        probe = self._request("0", [], validateOnly=True)
        try:
            self._api.ingest(probe)
        except PlatformError as error:
            # The probe has no event and no real action, and only an account that can be reached says so.
            if error.policy.action is not Action.ISOLATE and error.policy != DESTINATION:
                return [Check("account", ok=False, message=str(error))]
        return [Check("account", ok=True, message="the account can be reached")]

    @cached_property
    def _api(self) -> DataManagerApi:
        with ONE_AT_A_TIME:
            from uploads.google_transport import DataManagerApi
        return DataManagerApi(self._settings, self._sleep)

    def _ingest(self, part: pl.DataFrame) -> Receipt:
        request = self._request(part["name"][0], part["event"].to_list())
        answer = self._with_retries(lambda: self._confirmed(request))
        said: dict[str, Any] = {"requestId": answer.request_id}
        if answer.field_warnings:
            said["fieldWarnings"] = Counter(str(warning.reason) for warning in answer.field_warnings)
        return Receipt(platform_request_id=answer.request_id, answer=json.dumps(said))

    def _confirmed(self, request: str) -> dm.IngestEventsResponse:
        answer = self._api.ingest(request)
        if not answer.request_id:
            raise PlatformError("no_request_id", NOT_CONFIRMED)
        return answer

    def _with_retries(self, call: Callable[[], Answer]) -> Answer:
        return with_retries(call, attempts=self._settings.max_attempts, sleep=self._sleep)

    def _request(self, action: str, ready: Sequence[str], **more: Any) -> str:
        """An ``IngestEventsRequest`` as JSON."""
        head = json.dumps({"destinations": [self._destination(action)], "encoding": "HEX", **more})
        return f'{head[:-1]},"events":[{",".join(ready)}]}}'

    def _destination(self, action: str) -> dict[str, Any]:
        destination: dict[str, Any] = {
            "operatingAccount": _account(self._settings.customer_id),
            "productDestinationId": action,
        }
        if self._settings.login_customer_id:
            destination["loginAccount"] = _account(self._settings.login_customer_id)
        return destination


def _account(customer_id: str) -> dict[str, str]:
    return {"accountType": "GOOGLE_ADS", "accountId": customer_id}

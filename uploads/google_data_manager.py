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
from config.importing import ONE_AT_A_TIME
from uploads import google_events as events
from uploads.base import Check, Drops, Gate, Outcome, Processing
from uploads.errors import Action, PlatformError
from uploads.google_destination import destination
from uploads.google_policy import DESTINATION, NOT_CONFIRMED
from uploads.google_processing_policy import KEPT_FOR, meaning_of
from uploads.isolating import EVERY_EVENT_REFUSED, TOO_MANY_REFUSALS, Receipt, send_isolating
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

    See :class:`uploads.base.Uploader`, :class:`uploads.base.Diagnosing` and :class:`uploads.base.Restating`.
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

        An action that Google refuses, or whose events it does not take, holds what was sent of it and nothing else:
        what waits may be another's.
        """
        ready = batch.select("event_id", "name", event=events.event_json())
        for part in ready.partition_by("name", maintain_order=True):
            for outcome in send_isolating(part, self._ingest):
                of_action = outcome.reason in {EVERY_EVENT_REFUSED, TOO_MANY_REFUSALS}
                yield replace(outcome, lane_goes_on=True) if of_action else outcome
                if outcome.ends_lane and not of_action:
                    return

    def restate(self, batch: pl.DataFrame) -> Iterator[Outcome]:
        """The same events again with their new value: by their transaction id Google takes them for adjustments.

        It has no retraction: an order that was given back is worth 0. An id that it does not know becomes a new
        conversion, so only events that it accepted may come here.
        """
        return self.send(batch)

    def processing(self, platform_request_id: str) -> Processing:
        """What became of a request: its state, and counts by reason without the enum's prefix."""
        return self._with_retries(lambda: self._api.processing(platform_request_id))

    def meaning(self, reason: str) -> str:
        """See :mod:`uploads.google_processing_policy`."""
        return meaning_of(reason).words

    def unmatched(self, reason: str) -> bool:
        """See :mod:`uploads.google_processing_policy`."""
        return meaning_of(reason).unmatched

    def counted_before(self, reason: str) -> bool:
        """See :mod:`uploads.google_processing_policy`."""
        return meaning_of(reason).counted_before

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
        if remarks := _remarks(answer):
            said["fieldWarnings"] = remarks
        return Receipt(answer.request_id, json.dumps(said), message=_told(remarks))

    def _confirmed(self, request: str) -> dm.IngestEventsResponse:
        answer = self._api.ingest(request)
        if not answer.request_id:
            raise PlatformError("no_request_id", NOT_CONFIRMED)
        return answer

    def _with_retries(self, call: Callable[[], Answer]) -> Answer:
        return with_retries(call, attempts=self._settings.max_attempts, sleep=self._sleep)

    def _request(self, action: str, ready: Sequence[str], **more: Any) -> str:
        """An ``IngestEventsRequest`` as JSON."""
        head = json.dumps({"destinations": [destination(self._settings, action)], "encoding": "HEX", **more})
        return f'{head[:-1]},"events":[{",".join(ready)}]}}'


def _remarks(answer: dm.IngestEventsResponse) -> Counter[str]:
    """Fields that Google accepted and found wanting, by its reason; one that is newer than the SDK is a number."""
    names = (str(getattr(one.reason, "name", one.reason)) for one in answer.field_warnings)
    return Counter(name.removeprefix("WARNING_REASON_") for name in names)


def _told(remarks: Counter[str]) -> str | None:
    if not remarks:
        return None
    return "Google took the events and warns of fields: " + ", ".join(
        f"{reason} ({count})" for reason, count in remarks.most_common()
    )

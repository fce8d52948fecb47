"""One client's Google Ads account: deliveries and their new values in, an outcome for each out."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

import polars as pl

from config.destinations import GoogleAdsSettings
from uploads import google_events as events
from uploads.base import Check, Drops, Gate, Outcome, Verdict
from uploads.errors import PlatformError
from uploads.google_ads import messages, payloads
from uploads.google_ads.adjusting import judged
from uploads.google_ads.conversion_policy import COUNTED_BY_AN_EARLIER_TRY, UNMATCHED
from uploads.google_ads.failures import faults_by_row
from uploads.google_ads.request_policy import CLOSED, UNANSWERED
from uploads.google_ads.services import Services
from uploads.google_ads.settling import Answer, settled
from uploads.retrying import Sleep, with_retries

Clock = Callable[[], float]
"""Seconds since 1970."""

_NOT_CONFIRMED = UNANSWERED.of_request()
_NO_ADJUSTMENT = "Google takes no new value for a conversion of a wbraid (a click on an iOS device)"


class GoogleAdsUploader:
    """One client's Google Ads account. See :class:`uploads.base.Uploader` and :class:`uploads.base.Restating`.

    Accepted payloads are kept although an adjustment names its conversion by the order id alone: a wbraid shows in
    them, and the Data Manager API, to which accounts move, asks for the identifiers again.
    """

    batch_size = 2_000
    keeps_payloads = True
    platform: Literal["google"] = "google"
    restated_for = timedelta(days=54)

    def __init__(
        self, settings: GoogleAdsSettings, *, sleep: Sleep = time.sleep, clock: Clock = time.time
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        self._clock = clock
        self._opened: Services | None = None

    @property
    def restated_after(self) -> timedelta:
        """See :class:`uploads.base.Restating`."""
        return timedelta(hours=self._settings.restate_after_hours)

    def expires_at(self) -> pl.Expr:
        """90 days after the click where a click id is known, 63 days for user data alone.

        What stands for the click's time is as for :class:`uploads.google_data_manager.GoogleDataManagerUploader`.
        """
        return events.expires_at()

    def gates(self) -> Sequence[Gate]:
        """An address alone is nothing here: this API matches by click id, e-mail and phone."""
        return (Gate("no_identifier", ~events.has_click() & ~payloads.has_user()),)

    def payload(self) -> pl.Expr:
        """See :func:`uploads.google_ads.payloads.payload`."""
        return payloads.payload()

    def identifiers(self) -> pl.Expr:
        """The one click id that is sent, and the kinds of user identifiers beside a gclid or alone."""
        return payloads.identifiers()

    def named(self, payload: Mapping[str, Any]) -> list[str]:
        """The kinds of user identifiers, and the click id."""
        return payloads.named(payload)

    def without(self, payload: Mapping[str, Any], drops: Drops) -> dict[str, Any] | None:
        """None where neither a click id nor a user identifier is left."""
        return payloads.without(payload, drops)

    def unmatched(self, reason: str) -> bool:
        """Whether a rejected delivery was in order, but belongs to no ad click."""
        return reason in UNMATCHED

    def send(self, batch: pl.DataFrame) -> Iterator[Outcome]:
        """See :meth:`uploads.base.Uploader.send`. A request may speak of several conversion actions."""
        return settled(_once(batch), self._upload)

    def restate(self, batch: pl.DataFrame) -> Iterator[Outcome]:
        """See :meth:`uploads.base.Restating.restate`. A value of 0 retracts the conversion."""
        of_wbraid = batch.filter(payloads.of_wbraid())
        if not of_wbraid.is_empty():
            yield Outcome(of_wbraid["event_id"].to_list(), Verdict.REJECTED, "WBRAID", _NO_ADJUSTMENT)
        others = batch.filter(~payloads.of_wbraid())
        if not others.is_empty():
            yield from settled(_once(others), self._adjust)

    def check(self) -> list[Check]:
        """Whether the credentials load and the account takes uploads, by one that is only validated."""
        try:
            answer = self._services().upload(messages.probe(self._settings.customer_id))
            faults = faults_by_row(answer.partial_failure_error)
        except PlatformError as error:
            return [Check("account", ok=False, message=str(error))]
        # The probe's own click and action do not exist, and only an account that takes uploads says so.
        if any(fault.policy is CLOSED for fault in faults.values()):
            return [Check("account", ok=False, message=CLOSED.advice)]
        return [Check("account", ok=True, message="the account takes uploads")]

    def _upload(self, part: pl.DataFrame) -> Answer:
        request = messages.click_conversions(part, self._settings.customer_id)
        answer = self._asked(lambda: self._services().upload(request), part.height)
        return answer.judged(COUNTED_BY_AN_EARLIER_TRY) if answer.repeated else answer

    def _adjust(self, part: pl.DataFrame) -> Answer:
        request = messages.adjustments(part, self._settings.customer_id)
        answer = self._asked(lambda: self._services().adjust(request), part.height)
        return judged(answer, part, now=self._clock())

    def _asked(self, call: Callable[[], Any], rows: int) -> Answer:
        tries = itertools.count()
        attempts, sleep = self._settings.max_attempts, self._sleep
        return with_retries(
            lambda: _answer(call(), rows, repeated=next(tries) > 0), attempts=attempts, sleep=sleep
        )

    def _services(self) -> Services:
        if self._opened is None:
            self._opened = Services(self._settings, sleep=self._sleep)
        return self._opened


def _once(batch: pl.DataFrame) -> pl.DataFrame:
    """Google takes none of several rows with one order id, so one of them is sent."""
    return batch.unique("event_id", keep="first", maintain_order=True)


def _answer(response: Any, rows: int, *, repeated: bool) -> Answer:
    """The answer, where it says of every row what became of it: a row that was not taken has an empty result."""
    faults = faults_by_row(response.partial_failure_error)
    confirmed = [row for row, result in enumerate(response.results) if result.ByteSize()]
    if faults.keys() | set(confirmed) != set(range(rows)):
        raise PlatformError("not_confirmed", _NOT_CONFIRMED)
    return Answer(str(response.job_id), faults, repeated)

"""Google's Customer Match by the Data Manager API: ten thousand members a request, who join or leave a user list.

https://developers.google.com/data-manager/api/devguides/audiences/google-ads/customer-match,
https://developers.google.com/data-manager/api/reference/rest/v1/audienceMembers/ingest
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal, TypeVar

import polars as pl

from config.destinations import GoogleDataManagerSettings
from uploads import google_events as events
from uploads import json_columns as js
from uploads.audiences.base import AudienceSpec, NoSuchAudienceError
from uploads.audiences.google_lists import UserLists
from uploads.base import Check, Outcome, Processing, Verdict
from uploads.errors import Action, PlatformError, Policy
from uploads.google_destination import destination
from uploads.google_policy import NOT_CONFIRMED
from uploads.google_processing_policy import KEPT_FOR
from uploads.google_transport import DataManagerApi
from uploads.isolating import EVERY_EVENT_REFUSED, TOO_MANY_REFUSALS, Receipt, send_isolating
from uploads.retrying import Sleep, with_retries

Result = TypeVar("Result")

MOST_MEMBERS = 10_000
"""Members that one request may have."""

_MOST_OF_A_KIND = 4
"""E-mails, and phones, of one member: Google takes ten identifiers, of which an address is one."""

_TERMS = Policy(
    Action.HOLD,
    "Google asks with each upload whether its Customer Match terms are accepted: let the account's owner accept them"
    " in Audience manager, then set customer_match_terms: accepted for the destination google",
)


class GoogleAudiences:
    """One client's audiences. See :class:`uploads.audiences.base.AudienceUploader` and :class:`uploads.base.Polled`.

    Google answers a request when it has arrived; what became of it shows later, by the request's id.
    """

    platform: Literal["google"] = "google"
    batch_size = MOST_MEMBERS
    asked_until = KEPT_FOR

    def __init__(self, settings: GoogleDataManagerSettings, *, sleep: Sleep = time.sleep) -> None:
        if settings.customer_match_terms is None:
            raise PlatformError("customer_match_terms", _TERMS)
        self._settings = settings
        self._sleep = sleep
        self._api = DataManagerApi(settings, sleep)
        self._lists = UserLists(self._api, settings)

    def identifiers(self) -> pl.Expr:
        """See :meth:`uploads.audiences.base.AudienceUploader.identifiers`: e-mails, phones and a whole address."""
        known = js.members(user_identifiers=events.user_identifiers(most_of_a_kind=_MOST_OF_A_KIND))
        return events.in_googles_names(known)

    def ensure(self, spec: AudienceSpec, audience_id: str | None) -> str:
        """See :meth:`uploads.audiences.base.AudienceUploader.ensure`.

        Each attempt looks before it makes one: what an attempt without an answer made is found by the next.
        """
        return self._with_retries(lambda: self._lists.ensure(spec, audience_id))

    def exists(self, audience_id: str) -> bool:
        """See :meth:`uploads.audiences.base.AudienceUploader.exists`."""
        try:
            self._with_retries(lambda: self._lists.read(audience_id))
        except NoSuchAudienceError:
            self._with_retries(self._lists.first)
            return False
        return True

    def add(self, audience_id: str, members: pl.DataFrame) -> Iterator[Outcome]:
        """See :meth:`uploads.audiences.base.AudienceUploader.add`. Who is in is in anew, for the whole membership."""
        consent = js.members(
            adUserData=events.consent("ad_user_data"), adPersonalization=events.consent("ad_personalization")
        )
        terms = {"termsOfService": {"customerMatchTermsOfServiceStatus": "ACCEPTED"}}
        return self._tell(members, _member(consent=consent), self._head(audience_id, **terms), self._ingest)

    def remove(self, audience_id: str, members: pl.DataFrame) -> Iterator[Outcome]:
        """See :meth:`uploads.audiences.base.AudienceUploader.remove`."""
        return self._tell(members, _member(), self._head(audience_id), self._remove)

    @property
    def ready_after(self) -> timedelta:
        """Thirty minutes, which Google says to wait, or as the settings say."""
        return timedelta(minutes=self._settings.status_after_minutes)

    def processing(self, platform_request_id: str) -> Processing:
        """What became of a request, with counts by reason without the enum's prefix."""
        return self._with_retries(lambda: self._api.processing(platform_request_id))

    def check(self) -> list[Check]:
        """Whether the credentials can see the account's user lists."""
        try:
            self._lists.first()
        except PlatformError as error:
            return [Check("audiences", ok=False, message=str(error))]
        return [Check("audiences", ok=True, message="the account's audiences can be seen")]

    def _tell(
        self, members: pl.DataFrame, member: pl.Expr, head: str, send: Callable[[str], str]
    ) -> Iterator[Outcome]:
        def request(part: pl.DataFrame) -> Receipt:
            body = f'{head[:-1]},"audienceMembers":[{part["member"].str.join(",").item()}]}}'
            request_id = self._with_retries(lambda: send(body))
            return Receipt(request_id, json.dumps({"requestId": request_id}))

        for batch in _requests(members):
            ready = batch.select(event_id=pl.col("member"), member=member)
            for outcome in send_isolating(ready, request):
                of_list = outcome.reason in {EVERY_EVENT_REFUSED, TOO_MANY_REFUSALS}
                yield replace(outcome, lane_goes_on=True) if of_list else outcome
                if _ends(outcome, batch):
                    return

    def _ingest(self, request: str) -> str:
        return _confirmed(self._api.ingest_members(request).request_id)

    def _remove(self, request: str) -> str:
        return _confirmed(self._api.remove_members(request).request_id)

    def _with_retries(self, call: Callable[[], Result]) -> Result:
        return with_retries(call, attempts=self._settings.max_attempts, sleep=self._sleep)

    def _head(self, audience_id: str, **more: Any) -> str:
        """What a request says besides its members, as JSON."""
        return json.dumps(
            {"destinations": [destination(self._settings, audience_id)], "encoding": "HEX", **more}
        )


def _member(**more: pl.Expr) -> pl.Expr:
    """An ``AudienceMember`` as JSON; its identifiers go into the message that Google recommends of two."""
    data = pl.lit('{"userData":') + pl.col("identifiers") + pl.lit("}")
    return js.members(compositeData=data, **more)


def _requests(members: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """``members`` in requests, none of whom is told of by two: each has one answer, then and later."""
    start = 0
    while start < members.height:
        end = start + MOST_MEMBERS
        while start < end < members.height and members["member"][end] == members["member"][end - 1]:
            end -= 1
        end = end if end > start else start + MOST_MEMBERS
        yield members[start:end]
        start = end


def _ends(outcome: Outcome, batch: pl.DataFrame) -> bool:
    """Whether the next members would fare no better: all of these wait, or all that the destination has."""
    waits = outcome.verdict in {Verdict.LATER, Verdict.HOLD}
    return outcome.ends_lane or (waits and len(outcome.event_ids) == batch.height)


def _confirmed(request_id: str) -> str:
    if not request_id:
        raise PlatformError("no_request_id", NOT_CONFIRMED)
    return request_id

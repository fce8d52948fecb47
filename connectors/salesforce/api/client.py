"""Queries and descriptions from one org: logged in when first needed, retried by policy, never in a loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar, cast

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError
from simple_salesforce.util import call_salesforce

from config.sources import SalesforceSettings
from connectors.base import SourceError
from connectors.retrying import RetryPolicy, retrying
from connectors.salesforce.api.errors import (
    POLICIES,
    Action,
    LostPlaceError,
    ObjectHiddenError,
    RequestFailure,
    failure_of,
    out_of_calls,
)
from connectors.salesforce.api.login import Login
from connectors.salesforce.api.session import Session
from connectors.salesforce.records.frames import Record

_T = TypeVar("_T")
_RESTARTS = 2


@dataclass(frozen=True)
class Patience(RetryPolicy):
    """How patient to be with what passes by itself, and in all with one Bulk API job."""

    job_seconds: float = 7200.0


class Client:
    """One org's REST API. No call is made before the first query or description.

    Attributes:
        retry: how patient to be.
    """

    def __init__(self, settings: SalesforceSettings, retry: Patience) -> None:
        self.retry = retry
        self._settings = settings
        self._session = Session(endpoint=settings.endpoint, timeout_seconds=settings.timeout_seconds)
        self._login = Login(settings.auth, self._session)
        self._retrying = retrying("Salesforce", retry)
        self._salesforce: Salesforce | None = None
        self._descriptions: dict[str, Record] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know of how this client signed in, each in one sentence."""
        return self._login.warnings

    def rows(self, soql: str, *, include_deleted: bool = False) -> list[Record]:
        """Every record that ``soql`` answers, through all of its pages; also deleted ones where asked.

        Raises:
            QueryTooSlowError: Salesforce gave up on the query.
            SourceError: anything else that stays.
        """
        for _ in range(_RESTARTS):
            with suppress(LostPlaceError):
                return self._all_pages(soql, include_deleted)
        return self._all_pages(soql, include_deleted)

    def count(self, soql: str, *, include_deleted: bool = False) -> int:
        """The answer to a ``SELECT COUNT()``."""
        return int(self._query(soql, include_deleted)["totalSize"])

    def describe(self, name: str) -> Record:
        """What the integration user may see of the object ``name``: its fields, types and picklists.

        Raises:
            ObjectHiddenError: that is nothing.
        """
        if name not in self._descriptions:
            try:
                self._descriptions[name] = self.resource(f"sobjects/{name}/describe", holding="fields")
            except ObjectHiddenError as error:
                raise ObjectHiddenError(
                    f"The integration user cannot see the object {name}: {error}",
                    advice=error.advice,
                    configuration=True,
                ) from None
        return self._descriptions[name]

    def resource(
        self, path: str, method: str = "GET", body: Record | None = None, *, holding: str = ""
    ) -> Any:
        """The answer of a resource below ``/services/data/vXX.X/``, an object with ``holding`` where that is given."""

        def ask(salesforce: Salesforce) -> Any:
            answer = salesforce.restful(path, method=method, json=body)
            return _object_with(holding, answer) if holding else answer

        return self._call(ask)

    def stream(self, path: str, params: Mapping[str, str], take: Callable[[requests.Response], _T]) -> _T:
        """What ``take`` makes of the answer of a resource whose body is read piece by piece.

        ``take`` is called again where the body breaks off, or where it raises a :class:`RequestFailure` that
        passes.
        """
        return cast("_T", self._call(lambda salesforce: _streamed(salesforce, path, params, take)))

    def log_in(self) -> None:
        """Make sure that there is a session."""
        self._call(lambda salesforce: salesforce)

    def server_time(self) -> datetime:
        """A moment, by Salesforce's own clock, that is not later than any answer still to come."""
        self.log_in()
        return self._session.answered_at or datetime.now(UTC)

    def close(self) -> None:
        """Let go of the connections; the next call opens new ones."""
        self._session.close()

    def _all_pages(self, soql: str, include_deleted: bool) -> list[Record]:
        page = self._query(soql, include_deleted)
        records: list[Record] = page["records"]
        while not page["done"]:
            page = self._next_page(str(page["nextRecordsUrl"]))
            records.extend(page["records"])
        return records

    def _query(self, soql: str, include_deleted: bool) -> Record:
        def ask(salesforce: Salesforce) -> Any:
            try:
                return _object_with("records", salesforce.query(soql, include_deleted))
            except requests.ReadTimeout:
                # Salesforce itself may take two minutes before it gives up on a query.
                raise RequestFailure.by(POLICIES["QUERY_TIMEOUT"], "ReadTimeout") from None

        page: Record = self._call(ask)
        return page

    def _next_page(self, url: str) -> Record:
        if not url.startswith("/services/data/"):
            # The client glues this to the host's name: anything else could send the token to another host.
            raise SourceError("Salesforce named a next page outside its own API; it was not followed.")
        page: Record = self._call(
            lambda salesforce: _object_with("records", salesforce.query_more(url, identifier_is_url=True))
        )
        return page

    def _call(self, request: Callable[[Salesforce], Any]) -> Any:
        try:
            return self._retrying(self._once, request)
        except RequestFailure as failure:
            attempts = int(self._retrying.statistics.get("attempt_number", 1))
            raise failure.surfaced(attempts=attempts, limit_info=self._session.limit_info) from None

    def _once(self, request: Callable[[Salesforce], Any]) -> Any:
        try:
            return self._asked(request)
        except RequestFailure as failure:
            if failure.action is not Action.LOGIN:
                raise
        self._salesforce = None
        return self._asked(request)

    def _asked(self, request: Callable[[Salesforce], Any]) -> Any:
        if self._session.calls_left() * 100 < self._settings.keep_api_calls_percent:
            raise out_of_calls(self._session.limit_info)
        try:
            return request(self._connected())
        except (SalesforceError, requests.RequestException) as error:
            raise failure_of(error) from None

    def _connected(self) -> Salesforce:
        if self._salesforce is None:
            access = self._login.access()
            # A session that is handed over cannot renew itself: the client's own renewal may never end.
            self._salesforce = Salesforce(
                session_id=access.token,
                instance=access.host,
                version=self._settings.api_version,
                session=self._session,
                parse_float=Decimal,
                object_pairs_hook=None,
            )
        return self._salesforce


def _object_with(key: str, answer: Any) -> Any:
    """``answer``, where it is one of Salesforce's: a gateway may answer with JSON of its own, or with nothing."""
    if isinstance(answer, dict) and key in answer:
        return answer
    raise RequestFailure(Action.RETRY, f"an answer without {key}")


def _streamed(
    salesforce: Salesforce, path: str, params: Mapping[str, str], take: Callable[[requests.Response], _T]
) -> _T:
    url, headers = salesforce.base_url + path, {**salesforce.headers, "Accept": "text/csv"}
    with call_salesforce(url, "GET", salesforce.session, headers, params=params, stream=True) as response:
        return take(response)

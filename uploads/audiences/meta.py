"""Meta's customer-list audiences: ten thousand rows of hashes a request, in sessions, and lookalikes of them.

https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences,
https://developers.facebook.com/docs/marketing-api/reference/custom-audience/users
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

import polars as pl
import requests

from config.destinations import MetaSettings
from uploads import limiting
from uploads.audiences.base import AudienceSpec, NoSuchAudienceError
from uploads.audiences.meta_nodes import AudienceNodes
from uploads.audiences.meta_rows import MOST_ROWS, data_of, identifiers, parts, schema_of
from uploads.audiences.meta_sessions import Session
from uploads.base import Check, Outcome, Verdict
from uploads.errors import Action, PlatformError, Policy
from uploads.meta_app import app_key
from uploads.meta_errors import answer_of
from uploads.meta_graph import Graph
from uploads.retrying import Sleep, with_retries

Result = TypeVar("Result")

_NO_ACCOUNT = Policy(
    Action.HOLD, "audiences are made in an ad account: set ad_account_id of the destination meta"
)
_GONE = Policy(
    Action.HOLD,
    "the audience or the ad account does not exist, or the token cannot see it: check ad_account_id, and give the"
    " token's system user access to the ad account in Business settings",
    ends_lane=False,
)
_NOT_CONFIRMED = Policy(
    Action.RETRY_ONCE_THEN_HOLD,
    "Meta did not confirm every row: ask Meta, naming the session, then run audiences again",
)
_UNREADABLE = Policy(
    Action.HOLD, "Meta could read no row of the batch, so that nobody was added", ends_lane=False
)
_HELD = {Action.HOLD, Action.RETRY_ONCE_THEN_HOLD, Action.ISOLATE}
"""Meta counts the rows that it cannot read and takes the others: a request that it refuses is no row's fault."""


class MetaAudiences:
    """One client's audiences. See :class:`uploads.audiences.base.AudienceUploader` and ``Resembling``."""

    platform: Literal["meta"] = "meta"
    batch_size = MOST_ROWS
    smallest_seed = 100

    def __init__(
        self,
        settings: MetaSettings,
        *,
        sleep: Sleep = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if settings.ad_account_id is None:
            raise PlatformError("ad_account_id", _NO_ACCOUNT)
        self._settings = settings
        self._sleep = sleep
        self._clock = clock
        self._graph = Graph(settings)
        self._limiter = limiting.shared("meta", app_key(settings), f"act_{settings.ad_account_id}")
        self._nodes = AudienceNodes(self._graph, settings.ad_account_id, self._call)

    def identifiers(self) -> pl.Expr:
        """See :func:`uploads.audiences.meta_rows.identifiers`."""
        return identifiers(self._settings.limited_data_use)

    def ensure(self, spec: AudienceSpec, audience_id: str | None) -> str:
        """See :meth:`uploads.audiences.base.AudienceUploader.ensure`.

        Each attempt looks before it makes one: what an attempt without an answer made is found by the next.
        """
        return self._with_retries(lambda: self._nodes.ensure(spec, audience_id))

    def exists(self, audience_id: str) -> bool:
        """See :meth:`uploads.audiences.base.AudienceUploader.exists`.

        Meta says alike of what is gone and of what may not be seen: so the account's other audiences must be.
        """
        try:
            self._with_retries(lambda: self._nodes.read(audience_id))
        except NoSuchAudienceError:
            self._with_retries(self._nodes.first_page)
            return False
        return True

    def ensure_lookalike(self, spec: AudienceSpec, audience_id: str) -> str:
        """See :meth:`uploads.audiences.base.Resembling.ensure_lookalike`."""
        lookalike = spec.lookalike
        if lookalike is None:
            raise ValueError(f"{spec.key} names no lookalike")
        return self._with_retries(lambda: self._nodes.ensure_lookalike(spec.mark, lookalike, audience_id))

    def add(self, audience_id: str, members: pl.DataFrame) -> Iterator[Outcome]:
        """See :meth:`uploads.audiences.base.AudienceUploader.add`. A value below 0, or none among values, is 0."""
        valued = members["value"].null_count() < members.height
        return self._tell(audience_id, members, valued=valued, removing=False)

    def remove(self, audience_id: str, members: pl.DataFrame) -> Iterator[Outcome]:
        """See :meth:`uploads.audiences.base.AudienceUploader.remove`.

        By POST: Meta's way of removal has a second form, that of a DELETE with everybody's hashes in its address.
        """
        return self._tell(audience_id, members, valued=False, removing=True)

    def check(self) -> list[Check]:
        """Whether the token can see the ad account's audiences."""
        try:
            self._nodes.first_page()
        except PlatformError as error:
            return [Check("audiences", ok=False, message=str(error))]
        account = self._settings.ad_account_id
        return [Check("audiences", ok=True, message=f"the audiences of ad account {account} can be seen")]

    def _tell(
        self, audience_id: str, members: pl.DataFrame, *, valued: bool, removing: bool
    ) -> Iterator[Outcome]:
        session = Session(self._clock)
        left = members.height
        for names, rows in parts(members):
            left -= len(names)
            batch = _Batch.of(names, rows, left, valued=valued, removing=removing)
            try:
                yield self._with_retries(partial(self._post, audience_id, batch, session))
            except PlatformError as error:
                yield _put_off(names, error)
                return

    def _post(self, audience_id: str, batch: _Batch, session: Session) -> Outcome:
        number = session.batch(batch.schema, batch.rows + batch.left, last=batch.left == 0)
        try:
            parameters = {"session": number, **batch.parameters}
            answer = self._call(lambda: self._graph.post(f"{audience_id}/users", parameters))
            return _outcome(batch, session, answer)
        except PlatformError:
            session.restart()
            raise

    def _call(self, request: Callable[[], requests.Response]) -> Mapping[str, Any]:
        """What Meta answers to one HTTP request, made when its turn among those of all clients of the app has come."""
        with self._limiter.turn(self._sleep):
            response = request()
            self._limiter.heard(response.headers)
            try:
                return answer_of(response)
            except PlatformError as error:
                if error.code != "100/33":
                    raise
                raise NoSuchAudienceError(
                    error.code, _GONE, platform_request_id=error.platform_request_id
                ) from None

    def _with_retries(self, call: Callable[[], Result]) -> Result:
        return with_retries(call, attempts=self._settings.max_attempts, sleep=self._sleep)


@dataclass(frozen=True)
class _Batch:
    """Members of one request.

    Attributes:
        names: our keys of them.
        rows: how many rows they are.
        left: how many members are told after them.
        schema: the keys of the rows.
        parameters: what the request says besides its place in the session, each parameter as JSON.
    """

    names: list[str]
    rows: int
    left: int
    schema: list[str]
    parameters: Mapping[str, str]

    @classmethod
    def of(cls, names: list[str], rows: pl.DataFrame, left: int, *, valued: bool, removing: bool) -> _Batch:
        """The batch that tells of ``rows``."""
        schema = schema_of(rows, valued=valued)
        payload = {"payload": f'{{"schema":{json.dumps(schema)},"data":{data_of(rows, schema)}}}'}
        parameters = {"method": '"DELETE"', **payload} if removing else payload
        return cls(names, rows.height, left, schema, parameters)


def _outcome(batch: _Batch, session: Session, answer: Mapping[str, Any]) -> Outcome:
    """Meta's acceptance of a batch.

    Raises:
        PlatformError: it counts other rows than were sent, or could read none of them.
    """
    name, sent = session.name, session.taken(batch.rows)
    received, unreadable = answer.get("num_received"), answer.get("num_invalid_entries")
    if received != sent:
        detail = f"{received} of {sent} received, session {name}"
        raise PlatformError("num_received", _NOT_CONFIRMED, detail, platform_request_id=name)
    unreadable = unreadable if isinstance(unreadable, int) else 0
    # Of the request or of the session: which of them Meta counts is not documented.
    if unreadable >= batch.rows:
        raise PlatformError("num_invalid_entries", _UNREADABLE, platform_request_id=name)
    # Its samples of unreadable entries are people's hashes, so only the number is kept.
    told = {"session": name, "num_received": received, "num_invalid_entries": unreadable}
    return Outcome(
        batch.names,
        Verdict.ACCEPTED,
        message=f"Meta could not read about {unreadable} of {batch.rows} rows" if unreadable else None,
        platform_request_id=name,
        answer=json.dumps(told),
    )


def _put_off(names: list[str], error: PlatformError) -> Outcome:
    return Outcome(
        names,
        Verdict.HOLD if error.policy.action in _HELD else Verdict.LATER,
        reason=error.code,
        message=str(error),
        platform_request_id=error.platform_request_id,
        lane_goes_on=not error.policy.ends_lane,
    )

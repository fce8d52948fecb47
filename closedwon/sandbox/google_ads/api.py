"""The services that are served over one world: what they take, what they count, and how they are told to fail."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import grpc  # type: ignore[import-untyped]
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.faults import Faults
from closedwon.sandbox.google_ads import errors
from closedwon.sandbox.google_ads.access import check_account, check_token, denied
from closedwon.sandbox.google_ads.adjustments import Adjustments
from closedwon.sandbox.google_ads.configuring import MUTATE_REQUEST, SEARCH_REQUEST, Configuration, Tracking
from closedwon.sandbox.google_ads.counting import Action, counted_twice
from closedwon.sandbox.google_ads.errors import Problem, RefusedError
from closedwon.sandbox.google_ads.methods import ADJUST, SERVICES, UPLOAD, Method
from closedwon.sandbox.google_ads.outages import Outage, outage_of
from closedwon.sandbox.google_ads.server import RunningServer
from closedwon.sandbox.google_ads.uploads import ClickConversions
from closedwon.sandbox.listing import listed
from closedwon.sandbox.truth import GoogleTruth
from closedwon.sandbox.world import GoogleAdsAccount, World

SYSTEM = "google_ads"

Work = Callable[[Any, dict[str, Any]], Any]
"""The answer to a request with its metadata; raises :class:`RefusedError`."""

_NOT_ALLOWLISTED = ("not_allowlisted_error", "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE")


@dataclass(slots=True)
class _Account:
    given: GoogleAdsAccount
    actions: dict[str, Action]
    configuration: Configuration
    conversions: ClickConversions
    adjustments: Adjustments


class GoogleAds:
    """The Google Ads API of one world.

    Attributes:
        calls: the name of each method that was called, and the job id of its request, 0 where it has none.
        says_so_by_row: whether accounts that came too late hear so in partial failures; which it is, is not documented.
        outages: how the next calls fail, in their order: with codes of Google's own, which no fault can name.
    """

    def __init__(
        self, world: World, faults: Faults, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.calls: list[tuple[str, int]] = []
        self.says_so_by_row = False
        self.outages: deque[Outage] = deque()
        self._world = world
        self._faults = faults
        self._clock = clock
        self._accounts = {account.customer_id: self._account(account) for account in world.accounts}
        self._refused: Counter[str] = Counter()
        self._lock = threading.Lock()

    def routes(self) -> list[BaseRoute]:
        """None: what the API documents is served by :meth:`listen`."""
        return []

    def admin_routes(self) -> list[BaseRoute]:
        """``GET events?account=``: counted conversions, all or with ``offset`` and ``limit`` a page."""
        return [Route("/events", self._list_conversions, methods=["GET"])]

    def listen(self, host: str, port: int) -> RunningServer:
        """Serve gRPC on a loopback port; 0 takes a free one.

        Clients fetch their tokens from the rest of the sandbox, so one over the same world must be serving too.
        """
        uploads = [
            self._service(one.service, one.name, one.request, partial(self._upload, one))
            for one in (UPLOAD, ADJUST)
        ]
        search = self._service("GoogleAdsService", "Search", SEARCH_REQUEST, self._search)
        mutate = self._service(
            "ConversionActionService", "MutateConversionActions", MUTATE_REQUEST, self._mutate
        )
        return RunningServer([*uploads, search, mutate], host, port)

    def actions(self, customer_id: str) -> dict[str, Action]:
        """The conversion actions of an account, by their id."""
        return self._accounts[customer_id].actions

    def tracking(self, customer_id: str) -> Tracking:
        """The account-wide settings of an account's conversion tracking, which may be changed."""
        return self._accounts[customer_id].configuration.tracking

    def conversions(self, customer_id: str) -> ClickConversions:
        """The uploads of an account, whose settings may be changed."""
        return self._accounts[customer_id].conversions

    def counted(self, customer_id: str) -> list[dict[str, Any]]:
        """Counted conversions of an account, each with its action."""
        with self._lock:
            return [
                {"action": action.id, **conversion.as_json()}
                for action in self._accounts[customer_id].actions.values()
                for conversion in action.conversions
            ]

    def report(self) -> dict[str, Any]:
        """Requests, refused requests and rows by code, and by account and action what was counted and changed.

        ``twice`` are order ids that an account counted under several of its actions.
        """
        with self._lock:
            accounts = {
                customer_id: {action.id: action.report() for action in account.actions.values()}
                for customer_id, account in self._accounts.items()
            }
            return {
                "requests": len(self.calls),
                "refused_by_reason": dict(sorted(self._refused.items())),
                "twice": sum(counted_twice(account.actions.values()) for account in self._accounts.values()),
                "accounts": accounts,
            }

    async def _list_conversions(self, request: Request) -> Response:
        customer_id = request.query_params.get("account", "").replace("-", "")
        return listed(request, self.counted(customer_id) if customer_id in self._accounts else ())

    def _account(self, account: GoogleAdsAccount) -> _Account:
        categories = dict(zip(account.conversion_actions, account.categories, strict=False))
        actions = {
            action: Action(action, account.customer_id, category=categories.get(action, "QUALIFIED_LEAD"))
            for action in account.conversion_actions
        }
        uploads = ClickConversions(GoogleTruth(self._world), actions)
        configuration = Configuration(account.customer_id, actions)
        return _Account(account, actions, configuration, uploads, Adjustments(actions))

    def _service(self, service: str, method: str, request: Any, work: Work) -> Any:
        full_name = f"{SERVICES}.{service}"
        handler = grpc.unary_unary_rpc_method_handler(
            partial(self._answer, f"/{full_name}/{method}", work),
            request_deserializer=request.FromString,
            response_serializer=lambda answer: answer.SerializeToString(),
        )
        return grpc.method_handlers_generic_handler(full_name, {method: handler})

    def _answer(self, path: str, work: Work, request: Any, context: Any) -> Any:
        answer = None
        with self._lock:
            fault = self._faults.take(SYSTEM, path)
            outage = self.outages.popleft() if self.outages else outage_of(fault)
            self.calls.append((path.rpartition("/")[2], getattr(request, "job_id", 0)))
            try:
                if outage is None or outage.processed:
                    answer = work(request, dict(context.invocation_metadata()))
            except RefusedError as error:
                self._refused[error.code] += 1
                errors.abort(context, error)
        if outage is not None:
            outage.play(context)
        return answer

    def _upload(self, method: Method, request: Any, metadata: dict[str, Any]) -> Any:
        problems = self._process(method, request, metadata)
        self._refused.update(problem.code for problem in problems)
        return method.answer(request, problems, without=self._faults.active(SYSTEM, "wrong_count"))

    def _search(self, request: Any, metadata: dict[str, Any]) -> Any:
        return self._caller(request, metadata).configuration.search(request)

    def _mutate(self, request: Any, metadata: dict[str, Any]) -> Any:
        account = self._caller(request, metadata)
        answer, created = account.configuration.mutate(request, self._clock())
        if created:
            self._own(request.customer_id, created)
        return answer

    def _own(self, customer_id: str, created: Sequence[str]) -> None:
        """Let the other API over the same world know of actions that were ``created``."""
        accounts = self._world.accounts
        place = next(n for n, account in enumerate(accounts) if account.customer_id == customer_id)
        known = accounts[place].conversion_actions
        accounts[place] = replace(accounts[place], conversion_actions=(*known, *created))

    def _process(self, method: Method, request: Any, metadata: dict[str, Any]) -> list[Problem]:
        account = self._caller(request, metadata)
        method.check(request)
        if self._faults.active(SYSTEM, "not_allowlisted"):
            return self._closed(method, request)
        books = account.conversions if method is UPLOAD else account.adjustments
        return books.take(method.rows(request), self._clock(), validate_only=request.validate_only)

    def _caller(self, request: Any, metadata: dict[str, Any]) -> _Account:
        bearer = metadata.get("authorization", "").removeprefix("Bearer ")
        known = self._world.google_tokens.get(bearer)
        token = check_token(known, self._clock(), revoked=self._faults.active(SYSTEM, "revoke"))
        account = self._accounts.get(request.customer_id)
        if account is None:
            raise denied()
        check_account(account.given, token, metadata)
        return account

    def _closed(self, method: Method, request: Any) -> list[Problem]:
        if not self.says_so_by_row:
            raise RefusedError(grpc.StatusCode.PERMISSION_DENIED, Problem(*_NOT_ALLOWLISTED))
        count = len(method.rows(request))
        return [Problem(*_NOT_ALLOWLISTED, (method.field, row)) for row in range(count)]

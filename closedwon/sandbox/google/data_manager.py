"""Google's Data Manager API: ``events:ingest`` and ``requestStatus:retrieve`` here, audiences beside it.

A request is refused whole where a field is at fault (fast-fail), else accepted with a request id; what became
of its events shows later in the status, as counts a reason. The same transaction id for the same action is a
restatement, never a second conversion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.conversions import ConversionAction
from closedwon.sandbox.faults import Faults
from closedwon.sandbox.google.access import Access, Problem
from closedwon.sandbox.google.audience_members import AudienceMembers
from closedwon.sandbox.google.errors import invalid_argument
from closedwon.sandbox.google.messages import decode, parse
from closedwon.sandbox.google.rules import Event, read_events
from closedwon.sandbox.google.statuses import RequestStatuses, status_of
from closedwon.sandbox.google.user_lists import UserLists
from closedwon.sandbox.google.violations import Violations
from closedwon.sandbox.listing import listed
from closedwon.sandbox.truth import GoogleTruth
from closedwon.sandbox.world import GoogleAdsAccount, World


class DataManager:
    """The Data Manager API of one world.

    Attributes:
        access: with the clock.
        quotas: of the projects of the service accounts.
        statuses: what became of the requests.
    """

    def __init__(
        self, world: World, faults: Faults, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.access = Access(world, faults, clock)
        self._lists = UserLists(self.access)
        self.quotas = self.access.quotas
        self.statuses = RequestStatuses()
        self._members = AudienceMembers(faults, self.access, self._lists, self.statuses)
        self._faults = faults
        self._truth = GoogleTruth(world)
        self._actions = {
            (account.customer_id, action): ConversionAction(self._truth)
            for account in world.accounts
            for action in account.conversion_actions
        }

    def routes(self) -> list[BaseRoute]:
        """``POST /v1/events:ingest``, ``GET /v1/requestStatus:retrieve``, and those of audiences and their members."""
        return [
            Route("/v1/events:ingest", self._ingest, methods=["POST"]),
            Route("/v1/requestStatus:retrieve", self._retrieve, methods=["GET"]),
            *self._members.routes(),
            *self._lists.routes(),
        ]

    def admin_routes(self) -> list[BaseRoute]:
        """Counted conversions, audiences, quotas and processing time.

        ``GET events?account=`` lists all, or with ``offset`` and ``limit`` a page; ``GET audiences`` every user list,
        or with ``audience=`` its members, by hash; ``POST settings`` changes the rest.
        """
        return [
            Route("/events", self._list_conversions, methods=["GET"]),
            Route("/audiences", self._lists.listing, methods=["GET"]),
            Route("/settings", self._change_settings, methods=["POST"]),
        ]

    def report(self) -> dict[str, Any]:
        """Requests, refusals by reason, by account and action what was received and counted, and audiences."""
        with self.access.lock:
            accounts: dict[str, dict[str, Any]] = {}
            for (customer_id, action_id), action in self._actions.items():
                accounts.setdefault(customer_id, {})[action_id] = action.report()
            return {
                "requests": self.access.requests,
                "refused_requests": self.access.refused.total(),
                "refused_by_reason": dict(sorted(self.access.refused.items())),
                "accounts": accounts,
                "audiences": self._lists.report(),
            }

    def counted(self, customer_id: str) -> list[dict[str, Any]]:
        """Counted conversions of an account: their action, and what :class:`ConversionAction` lists of them."""
        with self.access.lock:
            return list(self._counted(customer_id))

    def _counted(self, customer_id: str) -> Iterator[dict[str, Any]]:
        for (owner, action_id), action in self._actions.items():
            if owner == customer_id:
                yield from ({"action": action_id, **conversion} for conversion in action.conversions())

    async def _ingest(self, request: Request) -> Response:
        body = await request.body()
        return self.access.answer(lambda request_id: self._accept(request, body, request_id))

    async def _retrieve(self, request: Request) -> Response:
        return self.access.answer(lambda _: self._status(request))

    async def _list_conversions(self, request: Request) -> Response:
        with self.access.lock:
            return listed(request, self._counted(request.query_params.get("account", "").replace("-", "")))

    async def _change_settings(self, request: Request) -> Response:
        given = await request.json()
        quotas = self.quotas
        quotas.requests_per_minute = given.get("requests_per_minute", quotas.requests_per_minute)
        quotas.requests_per_day = given.get("requests_per_day", quotas.requests_per_day)
        if "processing_seconds" in given:
            self.statuses.processing_time = timedelta(seconds=given["processing_seconds"])
        return JSONResponse(
            {
                "requests_per_minute": quotas.requests_per_minute,
                "requests_per_day": quotas.requests_per_day,
                "processing_seconds": self.statuses.processing_time.total_seconds(),
            }
        )

    def _accept(self, request: Request, body: bytes, request_id: str) -> dict[str, Any]:
        self.access.requests += 1
        service_account = self.access.authenticate(request, "Mutate")
        message = decode("IngestEventsRequest", parse(body))
        violations = Violations()
        destinations = self.access.destinations(message, service_account, violations, _problem_of_action)
        events = read_events(message, self.access.clock(), violations)
        self._refuse_poisoned(events, violations)
        if violations.found:
            raise invalid_argument(violations.found)
        if not message.get("validateOnly"):
            self._process(request_id, destinations, events)
        return {"requestId": request_id}

    def _refuse_poisoned(self, events: list[Event], violations: Violations) -> None:
        poisoned = self._faults.poisoned("google")
        for index, event in enumerate(events):
            if event.transaction_id in poisoned:
                violations.add(f"events.events[{index}]", "INVALID_EVENT", "This event is not valid.")

    def _process(self, request_id: str, destinations: list[dict[str, Any]], events: list[Event]) -> None:
        now = self.access.clock()
        failure = self._faults.reason("google", "processing_failure")
        warning = self._faults.reason("google", "processing_warning")
        statuses = []
        for destination in destinations:
            reference = destination.get("reference")
            meant = [event for event in events if not event.references or reference in event.references]
            key = (destination["operatingAccount"]["accountId"], destination["productDestinationId"])
            # One that was created since is not among those of the beginning.
            action = self._actions.setdefault(key, ConversionAction(self._truth))
            errors = action.fail(len(meant), failure) if failure else action.process(meant, now)
            statuses.append(status_of(destination, len(meant), errors, warning))
        self.statuses.add(request_id, now, statuses)

    def _status(self, request: Request) -> dict[str, Any]:
        self.access.authenticate(request, "Read")
        return self.statuses.read(request.query_params.get("requestId", ""), self.access.clock())


def _problem_of_action(account: GoogleAdsAccount, action: str) -> Problem | None:
    if action in account.conversion_actions:
        return None
    return "INVALID_CONVERSION_ACTION_ID", "The account does not own the action."

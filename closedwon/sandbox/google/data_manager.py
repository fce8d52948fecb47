"""Google's Data Manager API as far as conversions go: ``events:ingest`` and ``requestStatus:retrieve``.

A request is refused whole where a field is at fault (fast-fail), else accepted with a request id; what became
of its events shows later in the status, as counts a reason. The same transaction id for the same action is a
restatement, never a second conversion.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from closedwon.sandbox.conversions import ConversionAction
from closedwon.sandbox.faults import Faults
from closedwon.sandbox.google.errors import (
    GoogleError,
    insufficient_scopes,
    invalid_argument,
    malformed,
    permission_denied,
    unauthenticated,
)
from closedwon.sandbox.google.messages import ACCOUNT_TYPES, decode, enum_name
from closedwon.sandbox.google.quotas import ProjectQuotas
from closedwon.sandbox.google.rules import MAX_DESTINATIONS, Event, Violations, read_events
from closedwon.sandbox.google.statuses import RequestStatuses, status_of
from closedwon.sandbox.google.tokens import DATA_MANAGER_SCOPE
from closedwon.sandbox.listing import listed
from closedwon.sandbox.truth import GoogleTruth
from closedwon.sandbox.world import GoogleAdsAccount, World


class DataManager:
    """The Data Manager API of one world.

    Attributes:
        quotas: of the projects of the service accounts.
        statuses: what became of the requests.
    """

    def __init__(
        self, world: World, faults: Faults, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.quotas = ProjectQuotas()
        self.statuses = RequestStatuses()
        self._world = world
        self._faults = faults
        self._clock = clock
        self._truth = GoogleTruth(world)
        self._actions = {
            (account.customer_id, action): ConversionAction(self._truth)
            for account in world.accounts
            for action in account.conversion_actions
        }
        self._refused: Counter[str] = Counter()
        self._requests = 0
        self._lock = threading.Lock()

    def routes(self) -> list[BaseRoute]:
        """``POST /v1/events:ingest`` and ``GET /v1/requestStatus:retrieve``."""
        return [
            Route("/v1/events:ingest", self._ingest, methods=["POST"]),
            Route("/v1/requestStatus:retrieve", self._retrieve, methods=["GET"]),
        ]

    def admin_routes(self) -> list[BaseRoute]:
        """Counted conversions, quotas and processing time.

        ``GET events?account=`` lists all, or with ``offset`` and ``limit`` a page; ``POST settings`` changes the rest.
        """
        return [
            Route("/events", self._list_conversions, methods=["GET"]),
            Route("/settings", self._change_settings, methods=["POST"]),
        ]

    def report(self) -> dict[str, Any]:
        """Requests, refusals by reason, and by account and action what was received and counted."""
        with self._lock:
            accounts: dict[str, dict[str, Any]] = {}
            for (customer_id, action_id), action in self._actions.items():
                accounts.setdefault(customer_id, {})[action_id] = action.report()
            return {
                "requests": self._requests,
                "refused_requests": self._refused.total(),
                "refused_by_reason": dict(sorted(self._refused.items())),
                "accounts": accounts,
            }

    def counted(self, customer_id: str) -> list[dict[str, Any]]:
        """Counted conversions of an account: their action, and what :class:`ConversionAction` lists of them."""
        with self._lock:
            return list(self._counted(customer_id))

    def _counted(self, customer_id: str) -> Iterator[dict[str, Any]]:
        for (owner, action_id), action in self._actions.items():
            if owner == customer_id:
                yield from ({"action": action_id, **conversion} for conversion in action.conversions())

    async def _ingest(self, request: Request) -> Response:
        body = await request.body()
        with self._lock:
            return self._answer(lambda request_id: self._accept(request, body, request_id))

    async def _retrieve(self, request: Request) -> Response:
        with self._lock:
            return self._answer(lambda _: self._status(request))

    async def _list_conversions(self, request: Request) -> Response:
        with self._lock:
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

    def _answer(self, work: Callable[[str], dict[str, Any]]) -> Response:
        request_id = f"t-{secrets.token_hex(16)}"
        try:
            return JSONResponse(work(request_id))
        except GoogleError as error:
            self._refused[_counted_reason(error)] += 1
            return JSONResponse(error.content(request_id), status_code=error.status)

    def _authenticate(self, request: Request, operation: str) -> str:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        token = self._world.google_tokens.get(bearer) if scheme == "Bearer" else None
        now = self._clock()
        if token is None or token.expires_at <= now or self._faults.active("google", "revoke"):
            raise unauthenticated()
        if DATA_MANAGER_SCOPE not in token.scopes:
            raise insufficient_scopes()
        self.quotas.spend(token.service_account.partition("@")[2], operation, now)
        return token.service_account

    def _accept(self, request: Request, body: bytes, request_id: str) -> dict[str, Any]:
        self._requests += 1
        service_account = self._authenticate(request, "Mutate")
        message = decode("IngestEventsRequest", _json(body))
        violations = Violations()
        destinations = self._destinations(message, service_account, violations)
        events = read_events(message, self._clock(), violations)
        self._refuse_poisoned(events, violations)
        if violations.found:
            raise invalid_argument(violations.found)
        if not message.get("validateOnly"):
            self._process(request_id, destinations, events)
        return {"requestId": request_id}

    def _destinations(
        self, message: Mapping[str, Any], service_account: str, violations: Violations
    ) -> list[dict[str, Any]]:
        destinations: list[dict[str, Any]] = message.get("destinations", [])
        if not destinations:
            violations.add("destinations", "REQUIRED_FIELD_MISSING", "At least one destination is required.")
        if len(destinations) > MAX_DESTINATIONS:
            violations.add(
                "destinations", "TOO_MANY_DESTINATIONS", f"At most {MAX_DESTINATIONS} are allowed."
            )
        references = Counter(item["reference"] for item in destinations if item.get("reference"))
        for index, destination in enumerate(destinations):
            path = f"destinations.destinations[{index}]"
            if references[destination.get("reference")] > 1:
                violations.add(
                    f"{path}.reference", "DUPLICATE_DESTINATION_REFERENCE", "The reference is not unique."
                )
            account = self._operating_account(path, destination, service_account, violations)
            action = destination.get("productDestinationId")
            if account is not None and action not in account.conversion_actions:
                field = f"{path}.product_destination_id"
                violations.add(field, "INVALID_CONVERSION_ACTION_ID", "The account does not own the action.")
        return destinations

    def _operating_account(
        self, path: str, destination: Mapping[str, Any], service_account: str, violations: Violations
    ) -> GoogleAdsAccount | None:
        operating = destination.get("operatingAccount", {})
        account_id = operating.get("accountId")
        field = f"{path}.operating_account"
        if not account_id:
            violations.add(f"{field}.account_id", "REQUIRED_FIELD_MISSING", "The account id is required.")
            return None
        kind = operating.get("accountType", operating.get("product"))
        if enum_name(kind, ACCOUNT_TYPES) is None:
            violations.add(
                f"{field}.account_type", "INVALID_DESTINATION", "The account type must be GOOGLE_ADS."
            )
            return None
        for account in self._world.accounts:
            if account.customer_id == account_id and account.service_account == service_account:
                _check_login(destination, account)
                return account
        raise permission_denied()

    def _refuse_poisoned(self, events: list[Event], violations: Violations) -> None:
        poisoned = self._faults.poisoned("google")
        for index, event in enumerate(events):
            if event.transaction_id in poisoned:
                violations.add(f"events.events[{index}]", "INVALID_EVENT", "This event is not valid.")

    def _process(self, request_id: str, destinations: list[dict[str, Any]], events: list[Event]) -> None:
        now = self._clock()
        failure = self._faults.reason("google", "processing_failure")
        warning = self._faults.reason("google", "processing_warning")
        statuses = []
        for destination in destinations:
            reference = destination.get("reference")
            meant = [event for event in events if not event.references or reference in event.references]
            key = (destination["operatingAccount"]["accountId"], destination["productDestinationId"])
            action = self._actions[key]
            errors = action.fail(len(meant), failure) if failure else action.process(meant, now)
            statuses.append(status_of(destination, len(meant), errors, warning))
        self.statuses.add(request_id, now, statuses)

    def _status(self, request: Request) -> dict[str, Any]:
        self._authenticate(request, "Read")
        return self.statuses.read(request.query_params.get("requestId", ""), self._clock())


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise malformed("Invalid JSON payload received.") from None


def _check_login(destination: Mapping[str, Any], account: GoogleAdsAccount) -> None:
    login = destination.get("loginAccount", {}).get("accountId", account.customer_id)
    if login not in {account.customer_id, *account.login_customer_ids}:
        raise permission_denied()


def _counted_reason(error: GoogleError) -> str:
    """What a refusal is counted under: the first field's reason where a field is at fault."""
    return error.violations[0].get("reason", error.reason) if error.violations else error.reason

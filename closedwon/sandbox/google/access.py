"""Who may call the Data Manager API, for which accounts, and how it answers.

Pages: "Configure destinations", "Understand API errors", "Limits and quotas".
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from closedwon.sandbox.faults import Faults
from closedwon.sandbox.google.errors import (
    GoogleError,
    insufficient_scopes,
    permission_denied,
    unauthenticated,
)
from closedwon.sandbox.google.messages import ACCOUNT_TYPES, enum_name
from closedwon.sandbox.google.quotas import ProjectQuotas
from closedwon.sandbox.google.tokens import DATA_MANAGER_SCOPE
from closedwon.sandbox.google.violations import Violations
from closedwon.sandbox.world import GoogleAdsAccount, World

MAX_DESTINATIONS = 10

Problem = tuple[str, str]
"""The reason and description of a destination's violation."""


class Access:
    """What every request to one world's Data Manager API goes through, one at a time.

    Attributes:
        quotas: of the projects of the service accounts.
        requests: how many there were that could have changed something.
        refused: refusals by reason.
        lock: held while a request is answered.
    """

    def __init__(self, world: World, faults: Faults, clock: Callable[[], datetime]) -> None:
        self.quotas = ProjectQuotas()
        self.requests = 0
        self.refused: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.clock = clock
        self._world = world
        self._faults = faults

    def answer(self, work: Callable[[str], dict[str, Any]]) -> Response:
        """The answer of ``work``, which gets the new request's id."""
        request_id = f"t-{secrets.token_hex(16)}"
        with self.lock:
            try:
                return JSONResponse(work(request_id))
            except GoogleError as error:
                self.refused[_counted_reason(error)] += 1
                return JSONResponse(error.content(request_id), status_code=error.status)

    def authenticate(self, request: Request, operation: str) -> str:
        """The service account that asks; ``operation`` is ``Mutate`` or ``Read``.

        Raises:
            GoogleError: it may not, or its project's quota is used up.
        """
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        token = self._world.google_tokens.get(bearer) if scheme == "Bearer" else None
        now = self.clock()
        if token is None or token.expires_at <= now or self._faults.active("google", "revoke"):
            raise unauthenticated()
        if DATA_MANAGER_SCOPE not in token.scopes:
            raise insufficient_scopes()
        self.quotas.spend(token.service_account.partition("@")[2], operation, now)
        return token.service_account

    def account(self, customer_id: str, login_id: str | None, service_account: str) -> GoogleAdsAccount:
        """The account, if the service account may use it through ``login_id``, which may be itself.

        Raises:
            GoogleError: it may not.
        """
        for account in self._world.accounts:
            if account.customer_id == customer_id and account.service_account == service_account:
                if login_id in {None, customer_id, *account.login_customer_ids}:
                    return account
                break
        raise permission_denied()

    def destinations(
        self,
        message: Mapping[str, Any],
        service_account: str,
        violations: Violations,
        problem_of: Callable[[GoogleAdsAccount, str], Problem | None],
    ) -> list[dict[str, Any]]:
        """The destinations of a request; ``problem_of`` says what is wrong with a destination's id in its account.

        Raises:
            GoogleError: the service account may not use one of the accounts.
        """
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
            problem = account and problem_of(account, str(destination.get("productDestinationId")))
            if problem:
                violations.add(f"{path}.product_destination_id", *problem)
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
        return self.account(account_id, destination.get("loginAccount", {}).get("accountId"), service_account)


def _counted_reason(error: GoogleError) -> str:
    """What a refusal is counted under: the first field's reason where a field is at fault."""
    return error.violations[0].get("reason", error.reason) if error.violations else error.reason

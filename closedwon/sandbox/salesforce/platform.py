"""What every part of the Salesforce server shares: the orgs, their sessions, the settings, the clock and the counts."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from closedwon.sandbox.faults import Faults
from closedwon.sandbox.salesforce.changes import Changes
from closedwon.sandbox.salesforce.errors import not_found, request_limit
from closedwon.sandbox.salesforce.oauth import TokenDesk
from closedwon.sandbox.salesforce.settings import SalesforceSettings
from closedwon.sandbox.salesforce.store import Store, Write
from closedwon.sandbox.world import SalesforceOrg, World


@dataclass(slots=True)
class Tenant:
    """One org while it is served: its records, how they change, and the API calls that it used up."""

    store: Store
    changes: Changes
    calls: int = 0

    @property
    def org(self) -> SalesforceOrg:
        """Who may log in, and what the org has."""
        return self.store.org


class Platform:
    """The state behind all resources; ``lock`` is held by whoever reads or changes it."""

    def __init__(self, world: World, faults: Faults, clock: Callable[[], datetime]) -> None:
        self.faults = faults
        self.lock = threading.RLock()
        self.tokens = TokenDesk(world.orgs)
        self.tenants = [Tenant(store, Changes(store)) for store in map(Store, world.orgs)]
        self.counts: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self._clock = clock
        self._too_many_at_once = 0
        self.configure(SalesforceSettings())

    @property
    def settings(self) -> SalesforceSettings:
        """How the server behaves now."""
        return self._settings

    def configure(self, settings: SalesforceSettings) -> None:
        """Behave otherwise from now on."""
        self._settings = settings
        self._too_many_at_once = settings.concurrency_refusals
        for tenant in self.tenants:
            tenant.store.configure(settings)
            tenant.changes.configure(settings)

    def now(self) -> datetime:
        """The server's time."""
        return self._clock()

    def tenant(self, org: str) -> Tenant:
        """The org of a domain or of a consumer key.

        Raises:
            RestError: NOT_FOUND where there is none.
        """
        for tenant in self.tenants:
            if org in {tenant.org.domain, tenant.org.consumer_key}:
                return tenant
        raise not_found()

    def session(self, token: str) -> Tenant | None:
        """The org that an access token belongs to; None once the token is over."""
        if self.faults.active("salesforce", "revoke"):
            self.tokens.revoke(token)
        org = self.tokens.owner(token, self.now(), self.settings.token_calls)
        return next((tenant for tenant in self.tenants if tenant.org is org), None)

    def count_call(self, tenant: Tenant) -> None:
        """Count one API call of an org.

        Raises:
            RestError: REQUEST_LIMIT_EXCEEDED, with nothing counted.
        """
        if self._too_many_at_once:
            self._too_many_at_once -= 1
            raise request_limit("ConcurrentRequests (Concurrent API Requests) Limit exceeded.")
        if self.calls_used(tenant) >= self.settings.daily_requests:
            raise request_limit("TotalRequests Limit exceeded.")
        tenant.calls += 1

    def calls_used(self, tenant: Tenant) -> int:
        """Calls of the last 24 hours: those counted here, and those that others are said to have made."""
        return self.settings.calls_of_others + tenant.calls

    def commit(self, tenant: Tenant, writes: list[Write]) -> None:
        """Store records, to be seen when the settings say that commits are seen."""
        now = self.now()
        delay = timedelta(seconds=self.settings.visibility_delay_seconds)
        tenant.store.write(writes, now + delay, self.settings.visibility_delay_queries)
        tenant.store.settle(now)

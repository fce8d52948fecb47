"""HubSpot as the contract meets it, signed in by OAuth, whose access tokens end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from closedwon.sandbox.faults import Fault
from connectors.base import Connector, SourceContext
from connectors.hubspot.connector import HubSpotConnector
from tests.connectors.contract.case import Case
from tests.connectors.hubspot_portal import IMPATIENT, OAUTH, Portal, Served, generous, refusal, serving

_TOO_FAST = (
    '{"status": "error", "message": "You have reached your ten_secondly_rolling limit.",'
    ' "errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}'
)
_BAD_REFRESH_TOKEN = '{"status": "BAD_REFRESH_TOKEN", "message": "missing or invalid refresh token"}'


class HubSpotCase(Case):
    stages = frozenset({"lead", "qualified", "opportunity", "won"})
    personal = ("invented.lead@courriel.example", "+33199000123", "Quenneville")
    secrets = (OAUTH["client_secret"], OAUTH["refresh_token"])

    def __init__(self, served: Served, portal: Portal) -> None:
        self._served = served
        self._ids = {"contacts": list(portal.contacts), "deals": list(portal.deals)}

    def connector(self) -> Connector:
        context = SourceContext(self.source, "Europe/Paris", "FR", "EUR", {})
        return HubSpotConnector(self._served.settings(auth=OAUTH), context, IMPATIENT, generous())

    def add_record(self) -> str:
        return self._add("lead")

    def add_unusable_record(self) -> None:
        self._add("evangelist")

    def _add(self, stage: str) -> str:
        self._served.clock.now += timedelta(hours=1)
        return self._served.server.change(
            "contacts", None, {"lifecyclestage": stage, "lastname": "Quenneville"}
        )

    def empty(self) -> None:
        for name, ids in self._ids.items():
            for record in ids:
                self._served.server.erase(name, record)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        self._served.faults.add(refusal(400, _BAD_REFRESH_TOKEN, path="/oauth/"))
        yield
        self.recover()

    def expire_session(self, after: int) -> None:
        self._served.faults.add(Fault("hubspot", "revoke", after=after))

    def throttle(self, *, times: int | None, after: int = 0) -> None:
        self._served.faults.add(refusal(429, _TOO_FAST, times=times, after=after))

    def cut(self, *, times: int | None, after: int = 0) -> None:
        self._served.faults.add(Fault("hubspot", "reset", times=times, after=after))

    def recover(self) -> None:
        self._served.faults.clear()


@contextmanager
def by_oauth(_: Path) -> Iterator[Case]:
    """More contacts than a batch has, and some deals."""
    portal = Portal()
    person = {
        "email": HubSpotCase.personal[0],
        "phone": HubSpotCase.personal[1],
        "lastname": HubSpotCase.personal[2],
    }
    for number in range(1, 2_101):
        portal.contact(number, ("lead", 0), ("marketingqualifiedlead", 1 + number % 50), **person)
    for number in range(1, 31):
        portal.deal(
            number, ("presentationscheduled", 5), ("closedwon", 5 + number), of=[str(number)], amount="99.50"
        )
    with serving(portal) as served:
        yield HubSpotCase(served, portal)

"""Salesforce as the contract meets it: page by page, or by jobs of the Bulk API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from closedwon.sandbox.faults import Fault
from connectors.base import Connector, SourceContext
from connectors.salesforce.connector import SalesforceConnector
from tests.connectors.contract.case import Case
from tests.connectors.salesforce_org import IMPATIENT, KEY, PRIVATE_PEM, SECRET, Org, Served, serving

_DOMAIN = "acme.my"
_JSON = {"content_type": "application/json"}
_TOO_FAST = '[{"message": "Slow down, please.", "errorCode": "TOO_MANY_REQUESTS"}]'
_NOT_APPROVED = '{"error": "invalid_grant", "error_description": "user hasn\'t approved this consumer"}'


class SalesforceCase(Case):
    stages = frozenset({"lead", "qualified", "opportunity", "won"})
    personal = ("invented.lead@courriel.example", "+33199000123", "Quenneville")
    secrets = (KEY, SECRET, PRIVATE_PEM)

    def __init__(self, served: Served, org: Org, settings: dict[str, Any]) -> None:
        self._served = served
        self._ids = {name: list(org.objects[name]) for name in ("Lead", "Opportunity")}
        self._settings = settings

    def connector(self) -> Connector:
        context = SourceContext(self.source, "Europe/Paris", "FR", "EUR", {})
        return SalesforceConnector(self._served.settings(**self._settings), context, IMPATIENT)

    def add_record(self) -> str:
        return self._add("Qualified")

    def add_unusable_record(self) -> None:
        self._add("A status that nobody mapped")

    def _add(self, status: str) -> str:
        fields = {"Status": status, "LastName": "Quenneville"}
        return self._served.server.change(_DOMAIN, "Lead", None, fields, create=True)

    def empty(self) -> None:
        for name, ids in self._ids.items():
            self._served.server.erase(_DOMAIN, name, *ids)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        self._fail(status=400, body=_NOT_APPROVED, times=None, path="/services/oauth2/token", **_JSON)
        yield
        self.recover()

    def expire_session(self, after: int) -> None:
        self._served.faults.add(Fault("salesforce", "revoke", after=after))

    def throttle(self, *, times: int | None, after: int = 0) -> None:
        self._fail(status=429, body=_TOO_FAST, times=times, after=after, **_JSON)

    def cut(self, *, times: int | None, after: int = 0) -> None:
        self._served.faults.add(Fault("salesforce", "reset", times=times, after=after))

    def recover(self) -> None:
        self._served.faults.clear()

    def _fail(self, **how: Any) -> None:
        self._served.faults.add(Fault("salesforce", "status", **how))


@contextmanager
def by_query(folder: Path) -> Iterator[Case]:
    """More leads than a query's page has."""
    with _served(folder, leads=2_050, settings={"bulk": "never"}) as case:
        yield case


@contextmanager
def by_bulk(folder: Path) -> Iterator[Case]:
    """A job's results, in small pages."""
    with _served(folder, leads=90, settings={"bulk": "always", "bulk_page_records": 40}) as case:
        yield case


@contextmanager
def _served(folder: Path, *, leads: int, settings: dict[str, Any]) -> Iterator[Case]:
    org = Org()
    person = {
        "Email": SalesforceCase.personal[0],
        "Phone": SalesforceCase.personal[1],
        "LastName": "Quenneville",
    }
    for number in range(1, leads + 1):
        status = "Qualified" if number % 3 else "Working"
        lead = org.lead(number, status, modified=number % 50, **person)
        org.lead_history(lead, 0, "created")
        if status == "Qualified":
            org.lead_history(lead, number % 50, "Status", "Working", "Qualified")
    for number in range(1, 31):
        contact = org.contact(number, **person)
        deal = org.opportunity(number, "Closed Won", modified=number, Amount=99.5, ContactId=contact)
        org.opportunity_history(deal, 0, "Proposal", 90.0)
        org.opportunity_history(deal, number, "Closed Won", 99.5)
    with serving(org, folder) as served:
        yield SalesforceCase(served, org, settings)

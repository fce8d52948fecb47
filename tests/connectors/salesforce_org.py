"""A small Salesforce org of invented people, and a connector to it through real sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from closedwon.sandbox.app import create_app
from closedwon.sandbox.faults import Faults
from closedwon.sandbox.salesforce import SalesforceServer
from closedwon.sandbox.salesforce.ids import record_id
from closedwon.sandbox.server import RunningSandbox, serve_in_thread
from closedwon.sandbox.world import SalesforceOrg, World
from config.sources import SalesforceSettings
from connectors.base import Batch, SourceContext
from connectors.salesforce.api.client import Client, Patience
from connectors.salesforce.connector import SalesforceConnector

MORNING = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
KEY = "3MVG9-consumer-key"
SECRET = "consumer-secret-0123456789"
CLIENT_CREDENTIALS = {
    "flow": "client_credentials",
    "domain": "acme.my",
    "consumer_key": KEY,
    "consumer_secret": SECRET,
}
IMPATIENT = Patience(attempts=3, first_wait_seconds=0.001, longest_wait_seconds=0.002)

_PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE_PEM = _PRIVATE.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC_PEM = (
    _PRIVATE.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)

STAGES = {
    "Lead.Status": {"Working": "lead", "Qualified": "qualified"},
    "Opportunity.StageName": {"Proposal": "opportunity", "Closed Won": "won"},
}


def at(minutes: float) -> datetime:
    """So many minutes after the morning on which everything here begins."""
    return MORNING + timedelta(minutes=minutes)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def lead_id(number: int) -> str:
    return record_id("00Q", number)


def opportunity_id(number: int) -> str:
    return record_id("006", number)


@dataclass
class Org:
    """Records being gathered; times are minutes after :data:`MORNING`."""

    objects: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    _rows: int = 0

    def lead(
        self, number: int, status: str, *, created: float = 0, modified: float | None = None, **fields: Any
    ) -> str:
        record = lead_id(number)
        self._add(
            "Lead", record, created, created if modified is None else modified, {"Status": status, **fields}
        )
        return record

    def contact(self, number: int, *, created: float = 0, **fields: Any) -> str:
        record = record_id("003", number)
        self._add("Contact", record, created, created, fields)
        return record

    def account(self, number: int, **fields: Any) -> str:
        record = record_id("001", number)
        self._add("Account", record, 0, 0, fields)
        return record

    def role(self, number: int, opportunity: str, contact: str, *, primary: bool = True) -> str:
        record = record_id("00K", number)
        values = {"OpportunityId": opportunity, "ContactId": contact, "IsPrimary": primary}
        self._add("OpportunityContactRole", record, 0, 0, values)
        return record

    def record_type(self, number: int, of: str, developer_name: str) -> str:
        record = record_id("012", number)
        self._add("RecordType", record, 0, 0, {"SobjectType": of, "DeveloperName": developer_name})
        return record

    def opportunity(
        self, number: int, stage: str, *, created: float = 0, modified: float | None = None, **fields: Any
    ) -> str:
        record = opportunity_id(number)
        values = {"StageName": stage, **fields}
        self._add("Opportunity", record, created, created if modified is None else modified, values)
        return record

    def lead_history(
        self, record: str, minutes: float, what: str, old: str | None = None, new: str | None = None
    ) -> None:
        values = {"LeadId": record, "Field": what, "OldValue": old, "NewValue": new}
        self._row("LeadHistory", "017", minutes, values)

    def field_history(
        self, record: str, minutes: float, what: str, old: str | None = None, new: str | None = None
    ) -> None:
        values = {"OpportunityId": record, "Field": what, "OldValue": old, "NewValue": new}
        self._row("OpportunityFieldHistory", "017", minutes, values)

    def opportunity_history(
        self, record: str, minutes: float, stage: str, amount: float | None = None
    ) -> None:
        values = {"OpportunityId": record, "StageName": stage, "Amount": amount}
        self._row("OpportunityHistory", "008", minutes, values)

    def _row(self, name: str, prefix: str, minutes: float, values: dict[str, Any]) -> None:
        self._rows += 1
        record = record_id(prefix, self._rows)
        self.objects.setdefault(name, {})[record] = {
            "Id": record,
            "IsDeleted": False,
            "CreatedDate": stamp(at(minutes)),
            **values,
        }

    def _add(self, name: str, record: str, created: float, modified: float, values: dict[str, Any]) -> None:
        last = stamp(at(modified))
        self.objects.setdefault(name, {})[record] = {
            "Id": record,
            "IsDeleted": False,
            "CreatedDate": stamp(at(created)),
            "LastModifiedDate": last,
            "SystemModstamp": last,
            **values,
        }


@dataclass
class Served:
    """An org that is being served, and connectors to it."""

    sandbox: RunningSandbox
    server: SalesforceServer
    faults: Faults
    folder: Path

    def connector(
        self,
        *,
        consent_fields: dict[str, str] | None = None,
        consent_required: bool = True,
        currency: str | None = "EUR",
        retry: Patience = IMPATIENT,
        **changes: Any,
    ) -> SalesforceConnector:
        context = SourceContext("crm", "Europe/Paris", "FR", currency, consent_fields or {}, consent_required)
        return SalesforceConnector(self.settings(**changes), context, retry)

    def client(self, *, retry: Patience = IMPATIENT, **changes: Any) -> Client:
        return Client(self.settings(**changes), retry)

    def settings(self, **changes: Any) -> SalesforceSettings:
        key_file = self.folder / "sf.pem"
        key_file.write_text(PRIVATE_PEM)
        auth = {
            "flow": "jwt",
            "domain": "acme.my",
            "username": "sync@acme.example",
            "consumer_key": KEY,
            "private_key_file": key_file,
        }
        given = {
            "type": "salesforce",
            "auth": auth,
            "endpoint": self.sandbox.url,
            "stages": STAGES,
            **changes,
        }
        return SalesforceSettings.model_validate(given)

    def hide(self, *objects: str, fields: tuple[str, ...] = ()) -> None:
        """Take objects and fields (``Lead.Email``) out of the integration user's sight."""
        hidden = {"hidden_objects": list(objects), "hidden_fields": list(fields)}
        self.server.settings = self.server.settings.changed(hidden)

    def count(self, name: str) -> int:
        return int(self.server.report().get(name, 0))


@contextmanager
def serving(
    org: Org, folder: Path, clock: Callable[[], datetime] | None = None, **features: Any
) -> Iterator[Served]:
    """Serve ``org`` on a free port of this machine; ``features`` are those of a :class:`SalesforceOrg`."""
    account = SalesforceOrg("acme.my", "sync@acme.example", KEY, SECRET, PUBLIC_PEM, org.objects, **features)
    world = World(now=at(0), orgs=[account])
    faults = Faults()
    server = SalesforceServer(world, faults, **({"clock": clock} if clock else {}))
    with serve_in_thread(create_app(world, faults, {"salesforce": server})) as sandbox:
        yield Served(sandbox, server, faults, folder)


def entries_of(batches: list[Batch]) -> pd.DataFrame:
    return pd.concat([batch.entries for batch in batches], ignore_index=True)


def passages(frame: pd.DataFrame) -> list[tuple[str, str, float]]:
    """Record, raw stage and minutes after the morning, in the order of the frame."""
    minutes = (frame["entered_at"] - pd.Timestamp(MORNING)).dt.total_seconds() / 60
    return list(zip(frame["record_id"], frame["stage_raw"], minutes, strict=True))


def notes_of(batches: list[Batch]) -> str:
    return " | ".join(note for batch in batches for note in batch.notes)

"""Three invented clients from a seed: their people, clicks, leads and purchases, and the accounts that hear of them.

The same seed, sizes and moment give the same scenario, but for the RSA keys, which are always fresh.
"""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from closedwon.sandbox.invented.client_files import Client, KeyPair, new_key_pair, write_clients
from closedwon.sandbox.invented.leads import Lead, invent_leads
from closedwon.sandbox.invented.org_records import OrgRecords, StageEntry
from closedwon.sandbox.invented.people import invent_people
from closedwon.sandbox.invented.portal_records import CONSENT, PIPELINES, PortalRecords
from closedwon.sandbox.invented.purchases import Purchase, invent_purchases
from closedwon.sandbox.invented.students import invent_students
from closedwon.sandbox.invented.till_files import write_till_files
from closedwon.sandbox.world import (
    GoogleAdsAccount,
    HubSpotPortal,
    MetaDataset,
    Person,
    SalesforceOrg,
    World,
)

INSTALLER = "helio-solar"
SHOP_CHAIN = "lumen-shops"
SCHOOL = "atlas-school"

_CROWDS = {
    "askers": (1, {"FR": 0.82, "DE": 0.05, "GB": 0.04, "US": 0.02, "NL": 0.04, "ES": 0.03}),
    "shoppers": (1_000_001, {"FR": 0.78, "DE": 0.06, "GB": 0.06, "US": 0.03, "NL": 0.04, "ES": 0.03}),
    "learners": (2_000_001, {"FR": 0.55, "ES": 0.15, "DE": 0.12, "NL": 0.10, "GB": 0.08}),
}
"""The first id of each client's people, and the shares of the countries where they live."""

_STUDENTS_PER_LEAD = 0.4
_KNOWN_TO_A_PLATFORM = 0.85


@dataclass
class Scenario:
    """The world that the sandbox serves, and what a test may expect of it.

    Attributes:
        entries: stages that records of the installer's org entered, in every status and stage.
        school_entries: the same of the school's portal, by the stages' internal values.
        purchases: the shop chain's purchases, each order once, those that are too old for Meta included.
        refunds: receipts that give money back, under the order ids of purchases.
        unreadable_rows: rows of the till files that cannot be read, known after :meth:`write`.
    """

    seed: int
    world: World = field(repr=False)
    leads: list[Lead] = field(repr=False)
    entries: list[StageEntry] = field(repr=False)
    school_entries: list[StageEntry] = field(repr=False)
    purchases: list[Purchase] = field(repr=False)
    refunds: list[Purchase] = field(repr=False)
    clients: list[Client] = field(repr=False)
    unreadable_rows: int = 0

    def write(self, directory: Path, endpoint: str) -> list[Path]:
        """Write ``clients/`` with YAML, ``.env``, keys and till files; returns the clients' YAML files.

        ``endpoint`` is the sandbox's address, without a path.
        """
        folder = directory / "clients"
        clients = write_clients(folder, endpoint.rstrip("/"), self.clients)
        rng = _random(self.seed, "till files")
        _, self.unreadable_rows = write_till_files(rng, folder / "pos", self.purchases, self.refunds)
        return clients


def generate(seed: int, *, leads: int, purchases: int, now: datetime) -> Scenario:
    """Invent the clients as they stand at ``now`` (aware): so many leads, so many purchases.

    The school has two contacts for five leads of the installer.

    Raises:
        ValueError: ``now`` has no zone.
    """
    if now.tzinfo is None:
        raise ValueError("now needs a zone")
    now = now.astimezone(UTC)
    askers = _crowd(seed, "askers", max(1, leads))
    shoppers = _crowd(seed, "shoppers", max(1, purchases // 3))
    learners = _crowd(seed, "learners", round(leads * _STUDENTS_PER_LEAD))
    invented_leads = invent_leads(_random(seed, "leads"), askers, leads, now)
    bought, refunds = invent_purchases(_random(seed, "purchases"), shoppers, purchases, now)
    students = invent_students(_random(seed, "students"), learners, now)
    org, portal = OrgRecords(now), PortalRecords(now)
    org.add(invented_leads)
    portal.add(students)
    clients = [_installer(seed, org), _shop_chain(seed), _school(seed, portal)]
    people = [*askers, *shoppers, *learners]
    clicks = [*(lead.click for lead in invented_leads), *(student.click for student in students)]
    world = World(
        now=now,
        people={person.id: person for person in people},
        clicks=[click for click in clicks if click],
        orgs=[client.org for client in clients if client.org],
        portals=[client.portal for client in clients if client.portal],
        datasets=[client.dataset for client in clients],
        accounts=[client.account for client in clients],
        known_by={platform: _known(seed, platform, people) for platform in ("meta", "google")},
    )
    return Scenario(seed, world, invented_leads, org.entries, portal.entries, bought, refunds, clients)


def _random(seed: int, part: str) -> random.Random:
    """A generator a part, so that more of one thing does not change the others."""
    return random.Random(f"{seed}:{part}")


def _crowd(seed: int, part: str, count: int) -> list[Person]:
    first_id, countries = _CROWDS[part]
    return invent_people(_random(seed, part), countries, count, first_id=first_id)


def _known(seed: int, platform: str, people: Sequence[Person]) -> frozenset[int]:
    rng = _random(seed, f"known by {platform}")
    return frozenset(person.id for person in people if rng.random() < _KNOWN_TO_A_PLATFORM)


def _installer(seed: int, records: OrgRecords) -> Client:
    rng = _random(seed, INSTALLER)
    salesforce_key, google_key = new_key_pair(), new_key_pair()
    org = SalesforceOrg(
        domain="helio-solar.my",
        username="sync@helio-solar.example",
        consumer_key=f"3MVG9{_token(rng, 80)}",
        consumer_secret=_token(rng, 64),
        public_key=salesforce_key.public,
        objects=records.objects,
    )
    account = _account(rng, INSTALLER, google_key, actions=2)
    return Client(INSTALLER, _dataset(rng), account, google_key, org, salesforce_key)


def _shop_chain(seed: int) -> Client:
    rng = _random(seed, SHOP_CHAIN)
    google_key = new_key_pair()
    return Client(SHOP_CHAIN, _dataset(rng), _account(rng, SHOP_CHAIN, google_key, actions=1), google_key)


def _school(seed: int, records: PortalRecords) -> Client:
    rng = _random(seed, SCHOOL)
    google_key = new_key_pair()
    portal = HubSpotPortal(
        id=rng.randrange(10**6, 10**8),
        service_key=f"pat-eu1-{_token(rng, 32)}",
        client_id=_token(rng, 36),
        client_secret=_token(rng, 36),
        refresh_token=_token(rng, 60),
        pipelines=PIPELINES,
        objects={name: dict(found) for name, found in records.objects.items()},
        deal_contacts=records.deal_contacts,
        custom_properties={"contacts": (CONSENT,)},
    )
    account = _account(rng, SCHOOL, google_key, actions=2)
    return Client(SCHOOL, _dataset(rng), account, google_key, portal=portal)


def _dataset(rng: random.Random) -> MetaDataset:
    return MetaDataset(id=_digits(rng, 16), access_token=f"EAA{_token(rng, 160)}")


def _account(rng: random.Random, client: str, key: KeyPair, *, actions: int) -> GoogleAdsAccount:
    return GoogleAdsAccount(
        customer_id=_digits(rng, 10),
        service_account=f"closedwon@{client}.iam.gserviceaccount.com",
        public_key=key.public,
        conversion_actions=tuple(_digits(rng, 9) for _ in range(actions)),
    )


def _token(rng: random.Random, length: int) -> str:
    return "".join(rng.choices(string.ascii_letters + string.digits, k=length))


def _digits(rng: random.Random, length: int) -> str:
    return str(rng.randrange(10 ** (length - 1), 10**length))

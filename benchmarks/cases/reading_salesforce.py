"""All leads of an org by Bulk API 2.0, with the past of each: what the first run of a client reads."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.case import Case, Contender, Part
from benchmarks.cases.reading import WARM_UP_SHARE, itself, records_read
from benchmarks.serving import served

if TYPE_CHECKING:
    import pandas as pd
    from starlette.applications import Starlette

    from closedwon.sandbox.world import SalesforceOrg

_SEED = 20_260
_NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
_LIVE_IN = {"FR": 0.82, "DE": 0.05, "GB": 0.04, "US": 0.02, "NL": 0.04, "ES": 0.03}
_STAGES = {"New": "lead", "Qualified": "qualified"}
_SECRET = "invented-for-benchmarks"


@dataclass(frozen=True)
class _Org:
    """An org that is served: where, and the consumer key of its app."""

    url: str
    key: str
    leads: int


def _sizes(rows: int) -> dict[str, int]:
    """Consumer key to the leads of its org: a small one, to warm up on, and one of ``rows``."""
    return {"3MVG9-small": max(1, round(rows * WARM_UP_SHARE)), "3MVG9-large": rows}


@contextmanager
def _orgs(folder: Path, rows: int) -> Iterator[list[_Org]]:  # noqa: ARG001 (nothing lies on disk)
    with served(_app, rows) as url:
        yield [_Org(url, key, leads) for key, leads in _sizes(rows).items()]


def _app(rows: int) -> Starlette:
    from closedwon.sandbox.app import create_app
    from closedwon.sandbox.faults import Faults
    from closedwon.sandbox.salesforce import SalesforceServer
    from closedwon.sandbox.world import World

    world = World(_NOW, orgs=[_invented(key, leads) for key, leads in _sizes(rows).items()])
    faults = Faults()
    server = SalesforceServer(world, faults)
    # No contender's patience between two looks at a job is on the clock.
    server.settings = server.settings.changed({"bulk_polls": 0})
    return create_app(world, faults, {"salesforce": server})


def _invented(key: str, leads: int) -> SalesforceOrg:
    from closedwon.sandbox.invented.leads import invent_leads
    from closedwon.sandbox.invented.org_records import OrgRecords
    from closedwon.sandbox.invented.people import invent_people
    from closedwon.sandbox.world import SalesforceOrg

    rng = random.Random(_SEED)
    people = invent_people(rng, _LIVE_IN, leads, first_id=1)
    records = OrgRecords(_NOW)
    records.add(invent_leads(rng, people, leads, _NOW))
    return SalesforceOrg("acme.my", "sync@acme.example", key, _SECRET, "", records.objects)


def _parts(orgs: list[_Org]) -> Iterator[Part]:
    for org in orgs:
        yield Part(org, org.leads)


def _ours(org: _Org) -> int:
    from config.sources import SalesforceSettings
    from connectors.base import SourceContext
    from connectors.salesforce import connect

    app = {"consumer_key": org.key, "consumer_secret": _SECRET}
    settings = {
        "type": "salesforce",
        "auth": {"flow": "client_credentials", "domain": "acme.my", **app},
        "endpoint": org.url,
        "bulk": "always",
        "stages": {"Lead.Status": _STAGES},
        "fields": {"gclid": "GCLID__c", "fbclid": "FBCLID__c", "meta_lead_id": "Facebook_Lead_ID__c"},
    }
    consent = {"ad_user_data": "Marketing_Consent__c"}
    context = SourceContext("crm", "Europe/Paris", "FR", "EUR", consent_fields=consent)
    return records_read(connect(SalesforceSettings.model_validate(settings), context).read(None))


def _script(org: _Org) -> pd.DataFrame:
    from benchmarks.peers import salesforce_scripts

    client = salesforce_scripts.connected(org.url, org.key, _SECRET)
    return salesforce_scripts.stage_entries(client, list(_STAGES))


def _leads_of(entries: pd.DataFrame) -> int:
    return int(entries["Id"].nunique())


def _query_all(org: _Org) -> list[dict[str, Any]]:
    from benchmarks.peers import salesforce_scripts

    return salesforce_scripts.every_lead(salesforce_scripts.connected(org.url, org.key, _SECRET))


CASE = Case(
    name="reading.salesforce",
    title="An org's leads to stage entries",
    provide=_orgs,
    parts=_parts,
    contenders=(
        Contender("Closedwon, bulk: always", _ours, count=itself),
        Contender("script: bulk2.download, pandas", _script, count=_leads_of),
        Contender("query_all_iter, without history", _query_all),
    ),
    rows=200_000,
    laps=3,
)

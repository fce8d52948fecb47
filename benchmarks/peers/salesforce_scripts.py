"""simple-salesforce as a script uses it that reads leads: by Bulk 2.0 into pandas, or record by record."""

from __future__ import annotations

from collections.abc import Sequence
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce

FIELDS = (
    "Id",
    "Status",
    "CreatedDate",
    "Email",
    "Phone",
    "FirstName",
    "LastName",
    "City",
    "State",
    "PostalCode",
    "Country",
    "LeadSource",
    "GCLID__c",
    "FBCLID__c",
    "Facebook_Lead_ID__c",
    "Marketing_Consent__c",
)
"""What ours reads of each lead, without what it needs to go on from where it was."""

_LEADS = f"SELECT {', '.join(FIELDS)} FROM Lead"
_CHANGES = "SELECT LeadId, OldValue, NewValue, CreatedDate FROM LeadHistory WHERE Field = 'Status'"
_PAGE_RECORDS = 50_000
_HOST = "acme.my.salesforce.com"


class _ToSandbox(HTTPAdapter):
    """The client knows https:// only."""

    def __init__(self, url: str) -> None:
        self._url = url
        super().__init__()

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        assert request.url is not None
        request.url = self._url + request.url.partition("//")[2].removeprefix(_HOST)
        return super().send(request, *arguments, **options)


def connected(url: str, consumer_key: str, consumer_secret: str) -> Salesforce:
    """A client of the sandbox's org whose app has this key, logged in."""
    app = {"client_id": consumer_key, "client_secret": consumer_secret}
    granted = requests.post(
        f"{url}/services/oauth2/token", {"grant_type": "client_credentials", **app}, timeout=60
    )
    session = requests.Session()
    session.mount("https://", _ToSandbox(url))
    token = granted.json()["access_token"]
    return Salesforce(instance=_HOST, session_id=token, session=session, version="68.0")


def every_lead(salesforce: Salesforce) -> list[dict[str, Any]]:
    """All leads as dictionaries; of their past stages nothing."""
    return list(salesforce.query_all_iter(_LEADS))


def stage_entries(salesforce: Salesforce, stages: Sequence[str]) -> pd.DataFrame:
    """All leads and their history in two frames, joined to one row for each of ``stages`` that a lead reached."""
    leads = _downloaded(salesforce, "Lead", _LEADS)
    changes = _downloaded(salesforce, "LeadHistory", _CHANGES).sort_values("CreatedDate")
    first = changes.drop_duplicates("LeadId").set_index("LeadId")["OldValue"]
    began = leads[["Id", "CreatedDate"]].assign(stage=leads["Id"].map(first).fillna(leads["Status"]))
    later = changes.rename(columns={"LeadId": "Id", "NewValue": "stage"})[["Id", "CreatedDate", "stage"]]
    passed = pd.concat([began, later])
    reached = passed[passed["stage"].isin(stages)].rename(columns={"CreatedDate": "entered_at"})
    entries = reached.merge(leads, on="Id")
    entries["entered_at"] = pd.to_datetime(entries["entered_at"])
    return entries


def _downloaded(salesforce: Salesforce, name: str, soql: str) -> pd.DataFrame:
    bulk: Any = getattr(salesforce.bulk2, name)
    with TemporaryDirectory(prefix="closedwon-bench-") as folder:
        # It waits five seconds before it looks at a job for the first time, unless told otherwise.
        pages = bulk.download(soql, folder, max_records=_PAGE_RECORDS, wait=0)
        return pd.concat([pd.read_csv(page["file"], dtype=str) for page in pages])

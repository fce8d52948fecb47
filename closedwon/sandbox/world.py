"""What the sandbox's servers serve: invented people, the ads they clicked, and two clients' accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Record = dict[str, Any]
"""One Salesforce record, field API name to value as the REST API gives it (stamps as ``…+0000`` strings)."""


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person, as the platforms know them: clean data, whatever the CRM made of it."""

    id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    country: str
    city: str
    state: str
    postal_code: str
    date_of_birth: str
    gender: str


@dataclass(frozen=True, slots=True)
class Click:
    """One ad click or lead form, and the ids that the platform handed out for it."""

    person_id: int
    platform: str
    clicked_at: datetime
    gclid: str | None = None
    fbclid: str | None = None
    meta_lead_id: str | None = None


@dataclass(slots=True)
class SalesforceOrg:
    """One org: who may log in, and its records by object and id."""

    domain: str
    username: str
    consumer_key: str
    consumer_secret: str
    public_key: str
    objects: dict[str, dict[str, Record]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetaDataset:
    """A dataset and the token that may write to it."""

    id: str
    access_token: str


@dataclass(frozen=True, slots=True)
class GoogleAdsAccount:
    """An account, its service account, and the conversion actions that it owns."""

    customer_id: str
    service_account: str
    public_key: str
    conversion_actions: tuple[str, ...]
    login_customer_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token that the Google token endpoint issued."""

    service_account: str
    expires_at: datetime


@dataclass(slots=True)
class World:
    """Everything that the sandbox knows, which is the truth that a test or the demo compares with."""

    now: datetime
    people: dict[int, Person] = field(default_factory=dict)
    clicks: list[Click] = field(default_factory=list)
    orgs: list[SalesforceOrg] = field(default_factory=list)
    datasets: list[MetaDataset] = field(default_factory=list)
    accounts: list[GoogleAdsAccount] = field(default_factory=list)
    known_by: dict[str, frozenset[int]] = field(default_factory=dict)
    """Platform to the people it has an account of; a platform that is not listed knows everybody."""
    google_tokens: dict[str, AccessToken] = field(default_factory=dict)
    """Tokens issued at run time, which the token endpoint writes and the Data Manager server reads."""

"""What the sandbox's servers serve: invented people, the ads they clicked, and the clients' accounts."""

from __future__ import annotations

from collections.abc import Mapping
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
    """One ad click or lead form, and the ids that the platform handed out for it.

    A click on an iOS device has a ``wbraid`` (to a website) or a ``gbraid`` (to an app) in place of a ``gclid``.
    """

    person_id: int
    platform: str
    clicked_at: datetime
    gclid: str | None = None
    gbraid: str | None = None
    wbraid: str | None = None
    fbclid: str | None = None
    meta_lead_id: str | None = None


@dataclass(slots=True)
class SalesforceOrg:
    """One org: who may log in and how, its records by object and id, and the features that it has on.

    Attributes:
        refresh_token: that of the refresh token flow; empty where none was issued.
        secret_required: whether the refresh token flow asks for the consumer secret.
        rotates_refresh_tokens: whether a refresh token is good for one use, which answers with the next.
        password, security_token: those of SOAP ``login()``.
        soap_login: whether SOAP ``login()`` is enabled, as it no longer is by default.
        currencies: ISO codes, the corporate currency first; empty where the org has one currency only.
        person_accounts: whether accounts can be persons.
    """

    domain: str
    username: str
    consumer_key: str
    consumer_secret: str
    public_key: str
    objects: dict[str, dict[str, Record]] = field(default_factory=dict)
    refresh_token: str = ""
    secret_required: bool = True
    rotates_refresh_tokens: bool = False
    password: str = ""
    security_token: str = ""
    soap_login: bool = False
    currencies: tuple[str, ...] = ()
    person_accounts: bool = False


@dataclass(frozen=True, slots=True)
class PropertyVersion:
    """A value that a property of a HubSpot record had from ``at`` on, and how it got it."""

    value: str
    at: datetime
    source: str = "CRM_UI"


@dataclass(frozen=True, slots=True)
class PortalRecord:
    """One record of a HubSpot portal; it is replaced, never edited.

    Attributes:
        id: digits.
        properties: name to value as text, as HubSpot holds every value; without those that HubSpot keeps itself
            (``hs_object_id``, ``createdate``, the modification date, ``hs_v2_date_entered_…``).
        history: the versions of a property, oldest first; one that is missing here has had its value since
            ``created_at``.
        archived_at: when it was put into the recycling bin, None for a live record.
    """

    id: str
    created_at: datetime
    updated_at: datetime
    properties: Mapping[str, str]
    history: Mapping[str, tuple[PropertyVersion, ...]] = field(default_factory=dict)
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PortalProperty:
    """The definition of a property; ``options`` are (value, label) of an enumeration."""

    name: str
    label: str
    type: str = "string"
    field_type: str = "text"
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PipelineStage:
    """A stage of a deal pipeline; ``probability`` from 0 to 1, where 0 and 1 of a closed stage are lost and won."""

    id: str
    label: str
    probability: float
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A deal pipeline and its stages in order."""

    id: str
    label: str
    stages: tuple[PipelineStage, ...]


@dataclass(slots=True)
class HubSpotPortal:
    """One HubSpot account: who may read it, and its records by object and id.

    Attributes:
        objects: ``contacts`` and ``deals``, each id to record.
        deal_contacts: deal id to the ids of its contacts, the first one first.
        custom_properties: by object, what this portal added to HubSpot's own properties.
    """

    id: int
    service_key: str
    client_id: str
    client_secret: str
    refresh_token: str
    pipelines: tuple[Pipeline, ...] = ()
    objects: dict[str, dict[str, PortalRecord]] = field(default_factory=dict)
    deal_contacts: dict[str, list[str]] = field(default_factory=dict)
    custom_properties: dict[str, tuple[PortalProperty, ...]] = field(default_factory=dict)
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class MetaDataset:
    """A dataset, the token that may write to it, and the ad account whose audiences the token may change too."""

    id: str
    access_token: str
    ad_account_id: str = ""


@dataclass(frozen=True, slots=True)
class GoogleAdsAccount:
    """An account, its service account, and the conversion actions that it owns.

    Attributes:
        categories: those of the actions, in their order; of further actions it is QUALIFIED_LEAD.
    """

    customer_id: str
    service_account: str
    public_key: str
    conversion_actions: tuple[str, ...]
    login_customer_ids: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token that the Google token endpoint issued, for the APIs that its scopes name."""

    service_account: str
    expires_at: datetime
    scopes: frozenset[str]


@dataclass(slots=True)
class World:
    """Everything that the sandbox knows, which is the truth that a test or the demo compares with."""

    now: datetime
    people: dict[int, Person] = field(default_factory=dict)
    clicks: list[Click] = field(default_factory=list)
    orgs: list[SalesforceOrg] = field(default_factory=list)
    portals: list[HubSpotPortal] = field(default_factory=list)
    datasets: list[MetaDataset] = field(default_factory=list)
    accounts: list[GoogleAdsAccount] = field(default_factory=list)
    known_by: dict[str, frozenset[int]] = field(default_factory=dict)
    """Platform to the people it has an account of; a platform that is not listed knows everybody."""
    google_tokens: dict[str, AccessToken] = field(default_factory=dict)
    """Tokens issued at run time, which the token endpoint writes and the servers of both APIs read."""

"""Settings of a Salesforce org: how to sign in, and which fields and picklist values feed the funnel."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from config.soql import parse_condition
from config.sources.base import SourceBase
from config.types import Column, Endpoint, KeyFile, SalesforceDomain, Secret, Settings, StageName, Text


def _my_domain(value: str) -> str:
    if value in {"login", "test"}:
        raise ValueError(
            "the org's own My Domain such as acme.my: client credentials do not work with login or test"
        )
    return value


class SalesforceJwt(Settings):
    """OAuth 2.0 JWT bearer flow of an External Client App."""

    flow: Literal["jwt"]
    domain: SalesforceDomain
    username: Annotated[Text, Field(description="the login name of the user that the app acts for")]
    consumer_key: Annotated[Secret, Field(description="the External Client App's consumer key")]
    private_key_file: KeyFile


class SalesforceClientCredentials(Settings):
    """OAuth 2.0 client credentials flow; needs the org's own My Domain."""

    flow: Literal["client_credentials"]
    domain: Annotated[SalesforceDomain, AfterValidator(_my_domain)]
    consumer_key: Annotated[Secret, Field(description="the External Client App's consumer key")]
    consumer_secret: Annotated[Secret, Field(description="the External Client App's consumer secret")]


class SalesforceRefreshToken(Settings):
    """OAuth 2.0 refresh token flow; ``consumer_secret`` where the External Client App requires it."""

    flow: Literal["refresh_token"]
    domain: SalesforceDomain
    consumer_key: Annotated[Secret, Field(description="the External Client App's consumer key")]
    consumer_secret: (
        Annotated[Secret, Field(description="the External Client App's consumer secret")] | None
    ) = None
    refresh_token: Annotated[
        Secret, Field(description="a refresh token of the External Client App, with rotation turned off")
    ]


class SalesforcePassword(Settings):
    """SOAP ``login()``, which Salesforce retires in Summer '27; ``security_token`` outside of trusted networks."""

    flow: Literal["password"]
    domain: SalesforceDomain
    username: Annotated[Text, Field(description="the login name of the user that is read as")]
    password: Secret
    security_token: (
        Annotated[Secret, Field(description="the security token that Salesforce sent to the user")] | None
    ) = None


SalesforceAuth = SalesforceJwt | SalesforceClientCredentials | SalesforceRefreshToken | SalesforcePassword

SalesforceField = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*$",
        description="the API name of a Salesforce field, such as GCLID__c or Account.Industry",
    ),
]
RawStage = Annotated[str, Field(min_length=1)]
ObjectName = Literal["Lead", "Opportunity"]


def _condition(value: str) -> str:
    return parse_condition(value).text


SoqlFilter = Annotated[
    str,
    Field(
        max_length=2_000, description="one SOQL condition such as LeadSource = 'Web', up to 2,000 characters"
    ),
    AfterValidator(_condition),
]
RecordType = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_]*$",
        description="the API name (DeveloperName) of a record type, such as B2C_Lead",
    ),
]


class SalesforceSettings(SourceBase):
    """A Salesforce org: which fields and picklist values feed the funnel.

    ``stages`` maps ``Lead.Status`` and ``Opportunity.StageName`` values to funnel stages. ``fields`` maps
    stage-entry columns to API names of the org's own fields, for both objects or one object at a time.
    ``where`` and ``record_types`` leave out what neither funnel nor platforms should hear of.
    """

    kind: ClassVar[Literal["crm", "pos"]] = "crm"
    system: ClassVar[str] = "Salesforce"

    type: Literal["salesforce"]
    auth: Annotated[
        SalesforceAuth,
        Field(
            discriminator="flow",
            description="how to sign in: flow: jwt or client_credentials; else refresh_token or password",
        ),
    ]
    endpoint: Endpoint | None = None
    api_version: Annotated[
        str, Field(pattern=r"^[0-9]{2}\.0$", description="a Salesforce API version such as 68.0")
    ] = "68.0"
    stages: Annotated[
        dict[
            Literal["Lead.Status", "Opportunity.StageName"],
            Annotated[dict[RawStage, StageName], Field(min_length=1)],
        ],
        Field(min_length=1, description="picklist values and the funnel stage of each"),
    ]
    fields: Annotated[
        dict[Column, SalesforceField | dict[ObjectName, SalesforceField]],
        Field(description="stage-entry columns and the API name of the field that holds each"),
    ] = Field(default_factory=dict)
    where: Annotated[
        dict[ObjectName, SoqlFilter],
        Field(description="for an object, the SOQL condition that its records must meet to be read"),
    ] = Field(default_factory=dict)
    record_types: Annotated[
        dict[ObjectName, Annotated[list[RecordType], Field(min_length=1)]],
        Field(description="for an object, the API names of the record types that are read"),
    ] = Field(default_factory=dict)
    overlap_minutes: Annotated[
        int, Field(ge=0, le=1440, description="whole minutes from 0 to 1440, read again for late changes")
    ] = 10
    bulk: Annotated[
        Literal["auto", "always", "never"],
        Field(
            description="auto, always or never: whether records come by Bulk API 2.0 jobs or query by query"
        ),
    ] = "auto"
    bulk_from_records: Annotated[
        int, Field(ge=1, description="how many records, by Salesforce's count, make bulk: auto use a job")
    ] = 20_000
    bulk_page_records: Annotated[
        int, Field(ge=1, le=250_000, description="records of a job's result that are downloaded at a time")
    ] = 50_000
    keep_api_calls_percent: Annotated[
        float, Field(ge=0, le=100, description="percent of the org's daily API calls that are left to others")
    ] = 2
    timeout_seconds: Annotated[float, Field(gt=0, le=600, description="seconds above 0, at most 600")] = 60

    def stage_names(self) -> set[str]:
        """Funnel stages that this source can yield."""
        return {stage for values in self.stages.values() for stage in values.values()}

    def mapped_columns(self) -> set[str]:
        """Stage-entry columns that the client's file fills from fields of its own."""
        return set(self.fields)

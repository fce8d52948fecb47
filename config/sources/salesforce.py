"""Settings of a Salesforce org: how to sign in, and which fields and picklist values feed the funnel."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

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


SalesforceField = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*$",
        description="the API name of a Salesforce field, such as GCLID__c or Account.Industry",
    ),
]
RawStage = Annotated[str, Field(min_length=1)]


class SalesforceSettings(Settings):
    """A Salesforce org: which fields and picklist values feed the funnel.

    ``stages`` maps ``Lead.Status`` and ``Opportunity.StageName`` values to funnel stages. ``fields`` maps
    stage-entry columns to API names of the org's own fields, for both objects or one object at a time.
    """

    kind: ClassVar[Literal["crm", "pos"]] = "crm"
    system: ClassVar[str] = "Salesforce"

    type: Literal["salesforce"]
    auth: Annotated[
        SalesforceJwt | SalesforceClientCredentials,
        Field(discriminator="flow", description="how to sign in: flow: jwt or flow: client_credentials"),
    ]
    endpoint: Endpoint | None = None
    api_version: Annotated[
        str, Field(pattern=r"^[0-9]{2}\.0$", description="a Salesforce API version such as 68.0")
    ] = "68.0"
    stages: Annotated[
        dict[Literal["Lead.Status", "Opportunity.StageName"], dict[RawStage, StageName]],
        Field(min_length=1, description="picklist values and the funnel stage of each"),
    ]
    fields: Annotated[
        dict[Column, SalesforceField | dict[Literal["Lead", "Opportunity"], SalesforceField]],
        Field(description="stage-entry columns and the API name of the field that holds each"),
    ] = Field(default_factory=dict)
    overlap_minutes: Annotated[
        int, Field(ge=0, le=1440, description="whole minutes from 0 to 1440, read again for late changes")
    ] = 10
    timeout_seconds: Annotated[float, Field(gt=0, le=600, description="seconds above 0, at most 600")] = 60

    def stage_names(self) -> set[str]:
        """Funnel stages that this source can yield."""
        return {stage for values in self.stages.values() for stage in values.values()}

    def mapped_columns(self) -> set[str]:
        """Stage-entry columns that the client's file fills from fields of its own."""
        return set(self.fields)

"""Settings of the systems that are read, one model a connector.

Adding a connector means adding a model here with ``kind``, ``system`` and ``stage_names``, and its name to
:data:`SourceSettings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, Field

from config.types import (
    Column,
    Currency,
    Endpoint,
    FilePath,
    KeyFile,
    SalesforceDomain,
    Secret,
    Settings,
    StageName,
    Text,
    TimeZone,
)


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


class RefundRule(Settings):
    """How the till marks a refund, besides a negative amount."""

    column: Annotated[Text, Field(description="the header of the column that marks refunds")]
    values: Annotated[list[str], Field(min_length=1, description="the values that mean refund, at least one")]


REQUIRED_POS_COLUMNS = ("order_id", "entered_at", "amount")


def _required_columns(columns: dict[str, str]) -> dict[str, str]:
    missing = [name for name in REQUIRED_POS_COLUMNS if name not in columns]
    if missing:
        raise ValueError(
            f"headers for order_id, entered_at and amount at least; missing: {', '.join(missing)}"
        )
    return columns


class PosFilesSettings(Settings):
    """Exports of a till: CSV or TSV files matched by a glob."""

    kind: ClassVar[Literal["crm", "pos"]] = "pos"
    system: ClassVar[str] = "POS"

    type: Literal["pos_files"]
    path: Annotated[FilePath, Field(description="files to read, such as data/pos/*.csv")]
    columns: Annotated[
        dict[Column, Text],
        AfterValidator(_required_columns),
        Field(description="stage-entry columns and the header of the column that holds each"),
    ]
    stage: StageName = "purchase"
    timezone: TimeZone | None = None
    currency: Currency | None = None
    delimiter: Annotated[
        Literal[",", ";", "\t", "|"] | None, Field(description="what separates cells; guessed where left out")
    ] = None
    encoding: Annotated[
        Literal["utf-8", "utf-8-sig", "cp1252"] | None, Field(description="guessed where left out")
    ] = None
    decimal: Annotated[
        Literal[".", ","] | None,
        Field(description="the decimal mark of amounts; read from the file where left out"),
    ] = None
    date_order: Annotated[
        Literal["day_first", "month_first", "year_first"] | None,
        Field(description="how dates are written; read from the file where left out"),
    ] = None
    refunds: RefundRule | None = None
    batch_rows: Annotated[
        int, Field(ge=1, le=1_000_000, description="a whole number from 1 to 1,000,000")
    ] = 20_000

    def stage_names(self) -> set[str]:
        """Funnel stages that this source can yield."""
        return {self.stage}

    def mapped_columns(self) -> set[str]:
        """Stage-entry columns that the client's file fills from fields of its own."""
        return set(self.columns)


SourceSettings = Annotated[SalesforceSettings | PosFilesSettings, Field(discriminator="type")]


def yielded_stages(source: Mapping[str, Any]) -> set[str] | None:
    """Funnel stages that a source yields, read from its part of a file before that part is known to be valid.

    Returns None where they cannot be told: an unknown ``type``, or ``stages`` of another shape.
    """
    union, *_ = get_args(SourceSettings)
    for model in get_args(union):
        if source.get("type") in get_args(model.model_fields["type"].annotation):
            try:
                return {str(stage) for stage in model.model_construct(**source).stage_names()}
            except (AttributeError, TypeError):
                return None
    return None

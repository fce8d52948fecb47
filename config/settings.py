"""One client's file as typed settings: the whole of what a run needs to know."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from config.agreement import disagreements
from config.audiences import AudienceSettings
from config.destinations import DestinationsSettings
from config.identity import IdentitySettings
from config.quality import QualitySettings
from config.regions import Region
from config.retention import RetentionSettings
from config.sources import SourceSettings
from config.types import (
    Country,
    Currency,
    Settings,
    Slug,
    StageName,
    Text,
    TimeZone,
    number_if_it_reads_as_one,
)

DISAGREEMENT = "disagreement"
"""Type of the one pydantic error that stands for all mistakes between keys."""


class ConversionSettings(Settings):
    """What a funnel stage is worth and what each destination calls it.

    ``value`` is a number, a stage-entry column, an expression in SQL syntax over the stage entry
    (``amount * 0.35``), or ``learned`` (:mod:`config.quality`). ``meta`` is the event name, ``google`` the numeric id
    of the conversion action.
    """

    value: Annotated[
        Annotated[float, Field(ge=0, allow_inf_nan=False)] | Text | None,
        BeforeValidator(number_if_it_reads_as_one),
        Field(
            description="a number from 0 up, a column such as amount, an expression such as amount * 0.35, or learned"
        ),
    ] = None
    currency: Currency | None = None
    meta: Annotated[
        Annotated[str, Field(min_length=1, max_length=50)] | None,
        Field(description="an event name of 1 to 50 characters, such as Qualified Lead"),
    ] = None
    google: Annotated[
        Annotated[str, Field(pattern=r"^[0-9]{1,20}$")] | None,
        Field(description="the numeric id of a conversion action, such as 222222222"),
    ] = None
    google_event_source: Annotated[
        Literal["WEB", "APP", "IN_STORE", "PHONE", "MESSAGE", "OTHER"] | None,
        Field(description="where the conversion happened, as Google calls it"),
    ] = None


Consent = Literal["granted", "denied", "unspecified"]


class ConsentSettings(Settings):
    """Where consent is recorded, and what holds for a record that says nothing.

    A record's own word wins, then its person's region, then ``default``. Nothing is sent of whom none of them says that
    they consented, unless ``unspecified`` asks for it.
    """

    default: Annotated[Consent, Field(description="what holds for a record that says nothing of consent")] = (
        "unspecified"
    )
    regions: Annotated[
        dict[Region, Consent],
        Field(description="countries, EU or EEA, and what holds there for a record that says nothing"),
    ] = Field(default_factory=dict)
    unspecified: Annotated[
        Literal["withhold", "send"],
        Field(
            description="withhold, or send: whether platforms hear of people whose consent for ad_user_data is"
            " unspecified"
        ),
    ] = "withhold"
    fields: Annotated[
        dict[Literal["ad_user_data", "ad_personalization"], Text],
        Field(description="the source's field or column that holds each consent"),
    ] = Field(default_factory=dict)


class ClientSettings(Settings):
    """One advertiser: its sources, its funnel, and what its destinations should hear."""

    client: Slug
    timezone: TimeZone
    country: Country
    currency: Currency | None = None
    sources: Annotated[
        dict[Slug, SourceSettings],
        Field(
            min_length=1,
            description="systems that are read, each under a name of your own that never changes",
        ),
    ]
    funnel: Annotated[list[StageName], Field(description="the funnel stages in their order")] = Field(
        default_factory=list
    )
    destinations: Annotated[DestinationsSettings, Field(description="platforms that are told: meta, google")]
    conversions: Annotated[
        dict[StageName, ConversionSettings],
        Field(min_length=1, description="funnel stages that platforms hear of, and what each is worth"),
    ]
    audiences: Annotated[
        dict[Slug, AudienceSettings],
        Field(
            description="audiences that are kept at platforms, each under a name of your own that never changes"
        ),
    ] = Field(default_factory=dict)
    consent: ConsentSettings = ConsentSettings()
    identity: IdentitySettings = IdentitySettings()
    retention: RetentionSettings = RetentionSettings()
    quality: QualitySettings = QualitySettings()

    def mapped_columns(self) -> set[str]:
        """Stage-entry columns that any source fills from a field of its own."""
        return {column for source in self.sources.values() for column in source.mapped_columns()}

    @model_validator(mode="after")
    def _keys_agree(self) -> ClientSettings:
        """Settings that contradict each other cannot be built, from a file or by hand."""
        found = disagreements(self.model_dump())
        if found:
            raise PydanticCustomError(DISAGREEMENT, "{all}", {"all": "; ".join(str(one) for one in found)})
        return self

"""Settings of a HubSpot portal: how to sign in, and which properties and stages feed the funnel."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from config.sources.base import SourceBase
from config.types import Column, Endpoint, Secret, Settings, StageName, Text


class HubSpotServiceKey(Settings):
    """A Service Key, or the access token of a legacy private app: a token that does not expire."""

    flow: Literal["service_key"]
    token: Annotated[Secret, Field(description="the Service Key, which begins with pat-")]


class HubSpotOAuth(Settings):
    """OAuth 2.0 with the refresh token that the app got when it was installed in the portal."""

    flow: Literal["oauth"]
    client_id: Annotated[Text, Field(description="the app's client id")]
    client_secret: Annotated[Secret, Field(description="the app's client secret")]
    refresh_token: Annotated[Secret, Field(description="the refresh token of the app's installation")]


HubSpotProperty = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_]*$",
        description="the internal name of a HubSpot property, such as hs_google_click_id",
    ),
]
HubSpotStage = Annotated[str, Field(min_length=1)]


class HubSpotSettings(SourceBase):
    """A HubSpot portal: which properties and stages feed the funnel.

    ``stages`` maps lifecycle stages of contacts and stages of deals to funnel stages, each by its label or its
    internal value; a deal's stage whose label several pipelines share is written ``Pipeline: Stage``. ``fields``
    maps stage-entry columns to properties, for both objects or one object at a time; a deal takes what it does
    not have itself from its contact.
    """

    kind: ClassVar[Literal["crm", "pos"]] = "crm"
    system: ClassVar[str] = "HubSpot"

    type: Literal["hubspot"]
    auth: Annotated[
        HubSpotServiceKey | HubSpotOAuth,
        Field(discriminator="flow", description="how to sign in: flow: service_key or flow: oauth"),
    ]
    endpoint: Endpoint | None = None
    api_version: Annotated[
        str,
        Field(
            pattern=r"^(?:v3|20[0-9]{2}-(?:03|09))$",
            description="a HubSpot API version such as 2026-03, or v3 for the numbered one before them",
        ),
    ] = "2026-03"
    stages: Annotated[
        dict[
            Literal["contact.lifecyclestage", "deal.dealstage"],
            Annotated[dict[HubSpotStage, StageName], Field(min_length=1)],
        ],
        Field(min_length=1, description="stages by label or internal value, and the funnel stage of each"),
    ]
    fields: Annotated[
        dict[Column, HubSpotProperty | dict[Literal["contact", "deal"], HubSpotProperty]],
        Field(description="stage-entry columns and the internal name of the property that holds each"),
    ] = Field(default_factory=dict)
    overlap_minutes: Annotated[
        int,
        Field(ge=0, le=1440, description="whole minutes from 0 to 1440, read again for what is found late"),
    ] = 15
    timeout_seconds: Annotated[float, Field(gt=0, le=600, description="seconds above 0, at most 600")] = 60

    def stage_names(self) -> set[str]:
        """Funnel stages that this source can yield."""
        return {stage for values in self.stages.values() for stage in values.values()}

    def mapped_columns(self) -> set[str]:
        """Stage-entry columns that the client's file fills from properties of its own."""
        return set(self.fields)

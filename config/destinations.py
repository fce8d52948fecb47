"""Settings of the platforms that are told, one model a destination."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from config.limited_data_use import LimitedDataUseSettings
from config.types import Endpoint, GoogleAccount, KeyFile, Secret, Settings, Text

TimeoutSeconds = Annotated[float, Field(gt=0, le=600, description="seconds above 0, at most 600")]
RestateAfterHours = Annotated[
    float, Field(ge=0, le=168, description="hours that a conversion waits for a new value, at most 168")
]
MaxAttempts = Annotated[int, Field(ge=1, le=20, description="a whole number from 1 to 20")]


def _without_prefix(value: Any) -> Any:
    """An ad account's id as Ads Manager shows it; the API writes ``act_`` before it."""
    return value.removeprefix("act_") if isinstance(value, str) else value


AdAccount = Annotated[str, BeforeValidator(_without_prefix), Field(pattern=r"^[0-9]{5,20}$")]


class MetaSettings(Settings):
    """A Meta dataset and the token that may write to it; audiences need its ad account too."""

    transport: ClassVar[str] = "meta"

    dataset_id: Annotated[
        str, Field(pattern=r"^[0-9]{5,20}$", description="a dataset (pixel) id of digits, such as 1234567890")
    ]
    access_token: Annotated[Secret, Field(description="an access token that may write to the dataset")]
    app_secret: Annotated[Secret | None, Field(description="the app's secret, to sign each call")] = None
    endpoint: Endpoint = "https://graph.facebook.com"
    api_version: Annotated[
        str, Field(pattern=r"^v[0-9]{2}\.0$", description="a Graph API version such as v26.0")
    ] = "v26.0"
    test_event_code: Annotated[
        Text | None, Field(description="a code of the Test Events tab; such events count all the same")
    ] = None
    limited_data_use: Annotated[
        LimitedDataUseSettings | None,
        Field(description="for whose events Meta is asked to limit its use of the data"),
    ] = None
    ad_account_id: Annotated[
        AdAccount | None,
        Field(description="the ad account that audiences are made in, digits such as 1234567890"),
    ] = None
    timeout_seconds: TimeoutSeconds = 60
    max_attempts: MaxAttempts = 6


class GoogleDataManagerSettings(Settings):
    """A Google Ads account reached through the Data Manager API.

    ``customer_id`` must be the account that owns the conversion actions; ``login_customer_id`` is the manager
    account, where access comes through one. ``credentials`` is a service-account or authorized-user key file.
    Conversion actions are read and created through the Google Ads API, at ``ads_endpoint``.
    """

    transport: ClassVar[str] = "google_data_manager"
    developer_token: ClassVar[None] = None

    via: Annotated[
        Literal["data_manager"], Field(description="the Google API that takes the conversions")
    ] = "data_manager"
    customer_id: GoogleAccount
    login_customer_id: GoogleAccount | None = None
    credentials: KeyFile
    endpoint: Endpoint = "https://datamanager.googleapis.com"
    ads_endpoint: Endpoint = "https://googleads.googleapis.com"
    timeout_seconds: TimeoutSeconds = 60
    max_attempts: MaxAttempts = 6
    requests_per_minute: Annotated[
        int,
        Field(ge=1, le=100_000, description="requests a minute that Google grants the credentials' project"),
    ] = 300
    status_after_minutes: Annotated[
        float,
        Field(ge=0, le=1440, description="minutes after which a request's status is asked for, at most 1440"),
    ] = 30
    restate_after_hours: RestateAfterHours = 24
    warn_processed_below: Annotated[
        float, Field(ge=0, le=1, description="a share from 0 to 1 of conversions that Google should count")
    ] = 0.9
    warn_matched_below: Annotated[
        float, Field(ge=0, le=1, description="a share from 0 to 1 of conversions that should belong to an ad")
    ] = 0.5
    customer_match_terms: Annotated[
        Literal["accepted"] | None,
        Field(description="accepted, once the account's owner has accepted Google's Customer Match terms"),
    ] = None


class GoogleAdsSettings(Settings):
    """A Google Ads account reached through the Google Ads API, which is closed to whoever did not use it before.

    Ids and ``credentials`` are those of :class:`GoogleDataManagerSettings`. Google ignores ``developer_token`` since
    September 2026; access is that of the credentials' Cloud project.
    """

    transport: ClassVar[str] = "google_ads"

    via: Annotated[Literal["google_ads"], Field(description="the Google API that takes the conversions")]
    customer_id: GoogleAccount
    login_customer_id: GoogleAccount | None = None
    credentials: KeyFile
    developer_token: Annotated[
        Secret | None, Field(description="a developer token, which Google no longer asks for")
    ] = None
    endpoint: Endpoint = "https://googleads.googleapis.com"
    timeout_seconds: TimeoutSeconds = 60
    max_attempts: MaxAttempts = 6
    restate_after_hours: RestateAfterHours = 24

    @property
    def ads_endpoint(self) -> str:
        """Where the account's conversion actions are read: the API that takes the conversions, too."""
        return self.endpoint


def _via_data_manager_unless_said(value: Any) -> Any:
    """The key that tells the two apart may be left out by those who have no choice."""
    return {"via": "data_manager", **value} if isinstance(value, dict) else value


GoogleSettings = Annotated[
    Annotated[GoogleDataManagerSettings | GoogleAdsSettings, Field(discriminator="via")],
    BeforeValidator(_via_data_manager_unless_said),
]

DestinationSettings = MetaSettings | GoogleDataManagerSettings | GoogleAdsSettings


class DestinationsSettings(Settings):
    """Where conversions go; at least one."""

    meta: MetaSettings | None = None
    google: GoogleSettings | None = None

    def configured(self) -> dict[str, DestinationSettings]:
        """Destinations that the client's file names, by their key."""
        every: dict[str, DestinationSettings | None] = {
            "meta": self.meta,
            "google": self.google,
        }
        return {name: settings for name, settings in every.items() if settings is not None}


DESTINATIONS = tuple(DestinationsSettings.model_fields)
"""What destinations are called in a client's file."""

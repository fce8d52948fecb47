"""Settings of the platforms that are told, one model a destination."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from config.types import Endpoint, GoogleAccount, KeyFile, Secret, Settings, Text

TimeoutSeconds = Annotated[float, Field(gt=0, le=600, description="seconds above 0, at most 600")]
MaxAttempts = Annotated[int, Field(ge=1, le=20, description="a whole number from 1 to 20")]


class MetaSettings(Settings):
    """A Meta dataset and the token that may write to it."""

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
    timeout_seconds: TimeoutSeconds = 60
    max_attempts: MaxAttempts = 6


class GoogleDataManagerSettings(Settings):
    """A Google Ads account reached through the Data Manager API.

    ``customer_id`` must be the account that owns the conversion actions; ``login_customer_id`` is the manager
    account, where access comes through one. ``credentials`` is a service-account or authorized-user key file.
    """

    transport: ClassVar[str] = "google_data_manager"

    via: Annotated[
        Literal["data_manager"], Field(description="the Google API that takes the conversions")
    ] = "data_manager"
    customer_id: GoogleAccount
    login_customer_id: GoogleAccount | None = None
    credentials: KeyFile
    endpoint: Endpoint = "https://datamanager.googleapis.com"
    timeout_seconds: TimeoutSeconds = 60
    max_attempts: MaxAttempts = 6


class DestinationsSettings(Settings):
    """Where conversions go; at least one."""

    meta: MetaSettings | None = None
    google: GoogleDataManagerSettings | None = None

    def configured(self) -> dict[str, MetaSettings | GoogleDataManagerSettings]:
        """Destinations that the client's file names, by their key."""
        every: dict[str, MetaSettings | GoogleDataManagerSettings | None] = {
            "meta": self.meta,
            "google": self.google,
        }
        return {name: settings for name, settings in every.items() if settings is not None}

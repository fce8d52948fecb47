"""Opens a destination's audiences: the module of its platform, imported when it is asked for."""

from __future__ import annotations

import time

from config.destinations import (
    DestinationSettings,
    GoogleAdsSettings,
    MetaSettings,
)
from config.importing import ONE_AT_A_TIME
from uploads.audiences.base import AudienceUploader
from uploads.errors import Action, PlatformError, Policy
from uploads.retrying import Sleep

_CLOSED = Policy(
    Action.HOLD,
    "audiences go through the Data Manager API, since Google closed Customer Match by the Google Ads API in"
    " April 2026: set via: data_manager",
)


def connect(settings: DestinationSettings, *, sleep: Sleep = time.sleep) -> AudienceUploader:
    """The audiences of a client's destination; nothing is sent yet. ``sleep`` waits between attempts.

    Raises:
        PlatformError: the destination's transport has no audiences, or a setting that they need is missing.
    """
    if isinstance(settings, GoogleAdsSettings):
        raise PlatformError("via", _CLOSED)
    with ONE_AT_A_TIME:
        if isinstance(settings, MetaSettings):
            from uploads.audiences.meta import MetaAudiences

            return MetaAudiences(settings, sleep=sleep)
        from uploads.audiences.google import GoogleAudiences

        return GoogleAudiences(settings, sleep=sleep)

"""The SDK's two upload services of one account."""

from __future__ import annotations

from typing import Any

from config.destinations import GoogleAdsSettings
from uploads.google_ads.session import Session
from uploads.retrying import Sleep


class Services:
    """The upload services of one account.

    Raises:
        PlatformError: the key file cannot be used.
    """

    def __init__(self, settings: GoogleAdsSettings, *, sleep: Sleep) -> None:
        self._session = Session(settings, sleep=sleep)
        self._conversions = self._session.service("ConversionUploadService")
        self._adjustments = self._session.service("ConversionAdjustmentUploadService")

    def upload(self, request: Any) -> Any:
        """The answer to an ``UploadClickConversionsRequest``.

        Raises:
            PlatformError: there is none.
        """
        return self._session.call(self._conversions.upload_click_conversions, request)

    def adjust(self, request: Any) -> Any:
        """The answer to an ``UploadConversionAdjustmentsRequest``.

        Raises:
            PlatformError: there is none.
        """
        return self._session.call(self._adjustments.upload_conversion_adjustments, request)

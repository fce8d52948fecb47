"""The Google Ads API as an opt-in transport: conversions with partial failures, and their adjustments.

Google closed it to new users in June 2026; see ``docs/destinations/google-ads.md``.

https://developers.google.com/google-ads/api/docs/conversions/upload-offline
"""

from __future__ import annotations

import time

from config.destinations import GoogleAdsSettings
from uploads.google_ads.uploader import GoogleAdsUploader
from uploads.retrying import Sleep

__all__ = ["GoogleAdsUploader", "connect"]


def connect(settings: GoogleAdsSettings, *, sleep: Sleep = time.sleep) -> GoogleAdsUploader:
    """The uploader for a client's account; nothing is sent yet. ``sleep`` waits between attempts."""
    return GoogleAdsUploader(settings, sleep=sleep)

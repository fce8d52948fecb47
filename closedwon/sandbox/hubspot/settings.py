"""What the HubSpot server can be told to do otherwise, while it serves."""

from __future__ import annotations

from dataclasses import dataclass

from closedwon.sandbox.settings import Settings

SCOPES = (
    "crm.objects.contacts.read",
    "crm.objects.deals.read",
    "crm.schemas.contacts.read",
    "crm.schemas.deals.read",
)
"""What the portals' apps were granted; ``oauth`` goes without saying."""

DATED_VERSIONS = ("2026-03", "2026-09")
LEGACY_VERSIONS = ("v1", "v3", "v4")


@dataclass(frozen=True, slots=True)
class HubSpotSettings(Settings):
    """What can be told to behave otherwise. Limits are generous, so that only who asks for them waits.

    Attributes:
        token_seconds: how long an OAuth access token is good.
        index_lag_seconds: how long after a change search still finds the record as it was.
        per_ten_seconds: requests in any ten seconds; HubSpot allows 100 or 190.
        searches_per_second: search requests in any second; HubSpot allows 5.
        daily_requests: requests a day.
        scopes: what the token may read.
        history: ``readable``; ``refused`` answers a request for it with 403; ``absent`` leaves it out.
        versions: API versions that are served, dated and numbered.
        associations_per_page: associated records of one record that one answer holds.
    """

    token_seconds: float = 1_800
    index_lag_seconds: float = 0
    per_ten_seconds: int = 100_000
    searches_per_second: int = 100_000
    daily_requests: int = 1_000_000
    scopes: tuple[str, ...] = SCOPES
    history: str = "readable"
    versions: tuple[str, ...] = (*DATED_VERSIONS, *LEGACY_VERSIONS)
    associations_per_page: int = 500

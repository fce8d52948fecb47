"""A digest of what a client's file asks of a source's records.

A cursor stands for everything before it, under the rules of its time. When a stage, a field, a destination or a
consent column is added later, what lies before the cursor has to be read again; the ledger knows what was sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from config.audiences import AudienceSettings
from config.settings import ClientSettings

_DIGEST = 32
_NOT_RULES = {
    "auth",
    "endpoint",
    "api_version",
    "timeout_seconds",
    "overlap_minutes",
    "batch_rows",
    "bulk",
    "bulk_from_records",
    "bulk_page_records",
    "keep_api_calls_percent",
}
"""Settings of a source that say how it is reached, not what is taken from it."""

_OF_MEMBERS = {"stages", "leave", "where", "days", "value"}
"""Settings of an audience that say who is in it; the others are applied to what was read."""


def digest(settings: ClientSettings, source: str, learned: Mapping[str, bool] | None = None) -> str:
    """The first 128 bits of a SHA-256 over the rules; secrets are no part of it.

    ``learned`` are the stages whose value is learned, each with whether one is in use: what was skipped for want of one
    has to be read again.
    """
    rules = {
        "source": settings.sources[source].model_dump(mode="json", exclude=_NOT_RULES),
        "conversions": {
            stage: {"value": conversion.value, "to": sorted(_destinations(conversion, settings))}
            for stage, conversion in settings.conversions.items()
        },
        "audiences": {
            name: audience.model_dump(mode="json", include=_OF_MEMBERS) | {"to": _platforms(audience)}
            for name, audience in settings.audiences.items()
        },
        "consent": settings.consent.model_dump(mode="json"),
        "defaults": [settings.timezone, settings.country, settings.currency],
    }
    if learned:
        rules["learned"] = dict(learned)
    return hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()[:_DIGEST]


def _platforms(audience: AudienceSettings) -> list[str]:
    return [name for name in ("google", "meta") if getattr(audience, name) is not None]


def _destinations(conversion: object, settings: ClientSettings) -> list[str]:
    return [name for name in settings.destinations.configured() if getattr(conversion, name) is not None]

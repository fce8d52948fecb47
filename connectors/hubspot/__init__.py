"""HubSpot: contacts and deals, with the time at which each reached each of its stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config.sources import HubSpotSettings
    from connectors.base import Connector, SourceContext

__all__ = ["connect"]


def connect(settings: HubSpotSettings, context: SourceContext) -> Connector:
    """A connector to the portal of ``settings``; nothing is sent before it is read, counted or checked."""
    from connectors.hubspot.connector import HubSpotConnector

    return HubSpotConnector(settings, context)

"""HubSpot as a loopback server: contacts and deals with their histories, search with its caps and its lag."""

from closedwon.sandbox.hubspot.server import HubSpotServer
from closedwon.sandbox.hubspot.settings import HubSpotSettings

__all__ = ["HubSpotServer", "HubSpotSettings"]

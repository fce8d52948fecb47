"""Salesforce: leads and opportunities, with the time at which each reached each of its stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config.sources import SalesforceSettings
    from connectors.base import Connector, SourceContext

__all__ = ["connect"]


def connect(settings: SalesforceSettings, context: SourceContext) -> Connector:
    """A connector to the org of ``settings``; nothing is sent before it is read, counted or checked."""
    from connectors.salesforce.connector import SalesforceConnector

    return SalesforceConnector(settings, context)

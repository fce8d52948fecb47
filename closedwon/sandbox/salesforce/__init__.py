"""Salesforce as a loopback server: login, SOQL queries in pages, bulk queries, describe, limits, edits on demand."""

from closedwon.sandbox.salesforce.server import SalesforceServer
from closedwon.sandbox.salesforce.settings import SalesforceSettings

__all__ = ["SalesforceServer", "SalesforceSettings"]

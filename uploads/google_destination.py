"""Where a request of Google's Data Manager API goes: the account, whom it is reached through, and what within it.

https://developers.google.com/data-manager/api/reference/rest/v1/Destination
"""

from __future__ import annotations

from typing import Any

from config.destinations import GoogleDataManagerSettings


def destination(settings: GoogleDataManagerSettings, product_id: str) -> dict[str, Any]:
    """A ``Destination``; ``product_id`` is that of a conversion action or of a user list."""
    found: dict[str, Any] = {
        "operatingAccount": _account(settings.customer_id),
        "productDestinationId": product_id,
    }
    if settings.login_customer_id:
        found["loginAccount"] = _account(settings.login_customer_id)
    return found


def _account(customer_id: str) -> dict[str, str]:
    return {"accountType": "GOOGLE_ADS", "accountId": customer_id}

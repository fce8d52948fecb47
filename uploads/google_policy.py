"""The Data Manager API's request errors and what each calls for.

The reasons are those of ``google.ads.datamanager_v1.types.ErrorReason``:
https://developers.google.com/data-manager/api/reference/rpc/google.ads.datamanager.v1#errorreason
"""

from __future__ import annotations

from uploads.errors import UNKNOWN, Action, Policy

CREDENTIALS = Policy(Action.HOLD, "the credentials were refused: make a new key, then run sync again")
DESTINATION = Policy(
    Action.HOLD,
    "Google refuses the conversion action: check its id, and that customer_id is the account that owns it",
    ends_lane=False,
)
EVENT = Policy(Action.ISOLATE, "Google refuses the event")
NO_TOKEN = Policy(Action.RETRY, "no access token could be fetched from Google")
NOT_CONFIRMED = Policy(Action.RETRY, "Google did not confirm the request")

_TRANSIENT = Policy(Action.RETRY, "Google had a passing fault")
_QUOTA = Policy(
    Action.RETRY, "the project's request quota is used up (300 a minute, 100,000 a day)", throttled=True
)
_ACCESS = Policy(
    Action.HOLD,
    "the credentials may not write to this account: give their service account access in Google Ads, and check"
    " customer_id and login_customer_id",
)
_SETUP = Policy(Action.HOLD, "the account or the conversion action is not ready for uploads: see the reason")

_BY_REASON: dict[str, Policy] = {
    "INTERNAL_ERROR": _TRANSIENT,
    "DEADLINE_EXCEEDED": _TRANSIENT,
    "RESOURCE_EXHAUSTED": _QUOTA,
    "RATE_LIMIT_EXCEEDED": _QUOTA,
    "NOT_FOUND": _SETUP,
    "PERMISSION_DENIED": _ACCESS,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": _ACCESS,
    "SERVICE_DISABLED": Policy(
        Action.HOLD, "the Data Manager API is not enabled in the credentials' Cloud project"
    ),
    "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS": _SETUP,
    "DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS": _SETUP,
    "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED": _SETUP,
}

_BY_STATUS: dict[int, Policy] = {
    400: EVENT,
    401: CREDENTIALS,
    403: _ACCESS,
    404: _SETUP,
    408: _TRANSIENT,
    409: _TRANSIENT,
    413: EVENT,
    429: _QUOTA,
    499: _TRANSIENT,
    500: _TRANSIENT,
    502: _TRANSIENT,
    503: _TRANSIENT,
    504: _TRANSIENT,
}


def policy_for(reason: str | None, status: int | None) -> Policy:
    """What a request error calls for; its reason is more exact than its HTTP status."""
    if reason in _BY_REASON:
        return _BY_REASON[reason]
    return _BY_STATUS.get(status or 0, UNKNOWN)

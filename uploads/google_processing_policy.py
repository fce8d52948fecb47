"""Why Google did not count an event that it had accepted, and what that means for the user.

The reasons are those of ``ProcessingErrorReason`` and ``ProcessingWarningReason`` of
``google.ads.datamanager_v1.types.processing_errors``, without the prefix that all of them share; a warning's reason
means what the error's of the same name means, of an event that was counted all the same:
https://developers.google.com/data-manager/api/reference/rpc/google.ads.datamanager.v1#processingerrorreason
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from uploads.base import Processing, Verdict

_PREFIXES = ("PROCESSING_ERROR_REASON_", "PROCESSING_WARNING_REASON_", "PROCESSING_ERROR_")


@dataclass(frozen=True)
class Meaning:
    """What a reason says of an event.

    Attributes:
        words: what it means and what to do.
        verdict: what becomes of a request of which nothing was counted: given up only for what can be nobody's
            setting; None where there is nothing to do.
        unmatched: the event was in order, but belongs to no ad click.
        counted_before: it was counted from an earlier request, as after a request that was sent again.
    """

    words: str
    verdict: Verdict | None
    unmatched: bool = False
    counted_before: bool = False


_NO_CLICK = Meaning(
    "no ad click of the account is known for it: usual for customers who came another way",
    None,
    unmatched=True,
)
_NO_USER = Meaning(
    "Google knows no user for the identifier: usual for customers who clicked no ad", None, unmatched=True
)
_COUNTED_BEFORE = Meaning("the same conversion was counted before: nothing to do", None, counted_before=True)
_ANOTHER_ACCOUNT = Meaning(
    "the click belongs to the ads of another account: check customer_id where it concerns many",
    Verdict.HOLD,
)
_PASSING = Meaning("Google had a passing fault: the event is sent again", Verdict.LATER)
_TOO_RECENT = Meaning("the click is younger than some hours: the event is sent again later", Verdict.LATER)
_DAMAGED = Meaning(
    "Google cannot read the click id: check that the website stores it whole and as it came", Verdict.HOLD
)
_REFUSED = Meaning("Google finds the event invalid: check its fields where it concerns many", Verdict.HOLD)
_BEFORE_CLICK = Meaning(
    "the event's time lies before the click: check the client's timezone and the stage's time",
    Verdict.HOLD,
)
_TOO_OLD = Meaning("the event is older than Google counts: upload more often", Verdict.REJECTED)
_CONSENT_DENIED = Meaning(
    "the person, or the account's default setting, denies the use of ad user data", Verdict.REJECTED
)
_NO_CONSENT = Meaning(
    "Google could not establish consent: record it (consent.fields or consent.default), or set the account's default"
    " in Google Ads",
    Verdict.HOLD,
)
_TERMS = Meaning(
    "the terms of enhanced conversions are not accepted: in Google Ads, under Goals > Settings", Verdict.HOLD
)
_ONE_PER_CLICK = Meaning(
    "an action that counts one per click takes no gbraid or wbraid: let it count every conversion, or send it other"
    " identifiers",
    Verdict.HOLD,
)
_EXTERNAL = Meaning(
    "the conversion action uses external attribution, which Google does not support here: make another action",
    Verdict.HOLD,
)
_TOO_FEW = Meaning("too few transactions for store sales, by Google's minimum", Verdict.HOLD)
_VARIABLE = Meaning("a custom variable, which Closedwon does not send; please report", Verdict.HOLD)
_ENCRYPTION = Meaning("encrypted identifiers, which Closedwon does not send; please report", Verdict.HOLD)
_NO_ORIGINAL = Meaning(
    "Google does not find the conversion of which a new value came: the value stays as it is", None
)
UNEXPLAINED = Meaning("Google does not say why: see Diagnostics of the action in Google Ads", Verdict.HOLD)

BY_REASON: dict[str, Meaning] = {
    "UNSPECIFIED": UNEXPLAINED,
    "INVALID_CUSTOM_VARIABLE": _VARIABLE,
    "CUSTOM_VARIABLE_NOT_ENABLED": _VARIABLE,
    "EVENT_TOO_OLD": _TOO_OLD,
    "DENIED_CONSENT": _CONSENT_DENIED,
    "NO_CONSENT": _NO_CONSENT,
    "UNKNOWN_CONSENT": _NO_CONSENT,
    "DUPLICATE_GCLID": _COUNTED_BEFORE,
    "DUPLICATE_TRANSACTION_ID": _COUNTED_BEFORE,
    "INVALID_GBRAID": _DAMAGED,
    "INVALID_GCLID": _DAMAGED,
    "INVALID_MERCHANT_ID": _REFUSED,
    "INVALID_WBRAID": _DAMAGED,
    "INTERNAL_ERROR": _PASSING,
    "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED": _TERMS,
    "INVALID_EVENT": _REFUSED,
    "INSUFFICIENT_MATCHED_TRANSACTIONS": _TOO_FEW,
    "INSUFFICIENT_TRANSACTIONS": _TOO_FEW,
    "INVALID_FORMAT": _REFUSED,
    "DECRYPTION_ERROR": _ENCRYPTION,
    "DEK_DECRYPTION_ERROR": _ENCRYPTION,
    "INVALID_WIP": _ENCRYPTION,
    "INVALID_KEK": _ENCRYPTION,
    "WIP_AUTH_FAILED": _ENCRYPTION,
    "KEK_PERMISSION_DENIED": _ENCRYPTION,
    "AWS_AUTH_FAILED": _ENCRYPTION,
    "USER_IDENTIFIER_DECRYPTION_ERROR": _ENCRYPTION,
    "OPERATING_ACCOUNT_MISMATCH_FOR_AD_IDENTIFIER": _ANOTHER_ACCOUNT,
    "ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID": _ONE_PER_CLICK,
    "MATCH_ID_NOT_FOUND": _NO_USER,
    "USER_ID_NOT_FOUND_FOR_MATCH_ID": _NO_USER,
    "USER_ID_NOT_FOUND_FOR_GCLID": _NO_USER,
    "USER_ID_NOT_FOUND_FOR_DCLID": _NO_USER,
    "INVALID_AD_IDENTIFIERS": _DAMAGED,
    "INVALID_MOBILE_ID_FORMAT": _REFUSED,
    "ORIGINAL_CONVERSIONS_NOT_FOUND": _NO_ORIGINAL,
    "EVENT_ID_DECODE_ERROR": _DAMAGED,
    "USER_ID_NOT_FOUND_FOR_IMPRESSION_ID": _NO_USER,
    "USER_ID_NOT_FOUND": _NO_USER,
    "CONVERSION_PRECEDES_CLICK": _BEFORE_CLICK,
    "TOO_RECENT_CLICK": _TOO_RECENT,
    "INVALID_CLICK": _NO_CLICK,
    "INVALID_OPERATING_ACCOUNT_FOR_CLICK": _ANOTHER_ACCOUNT,
    "CLICK_NOT_FOUND": _NO_CLICK,
    "EXTERNAL_ATTRIBUTION_DATA_MISSING": _EXTERNAL,
}
"""What each reason means."""


def short(reason: str) -> str:
    """A reason without the prefix of its enum."""
    for prefix in _PREFIXES:
        if reason.startswith(prefix):
            return reason.removeprefix(prefix)
    return reason


def meaning_of(reason: str) -> Meaning:
    """What a reason means; one that is newer than this table is unexplained."""
    return BY_REASON.get(reason, UNEXPLAINED)


KEPT_FOR = timedelta(days=50)
"""How long after a request its status can be had: "approximately 50 days" (``ErrorReason.REQUEST_TOO_OLD``)."""

GONE = {
    "INVALID_REQUEST_ID": "Google does not know the request, or these credentials may not see it",
    "REQUEST_TOO_OLD": "Google keeps the status of a request for about 50 days",
}
"""Refusals to tell the status of a request which no later question will get an answer to."""


def gone(reason: str) -> Processing:
    """The end of asking for a request, by one of :data:`GONE`."""
    return Processing(reason.lower(), final=True, message=GONE[reason], leaves_open=True)

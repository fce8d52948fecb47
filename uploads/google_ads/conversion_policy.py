"""Every ``ConversionUploadError`` and ``ConversionAdjustmentUploadError`` of v26, and what it calls for.

https://developers.google.com/google-ads/api/reference/rpc/v26/ConversionUploadErrorEnum.ConversionUploadError
https://developers.google.com/google-ads/api/reference/rpc/v26/ConversionAdjustmentUploadErrorEnum.ConversionAdjustmentUploadError
"""

from __future__ import annotations

from collections.abc import Mapping

from uploads.google_ads.policy import RowPolicy, alone, done, held, held_alone, later, misshapen, refused

_NEW_ACTION = later("the conversion action is less than six hours old; a later run sends it again")
_EXISTS = done("Google has this conversion already")
_ANOTHER = refused(
    "duplicate of another conversion of the same click and time: Google keeps the one that it has"
)
_UNMATCHED = refused(
    "unmatched: the conversion belongs to no ad click, which is usual for people who saw no ad"
)
_BESIDE = alone("another row of the request has the same order id, or the same click and time")
_TOO_LATE = refused("the click is older than the conversion action's window: send conversions more often")
_PRECEDES = misshapen(
    "the conversion is older than its click: check the client's timezone and the stage's time where it concerns many"
)
_NOT_TRACKED = refused("the account did not track conversions when the click happened")
_CLICK_ID = misshapen("the click id is damaged: check that it is stored in full")
_PII = misshapen("Google sees personal data where an id is expected")
_IDENTIFIER = misshapen("Google refuses a hashed identifier")
_OTHER_ACCOUNT = held_alone("the click belongs to another account: check customer_id and login_customer_id")
_ATTRIBUTION = held_alone("the conversion action uses external attribution, which Closedwon does not send")
_ACTION = held_alone(
    "there is no such conversion action: check its id, and that customer_id is the account that owns it"
)
_ACTION_TYPE = held_alone("the conversion action takes no uploads: it must be of the type import from clicks")
_TERMS = held("accept the customer data terms in the conversion settings of the account")
_PROHIBITED = held("Google's customer data policy keeps this account from enhanced conversions: ask Google")
_ENHANCED = held("turn on enhanced conversions for leads in the conversion settings of the account")
_TOO_MANY = misshapen("the request was too long; please report")
_JOB = misshapen("the request's job id was refused; please report")

CONVERSION: Mapping[str, RowPolicy] = {
    "TOO_MANY_CONVERSIONS_IN_REQUEST": _TOO_MANY,
    "INVALID_JOB_ID": _JOB,
    "TOO_RECENT_EVENT": later("the click is less than six hours old; a later run sends the conversion again"),
    "TOO_RECENT_CALL": later("the call is less than six hours old; a later run sends the conversion again"),
    "TOO_RECENT_CONVERSION_ACTION": _NEW_ACTION,
    "CLICK_CONVERSION_ALREADY_EXISTS": _ANOTHER,
    "CALL_CONVERSION_ALREADY_EXISTS": _ANOTHER,
    "ORDER_ID_ALREADY_IN_USE": _EXISTS,
    "CLICK_NOT_FOUND": _UNMATCHED,
    "EVENT_NOT_FOUND": _UNMATCHED,
    "CALL_NOT_FOUND": _UNMATCHED,
    "DUPLICATE_ORDER_ID": _BESIDE,
    "DUPLICATE_CLICK_CONVERSION_IN_REQUEST": _BESIDE,
    "DUPLICATE_CALL_CONVERSION_IN_REQUEST": _BESIDE,
    "UNPARSEABLE_GCLID": _CLICK_ID,
    "UNPARSEABLE_WBRAID": _CLICK_ID,
    "UNPARSEABLE_GBRAID": _CLICK_ID,
    "UNPARSEABLE_CALLERS_PHONE_NUMBER": misshapen("Google cannot read the caller's phone number"),
    "GBRAID_WBRAID_BOTH_SET": misshapen("a gbraid and a wbraid exclude each other"),
    "CONVERSION_PRECEDES_EVENT": _PRECEDES,
    "CONVERSION_PRECEDES_CALL": _PRECEDES,
    "EXPIRED_EVENT": _TOO_LATE,
    "EXPIRED_CALL": _TOO_LATE,
    "INVALID_USER_IDENTIFIER": _IDENTIFIER,
    "UNSUPPORTED_USER_IDENTIFIER": _IDENTIFIER,
    "ORDER_ID_CONTAINS_PII": _PII,
    "CUSTOM_VARIABLE_VALUE_CONTAINS_PII": _PII,
    "CONVERSION_NOT_COMPLIANT_WITH_ATT_POLICY": refused(
        "the person did not consent to tracking (Apple's ATT)"
    ),
    "CONVERSION_TRACKING_NOT_ENABLED_AT_IMPRESSION_TIME": _NOT_TRACKED,
    "CONVERSION_TRACKING_NOT_ENABLED_AT_CALL_TIME": _NOT_TRACKED,
    "UNAUTHORIZED_CUSTOMER": _OTHER_ACCOUNT,
    "INVALID_CUSTOMER_FOR_CLICK": _OTHER_ACCOUNT,
    "INVALID_CUSTOMER_FOR_CALL": _OTHER_ACCOUNT,
    "EXTERNAL_ATTRIBUTION_DATA_SET_FOR_NON_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION": _ATTRIBUTION,
    "EXTERNAL_ATTRIBUTION_DATA_NOT_SET_FOR_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION": _ATTRIBUTION,
    "ORDER_ID_NOT_PERMITTED_FOR_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION": _ATTRIBUTION,
    "EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION_NOT_PERMITTED_WITH_USER_IDENTIFIER": _ATTRIBUTION,
    "CUSTOM_VARIABLE_NOT_ENABLED": held("enable the custom variable in the account's conversion settings"),
    "ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID": held_alone(
        "clicks with a gbraid or wbraid need a conversion action that counts every conversion: change its"
        " counting from one to every"
    ),
    "CUSTOMER_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS": _PROHIBITED,
    "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS": _TERMS,
    "CUSTOMER_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS": _ENHANCED,
    "NO_CONVERSION_ACTION_FOUND": _ACTION,
    "INVALID_CONVERSION_ACTION_TYPE": _ACTION_TYPE,
}

UNMATCHED = frozenset(code for code, policy in CONVERSION.items() if policy is _UNMATCHED)
"""Codes of conversions that are in order, but belong to no ad click."""

COUNTED_BY_AN_EARLIER_TRY: Mapping[str, RowPolicy] = {
    code: _EXISTS for code, policy in CONVERSION.items() if policy is _ANOTHER
}
"""Of a request that was made before and got no answer: the other conversion may be this one.

Otherwise it is not: Google would know this one by its order id.
"""

_SUPERSEDED = done("Google has this change, or a later one, already")
_NOT_ENHANCED = misshapen("Closedwon sends no enhancements; please report")

ADJUSTMENT: Mapping[str, RowPolicy] = {
    "TOO_MANY_ADJUSTMENTS_IN_REQUEST": _TOO_MANY,
    "INVALID_JOB_ID": _JOB,
    "TOO_RECENT_CONVERSION_ACTION": _NEW_ACTION,
    "TOO_RECENT_CONVERSION": later(
        "the conversion is less than a day old; a later run sends its change again"
    ),
    "CONVERSION_NOT_FOUND": later(
        "Google does not know the conversion yet; a later run sends its change again"
    ),
    "CONVERSION_ALREADY_RETRACTED": refused("the conversion was retracted, and takes no new value any more"),
    "MORE_RECENT_RESTATEMENT_FOUND": _SUPERSEDED,
    "RESTATEMENT_ALREADY_EXISTS": _SUPERSEDED,
    "CONVERSION_ALREADY_ENHANCED": _NOT_ENHANCED,
    "DUPLICATE_ADJUSTMENT_IN_REQUEST": alone("another row of the request changes the same conversion"),
    "DUPLICATE_ENHANCEMENT_IN_REQUEST": _NOT_ENHANCED,
    "CONVERSION_EXPIRED": refused("the conversion is more than 54 days old, and takes no new value any more"),
    "ADJUSTMENT_PRECEDES_CONVERSION": refused("the change is older than its conversion"),
    "TOO_MANY_ADJUSTMENTS": refused("the conversion was changed as often as Google allows"),
    "ORDER_ID_CONTAINS_PII": _PII,
    "INVALID_USER_IDENTIFIER": _IDENTIFIER,
    "UNSUPPORTED_USER_IDENTIFIER": _IDENTIFIER,
    "GCLID_DATE_TIME_PAIR_AND_ORDER_ID_BOTH_SET": misshapen("a conversion was named twice; please report"),
    "MISSING_ORDER_ID_FOR_WEBPAGE": misshapen("the change had no order id; please report"),
    "CANNOT_RESTATE_CONVERSION_ACTION_THAT_ALWAYS_USES_DEFAULT_CONVERSION_VALUE": held_alone(
        "the conversion action always uses its default value: let it use different values, so that real ones count"
    ),
    "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS": _TERMS,
    "CUSTOMER_DATA_POLICY_PROHIBITS_ENHANCEMENT": _PROHIBITED,
    "CONVERSION_ACTION_NOT_ELIGIBLE_FOR_ENHANCEMENT": _NOT_ENHANCED,
    "NO_CONVERSION_ACTION_FOUND": _ACTION,
    "INVALID_CONVERSION_ACTION_TYPE": _ACTION_TYPE,
}

"""Errors of reading an account and of creating conversion actions in it, and what each calls for.

https://developers.google.com/google-ads/api/reference/rpc/v26/ConversionActionErrorEnum.ConversionActionError
https://developers.google.com/google-ads/api/reference/rpc/v26/QueryErrorEnum.QueryError
"""

from __future__ import annotations

from collections.abc import Mapping

from uploads.google_ads.policy import RowPolicy, held_alone, misshapen

_NOT_OURS = misshapen("Closedwon creates no conversion action for which that matters; please report")
_QUERY = misshapen("Google could not read the query; please report its code")

CONVERSION_ACTION: Mapping[str, RowPolicy] = {
    "DUPLICATE_NAME": held_alone("another conversion action of the account has this name already: rename it"),
    "DUPLICATE_APP_ID": _NOT_OURS,
    "TWO_CONVERSION_ACTIONS_BIDDING_ON_SAME_APP_DOWNLOAD": _NOT_OURS,
    "BIDDING_ON_SAME_APP_DOWNLOAD_AS_GLOBAL_ACTION": _NOT_OURS,
    "DATA_DRIVEN_MODEL_WAS_NEVER_GENERATED": _NOT_OURS,
    "DATA_DRIVEN_MODEL_EXPIRED": _NOT_OURS,
    "DATA_DRIVEN_MODEL_STALE": _NOT_OURS,
    "DATA_DRIVEN_MODEL_UNKNOWN": _NOT_OURS,
    "CREATION_NOT_SUPPORTED": held_alone(
        "Google does not let this account create such an action here: create it in Google Ads, of the type import"
        " from clicks"
    ),
    "UPDATE_NOT_SUPPORTED": _NOT_OURS,
    "CANNOT_SET_RULE_BASED_ATTRIBUTION_MODELS": _NOT_OURS,
}

BY_ENUM: Mapping[str, RowPolicy] = {
    "query_error": _QUERY,
    "mutate_error": held_alone(
        "Google does not let this account's conversion actions be changed: use the account that manages its"
        " conversions"
    ),
    "resource_count_limit_exceeded_error": held_alone(
        "the account has as many conversion actions as Google allows: remove one that is not used"
    ),
}

"""Errors that any request of the Google Ads API may meet, by the field of ``ErrorCode`` and by gRPC status.

https://developers.google.com/google-ads/api/docs/best-practices/error-types
"""

from __future__ import annotations

from collections.abc import Mapping

import grpc  # type: ignore[import-untyped]

from uploads.google_ads import account_policy
from uploads.google_ads.conversion_policy import ADJUSTMENT, CONVERSION
from uploads.google_ads.policy import RowPolicy, held, held_alone, misshapen, passing

CLOSED = held(
    "Google closed conversion uploads through the Google Ads API to new users on 15 June 2026, and this account or"
    " Cloud project is not among those that may go on: set via: data_manager"
)
UNANSWERED = passing("Google did not confirm every row of the request")

_PASSING = passing("Google had a passing fault")
_QUOTA = passing("a quota of the Google Ads API is used up", throttled=True)
_PROHIBITED = held(
    "the Google Ads API does not let this Cloud project write to accounts: check its access level"
)
_CREDENTIALS = held("the credentials were refused: make a new key, then run sync again")
_ACCESS = held(
    "the credentials may not write to this account: give their service account access in Google Ads, and check"
    " customer_id and login_customer_id"
)
_PROJECT = held(
    "the credentials' Cloud project may not use the Google Ads API: enable it there, or ask for access"
)
_SIGN_IN = held("the credentials' Google account needs a stronger sign-in (2-step verification): turn it on")
_ACCOUNT = held("the account is not active, or its set-up or terms are not completed: see Google Ads")
_ACCOUNT_ID = held("Google does not know the account: check customer_id")
_LOGIN = held("login_customer_id must be a manager account of customer_id, or be left out")
_REQUEST = misshapen("Google could not read the request; please report its code")
_FORM = misshapen("Google refuses a value of the event")
_VERSION = held("Google no longer answers this version of its API: update Closedwon")
_STRANGER = held_alone("a code that Closedwon does not know; please report it")

_AUTHENTICATION: Mapping[str, RowPolicy] = {
    "AUTHENTICATION_ERROR": _CREDENTIALS,
    "CLIENT_CUSTOMER_ID_INVALID": _ACCOUNT_ID,
    "CUSTOMER_NOT_FOUND": _ACCOUNT_ID,
    "GOOGLE_ACCOUNT_DELETED": _CREDENTIALS,
    "GOOGLE_ACCOUNT_COOKIE_INVALID": _CREDENTIALS,
    "GOOGLE_ACCOUNT_AUTHENTICATION_FAILED": _CREDENTIALS,
    "GOOGLE_ACCOUNT_USER_AND_ADS_USER_MISMATCH": _CREDENTIALS,
    "LOGIN_COOKIE_REQUIRED": _CREDENTIALS,
    "NOT_ADS_USER": _ACCESS,
    "OAUTH_TOKEN_INVALID": _CREDENTIALS,
    "OAUTH_TOKEN_EXPIRED": passing("the access token ran out; a new one is fetched"),
    "OAUTH_TOKEN_DISABLED": _CREDENTIALS,
    "OAUTH_TOKEN_REVOKED": _CREDENTIALS,
    "OAUTH_TOKEN_HEADER_INVALID": _CREDENTIALS,
    "LOGIN_COOKIE_INVALID": _CREDENTIALS,
    "INVALID_EMAIL_ADDRESS": _CREDENTIALS,
    "USER_ID_INVALID": _CREDENTIALS,
    "TWO_STEP_VERIFICATION_NOT_ENROLLED": _SIGN_IN,
    "ADVANCED_PROTECTION_NOT_ENROLLED": _SIGN_IN,
    "ORGANIZATION_NOT_RECOGNIZED": _PROJECT,
    "ORGANIZATION_NOT_APPROVED": _PROJECT,
    "ORGANIZATION_NOT_ASSOCIATED_WITH_DEVELOPER_TOKEN": _PROJECT,
    "DEVELOPER_TOKEN_INVALID": held("Google refuses the developer token: leave developer_token out"),
}

_AUTHORIZATION: Mapping[str, RowPolicy] = {
    "USER_PERMISSION_DENIED": _ACCESS,
    "DEVELOPER_TOKEN_NOT_ON_ALLOWLIST": CLOSED,
    "DEVELOPER_TOKEN_PROHIBITED": _PROJECT,
    "PROJECT_DISABLED": _PROJECT,
    "AUTHORIZATION_ERROR": _ACCESS,
    "ACTION_NOT_PERMITTED": _ACCESS,
    "INCOMPLETE_SIGNUP": _ACCOUNT,
    "CUSTOMER_NOT_ENABLED": _ACCOUNT,
    "MISSING_TOS": _ACCOUNT,
    "DEVELOPER_TOKEN_NOT_APPROVED": _PROJECT,
    "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION": _PROJECT,
    "INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION": _LOGIN,
    "SERVICE_ACCESS_DENIED": _ACCESS,
    "ACCESS_DENIED_FOR_ACCOUNT_TYPE": _ACCESS,
    "METRIC_ACCESS_DENIED": _ACCESS,
    "CLOUD_PROJECT_NOT_UNDER_ORGANIZATION": _PROJECT,
    "ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT": _ACCOUNT,
}

_QUOTAS: Mapping[str, RowPolicy] = {
    "RESOURCE_EXHAUSTED": _QUOTA,
    "ACCESS_PROHIBITED": _PROHIBITED,
    "RESOURCE_TEMPORARILY_EXHAUSTED": _QUOTA,
    "EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION": _QUOTA,
    "EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION": _QUOTA,
    "PAYMENTS_PROFILE_ACTIVATION_RATE_LIMIT_EXCEEDED": _QUOTA,
}

_INTERNAL: Mapping[str, RowPolicy] = {
    "INTERNAL_ERROR": _PASSING,
    "ERROR_CODE_NOT_PUBLISHED": _STRANGER,
    "TRANSIENT_ERROR": _PASSING,
    "DEADLINE_EXCEEDED": _PASSING,
}

_REQUESTS: Mapping[str, RowPolicy] = {
    "RESOURCE_NAME_MISSING": _REQUEST,
    "RESOURCE_NAME_MALFORMED": _REQUEST,
    "BAD_RESOURCE_ID": _REQUEST,
    "INVALID_CUSTOMER_ID": _ACCOUNT_ID,
    "OPERATION_REQUIRED": _REQUEST,
    "RESOURCE_NOT_FOUND": _REQUEST,
    "INVALID_PAGE_TOKEN": _REQUEST,
    "EXPIRED_PAGE_TOKEN": _REQUEST,
    "INVALID_PAGE_SIZE": _REQUEST,
    "PAGE_SIZE_NOT_SUPPORTED": _REQUEST,
    "REQUIRED_FIELD_MISSING": _REQUEST,
    "IMMUTABLE_FIELD": _REQUEST,
    "TOO_MANY_MUTATE_OPERATIONS": _REQUEST,
    "TOO_MANY_ACTION_OPERATIONS": _REQUEST,
    "CANNOT_BE_EXECUTED_BY_MANAGER_ACCOUNT": held(
        "customer_id is a manager account: name the account below it"
    ),
    "CANNOT_MODIFY_FOREIGN_FIELD": _REQUEST,
    "INVALID_ENUM_VALUE": _REQUEST,
    "DEVELOPER_TOKEN_PARAMETER_MISSING": held("Google asks for a developer token: set developer_token"),
    "LOGIN_CUSTOMER_ID_PARAMETER_MISSING": held("Google asks for the manager account: set login_customer_id"),
    "VALIDATE_ONLY_REQUEST_HAS_PAGE_TOKEN": _REQUEST,
    "CANNOT_RETURN_SUMMARY_ROW_FOR_REQUEST_WITHOUT_METRICS": _REQUEST,
    "CANNOT_RETURN_SUMMARY_ROW_FOR_VALIDATE_ONLY_REQUESTS": _REQUEST,
    "INCONSISTENT_RETURN_SUMMARY_ROW_VALUE": _REQUEST,
    "TOTAL_RESULTS_COUNT_NOT_ORIGINALLY_REQUESTED": _REQUEST,
    "RPC_DEADLINE_TOO_SHORT": held("Google asks for more time: raise timeout_seconds"),
    "UNSUPPORTED_VERSION": _VERSION,
    "CLOUD_PROJECT_NOT_FOUND": _PROJECT,
}

BY_CODE: Mapping[str, Mapping[str, RowPolicy]] = {
    "conversion_upload_error": CONVERSION,
    "conversion_adjustment_upload_error": ADJUSTMENT,
    "conversion_action_error": account_policy.CONVERSION_ACTION,
    "authentication_error": _AUTHENTICATION,
    "authorization_error": _AUTHORIZATION,
    "quota_error": _QUOTAS,
    "internal_error": _INTERNAL,
    "request_error": _REQUESTS,
    "header_error": {"INVALID_LOGIN_CUSTOMER_ID": _LOGIN, "INVALID_LINKED_CUSTOMER_ID": _LOGIN},
    "not_allowlisted_error": {"CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE": CLOSED},
    "partial_failure_error": {"PARTIAL_FAILURE_MODE_REQUIRED": _REQUEST},
    "database_error": {
        "CONCURRENT_MODIFICATION": _PASSING,
        "DATA_CONSTRAINT_VIOLATION": _FORM,
        "REQUEST_TOO_LARGE": _REQUEST,
    },
}
"""Enums of which every member has its own row."""

BY_ENUM: Mapping[str, RowPolicy] = {
    **dict.fromkeys(
        (
            "collection_size_error", "currency_code_error", "date_error", "date_range_error", "distinct_error",
            "enum_error", "field_error", "id_error", "not_empty_error", "null_error", "range_error",
            "string_format_error", "string_length_error", "user_data_error",
        ),
        _FORM,
    ),
    "customer_error": _ACCOUNT,
    "operation_access_denied_error": _ACCESS,
    "resource_access_denied_error": _ACCESS,
    **account_policy.BY_ENUM,
}  # fmt: skip
"""Enums whose members all call for the same."""

BY_STATUS: Mapping[grpc.StatusCode, RowPolicy] = {
    grpc.StatusCode.UNAUTHENTICATED: _CREDENTIALS,
    grpc.StatusCode.PERMISSION_DENIED: _ACCESS,
    grpc.StatusCode.UNIMPLEMENTED: _VERSION,
    grpc.StatusCode.NOT_FOUND: _VERSION,
    grpc.StatusCode.INVALID_ARGUMENT: _REQUEST,
    grpc.StatusCode.FAILED_PRECONDITION: _REQUEST,
    grpc.StatusCode.OUT_OF_RANGE: _REQUEST,
    grpc.StatusCode.RESOURCE_EXHAUSTED: _QUOTA,
}
"""A refusal without a code of Google's own; any other status is a passing fault."""


def policy_of(enum: str, name: str) -> RowPolicy:
    """What the member ``name`` of the enum in the field ``enum`` of ``ErrorCode`` calls for."""
    return BY_CODE.get(enum, {}).get(name) or BY_ENUM.get(enum) or _STRANGER


def policy_of_status(status: grpc.StatusCode | None) -> RowPolicy:
    """What a refusal calls for that has no code of Google's own."""
    return BY_STATUS.get(status, _PASSING)

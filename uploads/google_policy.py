"""The Data Manager API's request errors and what each calls for.

The reasons are those of ``google.ads.datamanager_v1.types.ErrorReason``, most of which speak of licences, links and
reports, that Closedwon never asks for; and those of ``google.api.ErrorReason``, which any Google API may give,
that ask for something else than their HTTP status does:
https://developers.google.com/data-manager/api/reference/rpc/google.ads.datamanager.v1#errorreason
"""

from __future__ import annotations

from uploads.errors import UNKNOWN, Action, Policy

CREDENTIALS = Policy(Action.HOLD, "the credentials were refused: make a new key, then run sync again")
DESTINATION = Policy(
    Action.HOLD,
    "Google refuses the conversion action or audience: check its id, and that customer_id is the account that owns it",
    ends_lane=False,
)
EVENT = Policy(Action.ISOLATE, "Google refuses the event")
NO_TOKEN = Policy(Action.RETRY, "no access token could be fetched from Google")
NOT_CONFIRMED = Policy(Action.RETRY, "Google did not confirm the request")
QUOTA_OF_THE_DAY = Policy(
    Action.RETRY,
    "the project's requests of this day are used up (100,000); the quota is renewed at midnight in California",
    throttled=True,
)

_TRANSIENT = Policy(Action.RETRY, "Google had a passing fault")
_QUOTA = Policy(
    Action.RETRY, "the project's request quota is used up (300 a minute, 100,000 a day)", throttled=True
)
_TOO_YOUNG = Policy(
    Action.RETRY_ONCE,
    "the conversion action was created too recently: Google takes conversions for it some hours later",
    ends_lane=False,
)
_ACCESS = Policy(
    Action.HOLD,
    "the credentials may not write to this account: give their service account access in Google Ads, and check"
    " customer_id and login_customer_id",
)
_DISABLED = Policy(Action.HOLD, "the Data Manager API is not enabled in the credentials' Cloud project")
_PROJECT = Policy(
    Action.HOLD,
    "the credentials' Cloud project may not be used: check its billing and state in the Cloud console",
)
_SETUP = Policy(Action.HOLD, "the account or the conversion action is not ready for uploads: see the reason")
_TERMS = Policy(
    Action.HOLD,
    "terms are not accepted: in Google Ads, under Goals > Settings, accept the customer data terms and turn on"
    " enhanced conversions for leads; for audiences, accept the Customer Match terms in Audience manager",
)
_PROHIBITED = Policy(
    Action.HOLD,
    "Google's customer data policies do not allow this account enhanced conversions: ask its representative",
)
_NOT_ALLOWED = Policy(
    Action.HOLD, "Google must allow the account this kind of upload first: ask its representative"
)
_POLITICAL = Policy(
    Action.HOLD, "the account's campaigns need the declaration on EU political advertising, in Google Ads"
)
_CONTENTS = Policy(Action.ISOLATE, "Google refuses a value of the event or member: see the reason")
_IDENTIFIER = Policy(Action.ISOLATE, "Google refuses an identifier of the event or member", blames_event=True)
_TIME = Policy(
    Action.ISOLATE,
    "the event is too old for Google, or lies in the future: check the client's timezone where it concerns many",
)
_FOREIGN_CLICK = Policy(
    Action.ISOLATE,
    "the click id belongs to the ads of another account: check customer_id where it concerns many",
)
_MEMBER = Policy(Action.ISOLATE, "Google refuses the member of the audience")
_LIST = Policy(
    Action.HOLD,
    "Google refuses the audience: it must be a Customer Match list of contact information that customer_id owns and"
    " may change",
    ends_lane=False,
)
_LIST_NAME = Policy(
    Action.HOLD,
    "Google refuses the audience's name: give it another one in the client's file",
    ends_lane=False,
)
_MEMBERSHIP = Policy(
    Action.HOLD, "Google keeps members for 540 days at most: set fewer days for the audience", ends_lane=False
)
_NO_CUSTOMER_MATCH = Policy(
    Action.HOLD,
    "Google does not let the account use Customer Match: see its policy and payment history in Google Ads",
    ends_lane=False,
)
_NOT_OURS = Policy(
    Action.HOLD,
    "Google speaks of something that Closedwon does not send (licences, links, reports); please report the reason",
)

_REASONS: dict[Policy, str] = {
    _TRANSIENT: "INTERNAL_ERROR DEADLINE_EXCEEDED",
    _QUOTA: "RESOURCE_EXHAUSTED RATE_LIMIT_EXCEEDED RESOURCE_QUOTA_EXCEEDED",
    _TOO_YOUNG: "CONVERSION_ACTION_TOO_RECENTLY_CREATED",
    CREDENTIALS: """
        ACCESS_TOKEN_EXPIRED ACCESS_TOKEN_TYPE_UNSUPPORTED CREDENTIALS_MISSING CREDENTIAL_TYPE_UNSUPPORTED
        JWT_TOKEN_INVALID ACCOUNT_STATE_INVALID ACCOUNT_TYPE_UNSUPPORTED
    """,
    _DISABLED: "SERVICE_DISABLED SERVICE_NOT_VISIBLE",
    _PROJECT: "BILLING_DISABLED CONSUMER_SUSPENDED CONSUMER_INVALID USER_PROJECT_DENIED GCP_SUSPENDED",
    _ACCESS: """
        PERMISSION_DENIED IAM_PERMISSION_DENIED ACCESS_TOKEN_SCOPE_INSUFFICIENT OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH
        DESTINATION_ACCOUNT_TYPE_MISMATCH MISMATCHED_ACCOUNT_TYPE INVALID_CLIENT_ACCOUNT_ID
    """,
    _SETUP: "NOT_FOUND DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS",
    _TERMS: """
        TERMS_AND_CONDITIONS_NOT_SIGNED DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED
        ADVERTISER_TOS_NOT_ACCEPTED
    """,
    _PROHIBITED: "DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS",
    _NOT_ALLOWED: "NOT_ALLOWLISTED ACCOUNT_INELIGIBLE_FOR_STORE_SALES",
    _POLITICAL: "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED",
    DESTINATION: """
        INVALID_DESTINATION INVALID_CONVERSION_ACTION_ID INVALID_CONVERSION_ACTION_TYPE
        EVENT_SOURCE_AND_DESTINATION_MISMATCH DUPLICATE_DESTINATION_REFERENCE TOO_MANY_DESTINATIONS
    """,
    EVENT: "INVALID_ARGUMENT TOO_MANY_EVENTS TOO_MANY_ELEMENTS TOO_FEW_ELEMENTS",
    _TIME: "EVENT_TIME_INVALID",
    _FOREIGN_CLICK: "INVALID_AD_IDENTIFIER_FOR_ACCOUNT",
    _CONTENTS: """
        REQUIRED_FIELD_MISSING INVALID_FORMAT INVALID_POSTAL_CODE INVALID_COUNTRY_CODE INVALID_REGION_CODE
        INVALID_ENUM_VALUE INVALID_NUMBER_FORMAT INVALID_CURRENCY_CODE INVALID_EVENT FIELD_VALUE_TOO_LONG
        FIELD_VALUE_TOO_SHORT
    """,
    _IDENTIFIER: """
        INVALID_HEX_ENCODING INVALID_BASE64_ENCODING INVALID_SHA256_FORMAT NO_IDENTIFIERS_PROVIDED
        TOO_MANY_USER_IDENTIFIERS
    """,
    _MEMBER: "INVALID_AUDIENCE_MEMBER TOO_MANY_AUDIENCE_MEMBERS MULTIPLE_DATA_TYPES_NOT_ALLOWED",
    _LIST_NAME: """
        ALREADY_EXISTS INVALID_DISPLAY_NAME DISPLAY_NAME_ALREADY_USED USER_LIST_NAME_RESERVED INVALID_DESCRIPTION
    """,
    _MEMBERSHIP: "MEMBERSHIP_DURATION_TOO_LONG",
    _NO_CUSTOMER_MATCH: """
        ADVERTISER_NOT_ALLOWLISTED_FOR_UPLOADED_DATA USER_LIST_TYPE_NOT_SUPPORTED_FOR_ACCOUNT
        UNSUPPORTED_ACCOUNT_TYPES_FOR_USER_LIST_TYPE
    """,
    _LIST: """
        INVALID_USER_LIST_TYPE INVALID_USER_LIST_ID IMMUTABLE_FIELD_FOR_UPDATE INVALID_RESOURCE_NAME INVALID_FILTER
        INVALID_UPDATE_MASK INVALID_PAGE_TOKEN OWNERSHIP_REQUIRED_FOR_UPDATE USER_LIST_MUTATION_NOT_SUPPORTED
        SENSITIVE_USER_LIST_IMMUTABLE UNSUPPORTED_USER_LIST_UPLOAD_KEY_TYPES
        UNSUPPORTED_INGESTED_USER_LIST_INFO_CONFIG
    """,
    _NOT_OURS: """
        ERROR_REASON_UNSPECIFIED DATA_PARTNER_USER_LIST_MUTATE_NOT_ALLOWED INVALID_MOBILE_ID_FORMAT
        DIFFERENT_LOGIN_ACCOUNTS_NOT_ALLOWED_FOR_DATA_PARTNER UNSUPPORTED_OPERATING_ACCOUNT_FOR_DATA_PARTNER
        UNSUPPORTED_LINKED_ACCOUNT_FOR_DATA_PARTNER INVALID_PROPERTY_TYPE INVALID_STREAM_TYPE
        LINKED_ACCOUNT_ONLY_ALLOWED_WITH_DATA_PARTNER_LOGIN_ACCOUNT RESERVED_NAME_USED INVALID_EVENT_NAME
        INVALID_REQUEST_ID REQUEST_TOO_OLD MULTIPLE_DESTINATIONS_FOR_GOOGLE_ANALYTICS_EVENT
        CANNOT_UPDATE_DISABLED_LICENSE CANNOT_CREATE_LICENSE_FOR_SENSITIVE_USERLIST INSUFFICIENT_COST
        CANNOT_DISABLE_LICENSE PRICING_ONLY_ZERO_COST_ALLOWED PRICE_TOO_HIGH
        CUSTOMER_NOT_ALLOWED_TO_CREATE_LICENSE INVALID_PRICING_END_DATE
        CANNOT_LICENSE_LOGICAL_LIST_WITH_LICENSED_OR_SHARED_SEGMENT
        MEDIA_SHARE_COST_NOT_ALLOWED_FOR_LICENSE_TYPE MEDIA_SHARE_COST_NOT_ALLOWED_FOR_CLIENT_CUSTOMER
        INVALID_MEDIA_SHARE_COST INVALID_COST_TYPE MEDIA_SHARE_COST_NOT_ALLOWED_FOR_NON_COMMERCE_USER_LIST
        MAX_COST_NOT_ALLOWED COMMERCE_AUDIENCE_CAN_ONLY_BE_DIRECTLY_LICENSED BILLABLE_RECORD_COUNT_IMMUTABLE
        UNSUPPORTED_PARTNER_AUDIENCE_SOURCE COMMERCE_PARTNER_NOT_ALLOWED UNSUPPORTED_PARTNER_AUDIENCE_INFO
        PARTNER_MATCH_FOR_MANAGER_ACCOUNT_DISALLOWED
        DATA_PARTNER_NOT_ALLOWLISTED_FOR_THIRD_PARTY_PARTNER_DATA
        ADVERTISER_NOT_ALLOWLISTED_FOR_THIRD_PARTY_PARTNER_DATA INVALID_COMMERCE_PARTNER
        CUSTOMER_NOT_ALLOWLISTED_FOR_COMMERCE_AUDIENCE UNSUPPORTED_ACCOUNT_TYPE_FOR_PARTNER_LINK
        INVALID_MERCHANT_ID INVALID_MERCHANT_FEED_LANGUAGE_CODE INVALID_SUBDIVISION_CODE
        INVALID_SUBCONTINENT_CODE INVALID_CONTINENT_CODE INVALID_DEVICE_CATEGORY
        BOTH_CLIENT_ID_AND_APP_INSTANCE_ID_NOT_ALLOWED
        GOOGLE_ANALYTICS_SUBPROPERTY_OR_ROLLUP_PROPERTY_NOT_ALLOWED THIRD_PARTY_USER_DATA_NOT_ALLOWED
        INVALID_COUPON_CODE CUSTOM_VARIABLE_VALUE_CONTAINS_PII CUSTOM_VARIABLE_NOT_ENABLED
        INVALID_CUSTOM_VARIABLE_VALUE CUSTOM_VARIABLE_NOT_FOUND TOO_MANY_USERS
        BASELINE_LOCATION_AUTO_DETECTION_FAILED INSIGHTS_MISSING_FOR_DIMENSION
        REQUIRED_PREREQUISITE_LINK_MISSING INVALID_REMOVE_AS_OF_TIME
    """,
}

BY_REASON = {reason: policy for policy, reasons in _REASONS.items() for reason in reasons.split()}
"""What each reason calls for."""

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
    if reason in BY_REASON:
        return BY_REASON[reason]
    return _BY_STATUS.get(status or 0, UNKNOWN)

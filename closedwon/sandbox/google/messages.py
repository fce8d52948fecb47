"""The API's messages as JSON: which fields exist, under both names that Google's JSON accepts.

Pages: the REST references of ``events``, ``audienceMembers`` and ``userLists``. Unknown fields are refused, enums come
as names or as the integers of ``$alt=json;enum-encoding=int``, as Google's own client sends them.
"""

from __future__ import annotations

import json
from typing import Any

from closedwon.sandbox.google.errors import malformed

_LEAF = ""

MESSAGES: dict[str, dict[str, str]] = {
    "IngestEventsRequest": {
        "destinations": "Destination",
        "events": "Event",
        "consent": "Consent",
        "validateOnly": _LEAF,
        "encoding": _LEAF,
        "encryptionInfo": _LEAF,
    },
    "IngestAudienceMembersRequest": {
        "destinations": "Destination",
        "audienceMembers": "AudienceMember",
        "consent": "Consent",
        "validateOnly": _LEAF,
        "encoding": _LEAF,
        "encryptionInfo": _LEAF,
        "termsOfService": "TermsOfService",
    },
    "RemoveAudienceMembersRequest": {
        "destinations": "Destination",
        "audienceMembers": "AudienceMember",
        "validateOnly": _LEAF,
        "encoding": _LEAF,
        "encryptionInfo": _LEAF,
    },
    "TermsOfService": {"customerMatchTermsOfServiceStatus": _LEAF},
    "AudienceMember": {
        "destinationReferences": _LEAF,
        "userData": "UserData",
        "compositeData": "CompositeData",
        "pairData": _LEAF,
        "mobileData": _LEAF,
        "userIdData": _LEAF,
        "ppidData": _LEAF,
        "googleUserIdData": _LEAF,
        "partnerProvidedIdData": _LEAF,
        "consent": "Consent",
    },
    "CompositeData": {"userData": "UserData", "ipData": _LEAF},
    "UserList": {
        "name": _LEAF,
        "id": _LEAF,
        "displayName": _LEAF,
        "description": _LEAF,
        "membershipStatus": _LEAF,
        "integrationCode": _LEAF,
        "membershipDuration": _LEAF,
        "accountAccessStatus": _LEAF,
        "targetNetworkInfo": _LEAF,
        "ingestedUserListInfo": "IngestedUserListInfo",
    },
    "IngestedUserListInfo": {
        "uploadKeyTypes": _LEAF,
        "contactIdInfo": "ContactIdInfo",
        "mobileIdInfo": _LEAF,
        "userIdInfo": _LEAF,
        "pairIdInfo": _LEAF,
        "pseudonymousIdInfo": _LEAF,
        "partnerAudienceInfo": _LEAF,
    },
    "ContactIdInfo": {"dataSourceType": _LEAF},
    "Destination": {
        "reference": _LEAF,
        "loginAccount": "ProductAccount",
        "linkedAccount": "ProductAccount",
        "operatingAccount": "ProductAccount",
        "productDestinationId": _LEAF,
    },
    "ProductAccount": {"product": _LEAF, "accountId": _LEAF, "accountType": _LEAF},
    "Event": {
        "destinationReferences": _LEAF,
        "transactionId": _LEAF,
        "eventTimestamp": _LEAF,
        "lastUpdatedTimestamp": _LEAF,
        "userData": "UserData",
        "consent": "Consent",
        "adIdentifiers": "AdIdentifiers",
        "currency": _LEAF,
        "conversionValue": _LEAF,
        "conversionCount": _LEAF,
        "eventSource": _LEAF,
        "eventDeviceInfo": _LEAF,
        "cartData": _LEAF,
        "customVariables": _LEAF,
        "experimentalFields": _LEAF,
        "userProperties": _LEAF,
        "eventName": _LEAF,
        "clientId": _LEAF,
        "userId": _LEAF,
        "additionalEventParameters": _LEAF,
        "thirdPartyUserData": "UserData",
        "eventLocation": _LEAF,
        "appInstanceId": _LEAF,
    },
    "UserData": {"userIdentifiers": "UserIdentifier"},
    "UserIdentifier": {"emailAddress": _LEAF, "phoneNumber": _LEAF, "address": "AddressInfo"},
    "AddressInfo": {
        "givenName": _LEAF,
        "familyName": _LEAF,
        "regionCode": _LEAF,
        "postalCode": _LEAF,
        "addressLine": _LEAF,
        "city": _LEAF,
        "administrativeArea": _LEAF,
    },
    "Consent": {"adUserData": _LEAF, "adPersonalization": _LEAF},
    "AdIdentifiers": {
        "sessionAttributes": _LEAF,
        "gclid": _LEAF,
        "gbraid": _LEAF,
        "wbraid": _LEAF,
        "landingPageDeviceInfo": _LEAF,
        "mobileDeviceId": _LEAF,
        "dclid": _LEAF,
        "impressionId": _LEAF,
        "matchId": _LEAF,
        "encryptedUserIds": _LEAF,
        "ppid": _LEAF,
        "visitorPpid": _LEAF,
    },
}
"""Message to its fields; a field names the message that it holds, or nothing for a value."""

REPEATED = frozenset({"destinations", "events", "audienceMembers", "userIdentifiers"})

EVENT_SOURCES = {"WEB": 1, "APP": 2, "IN_STORE": 3, "PHONE": 4, "MESSAGE": 6, "OTHER": 5}
CONSENT_STATUSES = {"CONSENT_STATUS_UNSPECIFIED": 0, "CONSENT_GRANTED": 1, "CONSENT_DENIED": 2}
ENCODINGS = {"HEX": 1, "BASE64": 2}
ACCOUNT_TYPES = {"GOOGLE_ADS": 1}
TERMS_STATUSES = {"TERMS_OF_SERVICE_STATUS_UNSPECIFIED": 0, "ACCEPTED": 1, "REJECTED": 2}
UPLOAD_KEY_TYPES = {"CONTACT_ID": 1, "MOBILE_ID": 2, "USER_ID": 3, "PAIR_ID": 4, "PSEUDONYMOUS_ID": 5}
DATA_SOURCE_TYPES = {
    "DATA_SOURCE_TYPE_FIRST_PARTY": 1,
    "DATA_SOURCE_TYPE_THIRD_PARTY_CREDIT_BUREAU": 2,
    "DATA_SOURCE_TYPE_THIRD_PARTY_VOTER_FILE": 3,
    "DATA_SOURCE_TYPE_THIRD_PARTY_PARTNER_DATA": 4,
}


def enum_name(value: Any, names: dict[str, int]) -> str | None:
    """The name of an enum value given as name or as integer, or None for neither."""
    if isinstance(value, str):
        return value if value in names else None
    return next((name for name, number in names.items() if number == value and value is not True), None)


def parse(body: bytes) -> Any:
    """A request's body as JSON.

    Raises:
        GoogleError: it is none.
    """
    try:
        return json.loads(body)
    except ValueError:
        raise malformed("Invalid JSON payload received.") from None


def decode(message: str, given: Any, path: str = "") -> dict[str, Any]:
    """``given`` with lowerCamelCase names only; null fields are left out, as in protocol buffers.

    Raises:
        GoogleError: an unknown field, or something else than an object or list where a message stands.
    """
    if not isinstance(given, dict):
        raise malformed(f"Invalid JSON payload received. '{path or 'request'}' must be an object.", path)
    fields = MESSAGES[message]
    decoded: dict[str, Any] = {}
    for given_name, value in given.items():
        name = given_name if given_name in fields else camel_case(given_name)
        if name not in fields:
            place = f" at '{path}'" if path else ""
            problem = f'Invalid JSON payload received. Unknown name "{given_name}"{place}: Cannot find field.'
            raise malformed(problem, path or given_name)
        if value is not None:
            decoded[name] = _decode_field(fields[name], name, value, f"{path}.{name}" if path else name)
    return decoded


def _decode_field(message: str, name: str, value: Any, path: str) -> Any:
    if message == _LEAF:
        return value
    if name not in REPEATED:
        return decode(message, value, path)
    if not isinstance(value, list):
        raise malformed(f"Invalid JSON payload received. '{path}' must be a list.", path)
    return [decode(message, item, f"{path}[{index}]") for index, item in enumerate(value)]


def camel_case(name: str) -> str:
    """A field's name as Google's JSON writes it."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)

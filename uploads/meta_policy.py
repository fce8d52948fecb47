"""Meta's error codes and what each calls for.

Meta answers with ``error.code`` and ``error.error_subcode``; the HTTP status does not tell (code 190 comes as 401 or
500), nor does the text, which Meta may change. Codes and their meaning are those of
https://developers.facebook.com/docs/graph-api/guides/error-handling,
https://developers.facebook.com/docs/graph-api/overview/rate-limiting and
https://developers.facebook.com/docs/marketing-api/error-reference; subcodes 2804xxx are the Conversions API's own,
which no page lists: those with words here are the ones whose title integrators have reported.
"""

from __future__ import annotations

from collections.abc import Iterable

from uploads.errors import UNKNOWN, Action, Policy

NOT_CONFIRMED = Policy(
    Action.RETRY_ONCE_THEN_HOLD,
    "Meta did not confirm every event: ask Meta, naming the trace, then run sync again",
)
"""A resent event carries the id that Meta deduplicates on, but what it left out once it will leave out again."""


def _limit(whose: str, *, of_account: bool = False) -> Policy:
    advice = f"Meta limits the rate of requests: {whose}"
    return Policy(Action.RETRY, advice, throttled=True, of_account=of_account)


def _token(why: str) -> Policy:
    return Policy(
        Action.HOLD, f"{why}: make a new one for this dataset in Events Manager, then run sync again"
    )


def _hold(advice: str) -> Policy:
    return Policy(Action.HOLD, f"{advice}, then run sync again")


def _event(advice: str, *, nobodys_setting: bool = False) -> Policy:
    return Policy(Action.ISOLATE, advice, blames_event=nobodys_setting)


def _audience(advice: str) -> Policy:
    return Policy(Action.HOLD, f"{advice}, then run audiences again", ends_lane=False)


_TRANSIENT = Policy(Action.RETRY, "Meta had a passing fault")
_SESSION = Policy(Action.RETRY, "Meta takes no more batches in this upload's session")
_BLOCKED = Policy(
    Action.RETRY,
    "Meta has blocked this action for a while: see Account Quality in Business settings",
    throttled=True,
    of_account=True,
)
_REQUEST = Policy(Action.ISOLATE, "Meta refuses the request")
_EVENT = _event("Meta refuses the event")
_TOKEN = _token("the access token was refused")
_PERMISSION = _hold(
    "the token may not write to this dataset or ad account: give its system user access in Business settings"
)
_AUDIENCE_TERMS = _hold(
    "accept Meta's Custom Audience terms for the business that owns the ad account, as a person and not as a system "
    "user, at business.facebook.com/ads/manage/customaudiences/tos"
)
_NOT_OURS = Policy(
    Action.RETRY_ONCE_THEN_HOLD,
    "Meta answers about an ad or a post, none of which was sent: check dataset_id and api_version, and report the code",
)

_BUSINESS_USE_CASES = {
    80000: "Ads Insights",
    80001: "Pages",
    80002: "Instagram",
    80003: "Custom Audiences",
    80004: "Ads Management, which the Conversions API counts for",
    80005: "Lead Generation",
    80006: "Messenger",
    80008: "WhatsApp Business Management",
    80009: "Catalog Management",
    80014: "Catalog Batch",
}

_TOKEN_SUBCODES = {
    452: "the access token's session is no longer known",
    458: "the app was removed by the user who made the access token",
    459: "Facebook asks the user who made the access token to log in and answer its checks",
    460: "the user who made the access token has changed the password",
    463: "the access token has expired",
    464: "the user who made the access token is not confirmed",
    467: "the access token was revoked, or its user logged out",
    492: "the user who made the access token has lost the role that it needs",
}
"""Of codes 102 and 190. A system user's token has none of these weaknesses."""

_NOT_OURS_CODES = (
    506, 2606, 2607, 2615, 3018, 1340029, 1363037, 1373054, 1487007, 1487033, 1487056, 1487472, 1487566, 1487678,
    1487694, 1487831, 1487929, 1487990, 1609005, 1752129, 1815199, 1815629, 1870065, 1870088, 1870165, 1870199,
    1870219, 1870220, 1885029, 1885088, 1885183, 1885204, 1885272, 1885557, 1885621,
    1885650, 2238055, 2446149, 2446173, 2446289, 2446307, 2446347, 2446383, 2446394, 2446509, 2446580, 2446712,
    2446867, 2446880, 2490085, 2490155, 2490372, 2490427, 2490468, 2708008, 3858064, 3858082, 3858152, 3858258,
    3867105,
)  # fmt: skip

_AUDIENCES: dict[int, Policy] = {
    2650: _audience("Meta could not update the audience: see it in Ads Manager"),
    2654: _audience("Meta refuses to make the audience: see the audiences of the ad account in Ads Manager"),
    2655: _AUDIENCE_TERMS,
    2663: _AUDIENCE_TERMS,
    2664: _AUDIENCE_TERMS,
    1487301: _audience("the audience is not shared with this ad account"),
    1487366: _audience("the audience was deleted at Meta"),
    1713230: _audience(
        "Meta has blocked the audience for what it suggests of people: appeal in Audience Manager"
    ),
    1870034: _AUDIENCE_TERMS,
    1870047: _audience("Meta refuses this change of the audience, for the reason that it gives"),
    1870050: _hold("the ad account belongs to no business portfolio: add it to one in Business settings"),
    1870090: _AUDIENCE_TERMS,
    1870144: _audience("the audience is too large"),
    1870145: Policy(Action.RETRY, "Meta is still updating the audience", ends_lane=False),
    1870147: _SESSION,
    1870148: _SESSION,
    1870158: _SESSION,
    1870159: _SESSION,
}
"""What is said of audiences, by code or subcode; the last ones are documented for the replacing of all members."""

_BY_NUMBER: dict[int, Policy] = {
    **_AUDIENCES,
    1: _TRANSIENT,
    2: _TRANSIENT,
    3: _hold("the app lacks the capability for this call: add the Marketing API to it"),
    4: _limit("the app's calls within one hour are used up"),
    10: _PERMISSION,
    17: _limit("the calls of the token's user or system user are used up", of_account=True),
    32: _limit("the calls of the Page are used up"),
    100: _REQUEST,
    102: _TOKEN,
    104: _hold("Meta refuses the signature: app_secret must be that of the app which made the access token"),
    105: Policy(Action.ISOLATE, "the request has too many parameters"),
    190: _TOKEN,
    **dict.fromkeys(range(200, 300), _PERMISSION),
    270: _hold("the app has development access only: its token's user must be an admin of app and account"),
    294: _hold("the token lacks the permission ads_management"),
    341: _limit("the app's limit is reached"),
    368: _BLOCKED,
    613: _limit("too many calls to this endpoint", of_account=True),
    2500: _hold("Meta cannot read the address of the call: check dataset_id and api_version"),
    2635: _hold("this version of the Graph API is no longer served: set api_version to a newer one"),
    5000: _TRANSIENT,
    **dict.fromkeys(range(80_000, 80_100), _limit("a business use case", of_account=True)),
    **{
        code: _limit(f"the calls for {name} are used up", of_account=True)
        for code, name in _BUSINESS_USE_CASES.items()
    },
    **dict.fromkeys(_NOT_OURS_CODES, _NOT_OURS),
    1404078: _BLOCKED,
    1404163: _hold("Meta has closed advertising to this business: see Account Quality in Business settings"),
    1504022: _limit("the app's calls within one hour are used up"),
    1504039: _limit("the app's calls within one hour are used up"),
    1815694: _PERMISSION,
    1870092: _hold("accept the Meta Business Tools terms in Events Manager"),
    2804003: _event("the event is older than Meta takes", nobodys_setting=True),
    2804004: _event("the event lies in the future"),
    2804009: _event("a purchase without a value"),
    2804010: _event("a purchase without a currency"),
    2804019: _event("a parameter of the event is not as Meta wants it"),
    2804030: _hold("Meta wants to be told about Limited Data Use: set limited_data_use"),
    2804036: _event("the Meta lead id is not valid, or the lead was deleted", nobodys_setting=True),
    2804043: _event("an app's event without the device's details"),
    2804050: _event("too little customer information to match anybody", nobodys_setting=True),
    2804065: _event("the event's Page and the dataset do not belong together"),
    2804066: _event("an event name that messaging events may not have"),
    2804072: _event("the event's Page is not the one of the ad that was clicked"),
    2804087: _event("the click id of a messaging ad is not valid"),
    2859015: _BLOCKED,
    3910001: Policy(Action.RETRY, "Meta says that the account has some trouble, and to try again later"),
}
"""By code, or by a subcode of seven digits, which means the same under every code."""

_BY_PAIR: dict[tuple[int, int], Policy] = {
    (1, 99): _TRANSIENT,
    (100, 33): _hold("the dataset does not exist or the token cannot see it: check dataset_id"),
    (613, 1996): _limit("the app's volume of calls changed abruptly"),
    (613, 1487742): _limit("too many calls from the ad account", of_account=True),
    (613, 5044001): _limit("too many changes within a second", of_account=True),
    (17, 2446079): _limit("the calls of the token's user or system user are used up", of_account=True),
    **{(code, sub): _token(why) for code in (102, 190) for sub, why in _TOKEN_SUBCODES.items()},
}


def policy_for(code: int, subcode: int | None, *, transient: bool = False) -> Policy:
    """What the pair of codes calls for.

    ``transient`` is Meta's own word on a code that the table does not know. Codes below 0 are internal faults of
    Meta's; the subcode then says more.
    """
    if subcode is not None and (code, subcode) in _BY_PAIR:
        return _BY_PAIR[code, subcode]
    for number in _most_exact_first(code, subcode):
        if number in _BY_NUMBER:
            return _BY_NUMBER[number]
        if 2_804_000 <= number < 2_805_000:
            return _EVENT
    return _TRANSIENT if transient or code < 0 else UNKNOWN


def name_for(code: int, subcode: int | None) -> str:
    """What the user is told: the subcode, which Meta calls unique; where it is a small number, with its code."""
    if subcode is None or subcode <= 0:
        return str(code)
    return str(subcode) if _stands_alone(subcode) else f"{code}/{subcode}"


def policy_for_status(status: int) -> Policy:
    """What an answer without JSON calls for: a proxy or a load balancer spoke, not the Graph API."""
    if status == 413:
        return _REQUEST
    if status == 429:
        return _limit("HTTP 429")
    if status in {401, 403, 407}:
        return Policy(
            Action.HOLD, f"HTTP {status} without an answer from Meta: check the proxy and the endpoint"
        )
    return Policy(Action.RETRY, f"HTTP {status} without an answer from Meta")


def _most_exact_first(code: int, subcode: int | None) -> Iterable[int]:
    return (subcode, code) if subcode is not None and _stands_alone(subcode) else (code,)


def _stands_alone(subcode: int) -> bool:
    return subcode >= 1_000_000

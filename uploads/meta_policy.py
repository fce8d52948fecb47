"""Meta's error codes and what each calls for.

Meta answers with ``error.code`` and ``error.error_subcode``; the HTTP status does not tell (code 190 comes as 401 or
500). https://developers.facebook.com/docs/graph-api/guides/error-handling and
https://developers.facebook.com/docs/marketing-api/conversions-api/parameters
"""

from __future__ import annotations

from uploads.errors import UNKNOWN, Action, Policy

_TRANSIENT = Policy(Action.RETRY, "Meta had a passing fault")
_THROTTLED = Policy(Action.RETRY, "Meta limits the rate of requests", throttled=True)
_TOKEN = Policy(
    Action.HOLD,
    "the access token was refused: make a new one for this dataset in Events Manager, then run sync again",
)
_PERMISSION = Policy(
    Action.HOLD, "the token may not write to this dataset: give its system user access in Business settings"
)
_DATASET = Policy(Action.HOLD, "the dataset does not exist or the token cannot see it: check dataset_id")
_REQUEST = Policy(Action.ISOLATE, "Meta refuses the request")

NOT_CONFIRMED = Policy(
    Action.RETRY_ONCE_THEN_HOLD,
    "Meta did not confirm every event: ask Meta, naming the trace, then run sync again",
)
"""A resent event carries the id that Meta deduplicates on, but what it left out once it will leave out again."""


def _event(advice: str) -> Policy:
    return Policy(Action.ISOLATE, advice, blames_event=True)


_EVENT = _event("Meta refuses the event")

_BY_CODE: dict[int, Policy] = {
    1: _TRANSIENT,
    2: _TRANSIENT,
    3: _PERMISSION,
    4: _THROTTLED,
    10: _PERMISSION,
    17: _THROTTLED,
    32: _THROTTLED,
    100: _REQUEST,
    102: _TOKEN,
    190: _TOKEN,
    341: _THROTTLED,
    368: Policy(Action.RETRY, "Meta has blocked this action for a while", throttled=True),
    613: _THROTTLED,
    **dict.fromkeys(range(200, 300), _PERMISSION),
    **dict.fromkeys(range(80_000, 80_100), _THROTTLED),
}

_BY_SUBCODE: dict[tuple[int, int], Policy] = {
    (100, 33): _DATASET,
    (100, 2804003): _event("the event is older than Meta takes"),
    (100, 2804036): _event("the Meta lead id is not valid"),
    (100, 2804050): _event("too little customer information to match anybody"),
}


def policy_for(code: int, subcode: int | None) -> Policy:
    """What the pair of codes calls for; codes of 2804xxx are refusals of an event wherever Meta puts them."""
    if subcode is not None and (code, subcode) in _BY_SUBCODE:
        return _BY_SUBCODE[code, subcode]
    if any(number is not None and 2_804_000 <= number < 2_805_000 for number in (code, subcode)):
        return _EVENT
    return _BY_CODE.get(code, UNKNOWN)


def policy_for_status(status: int) -> Policy:
    """What an answer without JSON calls for: a proxy or a load balancer spoke, not the Graph API."""
    if status == 413:
        return _REQUEST
    if status == 429:
        return _THROTTLED
    if status in {401, 403, 407}:
        return Policy(
            Action.HOLD, f"HTTP {status} without an answer from Meta: check the proxy and the endpoint"
        )
    return Policy(Action.RETRY, f"HTTP {status} without an answer from Meta")

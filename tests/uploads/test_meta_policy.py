"""Every code that Meta documents has its row in the table, and one that it does not is tried once more and named."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import facebook_business
import pytest
import requests
from facebook_business import exceptions

from uploads.errors import UNKNOWN, Action, PlatformError
from uploads.meta_errors import answer_of, platform_error
from uploads.meta_policy import name_for, policy_for

GRAPH_API = (1, 2, 3, 4, 10, 17, 102, 190, *range(200, 300), 341, 368, 506, 1609005)
AUTHENTICATION_SUBCODES = (458, 459, 460, 463, 464, 467, 492)
RATE_LIMITING = (4, 17, 32, 613, 80000, 80001, 80002, 80003, 80004, 80005, 80006, 80008, 80009, 80014)
RATE_LIMITING_PAIRS = ((17, 2446079), (613, 1487742), (613, 1996), (613, 5044001), (4, 1504022), (4, 1504039))
MARKETING_API = (
    1, 4, 10, 17, 100, 102, 104, 190, 200, 294, 2606, 2607, 2615, 2654, 5000, 1340029, 1373054, 1404078, 1404163,
    1487007, 1487033, 1487056, 1487472, 1487566, 1487678, 1487831, 1487929, 1487990, 1815199, 1815629, 1815694,
    1870065, 1870088, 1870090, 1870092, 1870165, 1870199, 1870219, 1870220, 1885029, 1885088, 1885183, 1885204,
    1885272, 1885557, 1885621, 1885650, 2238055, 2446149, 2446307, 2446173, 2446289, 2446347, 2446383, 2446394,
    2446509, 2446580, 2446712, 2446867, 2446880, 2490085, 2490155, 2490372, 2490427, 2490468, 2708008, 2859015,
    3858064, 3858082, 3858152, 3867105, 3910001,
)  # fmt: skip
MARKETING_API_PAIRS = (
    (1, 99), (100, 33), (100, 1487694), (100, 1752129), (100, 3858258), (200, 1870034), (200, 1870047),
    (2654, 1713092),
)  # fmt: skip
CUSTOM_AUDIENCES = (100, 105, 190, 200, 294, 368, 2650, 2654, 2655, 2663, 2664, 80003)
CUSTOM_AUDIENCES_PAIRS = (
    (100, 1713230), (200, 1870050), (200, 1870090), (2650, 1870144), (2650, 1870145), (2650, 1870147), (2650, 1870148),
    (2650, 1870158), (2650, 1870159),
)  # fmt: skip
EDGES = (100, 104, 105, 190, 200, 270, 294, 368, 613, 2500, 2635, 3018, 80004)
CONVERSIONS_API = (
    2804001, 2804003, 2804004, 2804007, 2804008, 2804009, 2804010, 2804014, 2804016, 2804017, 2804019, 2804024,
    2804030, 2804036, 2804043, 2804048, 2804050, 2804065, 2804066, 2804072, 2804087,
)  # fmt: skip

DOCUMENTED = [
    *(
        (code, None)
        for code in sorted({*GRAPH_API, *RATE_LIMITING, *MARKETING_API, *CUSTOM_AUDIENCES, *EDGES})
    ),
    *((code, subcode) for code in (102, 190) for subcode in AUTHENTICATION_SUBCODES),
    *RATE_LIMITING_PAIRS,
    *MARKETING_API_PAIRS,
    *CUSTOM_AUDIENCES_PAIRS,
    *((100, subcode) for subcode in CONVERSIONS_API),
]


def test_every_documented_code_has_a_policy_with_words_for_the_user() -> None:
    unmapped = [pair for pair in DOCUMENTED if policy_for(*pair) is UNKNOWN]
    assert unmapped == []
    assert all(len(policy_for(*pair).advice) > 20 for pair in DOCUMENTED)


def test_every_code_that_the_sdk_itself_compares_with_has_a_policy() -> None:
    package = Path(inspect.getfile(facebook_business)).parent
    source = "\n".join(path.read_text(encoding="utf-8") for path in package.glob("*.py"))
    codes = {int(code) for code in re.findall(r"code\(?\)? == (\d+)", source)}
    assert codes
    assert [code for code in codes if policy_for(code, None) is UNKNOWN] == []


@pytest.mark.parametrize(
    "kind",
    [kind for _, kind in inspect.getmembers(exceptions, inspect.isclass) if issubclass(kind, Exception)],
    ids=lambda kind: kind.__name__,
)
def test_every_exception_of_the_sdk_is_tried_once_more_without_its_text(kind: type[Exception]) -> None:
    error = platform_error(kind.__new__(kind, "EAAquotedtoken0123456789"))
    assert (error.code, error.policy.action) == ("sdk", Action.RETRY_ONCE)
    assert kind.__name__ in str(error)
    assert "EAAquoted" not in str(error)


def test_an_unknown_code_is_tried_once_more_and_named() -> None:
    error = refusal({"code": 987654, "message": "new"})
    assert error.policy.action is Action.RETRY_ONCE
    assert "987654" in str(error)
    assert "report its code" in str(error)


def test_an_unknown_code_that_meta_calls_transient_is_tried_again_like_one() -> None:
    assert refusal({"code": 987654, "is_transient": True}).policy.action is Action.RETRY
    assert refusal({"code": 100, "is_transient": True}).policy.action is Action.ISOLATE


@pytest.mark.parametrize("code", [-1, -2, -3])
def test_negative_codes_are_metas_own_faults_unless_the_subcode_says_more(code: int) -> None:
    assert policy_for(code, None).action is Action.RETRY
    assert policy_for(code, 2804003).blames_event


def test_a_subcode_of_seven_digits_means_the_same_under_every_code() -> None:
    assert policy_for(10, 2804003) is policy_for(100, 2804003) is policy_for(2804003, None)


def test_a_small_subcode_means_something_only_with_its_code() -> None:
    assert policy_for(100, 33).action is Action.HOLD
    assert policy_for(100, 4).action is Action.ISOLATE
    assert policy_for(987654, 33) is UNKNOWN


@pytest.mark.parametrize(
    ("code", "subcode", "name"),
    [(190, 463, "190/463"), (100, 2804050, "2804050"), (17, None, "17"), (100, 33, "100/33"), (2, 0, "2")],
)
def test_a_refusal_is_named_so_that_it_can_be_looked_up(code: int, subcode: int | None, name: str) -> None:
    assert name_for(code, subcode) == name


@pytest.mark.parametrize(
    ("pair", "action", "words"),
    [
        ((190, 463), Action.HOLD, "expired"),
        ((190, 460), Action.HOLD, "password"),
        ((190, None), Action.HOLD, "make a new one"),
        ((104, None), Action.HOLD, "app_secret"),
        ((2635, None), Action.HOLD, "api_version"),
        ((200, 1870092), Action.HOLD, "Business Tools terms"),
        ((294, None), Action.HOLD, "ads_management"),
        ((368, None), Action.RETRY, "blocked"),
        ((80004, None), Action.RETRY, "Conversions API"),
        ((100, 2804036), Action.ISOLATE, "lead id"),
        ((2446867, None), Action.RETRY_ONCE_THEN_HOLD, "none of which was sent"),
        ((200, 1870090), Action.HOLD, "Custom Audience terms"),
        ((100, 1713230), Action.HOLD, "Audience Manager"),
        ((2650, 1870145), Action.RETRY, "still updating"),
        ((2650, 9999999), Action.HOLD, "could not update the audience"),
    ],
)
def test_the_words_say_what_to_do(pair: tuple[int, int | None], action: Action, words: str) -> None:
    policy = policy_for(*pair)
    assert policy.action is action
    assert words in policy.advice


@pytest.mark.parametrize(
    "error_data", ["no JSON", ["a list"], 7, {"blame_field_specs": [["data"]]}, '{"a": 1}', None]
)
def test_metas_code_is_read_whatever_else_the_error_carries(error_data: object) -> None:
    error = refusal({"code": 100, "error_subcode": 2804003, "error_data": error_data, "fbtrace_id": "At"})
    assert (error.code, error.platform_request_id) == ("2804003", "At")


@pytest.mark.parametrize("code", ["190", 190])
def test_a_code_may_come_as_text(code: object) -> None:
    assert refusal({"code": code}).policy.action is Action.HOLD


def refusal(error: dict[str, object]) -> PlatformError:
    response = requests.Response()
    response.status_code = 400
    response._content = json.dumps({"error": error}).encode()
    with pytest.raises(PlatformError) as raised:
        answer_of(response)
    return raised.value

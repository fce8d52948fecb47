"""Whatever leaves an SDK, the pipeline sees one kind of error, and none of the SDK's text about the request."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable

import google.auth.exceptions
import pytest
import requests
from google.api_core.exceptions import from_http_response
from google.auth.exceptions import GoogleAuthError
from google.protobuf.json_format import ParseError

from uploads import google_errors, meta_errors
from uploads.errors import Action, PlatformError, connection_error
from uploads.meta_policy import policy_for, policy_for_status

SECRET = "EAAquotedtoken0123456789"
Translate = Callable[[Exception], PlatformError]


def auth_errors() -> list[type[GoogleAuthError]]:
    found = (getattr(google.auth.exceptions, name) for name in dir(google.auth.exceptions))
    return [kind for kind in found if isinstance(kind, type) and issubclass(kind, GoogleAuthError)]


@pytest.mark.parametrize("kind", auth_errors(), ids=lambda kind: kind.__name__)
def test_every_error_of_googles_authentication_is_tried_again_or_holds(kind: type[GoogleAuthError]) -> None:
    error = google_errors.platform_error(kind(SECRET))
    assert error.policy.action in {Action.RETRY, Action.HOLD}
    assert SECRET not in str(error)


def test_a_token_server_that_cannot_be_reached_is_judged_by_the_connections_fault() -> None:
    lost = google.auth.exceptions.TransportError(SECRET)
    lost.__cause__ = requests.exceptions.SSLError()
    lost.__cause__.__cause__ = ssl.SSLCertVerificationError()
    assert google_errors.platform_error(lost).code == "tls"


@pytest.mark.parametrize("translate", [google_errors.platform_error, meta_errors.platform_error])
@pytest.mark.parametrize("kind", [TypeError, KeyError, AttributeError, OSError, UnicodeDecodeError])
def test_an_sdk_that_stumbles_is_tried_once_more(translate: Translate, kind: type[Exception]) -> None:
    given = ("utf-8", b"", 0, 1, SECRET) if kind is UnicodeDecodeError else (SECRET,)
    error = translate(kind(*given))
    assert error.policy.action is Action.RETRY_ONCE
    assert kind.__name__ in str(error)
    assert SECRET not in str(error)


def test_an_answer_that_is_not_googles_is_tried_again() -> None:
    error = google_errors.platform_error(ParseError(SECRET))
    assert error.policy.action is Action.RETRY
    assert SECRET not in str(error)


def refusal(details: list[dict[str, object]], headers: dict[str, str]) -> PlatformError:
    response = requests.Response()
    response.status_code = 429
    response._content = json.dumps(
        {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Quota", "details": details}}
    ).encode()
    response.headers.update(headers)
    response.request = requests.Request("POST", "https://datamanager.example/v1/events:ingest").prepare()
    return google_errors.platform_error(from_http_response(response))


@pytest.mark.parametrize(
    ("delay", "header", "wait"),
    [("40s", None, 40), ("1.5s", None, 1.5), (None, "30", 30), ("40s", "50", 50), (None, None, None)],
)
def test_google_is_not_asked_again_before_the_time_that_it_names(
    delay: str | None, header: str | None, wait: float | None
) -> None:
    info: dict[str, object] = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
    error = refusal([info] if delay else [], {"Retry-After": header} if header else {})
    assert error.wait == wait
    assert error.policy.throttled


@pytest.mark.parametrize("code", [4, 17, 32, 341, 368, 613, 80000, 80003, 80004, 80008, 80014])
def test_meta_codes_that_limit_the_rate_are_waited_out_by_the_minute(code: int) -> None:
    assert policy_for(code, None).throttled
    assert policy_for_status(429).throttled


@pytest.mark.parametrize(("code", "subcode"), [(100, 2804003), (100, 2804036), (2804050, None)])
def test_meta_codes_about_an_event_are_told_from_those_about_the_request(
    code: int, subcode: int | None
) -> None:
    assert policy_for(code, subcode).blames_event
    assert not any(policy_for(100, other).blames_event for other in (None, 2804010, 2804099))


@pytest.mark.parametrize(
    ("cause", "action"),
    [
        (ssl.SSLCertVerificationError(), Action.HOLD),
        (ssl.SSLEOFError(), Action.RETRY),
        (ssl.SSLError(1, "[SSL] record layer failure"), Action.RETRY),
    ],
    ids=["certificate", "end of file", "broken record"],
)
def test_only_a_certificate_that_fails_verification_holds(cause: Exception, action: Action) -> None:
    error = requests.exceptions.SSLError(SECRET)
    error.__cause__ = cause
    assert connection_error(error).policy.action is action
    assert SECRET not in str(connection_error(error))

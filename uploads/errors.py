"""What a platform's refusal calls for, as data: each platform's table gives policies, and all act on them alike.

Every command knows these errors; the libraries that speak HTTP are imported once one of them has failed.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from config.redaction import redact

if TYPE_CHECKING:
    import requests

_MOST_DETAIL = 500
_MOST_READ = 2_000
"""Characters of a platform's text that are looked at: an error page can be megabytes long."""


class Action(StrEnum):
    """What an answer calls for."""

    RETRY = "retry"
    RETRY_ONCE = "retry once"
    RETRY_ONCE_THEN_HOLD = "retry once, then hold"
    ISOLATE = "isolate"
    HOLD = "hold"


@dataclass(frozen=True)
class Policy:
    """A row of a platform's table: what to do, and what to tell the user.

    Attributes:
        throttled: a quota is used up, and quotas are counted by the minute or hour: wait that long.
        of_account: of a used-up quota, that it is the account's own: others that use the same app need not wait.
        blames_event: the code speaks of one event's contents, and can be nobody's setting: neither the account's, nor
            that of a field, of a time zone or of a currency.
        ends_lane: whether the fault concerns all that waits for the destination, not only what was sent.
    """

    action: Action
    advice: str
    throttled: bool = False
    of_account: bool = False
    blames_event: bool = False
    ends_lane: bool = True


UNKNOWN = Policy(Action.RETRY_ONCE, "an answer that Closedwon does not know; please report its code")


class PlatformError(Exception):
    """A request that the platform did not accept.

    Attributes:
        code: the platform's own code or reason.
        policy: what the platform's table says of that code.
        wait: seconds that the platform asks to wait, where it says so.
        rows: index in the request to reason, where the platform names the rows that ``code`` and ``policy`` concern.
    """

    def __init__(
        self,
        code: str,
        policy: Policy,
        detail: str = "",
        *,
        wait: float | None = None,
        rows: Mapping[int, str] | None = None,
        platform_request_id: str | None = None,
    ) -> None:
        self.code = code
        self.policy = policy
        self.detail = redact(beginning(detail))[:_MOST_DETAIL]
        self.wait = wait
        self.rows = dict(rows or {})
        self.platform_request_id = platform_request_id
        super().__init__(f"{code}: {policy.advice}" + (f" ({self.detail})" if self.detail else ""))


def beginning(text: str) -> str:
    """The first whole words of a platform's text, to be redacted: half a token would not be known again."""
    return text if len(text) <= _MOST_READ else text[:_MOST_READ].rpartition(" ")[0]


def certificate_error() -> PlatformError:
    """The error of a platform that could not show that it is the platform."""
    return PlatformError("tls", Policy(Action.HOLD, "the platform's certificate could not be verified"))


def connection_error(error: requests.RequestException) -> PlatformError:
    """The error of a request that got no answer. Its own text quotes the URL, token included, so it is dropped."""
    import requests

    if _is_about_the_certificate(error):
        return certificate_error()
    if isinstance(error, requests.exceptions.Timeout):
        return PlatformError("timeout", Policy(Action.RETRY, "the platform did not answer in time"))
    return PlatformError(
        "connection", Policy(Action.RETRY, "the connection failed"), detail=type(error).__name__
    )


def unexpected_error(error: Exception) -> PlatformError:
    """The error of an SDK that failed in a way of its own; its text, which may quote the request, is dropped."""
    policy = Policy(Action.RETRY_ONCE, "the platform's SDK could not make or read the request; please report")
    return PlatformError("sdk", policy, detail=type(error).__name__)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the time that the header ``Retry-After`` (RFC 9110, section 10.2.3) asks to wait for."""
    import urllib3
    from urllib3.exceptions import InvalidHeader

    try:
        return urllib3.Retry().parse_retry_after(headers["Retry-After"])
    except (KeyError, InvalidHeader):
        return None


def _is_about_the_certificate(error: BaseException | None) -> bool:
    """Whether verification failed anywhere in the chain of causes: other TLS faults are a connection's own."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False

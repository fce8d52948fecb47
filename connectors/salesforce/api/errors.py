"""What each failure of a Salesforce request means, as one table.

simple-salesforce raises one class for a query that timed out and for a field that does not exist, so nothing
here branches on the class: the ``errorCode`` of the body decides, and the HTTP status where there is none.

Codes: https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Any, Self

import requests
from simple_salesforce.exceptions import SalesforceError

from connectors.base import SourceError
from connectors.retrying import FailedRequest


class Action(Enum):
    """What to do about a failed request."""

    RETRY = auto()
    """It passes by itself: wait and try again, a bounded number of times."""
    RETRY_ONCE = auto()
    """Nobody knows this one: try once more, then show it."""
    LOGIN = auto()
    """The session ended: log in again, once, and go on."""
    RESTART = auto()
    """The server's cursor is gone: ask the query again from its start."""
    SHRINK = auto()
    """The query took too long: ask for less at a time."""
    STOP = auto()
    """No more today: stop where the next run can go on."""
    HIDDEN = auto()
    """The object is not there, or not for this user."""
    MEND = auto()
    """The configuration or the org must change first."""


@dataclass(frozen=True)
class Policy:
    """What to do about one error code, what the user can do, and whether the org's usage explains it."""

    action: Action
    advice: str = ""
    limit: bool = False


_LATER = "Nothing is lost: the next run goes on where this one stopped."

POLICIES: Mapping[str, Policy] = MappingProxyType(
    {
        "UNABLE_TO_LOCK_ROW": Policy(Action.RETRY, _LATER),
        "SERVER_UNAVAILABLE": Policy(Action.RETRY, _LATER),
        "UNKNOWN_EXCEPTION": Policy(Action.RETRY, _LATER),
        "CONCURRENT_REQUEST_LIMIT_EXCEEDED": Policy(
            Action.RETRY, f"Too many long requests run in this org at the same time. {_LATER}", limit=True
        ),
        "INVALID_SESSION_ID": Policy(
            Action.LOGIN,
            "Check the External Client App's session and IP policies, and that its access is not revoked.",
        ),
        "INVALID_QUERY_LOCATOR": Policy(Action.RESTART, _LATER),
        "QUERY_TIMEOUT": Policy(Action.SHRINK, _LATER),
        "REQUEST_RUNNING_TOO_LONG": Policy(Action.SHRINK, _LATER),
        "OPERATION_TOO_LARGE": Policy(Action.SHRINK, _LATER),
        "REQUEST_LIMIT_EXCEEDED": Policy(
            Action.STOP,
            f"Wait until the org's 24-hour allowance of API calls frees up, or buy a larger one. {_LATER}",
            limit=True,
        ),
        "ExceededQuota": Policy(
            Action.STOP,
            f"The org's bulk jobs of the last 24 hours are used up: wait, or set bulk: never. {_LATER}",
            limit=True,
        ),
        "FeatureNotEnabled": Policy(
            Action.MEND, "Set bulk: never, or ask the org's administrator for the Bulk API."
        ),
        "INVALIDENTITY": Policy(Action.MEND, "Set bulk: never: the Bulk API does not offer this object."),
        "INVALID_FIELD": Policy(
            Action.MEND, "Correct the field's API name, or let the integration user see the field."
        ),
        "INVALID_TYPE": Policy(Action.HIDDEN, "Let the integration user read this object."),
        "MALFORMED_QUERY": Policy(
            Action.MEND, "Correct the API names under fields, where and consent.fields."
        ),
        "NOT_FOUND": Policy(
            Action.HIDDEN, "Check api_version, and that the integration user may read the object."
        ),
        "GONE": Policy(Action.MEND, "Raise api_version: Salesforce has retired this one."),
        "INSUFFICIENT_ACCESS": Policy(
            Action.HIDDEN, "Let the integration user read Leads, Opportunities and Contacts."
        ),
        "API_DISABLED_FOR_ORG": Policy(Action.MEND, "Give the integration user the permission API Enabled."),
        "API_CURRENTLY_DISABLED": Policy(Action.MEND, "Ask the org's administrator why the API is disabled."),
        "FUNCTIONALITY_NOT_ENABLED": Policy(Action.MEND, "Ask the org's administrator to enable it."),
        "URI_TOO_LONG": Policy(Action.MEND, "Map fewer fields: the query does not fit into one request."),
    }
)

_BY_CAPITALS = {code.upper(): policy for code, policy in POLICIES.items()}
"""Bulk API 2.0 writes in capitals what its forerunner wrote as ``FeatureNotEnabled``."""

_STATUS_POLICIES: Mapping[int, Policy] = MappingProxyType(
    {
        401: POLICIES["INVALID_SESSION_ID"],
        404: POLICIES["NOT_FOUND"],
        406: Policy(Action.RETRY, _LATER),
        410: POLICIES["GONE"],
        414: POLICIES["URI_TOO_LONG"],
        420: Policy(Action.RETRY, _LATER, limit=True),
        429: Policy(Action.RETRY, _LATER, limit=True),
        431: POLICIES["URI_TOO_LONG"],
    }
)
_UNKNOWN = Policy(Action.RETRY_ONCE, f"If it stays, report the code to the project. {_LATER}")
_UNANSWERED = Policy(Action.RETRY, f"Check the network and auth.domain. {_LATER}")

_CONCURRENCY = re.compile(r"Concurrent", re.IGNORECASE)
_QUERY_ECHO = re.compile(r"ERROR at Row:\d+:Column:\d+\s*")


class QueryTooSlowError(SourceError):
    """Salesforce gave up on a query; asking for less at a time may answer it."""


class ObjectHiddenError(SourceError):
    """An object does not exist in this org, or the integration user may not read it."""


class LostPlaceError(SourceError):
    """Salesforce no longer knows the place in a query's answer; the query can be asked again."""


class RequestFailure(FailedRequest):
    """One failed request, and what to do about it.

    ``says`` is free of secrets and personal data: an error code with Salesforce's own sentence, a status, or
    the kind of network failure; never an address and never a body that is not Salesforce's JSON.
    """

    def __init__(self, action: Action, says: str, advice: str = _LATER, *, limit: bool = False) -> None:
        super().__init__(says)
        self.action = action
        self.says = says
        self.advice = advice
        self.limit = limit

    @classmethod
    def by(cls, policy: Policy, says: str) -> Self:
        """The failure that ``policy`` is for."""
        return cls(policy.action, says, policy.advice, limit=policy.limit)

    def passes(self, attempt: int) -> bool:
        """Whether the same request may succeed after ``attempt`` attempts."""
        return self.action is Action.RETRY or (self.action is Action.RETRY_ONCE and attempt == 1)

    def surfaced(self, *, attempts: int, limit_info: str) -> SourceError:
        """The error for whoever runs the sync, once nothing more is to be tried."""
        kind = _SURFACED.get(self.action, SourceError)
        tried = f" {attempts} times" if attempts > 1 else ""
        usage = f" ({limit_info})" if self.limit and limit_info else ""
        return kind(
            f"Salesforce failed to answer a request{tried}: {self.says}{usage}.",
            advice=self.advice,
            configuration=self.action in {Action.MEND, Action.HIDDEN, Action.LOGIN},
        )


_SURFACED: Mapping[Action, type[SourceError]] = MappingProxyType(
    {
        Action.SHRINK: QueryTooSlowError,
        Action.RESTART: LostPlaceError,
        Action.HIDDEN: ObjectHiddenError,
    }
)


def out_of_calls(limit_info: str) -> SourceError:
    """The error for a request that is not made, because the org's allowance is nearly used up."""
    return SourceError(
        f"Reading Salesforce stopped: the org's daily API calls are nearly used up ({limit_info}).",
        advice=f"The rest is left to others: wait, or lower keep_api_calls_percent. {_LATER}",
    )


def failure_of(error: SalesforceError | requests.RequestException) -> RequestFailure:
    """Read an exception of the client or of ``requests`` by what Salesforce or the network said."""
    if isinstance(error, requests.RequestException):
        return RequestFailure.by(_UNANSWERED, type(error).__name__)
    code, message = _coded(error.content)
    if not code:
        return failure_of_status(error.status)
    policy = _BY_CAPITALS.get(code.upper()) or _policy_of_status(error.status)
    if code == "REQUEST_LIMIT_EXCEEDED" and _CONCURRENCY.match(message):
        # One code for too many requests at the same time, which passes, and in a day, which does not.
        policy = POLICIES["CONCURRENT_REQUEST_LIMIT_EXCEEDED"]
    return RequestFailure.by(policy, f"{code}, {message}" if message else code)


def failure_of_status(status: int) -> RequestFailure:
    """What an answer means that carries no error code: a proxy's page, a gateway's time-out."""
    return RequestFailure.by(_policy_of_status(status), f"HTTP {status}")


def _policy_of_status(status: int) -> Policy:
    passing = Policy(Action.RETRY, _LATER) if status >= 500 else _UNKNOWN
    return _STATUS_POLICIES.get(status, passing)


def _coded(content: Any) -> tuple[str, str]:
    """Code and sentence of ``[{"errorCode": …, "message": …}]``; empty where the body is anything else."""
    first = content[0] if isinstance(content, list) and content else None
    if not isinstance(first, dict) or not isinstance(first.get("errorCode"), str):
        return "", ""
    return first["errorCode"], sentence(first.get("message"))


def sentence(message: Any) -> str:
    """The first sentence of what Salesforce says, short and without the query that it repeats."""
    said = _QUERY_ECHO.split(str(message or ""))[-1].strip().partition(". ")[0]
    return " ".join(said.split())[:200].rstrip(".")

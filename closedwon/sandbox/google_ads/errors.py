"""Errors as the Google Ads API writes them: a ``GoogleAdsFailure``, packed into a partial failure or into metadata."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.ads.googleads.v26.errors.types.errors import GoogleAdsFailure
from google.protobuf.any_pb2 import Any as Packed
from google.rpc import status_pb2

FAILURE_KEY = "google.ads.googleads.v26.errors.googleadsfailure-bin"
_INVALID_ARGUMENT = 3

_Failure = GoogleAdsFailure.pb(GoogleAdsFailure()).__class__


@dataclass(frozen=True, slots=True)
class Problem:
    """One error: the field of ``ErrorCode``, the member of its enum, and where it is.

    Attributes:
        enum: such as ``conversion_upload_error``.
        path: field names and indices, such as ``("conversions", 3, "gclid")``; empty for the request as a whole.
        retry_seconds: the wait that a quota error asks for.
    """

    enum: str
    code: str
    path: tuple[str | int, ...] = ()
    retry_seconds: int = 0


class RefusedError(Exception):
    """A request that is refused whole: with ``problems`` in Google's own form, else with the bare status.

    Attributes:
        code: what reports count it under: that of the first problem, if there is any.
    """

    def __init__(
        self,
        status: grpc.StatusCode,
        *problems: Problem,
        message: str = "Request contains an invalid argument.",
        code: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.problems = problems
        self.code = problems[0].code if problems else code


def invalid(enum: str, code: str, *path: str | int) -> RefusedError:
    """A request with a wrong field of its own."""
    return RefusedError(grpc.StatusCode.INVALID_ARGUMENT, Problem(enum, code, path))


def abort(context: Any, error: RefusedError) -> None:
    """End the call as Google does: status, request id and failure in the trailing metadata."""
    request_id = secrets.token_urlsafe(16)
    metadata: list[tuple[str, str | bytes]] = [("request-id", request_id)]
    if error.problems:
        metadata.append((FAILURE_KEY, _failure(error.problems, request_id).SerializeToString()))
    context.set_trailing_metadata(tuple(metadata))
    context.abort(error.status, str(error))


def partial_failure(problems: Iterable[Problem]) -> Any:
    """``google.rpc.Status`` of the rows that were not taken."""
    packed = Packed()
    packed.Pack(_failure(problems, secrets.token_urlsafe(16)))
    message = "Multiple errors in ‘details’. First error: see there."
    return status_pb2.Status(code=_INVALID_ARGUMENT, message=message, details=[packed])


def _failure(problems: Iterable[Problem], request_id: str) -> Any:
    return _Failure(errors=[_error(problem) for problem in problems], request_id=request_id)


def _error(problem: Problem) -> dict[str, Any]:
    elements: list[dict[str, Any]] = []
    for part in problem.path:
        if isinstance(part, int):
            elements[-1]["index"] = part
        else:
            elements.append({"field_name": part})
    error: dict[str, Any] = {
        "error_code": {problem.enum: problem.code},
        "message": "The sandbox's own words, which are not Google's.",
        "location": {"field_path_elements": elements},
    }
    if problem.retry_seconds:
        quota = {"rate_scope": "ACCOUNT", "rate_name": "sandbox"}
        quota |= {"retry_delay": {"seconds": problem.retry_seconds}}  # type: ignore[dict-item]
        error["details"] = {"quota_error_details": quota}
    return error

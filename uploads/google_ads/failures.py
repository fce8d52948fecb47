"""How the Google Ads API says no: in trailing metadata, in a partial failure, or as a plain gRPC status.

https://developers.google.com/google-ads/api/docs/best-practices/partial-failures
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.ads.googleads.errors import GoogleAdsException
from google.ads.googleads.v26.errors.types.errors import GoogleAdsFailure, QuotaErrorDetails
from google.api_core.exceptions import GoogleAPICallError
from google.protobuf.message import DecodeError

from uploads import google_errors
from uploads.base import Verdict
from uploads.errors import Action, PlatformError, certificate_error
from uploads.google_ads.policy import RowPolicy
from uploads.google_ads.request_policy import policy_of, policy_of_status

_FAILURE_KEY = "googleadsfailure-bin"
_OF_ACCOUNT = QuotaErrorDetails.QuotaRateScope.ACCOUNT

_MOST_CAUTIOUS_FIRST = (Verdict.HOLD, Verdict.LATER, Verdict.REJECTED, Verdict.ACCEPTED)

_Failure = GoogleAdsFailure.pb(GoogleAdsFailure()).__class__


@dataclass(frozen=True)
class Fault:
    """One error of a failure: Google's code, and what it calls for."""

    code: str
    policy: RowPolicy


def faults_by_row(status: Any) -> dict[int, Fault]:
    """The rows that a partial failure (``google.rpc.Status``) names, each with the most cautious of its errors.

    Raises:
        PlatformError: an error names no row, so it concerns them all.
    """
    rows: dict[int, Fault] = {}
    for failure in _packed(status.details):
        for error in failure.errors:
            row = _row(error)
            if row is None:
                raise _refusal(failure, request_id=failure.request_id)
            rows[row] = min((fault for fault in (rows.get(row), _fault(error)) if fault), key=_by_caution)
    return rows


def _by_caution(fault: Fault) -> int:
    return _MOST_CAUTIOUS_FIRST.index(fault.policy.verdict)


def platform_error(error: Exception) -> PlatformError:
    """What an exception that left the SDK calls for."""
    if isinstance(error, GoogleAdsException):
        return _refusal(GoogleAdsFailure.pb(error.failure), request_id=error.request_id)
    if isinstance(error, GoogleAPICallError):
        return _status_error(error)
    return google_errors.platform_error(error)


def _status_error(error: GoogleAPICallError) -> PlatformError:
    # The SDK reads no failure out of INTERNAL and RESOURCE_EXHAUSTED, and the latter says how long to wait.
    metadata = _trailing_metadata(error)
    for key, value in metadata.items():
        if key.endswith(_FAILURE_KEY) and (failure := _parsed(value)) is not None and failure.errors:
            return _refusal(failure, request_id=metadata.get("request-id"))
    if "CERTIFICATE_VERIFY_FAILED" in str(error.message):
        return certificate_error()
    status = error.grpc_status_code
    policy = policy_of_status(status).of_request()
    return PlatformError(status.name if status else type(error).__name__, policy, detail=str(error.message))


def _refusal(failure: Any, *, request_id: str | None) -> PlatformError:
    """The refusal of a whole request; where several errors are named, one that must be mended says what to do."""
    faults = [(_row(error), _fault(error)) for error in failure.errors]
    if not faults:
        return PlatformError("no_error", policy_of("", "").of_request(), platform_request_id=request_id)
    place = next((n for n, (_, fault) in enumerate(faults) if fault.policy.verdict is Verdict.HOLD), 0)
    decisive = faults[place][1]
    quota = failure.errors[place].details.quota_error_details
    policy = decisive.policy.of_request(of_account=quota.rate_scope == _OF_ACCOUNT)
    rows = {row: fault.code for row, fault in reversed(faults) if row is not None}
    if policy.action is not Action.ISOLATE:
        # Said of some rows, it does not keep the others from being taken; said of none, it concerns them all.
        everywhere = any(row is None and fault.code == decisive.code for row, fault in faults)
        rows = {row: code for row, code in rows.items() if code == decisive.code and not everywhere}
    return PlatformError(
        decisive.code,
        policy,
        detail=failure.errors[place].message,
        wait=quota.retry_delay.ToSeconds() or None,
        rows=rows,
        platform_request_id=request_id,
    )


def _fault(error: Any) -> Fault:
    """The code that is set among the hundred-odd of ``ErrorCode``, each of an enum of its own."""
    enum = error.error_code.WhichOneof("error_code")
    if enum is None:
        return Fault("UNKNOWN", policy_of("", ""))
    number = getattr(error.error_code, enum)
    member = error.error_code.DESCRIPTOR.fields_by_name[enum].enum_type.values_by_number.get(number)
    name = member.name if member else f"{enum}_{number}"
    return Fault(name, policy_of(enum, name))


def _row(error: Any) -> int | None:
    path = error.location.field_path_elements
    return path[0].index if path and path[0].HasField("index") else None


def _packed(details: Iterable[Any]) -> Iterable[Any]:
    for packed in details:
        failure = _Failure()
        if packed.Unpack(failure):
            yield failure


def _parsed(value: Any) -> Any | None:
    try:
        return _Failure.FromString(value)
    except (DecodeError, TypeError):
        return None


def _trailing_metadata(error: GoogleAPICallError) -> Mapping[str, Any]:
    for cause in error.errors:
        if callable(metadata := getattr(cause, "trailing_metadata", None)):
            return dict(metadata() or ())
    return {}

"""The two methods that take conversions, and what each of their requests must have whatever its account."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from google.ads.googleads.v26.services.types import conversion_adjustment_upload_service as adjustment_types
from google.ads.googleads.v26.services.types import conversion_upload_service as conversion_types

from closedwon.sandbox.google_ads import errors
from closedwon.sandbox.google_ads.errors import Problem, invalid
from closedwon.sandbox.google_ads.reading import MOST_ROWS, is_job_id

SERVICES = "google.ads.googleads.v26.services"


@dataclass(frozen=True, slots=True)
class Method:
    """What the two have each of its own.

    Attributes:
        request, response: the messages, as the classes that protobuf made of them.
        field: the field of a request that has its rows.
        enum: the field of ``ErrorCode`` for the errors of this method.
        too_many: the member of that enum for a request with too many rows.
    """

    service: str
    name: str
    request: Any
    response: Any
    field: str
    enum: str
    too_many: str

    @property
    def full_service(self) -> str:
        """The service with its package."""
        return f"{SERVICES}.{self.service}"

    @property
    def path(self) -> str:
        """The path of its HTTP/2 requests."""
        return f"/{self.full_service}/{self.name}"

    def rows(self, request: Any) -> Sequence[Any]:
        """The rows of a request."""
        rows: Sequence[Any] = getattr(request, self.field)
        return rows

    def check(self, request: Any) -> None:
        """Refuse a request that is wrong as a whole.

        Raises:
            RefusedError: what is wrong.
        """
        count = len(self.rows(request))
        if not request.partial_failure:
            raise invalid("partial_failure_error", "PARTIAL_FAILURE_MODE_REQUIRED", "partial_failure")
        if not count:
            raise invalid("request_error", "REQUIRED_FIELD_MISSING", self.field)
        if count > MOST_ROWS:
            raise invalid(self.enum, self.too_many, self.field)
        if request.HasField("job_id") and not is_job_id(request.job_id):
            raise invalid(self.enum, "INVALID_JOB_ID", "job_id")

    def answer(self, request: Any, problems: Sequence[Problem], *, without: int) -> Any:
        """The response: a result for each row, an empty one where it was not taken, none for the last ``without``."""
        own_job = 2**31 + secrets.randbelow(2**31)
        answer = self.response(job_id=request.job_id if request.HasField("job_id") else own_job)
        if problems:
            answer.partial_failure_error.CopyFrom(errors.partial_failure(problems))
        if request.validate_only:
            return answer
        failed = {problem.path[1] for problem in problems}
        rows = self.rows(request)
        for row, given in enumerate(rows[: len(rows) - without]):
            result = answer.results.add()
            if row not in failed:
                result.conversion_action = given.conversion_action
        return answer


def _message(wrapper: Any) -> Any:
    return wrapper.pb(wrapper()).__class__


UPLOAD = Method(
    "ConversionUploadService",
    "UploadClickConversions",
    _message(conversion_types.UploadClickConversionsRequest),
    _message(conversion_types.UploadClickConversionsResponse),
    "conversions",
    "conversion_upload_error",
    "TOO_MANY_CONVERSIONS_IN_REQUEST",
)
ADJUST = Method(
    "ConversionAdjustmentUploadService",
    "UploadConversionAdjustments",
    _message(adjustment_types.UploadConversionAdjustmentsRequest),
    _message(adjustment_types.UploadConversionAdjustmentsResponse),
    "conversion_adjustments",
    "conversion_adjustment_upload_error",
    "TOO_MANY_ADJUSTMENTS_IN_REQUEST",
)

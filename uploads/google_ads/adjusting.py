"""Where a code of an adjustment depends on the row: on the value that was asked for, or on how long it was tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import polars as pl

from uploads.google_ads.failures import Fault
from uploads.google_ads.policy import RowPolicy, done, refused
from uploads.google_ads.settling import Answer

KNOWN_WITHIN = timedelta(days=3)
"""How long after a change Google may still come to know the conversion; hours are usual."""

_RETRACTED = done("the conversion was retracted already")
_NEVER_COUNTED = refused(
    "Google knows no such conversion: it took the upload, but found no ad click for it, so there is no value to change"
)


def judged(answer: Answer, part: pl.DataFrame, *, now: float) -> Answer:
    """``answer`` with the policies of such rows; ``now`` in seconds since 1970."""
    given_up = (now - KNOWN_WITHIN.total_seconds()) * 1_000_000
    exceptions: dict[str, tuple[Callable[[int], bool], RowPolicy]] = {
        "CONVERSION_ALREADY_RETRACTED": (lambda row: part["value"][row] == 0, _RETRACTED),
        "CONVERSION_NOT_FOUND": (lambda row: part["changed_at"][row] < given_up, _NEVER_COUNTED),
    }

    def judge(row: int, fault: Fault) -> Fault:
        applies, policy = exceptions.get(fault.code, (lambda _: False, fault.policy))
        return replace(fault, policy=policy) if applies(row) else fault

    return replace(answer, faults={row: judge(row, fault) for row, fault in answer.faults.items()})

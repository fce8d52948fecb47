"""Field formats that uploads and adjustments share."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from functools import cache

import pycountry

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d")
_ACTION = re.compile(r"customers/\d+/conversionActions/(\d+)")
_LAST_JOB_ID = 2**31 - 1
MOST_ROWS = 2_000


def moment(text: str) -> datetime | None:
    """``yyyy-mm-dd hh:mm:ss+|-hh:mm``; None for anything else."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def action_id(resource_name: str) -> str | None:
    """The id in ``customers/…/conversionActions/…``; None for anything else. The customer id is ignored."""
    found = _ACTION.fullmatch(resource_name)
    return found[1] if found else None


def is_job_id(number: int) -> bool:
    """Whether a caller may name a job so."""
    return 1 <= number <= _LAST_JOB_ID


@cache
def currencies() -> Collection[str]:
    """ISO 4217."""
    return frozenset(currency.alpha_3 for currency in pycountry.currencies)

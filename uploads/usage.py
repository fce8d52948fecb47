"""What an answer's headers say of the quota that is used up: Meta tells with each answer, Google never does.

https://developers.facebook.com/docs/graph-api/overview/rate-limiting#headers
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_SHARES = ("call_count", "total_cputime", "total_time", "acc_id_util_pct")


@dataclass(frozen=True)
class Usage:
    """How much of a quota is used up.

    Attributes:
        percent: the share of the scarcest of calls, processor time and time; 100 and more is refused.
        wait: seconds until the platform gives access again, where it says so; else 0.
    """

    percent: float = 0.0
    wait: float = 0.0


def app_usage(headers: Mapping[str, str]) -> Usage | None:
    """Usage of the app by all its clients (``X-App-Usage``); None where the answer does not tell."""
    return _scarcest([_read(headers, "x-app-usage")])


def account_usage(headers: Mapping[str, str]) -> Usage | None:
    """Usage of the account or business that the request was about; None where the answer does not tell.

    ``X-Business-Use-Case-Usage`` lists use cases by the id of the business; ``X-Ad-Account-Usage`` is one object.
    """
    businesses = _read(headers, "x-business-use-case-usage")
    cases = businesses.values() if isinstance(businesses, dict) else ()
    entries = [entry for case in cases if isinstance(case, list) for entry in case]
    return _scarcest([*entries, _read(headers, "x-ad-account-usage")])


def _read(headers: Mapping[str, str], wanted: str) -> Any:
    text = next((value for name, value in headers.items() if name.lower() == wanted), "")
    try:
        return json.loads(text)
    except ValueError:
        return None


def _scarcest(entries: Iterable[Any]) -> Usage | None:
    told = [_usage(entry) for entry in entries if isinstance(entry, dict)]
    if not told:
        return None
    return Usage(max(usage.percent for usage in told), max(usage.wait for usage in told))


def _usage(entry: Mapping[str, Any]) -> Usage:
    """One object of a header; minutes for a business use case, seconds for an ad account."""
    percent = max(_number(entry.get(name)) for name in _SHARES)
    wait = _number(entry.get("estimated_time_to_regain_access")) * 60
    if percent >= 100:
        wait = max(wait, _number(entry.get("reset_time_duration")))
    return Usage(percent, wait)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value < float("inf") else 0.0

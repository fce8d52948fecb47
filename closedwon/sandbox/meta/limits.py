"""How many calls an app, a token and a dataset may make, and the headers that tell how much of that is used.

Page: "Rate Limits". The Conversions API has no limit of its own; its calls count as those of the Marketing API, by
business use case, and those about custom audiences as a use case of their own. Calls that were refused count as well.
Which object the business header names for a dataset is not documented; here the dataset.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict, deque
from functools import partial

from closedwon.sandbox.meta.errors import GraphError
from closedwon.sandbox.meta.settings import MetaGraphSettings

_APP = "app"
_MINUTE = 60
_CODES = {"ads_management": 80004, "custom_audience": 80003}


class Limits:
    """The calls of the last window, by whose they count as. Not safe for threads by itself."""

    def __init__(self) -> None:
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)

    def admit(
        self, settings: MetaGraphSettings, *, token: str, object_id: str, use_case: str, now: float
    ) -> None:
        """Count one call about a dataset or ad account, of the business use case ``use_case``.

        Raises:
            GraphError: one call too many, of the business use case, the token or the app.
        """
        limits = (
            (object_id, settings.account_calls, partial(_too_many_of_account, use_case)),
            (token, settings.user_calls, _too_many_of_user),
            (_APP, settings.app_calls, _too_many_of_app),
        )
        for key, _, _ in limits:
            self._calls[key].append(now)
        for key, most, refusal in limits:
            if self._count(key, settings, now) > most:
                raise refusal()

    def headers(
        self, settings: MetaGraphSettings, *, object_id: str, use_case: str, now: float
    ) -> dict[str, str]:
        """Percentages used, and the minutes until calls about the object are taken again."""
        calls = self._count(object_id, settings, now)
        business = {
            "type": use_case,
            **_usage(calls, settings.account_calls),
            "estimated_time_to_regain_access": self._minutes(object_id, settings, now),
            "ads_api_access_tier": "standard_access",
        }
        return {
            "X-App-Usage": json.dumps(_usage(self._count(_APP, settings, now), settings.app_calls)),
            "X-Business-Use-Case-Usage": json.dumps({object_id: [business]}),
        }

    def _count(self, key: str, settings: MetaGraphSettings, now: float) -> int:
        calls = self._calls[key]
        while calls and calls[0] <= now - settings.window_seconds:
            calls.popleft()
        return len(calls)

    def _minutes(self, key: str, settings: MetaGraphSettings, now: float) -> int:
        """Whole minutes until there is room for one more call; 0 unless calls are refused."""
        calls = self._calls[key]
        excess = len(calls) - settings.account_calls
        if excess <= 0:
            return 0
        return math.ceil((calls[excess] + settings.window_seconds - now) / _MINUTE)


def _usage(calls: int, most: int) -> dict[str, int]:
    percent = min(100, 100 * calls // most)
    return {"call_count": percent, "total_cputime": percent, "total_time": percent}


def _too_many_of_app() -> GraphError:
    return GraphError(400, "(#4) Application request limit reached", 4, is_transient=True)


def _too_many_of_user() -> GraphError:
    return GraphError(400, "(#17) User request limit reached", 17, error_subcode=2446079, is_transient=True)


def _too_many_of_account(use_case: str) -> GraphError:
    code = _CODES[use_case]
    return GraphError(
        400,
        f"(#{code}) There have been too many calls to this ad-account. Wait a bit and try again. For more info, please "
        f"refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting#{use_case.replace('_', '-')}.",
        code,
        error_subcode=2446079,
        is_transient=True,
    )

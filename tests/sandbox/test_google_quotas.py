"""The sandbox's quotas: by the minute and by the day, a project's accounts together, reading and writing apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from closedwon.sandbox.google.errors import GoogleError
from closedwon.sandbox.google.quotas import ProjectQuotas

NOON = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
"""Noon in California."""


def quotas(per_minute: int = 2, per_day: int = 100) -> ProjectQuotas:
    made = ProjectQuotas()
    made.requests_per_minute, made.requests_per_day = per_minute, per_day
    return made


def refused(made: ProjectQuotas, now: datetime, operation: str = "Mutate") -> GoogleError:
    with pytest.raises(GoogleError) as caught:
        made.spend("invented-project", operation, now)
    return caught.value


def test_a_used_up_minute_names_its_limit_and_the_time_to_wait() -> None:
    made = quotas()
    for second in (0, 10):
        made.spend("invented-project", "Mutate", NOON + timedelta(seconds=second))
    error = refused(made, NOON + timedelta(seconds=20))
    assert error.status == 429
    info, retry = error.content("r1")["error"]["details"]
    assert info["metadata"]["quota_limit"] == "IngestionMutateRequestsPerMinutePerProject"
    assert retry["retryDelay"] == "40.000s"
    made.spend("invented-project", "Mutate", NOON + timedelta(seconds=60))


def test_reading_and_other_projects_have_quotas_of_their_own() -> None:
    made = quotas(per_minute=1)
    made.spend("invented-project", "Mutate", NOON)
    made.spend("invented-project", "Read", NOON)
    made.spend("another-project", "Mutate", NOON)
    assert refused(made, NOON, "Read").metadata["quota_limit"] == "IngestionReadRequestsPerMinutePerProject"


def test_a_used_up_day_lasts_until_midnight_in_california() -> None:
    made = quotas(per_day=1)
    made.spend("invented-project", "Mutate", NOON)
    error = refused(made, NOON + timedelta(hours=11))
    assert error.metadata["quota_limit"] == "IngestionMutateRequestsPerDayPerProject"
    assert error.retry_delay is None
    made.spend("invented-project", "Mutate", NOON + timedelta(hours=12))

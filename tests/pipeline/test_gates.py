"""Why a conversion is not sent: the first reason in a fixed order, each in words for people who do not run this."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from closedwon.pipeline.judging.gates import FUTURE_SLACK, judge
from closedwon.pipeline.judging.meanings import MEANING
from config.destinations import GoogleDataManagerSettings, MetaSettings
from uploads import google_data_manager, meta
from uploads.base import Gate

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TIME = pl.Datetime("us", "UTC")
SECOND = timedelta(seconds=1)
PLATFORM = Gate("platforms_own", pl.col("name") == "spoilt")

GOOD: dict[str, Any] = {
    "ad_user_data": "granted", "time_known": True, "event_time": NOW - timedelta(days=1), "lead_created_at": None,
    "expires_at": NOW + timedelta(days=6), "name": "Won", "value": 10.0, "currency": "EUR", "needs_value": True,
    "kept": 1.0, "sent_before_merge": False, "consent_missing": False, "not_learned": False,
}  # fmt: skip
SCHEMA: dict[str, Any] = {
    "ad_user_data": pl.String, "time_known": pl.Boolean, "event_time": TIME, "lead_created_at": TIME,
    "expires_at": TIME, "name": pl.String, "value": pl.Float64, "currency": pl.String, "needs_value": pl.Boolean,
    "kept": pl.Float64, "sent_before_merge": pl.Boolean, "consent_missing": pl.Boolean,
    "not_learned": pl.Boolean,
}  # fmt: skip

# In the order in which they are asked; each spoils what no other of them looks at, as far as that can be.
SPOILT: dict[str, dict[str, Any]] = {
    "consent_denied": {"ad_user_data": "denied"},
    "consent_missing": {"consent_missing": True},
    "sent_before_merge": {"sent_before_merge": True},
    "refunded": {"kept": 0.0},
    "time_not_known": {"time_known": False},
    "in_the_future": {"event_time": NOW + FUTURE_SLACK + SECOND},
    "too_old": {"expires_at": NOW},
    "before_its_lead": {"lead_created_at": NOW + 2 * FUTURE_SLACK},
    "platforms_own": {"name": "spoilt"},
    "value_not_learned": {"not_learned": True},
    "value_missing": {"value": None},
    "value_not_finite": {"value": float("nan")},
    "value_negative": {"value": -0.01},
    "currency_missing": {"currency": None},
    "currency_unknown": {"currency": "EURO"},
}
PASSES: list[dict[str, Any]] = [
    {},
    {"ad_user_data": "unspecified"},
    {"event_time": NOW + FUTURE_SLACK},
    {"expires_at": NOW + SECOND},
    {"lead_created_at": GOOD["event_time"]},
    {"value": 0.0},
    {"value": None, "needs_value": False},
    {"value": None, "needs_value": False, "currency": None},
    {"value": None, "needs_value": False, "currency": "EURO"},
    {"currency": "JPY"},
]

# Reasons that the ledger gives, not a gate.
NO_GATES = {
    "taken_back",
    "record_deleted",
    "record_merged",
    "person_forgotten",
    "not_counted",
    "already_known",
    "expired_before_sent",
    "no_longer_wanted",
}


def reasons(*rows: dict[str, Any]) -> list[str | None]:
    judged = judge(
        pl.DataFrame([GOOD | row for row in rows], schema=SCHEMA),
        platform_gates=[PLATFORM],
        expires_at=pl.col("expires_at"),
        needs_value=pl.col("needs_value"),
        now=NOW,
    )
    return judged["reason"].to_list()


def uploaders() -> Sequence[Any]:
    key = Path("never-opened.json")
    return (
        meta.connect(
            MetaSettings.model_validate({"dataset_id": "1234567890", "access_token": "invented-token"})
        ),
        google_data_manager.connect(
            GoogleDataManagerSettings.model_validate({"customer_id": "123-456-7890", "credentials": key})
        ),
    )


@pytest.mark.parametrize("reason", SPOILT)
def test_each_gate_gives_its_reason(reason: str) -> None:
    assert reasons(SPOILT[reason]) == [reason]


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_what_is_no_finite_number_is_not_sent(value: float) -> None:
    assert reasons({"value": value}) == ["value_not_finite"]


@pytest.mark.parametrize("row", PASSES)
def test_what_is_right_passes(row: dict[str, Any]) -> None:
    assert reasons(row) == [None]


def test_one_bad_conversion_keeps_no_other_back() -> None:
    assert reasons({}, SPOILT["too_old"], {}) == [None, "too_old", None]


def test_of_several_reasons_the_first_is_told() -> None:
    order = list(SPOILT)
    # Two spoil the same cell where both are about it: then only one of them can be true.
    pairs = [
        (a, b) for n, a in enumerate(order) for b in order[n + 1 :] if not SPOILT[a].keys() & SPOILT[b].keys()
    ]
    pairs = [(a, b) for a, b in pairs if not (a == "value_missing" and b.startswith("currency"))]
    assert reasons(*(SPOILT[a] | SPOILT[b] for a, b in pairs)) == [a for a, _ in pairs]


def test_consent_is_told_before_all_else() -> None:
    everything = {name: cell for row in reversed(SPOILT.values()) for name, cell in row.items()}
    assert reasons(everything) == ["consent_denied"]


def test_every_reason_has_its_sentence() -> None:
    platforms = {gate.name for uploader in uploaders() for gate in uploader.gates()}
    ours = SPOILT.keys() - {PLATFORM.name}
    assert platforms | ours | NO_GATES == MEANING.keys()
    assert all(" " in sentence and not sentence.endswith(".") for sentence in MEANING.values())


def test_no_two_gates_share_a_reason() -> None:
    for uploader in uploaders():
        names = [name for name in SPOILT if name != PLATFORM.name] + [gate.name for gate in uploader.gates()]
        assert len(names) == len(set(names))

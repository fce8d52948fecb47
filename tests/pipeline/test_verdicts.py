"""Each gate's verdict on a delivery is told with the numbers that it went by."""

from __future__ import annotations

from typing import Any

import pytest

from closedwon.pipeline.judging.meanings import MEANING
from closedwon.pipeline.judging.verdicts import Verdict, reasons_asked_about, verdicts

ENTRY = {
    "source": "crm",
    "object": "Lead",
    "stage": "qualified",
    "time_known": True,
    "lead_created_at": "2026-11-01T09:00:00+00:00",
}
DELIVERY = {
    "destination": "meta",
    "name": "Qualified Lead",
    "state": "accepted",
    "reason": None,
    "event_time": "2026-11-03T09:00:00+00:00",
    "queued_at": "2026-11-03T21:00:00+00:00",
    "updated_at": "2026-11-20T21:00:00+00:00",
    "expires_at": "2026-11-10T09:00:00+00:00",
    "consent": "ad_user_data=granted(field) ad_personalization=unspecified(default)",
    "identifiers": ["em", "ph", "lead_id"],
    "value": 60.0,
    "full_value": 80.0,
    "currency": "EUR",
}


def told(**changes: Any) -> dict[str, Verdict]:
    return {verdict.gate: verdict for verdict in verdicts(ENTRY, {**DELIVERY, **changes})}


def test_what_was_sent_passed_every_gate() -> None:
    assert {verdict.answer for verdict in told().values()} == {"passed"}


@pytest.mark.parametrize(
    ("gate", "figures"),
    [
        ("consent", "ad_user_data granted(field) ad_personalization unspecified(default)"),
        ("refund", "60.00 of 80.00 kept"),
        ("time", "0.5 days old when judged"),
        ("window", "taken for 7.0 days, 6.5 days to spare when judged"),
        ("order", "2.0 days after its lead was created"),
        ("identifiers", "3: em, ph, lead_id"),
        ("value", "60.00"),
        ("currency", "EUR"),
    ],
)
def test_a_gate_says_what_it_looked_at(gate: str, figures: str) -> None:
    assert told()[gate].figures == figures


def test_gates_behind_the_one_that_blocks_were_not_asked() -> None:
    found = told(state="skipped", reason="too_old", updated_at="2026-11-12T21:00:00+00:00")
    assert found["time"].answer == "passed"
    assert found["window"] == Verdict(
        "window", "blocked", "taken for 7.0 days, 2.5 days too late when judged"
    )
    assert found["identifiers"].answer == "not asked"


def test_what_the_platform_refused_has_passed_our_gates() -> None:
    found = told(state="rejected", reason="2804003")
    assert {verdict.answer for verdict in found.values()} == {"passed"}


def test_every_reason_for_which_something_is_skipped_is_a_gates() -> None:
    of_no_gate = {"already_known", "not_counted"}
    assert reasons_asked_about() == set(MEANING) - of_no_gate


def test_nothing_known_of_a_lead_is_said() -> None:
    (order,) = [
        verdict
        for verdict in verdicts({**ENTRY, "lead_created_at": None}, DELIVERY)
        if verdict.gate == "order"
    ]
    assert order.figures == "no lead's time known"

"""``closedwon explain`` says what happened to a record, and where each identifier came from."""

from __future__ import annotations

from typing import Any

from closedwon.cli.explanation import origins, timeline


def carried(identifier: str, record: str = "00Q1", by: str = "email") -> dict[str, str]:
    return {
        "identifier": identifier, "source": "crm", "object": "Lead", "record_id": record, "by": by,
        "known_at": "2026-11-08T12:00:00Z",
    }  # fmt: skip


def test_each_record_that_something_was_taken_from_has_a_line() -> None:
    found = [carried("gclid"), carried("phone[0]"), carried("email[1]", "00Q2", "phone")]
    assert origins(["email", "phone", "gclid"], found) == [
        "from the record itself: email",
        "from crm / Lead 00Q1 of 2026-11-08 12:00 UTC, which has the same e-mail address: gclid, phone",
        "from crm / Lead 00Q2 of 2026-11-08 12:00 UTC, which has the same phone number: email[1]",
    ]


def test_a_conversion_with_nothing_of_another_record_says_nothing_of_it() -> None:
    assert origins(["email", "phone"], []) == []


def test_a_conversion_with_nothing_of_its_own_says_only_whose_it_has() -> None:
    (line,) = origins(["gclid"], [carried("gclid", by="external_id")])
    assert line.endswith("which has the same id of the person: gclid")


def delivery(**changes: Any) -> dict[str, Any]:
    return {
        "destination": "google", "state": "accepted", "reason": None, "platform_request_id": "req-1",
        "queued_at": "2026-11-03T10:00:00+00:00", "updated_at": "2026-11-03T10:01:00+00:00",
        "answered_at": "2026-11-03T10:01:00+00:00", "processed_at": None, "processing": None,
        "restatements": [], "changed_at": None, "value": 80.0, **changes,
    }  # fmt: skip


def entry(*deliveries: dict[str, Any]) -> dict[str, Any]:
    return {
        "source": "crm", "object": "Lead", "stage": "qualified", "stage_raw": "Working", "amount": None,
        "currency": None, "lead_created_at": "2026-11-01T09:00:00+00:00",
        "entered_at": "2026-11-03T09:00:00+00:00", "read_at": "2026-11-03T10:00:00+00:00",
        "deliveries": deliveries,
    }  # fmt: skip


def told(at: str, to: float, outcome: str = "accepted") -> dict[str, Any]:
    return {"answered_at": at, "from": 80.0, "to": to, "outcome": outcome, "reason": "CONVERSION_EXPIRED"}


def test_the_timeline_has_everything_in_its_order() -> None:
    sent = delivery(
        processed_at="2026-11-03T11:00:00+00:00",
        processing="success",
        restatements=[told("2026-11-05T10:00:00+00:00", 0.0)],
    )
    assert [happening.what for happening in timeline([entry(sent)])] == [
        "lead created (crm / Lead)",
        "entered qualified (Working)",
        "qualified read from crm / Lead",
        "google qualified: queued",
        "google qualified: accepted, request req-1",
        "google qualified: its request stands at success",
        "google qualified: that it was given back, 0.00 instead of 80.00, was told",
    ]


def test_what_two_stages_share_is_said_once() -> None:
    second = {**entry(), "stage": "won", "entered_at": "2026-11-04T09:00:00+00:00"}
    created = [one for one in timeline([entry(), second]) if one.what.startswith("lead created")]
    assert len(created) == 1


def test_a_skipped_conversion_was_never_queued() -> None:
    skipped = delivery(state="skipped", reason="too_old", answered_at=None)
    assert "google qualified: skipped, too_old" in [one.what for one in timeline([entry(skipped)])]
    assert not [one for one in timeline([entry(skipped)]) if "queued" in one.what]


def test_a_new_value_that_was_refused_says_why() -> None:
    sent = delivery(restatements=[told("2026-11-05T10:00:00+00:00", 90.0, "rejected")])
    assert timeline([entry(sent)])[-1].what == (
        "google qualified: its new value, 90.00 instead of 80.00, was refused (CONVERSION_EXPIRED)"
    )

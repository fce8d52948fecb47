"""``closedwon explain`` says where each identifier came from."""

from __future__ import annotations

from closedwon.cli.explain import origins


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

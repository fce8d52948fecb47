"""What is read twice: the first entry counts, guessed times are not believed, and contradictions are counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from closedwon.pipeline.incoming.repeats import contradictions, first_entries, with_known_times

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TIME = pl.Datetime("us", "UTC")


def entries(*rows: dict[str, Any]) -> pl.DataFrame:
    base = {"event_id": "a", "entered_at": NOW, "amount": 10.0, "currency": "EUR", "time_basis": None}
    base |= {"stage": "won"}
    schema = {"event_id": pl.String, "entered_at": TIME, "amount": pl.Float64, "time_basis": pl.String}
    schema |= {"stage": pl.String, "currency": pl.String}
    return pl.DataFrame([base | row for row in rows], schema=schema)


def remembered(*rows: dict[str, Any]) -> pl.DataFrame:
    base = {"event_id": "a", "entered_at": NOW, "amount": 10.0, "currency": "EUR", "time_known": True}
    schema = {"event_id": pl.String, "entered_at": TIME, "amount": pl.Float64, "time_known": pl.Boolean}
    schema |= {"currency": pl.String}
    return pl.DataFrame([base | row for row in rows], schema=schema)


GUESSED = {"time_basis": "last_modified"}


def judged(frame: pl.DataFrame, before: pl.DataFrame, complete_at: datetime | None) -> tuple[datetime, bool]:
    (row,) = with_known_times(frame, before, complete_at).select("entered_at", "time_known").rows()
    return row


def test_of_two_entries_into_a_stage_the_earlier_counts() -> None:
    frame = entries({"entered_at": NOW}, {"entered_at": NOW - timedelta(days=1)})
    assert first_entries(frame)["entered_at"].to_list() == [NOW - timedelta(days=1)]


def test_a_time_from_history_is_known() -> None:
    assert judged(entries({}), remembered(), None) == (NOW, True)


def test_at_a_first_reading_the_last_change_says_nothing_of_the_stage() -> None:
    assert judged(entries(GUESSED), remembered(), None) == (NOW, False)


def test_a_stage_that_was_not_there_at_the_last_reading_was_entered_since() -> None:
    assert judged(entries(GUESSED), remembered(), NOW - timedelta(hours=1)) == (NOW, True)


def test_an_edit_of_an_old_lead_does_not_make_its_stage_new() -> None:
    before = remembered({"entered_at": NOW - timedelta(days=90), "time_known": False})
    assert judged(entries(GUESSED), before, NOW - timedelta(hours=1)) == (NOW - timedelta(days=90), False)


def test_what_was_seen_to_change_keeps_its_time_when_it_is_edited() -> None:
    before = remembered({"entered_at": NOW - timedelta(days=2), "time_known": True})
    assert judged(entries(GUESSED), before, NOW - timedelta(days=3)) == (NOW - timedelta(days=2), True)


def test_history_that_appears_later_replaces_a_guess() -> None:
    before = remembered({"entered_at": NOW - timedelta(days=90), "time_known": False})
    assert judged(entries({}), before, None) == (NOW, True)


def contradicted(
    frame: pl.DataFrame, before: pl.DataFrame, *, of_till: bool = True
) -> tuple[list[str], list[str]]:
    """The ids that collided, and those that were amended."""
    found = contradictions(frame, before, of_till=of_till)
    return found.collided.to_list(), found.amended.to_list()


def test_the_same_order_read_again_is_no_contradiction() -> None:
    assert contradicted(entries({}, {}), remembered({})) == ([], [])


def test_two_orders_under_one_number_collide() -> None:
    frame = entries({}, {"amount": 99.0}, {"event_id": "b"})
    assert contradicted(frame, remembered()) == (["a"], [])


@pytest.mark.parametrize("change", [{"amount": 11.0}, {"currency": "USD"}])
def test_an_order_that_changed_since_it_was_read_is_amended(change: dict[str, Any]) -> None:
    assert contradicted(entries({}), remembered(change)) == ([], ["a"])


def test_a_refund_that_has_grown_since_it_was_read_is_no_contradiction() -> None:
    grown = entries({"stage": "refund", "amount": -8.0})
    assert contradicted(grown, remembered({"amount": -3.0})) == ([], [])


def test_a_number_that_another_purchase_had_before_collides() -> None:
    later = entries({"entered_at": NOW + timedelta(hours=2), "amount": 99.0})
    assert contradicted(later, remembered({})) == (["a"], [])


def test_the_ids_of_a_crm_do_not_collide() -> None:
    later = entries({"entered_at": NOW + timedelta(hours=2), "amount": 99.0})
    assert contradicted(later, remembered({}), of_till=False) == ([], ["a"])

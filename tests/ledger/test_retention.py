"""What is past its time is deleted, and nothing is sent twice for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from closedwon.ledger import Ledger, State
from closedwon.ledger.incoming.intake import Intake
from closedwon.ledger.ledger import microseconds
from closedwon.ledger.outgoing.outbox import Outbox, Settlement
from closedwon.ledger.retention import Cutoffs, give_up_expired, is_due, retire
from config.retention import SHORTEST_HISTORY, RetentionSettings
from tests.ledger.rows import NOW, entries, queue, store

LATER = NOW + timedelta(days=401)


def retired(ledger: Ledger, now: datetime = LATER, tills: tuple[str, ...] = ("shops",)) -> list[str]:
    keep = RetentionSettings()
    cutoffs = Cutoffs(
        *(now - timedelta(days=days) for days in (keep.payload_days, keep.history_days, keep.rejects_days))
    )
    return retire(ledger, "acme", cutoffs, tills=tills, now=now)


def rows(ledger: Ledger, table: str) -> list[dict[str, Any]]:
    with ledger.reading() as connection:
        return [dict(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()]


def sent(ledger: Ledger, *event_ids: str, source: str = "crm") -> None:
    store(ledger, entries(*event_ids).with_columns(source=pl.lit(source)), queue(*event_ids))
    lane = Outbox(ledger, "acme", "meta")
    claimed = lane.claim(10, NOW)["event_id"].to_list()
    lane.settle(Settlement(claimed, State.ACCEPTED, keep_payload=True), run_id=1, now=NOW)


def test_hashes_are_kept_until_no_new_value_can_be_told(ledger: Ledger) -> None:
    sent(ledger, "a")
    retired(ledger, NOW + timedelta(days=53))
    assert rows(ledger, "deliveries")[0]["payload"] is not None
    retired(ledger, NOW + timedelta(days=55))
    assert rows(ledger, "deliveries")[0]["payload"] is None


def test_hashes_of_what_expired_are_kept_for_a_week_should_the_clock_have_been_wrong(ledger: Ledger) -> None:
    store(ledger, entries("a"), queue("a"))
    expired_at = NOW + timedelta(days=8)
    Outbox(ledger, "acme", "meta").expire(expired_at)
    retired(ledger, expired_at + timedelta(days=6))
    assert rows(ledger, "deliveries")[0]["payload"] is not None
    retired(ledger, expired_at + timedelta(days=8))
    assert rows(ledger, "deliveries")[0]["payload"] is None


def test_a_tills_history_goes_altogether(ledger: Ledger) -> None:
    sent(ledger, "a", source="shops")
    retired(ledger, NOW + timedelta(days=399))
    assert len(rows(ledger, "deliveries")) == len(rows(ledger, "stage_entries")) == 1
    retired(ledger)
    for table in ("deliveries", "stage_entries", "requests"):
        assert rows(ledger, table) == []


def test_of_a_crms_history_the_id_stays_and_is_not_judged_anew(ledger: Ledger) -> None:
    sent(ledger, "a")
    retired(ledger)
    assert rows(ledger, "deliveries") == []
    (entry,) = rows(ledger, "stage_entries")
    assert (entry["event_id"], entry["record_id"], entry["amount"]) == ("a", "", None)
    assert Intake(ledger, "acme").remembered(pl.Series(["a"]))["erased"].to_list() == [True]
    before = rows(ledger, "stage_entries")
    retired(ledger)
    assert rows(ledger, "stage_entries") == before


@pytest.mark.parametrize("source", ["crm", "shops"])
def test_an_event_is_kept_whole_until_every_destination_is_done_with_it(ledger: Ledger, source: str) -> None:
    lately = microseconds(LATER - timedelta(days=29))
    sent(ledger, "a", source=source)
    store(ledger, entries("a"), queue("a", destination="google", state="skipped", expires_at=lately))
    retired(ledger)
    assert {row["destination"] for row in rows(ledger, "deliveries")} == {"meta", "google"}
    assert [row["record_id"] for row in rows(ledger, "stage_entries")] == ["00Q1"]
    retired(ledger, LATER + timedelta(days=2))
    assert rows(ledger, "deliveries") == []
    assert [row["record_id"] for row in rows(ledger, "stage_entries")] == ([""] if source == "crm" else [])


def test_an_entry_that_was_read_lately_keeps_its_deliveries(ledger: Ledger) -> None:
    sent(ledger, "a", source="shops")
    with ledger.writing() as connection:
        connection.exec_driver_sql(f"UPDATE stage_entries SET read_at = {microseconds(LATER)}")
    retired(ledger)
    assert len(rows(ledger, "deliveries")) == len(rows(ledger, "stage_entries")) == 1


def test_an_entry_of_which_no_destination_was_to_hear_goes_too(ledger: Ledger) -> None:
    store(ledger, entries("a").with_columns(source=pl.lit("shops")), queue("a").clear())
    store(ledger, entries("b"), queue("b").clear())
    retired(ledger)
    assert [(row["event_id"], row["record_id"]) for row in rows(ledger, "stage_entries")] == [("b", "")]


def test_the_deliveries_of_an_erased_person_are_not_kept_for_ever(ledger: Ledger) -> None:
    sent(ledger, "a")
    with ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE stage_entries SET record_id = ''")
    retired(ledger)
    assert rows(ledger, "deliveries") == []
    assert [row["event_id"] for row in rows(ledger, "stage_entries")] == ["a"]


def test_what_a_dead_run_was_sending_expires_where_no_run_sends_any_more(ledger: Ledger) -> None:
    store(ledger, entries("a"), queue("a", destination="former"))
    Outbox(ledger, "acme", "former").claim(1, NOW)
    give_up_expired(ledger, "acme", NOW + timedelta(days=6))
    assert rows(ledger, "deliveries")[0]["state"] == "queued"
    give_up_expired(ledger, "acme", NOW + timedelta(days=8))
    assert rows(ledger, "deliveries")[0]["state"] == "expired"
    retired(ledger, LATER + timedelta(days=8))
    assert rows(ledger, "deliveries") == []


def test_what_was_read_lately_is_remembered_though_it_happened_long_ago(ledger: Ledger) -> None:
    long_ago = {
        "event_time": microseconds(NOW - timedelta(days=900)),
        "state": "skipped",
        "reason": "too_old",
    }
    old = entries("a").with_columns(entered_at=pl.lit(long_ago["event_time"]), source=pl.lit("shops"))
    store(ledger, old, queue("a", **long_ago))
    retired(ledger, NOW + timedelta(days=1))
    assert len(rows(ledger, "deliveries")) == len(rows(ledger, "stage_entries")) == 1


def test_what_waits_or_may_have_been_heard_of_is_kept(ledger: Ledger) -> None:
    store(ledger, entries("a", "b"), queue("a", "b"))
    lane = Outbox(ledger, "acme", "meta")
    lane.claim(1, NOW)
    lane.claim(1, NOW)
    retired(ledger)
    assert {row["state"] for row in rows(ledger, "deliveries")} == {"sending", "queued"}


def test_what_the_platform_took_until_lately_is_kept(ledger: Ledger) -> None:
    expires_at = microseconds(LATER - timedelta(days=29))
    store(ledger, entries("a"), queue("a", expires_at=expires_at, state="skipped", reason="refunded"))
    retired(ledger)
    assert len(rows(ledger, "deliveries")) == 1


def test_another_clients_history_is_left_alone(ledger: Ledger) -> None:
    sent(ledger, "a")
    with ledger.writing() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET client = 'other'")
    retired(ledger)
    assert len(rows(ledger, "deliveries")) == 1


def test_rejected_rows_go_with_the_names_of_their_sources(ledger: Ledger) -> None:
    reject = {"file": "pos.csv", "line": 3, "reason": "no time", "masked": "x,9"}
    store(ledger, entries("a"), queue("a"), rejects=[reject])
    assert retired(ledger, NOW + timedelta(days=89)) == []
    assert retired(ledger, NOW + timedelta(days=91)) == ["crm"]
    assert rows(ledger, "rejects") == []


@pytest.mark.parametrize(
    ("outcome", "hours", "due"),
    [("complete", 1, False), ("incomplete", 1, False), ("failed", 1, True), ("complete", 13, True)],
)
def test_a_ledger_is_looked_through_once_a_day(ledger: Ledger, outcome: str, hours: int, due: bool) -> None:
    first = ledger.start_run("acme", NOW)
    assert is_due(ledger, "acme", NOW, run_id=first)
    ledger.finish_run(first, NOW, outcome=outcome, report={})
    later = NOW + timedelta(hours=hours)
    assert is_due(ledger, "acme", later, run_id=ledger.start_run("acme", later)) is due


def test_history_cannot_be_shorter_than_platforms_look_back() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 120"):
        RetentionSettings(history_days=SHORTEST_HISTORY - 1)

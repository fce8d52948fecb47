"""A delivery's way through its states."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from closedwon.ledger import Ledger, State
from closedwon.ledger.incoming.intake import Intake
from closedwon.ledger.ledger import microseconds
from closedwon.ledger.outgoing.outbox import Outbox, Settlement
from closedwon.ledger.reasons import NOT_COUNTED
from closedwon.ledger.retention import give_up_expired
from closedwon.ledger.views.records import explain
from closedwon.ledger.views.standing import status
from tests.ledger.rows import NOW, entries, queue, store


def stored(ledger: Ledger, *event_ids: str, **changes: Any) -> None:
    store(ledger, entries(*event_ids), queue(*event_ids, **changes))


def states(ledger: Ledger) -> dict[str, str]:
    with ledger.reading() as connection:
        return dict(connection.exec_driver_sql("SELECT event_id, state FROM deliveries").all())


def payloads(ledger: Ledger) -> dict[str, str | None]:
    with ledger.reading() as connection:
        return dict(connection.exec_driver_sql("SELECT event_id, payload FROM deliveries").all())


@pytest.fixture
def lane(ledger: Ledger) -> Outbox:
    return Outbox(ledger, "acme", "meta")


NAMES = {"won": "Converted"}


def test_what_no_platform_has_heard_of_takes_the_newest_value(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a", value=10.0)
    stored(ledger, "a", value=99.0)
    assert lane.claim(10, NOW)["value"].to_list() == [99.0]


def test_consent_withdrawn_while_a_delivery_waits_keeps_it_back(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a")
    lane.hold("190", "the token was refused", NOW)
    stored(ledger, "a", state="skipped", reason="consent_denied", payload=None)
    lane.reopen(NAMES, NOW)
    assert states(ledger) == {"a": "skipped"}
    assert payloads(ledger) == {"a": None}


def test_what_was_sent_stays_as_it_was_sent(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a", value=10.0)
    lane.claim(10, NOW)
    lane.settle(Settlement(["a"], State.ACCEPTED, keep_payload=True), run_id=1, now=NOW)
    store(ledger, entries("a").with_columns(amount=99.0), queue("a", value=99.0))
    (entry,) = explain(ledger, "00Q1")
    assert entry["amount"] == 10.0
    assert entry["deliveries"][0]["value"] == 10.0
    assert lane.waiting() == 0


def test_a_mended_conversion_action_reaches_what_was_held_under_the_wrong_one(
    ledger: Ledger, lane: Outbox
) -> None:
    stored(ledger, "a", name="Convertedd")
    lane.hold("100", "no such action", NOW)
    lane.reopen(NAMES, NOW)
    assert lane.claim(10, NOW)["name"].to_list() == ["Converted"]


def test_a_stage_that_is_no_longer_wanted_is_not_sent(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a")
    lane.reopen({"lead": "Raw Lead"}, NOW)
    assert states(ledger) == {"a": "skipped"}
    assert payloads(ledger) == {"a": None}


def test_a_skipped_delivery_is_judged_anew_when_its_record_is_read_again(
    ledger: Ledger, lane: Outbox
) -> None:
    stored(ledger, "a", state="skipped", reason="value_missing", payload=None)
    assert lane.waiting() == 0
    stored(ledger, "a")
    assert lane.waiting() == 1


def test_only_what_a_platform_may_have_heard_of_is_settled(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a")
    lane.claim(10, NOW)
    lane.settle(Settlement(["a"], State.ACCEPTED), run_id=1, now=NOW)
    stored(ledger, "b", state="skipped", reason="too_old", payload=None)
    stored(ledger, "c")
    found = Intake(ledger, "acme").known(entries("a", "b", "c", "d")["event_id"])
    assert sorted(found.select("event_id", "settled", "accepted", "skipped").rows()) == [
        ("a", True, True, False),
        ("b", False, False, True),
        ("c", False, False, False),
    ]


def test_the_soonest_to_expire_goes_first(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "late", expires_at=microseconds(NOW + timedelta(days=5)))
    stored(ledger, "soon", expires_at=microseconds(NOW + timedelta(hours=1)))
    assert lane.claim(1, NOW)["event_id"].to_list() == ["soon"]
    assert lane.claim(1, NOW)["event_id"].to_list() == ["late"]
    assert lane.claim(1, NOW).is_empty()


def test_a_stage_a_little_ahead_of_the_clock_waits_for_its_time(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a", event_time=microseconds(NOW + timedelta(minutes=5)))
    assert lane.claim(10, NOW).is_empty()
    assert lane.due(NOW) == 0
    assert lane.claim(10, NOW + timedelta(minutes=6)).height == 1


def test_what_a_dead_run_was_sending_is_queued_again(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a", "b")
    lane.claim(10, NOW)
    lane.reopen(NAMES, NOW)
    assert lane.claim(10, NOW).height == 2


def test_what_a_dead_run_was_sending_the_platform_may_have_heard_of(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a", "b", "c")
    lane.claim(2, NOW)
    lane.settle(Settlement(["a"], State.QUEUED), run_id=1, now=NOW)
    lane.reopen(NAMES, NOW)
    found = Intake(ledger, "acme").known(entries("a", "b", "c")["event_id"])
    assert sorted(found.filter("in_doubt")["event_id"]) == ["a", "b"]
    assert lane.claim(10, NOW).height == 3


def test_what_is_under_way_when_a_run_dies_is_shown_as_being_sent_until_the_next_run(
    ledger: Ledger, lane: Outbox
) -> None:
    stored(ledger, "a", "b", "c")
    lane.claim(2, NOW)
    lane.settle(Settlement(["a"], State.ACCEPTED), run_id=1, now=NOW)

    def shown() -> list[str]:
        (lane_status,) = status(ledger, "acme", NOW).lanes.values()
        every = [entry["deliveries"][0]["state"] for entry in explain(ledger, "00Q1")]
        assert lane_status.states == {state: every.count(state) for state in every}
        return sorted(every)

    assert shown() == ["accepted", "queued", "sending"]
    lane.reopen(NAMES, NOW)
    assert shown() == ["accepted", "queued", "queued"]


def test_what_was_put_off_is_told_from_what_was_held_or_cut_off(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a", "b", "c")
    lane.claim(3, NOW)
    lane.settle(Settlement(["a"], State.QUEUED, reason="timeout"), run_id=1, now=NOW)
    lane.settle(Settlement(["b"], State.HELD, reason="190"), run_id=1, now=NOW)
    lane.reopen(NAMES, NOW)
    assert lane.claim(10, NOW)["event_id"].to_list() == ["b", "c"]
    assert lane.claim(10, NOW, put_off=True)["event_id"].to_list() == ["a"]


def test_of_what_was_put_off_the_least_tried_goes_first(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a", "b")
    lane.claim(2, NOW)
    lane.settle(Settlement(["a", "b"], State.QUEUED, reason="timeout"), run_id=1, now=NOW)
    assert lane.claim(1, NOW, put_off=True)["event_id"].to_list() == ["a"]
    lane.settle(Settlement(["a"], State.QUEUED, reason="timeout"), run_id=1, now=NOW)
    assert lane.claim(10, NOW, put_off=True)["event_id"].to_list() == ["b", "a"]


def test_what_got_no_answer_is_not_taken_again_in_the_same_run(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a", "b")
    lane.claim(1, NOW)
    assert lane.claim(10, NOW)["event_id"].to_list() == ["b"]
    assert lane.claim(10, NOW).is_empty()
    lane.reopen(NAMES, NOW)
    assert lane.claim(10, NOW).height == 2


def test_what_grew_too_old_while_waiting_expires(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a")
    assert lane.expire(NOW + timedelta(days=8)) == 1
    assert states(ledger) == {"a": "expired"}


def test_what_a_clock_that_ran_ahead_gave_up_waits_again_once_it_is_right(
    ledger: Ledger, lane: Outbox
) -> None:
    stored(ledger, "a")
    lane.expire(NOW + timedelta(days=400))
    lane.reopen({"won": "Converted"}, NOW)
    assert states(ledger) == {"a": "queued"}
    assert lane.claim(10, NOW)["event_id"].to_list() == ["a"]


def test_what_is_held_for_not_having_been_counted_expires_too(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a")
    lane.hold(NOT_COUNTED, "no such account", NOW)
    assert lane.expire(NOW + timedelta(days=8)) == 1
    assert states(ledger) == {"a": "expired"}


def test_what_expired_stays_so(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a")
    lane.expire(NOW + timedelta(days=8))
    lane.reopen({"won": "Converted"}, NOW + timedelta(days=9))
    assert states(ledger) == {"a": "expired"}


def test_an_accepted_delivery_forgets_its_hashes_unless_it_may_be_restated(
    ledger: Ledger, lane: Outbox
) -> None:
    stored(ledger, "a", "b")
    lane.claim(10, NOW)
    lane.settle(Settlement(["a"], State.ACCEPTED), run_id=1, now=NOW)
    lane.settle(Settlement(["b"], State.ACCEPTED, keep_payload=True), run_id=1, now=NOW)
    kept = payloads(ledger)
    assert kept["a"] is None
    assert kept["b"] is not None


def test_a_held_lane_opens_again_with_the_next_run(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a", "b")
    lane.claim(1, NOW)
    assert lane.hold("190", "the token was refused", NOW) == 2
    assert set(states(ledger).values()) == {"held"}
    lane.reopen(NAMES, NOW)
    assert lane.waiting() == 2


def test_lanes_do_not_touch_each_other(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a")
    stored(ledger, "a", destination="google")
    assert lane.claim(10, NOW).height == 1
    assert Outbox(ledger, "acme", "google").waiting() == 1
    assert Outbox(ledger, "other", "meta").waiting() == 0


def test_explain_tells_a_record_with_its_deliveries_and_answers(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a")
    lane.claim(10, NOW)
    lane.settle(
        Settlement(["a"], State.ACCEPTED, platform_request_id="trace-1", answer='{"events_received": 1}'),
        run_id=1, now=NOW,
    )  # fmt: skip
    (entry,) = explain(ledger, "00Q1")
    assert entry["stage"] == "won"
    (delivery,) = entry["deliveries"]
    assert (delivery["state"], delivery["platform_request_id"], delivery["attempts"]) == (
        "accepted",
        "trace-1",
        1,
    )
    assert delivery["answer"] == {"events_received": 1}
    assert explain(ledger, "nobody") == []


def test_status_counts_states_reasons_and_value(ledger: Ledger, lane: Outbox) -> None:
    stored(ledger, "a", "b", "c")
    stored(ledger, "d", state="skipped", reason="too_old", payload=None)
    lane.claim(10, NOW)
    lane.settle(Settlement(["a", "b"], State.ACCEPTED), run_id=1, now=NOW)
    lane.settle(Settlement(["c"], State.REJECTED, reason="2804050"), run_id=1, now=NOW)
    found = status(ledger, "acme", NOW).lanes["meta"]
    assert found.states == {"accepted": 2, "rejected": 1, "skipped": 1}
    assert found.skipped == {"too_old": 1}
    assert found.reasons == {"2804050": 1}
    assert found.value == {"EUR": 20.0}


def test_what_waits_for_a_destination_that_the_file_no_longer_names_expires_too(ledger: Ledger) -> None:
    stored(ledger, "a", destination="forgotten")
    give_up_expired(ledger, "acme", NOW + timedelta(days=8))
    assert states(ledger) == {"a": "expired"}

"""What a platform says later of a request: kept with it, and acted on where it counted nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from closedwon.ledger import Ledger
from closedwon.ledger.outgoing.outbox import Outbox, Settlement
from closedwon.ledger.outgoing.probing import MOST, Probes
from closedwon.ledger.outgoing.processing import (
    UNKNOWN,
    Answer,
    PendingConversions,
    PendingRequest,
    processed,
)
from closedwon.ledger.outgoing.restating import forget_payloads
from closedwon.ledger.reasons import NOT_COUNTED
from closedwon.ledger.states import Kind, State
from closedwon.ledger.views.standing import status
from tests.ledger.rows import NOW, entries, queue, store

LATER = NOW + timedelta(hours=1)
MOMENT = timedelta(seconds=1)


def accepted(ledger: Ledger, *event_ids: str, platform_request_id: str = "r1") -> PendingConversions:
    """A request of which the platform is to say more."""
    store(ledger, entries(*event_ids), queue(*event_ids))
    outbox = Outbox(ledger, "acme", "meta")
    claimed = outbox.claim(100, NOW)["event_id"].to_list()
    settlement = Settlement(
        claimed, State.ACCEPTED, platform_request_id=platform_request_id, keep_payload=True, polled=True
    )
    outbox.settle(settlement, run_id=1, now=NOW)
    return PendingConversions(ledger, "acme", "meta")


def due(pending: PendingConversions, now: datetime = LATER, *, most: int = 10) -> list[PendingRequest]:
    return pending.due(now, ready_after=timedelta(minutes=30), again_after=timedelta(), most=most)


def states(ledger: Ledger) -> dict[str, int]:
    return status(ledger, "acme", LATER).lanes["meta"].states


def test_a_request_is_worth_asking_for_after_a_while_and_not_at_once_again(ledger: Ledger) -> None:
    pending = accepted(ledger, "a")
    assert due(pending, NOW + timedelta(minutes=29)) == []
    (request,) = due(pending)
    assert (request.platform_request_id, request.accepted_at) == ("r1", NOW)
    pending.record(request, Answer(None), LATER)
    terms = {"ready_after": timedelta(), "again_after": timedelta(minutes=30)}
    assert pending.due(LATER + timedelta(minutes=29), **terms, most=10) == []
    assert len(pending.due(LATER + timedelta(minutes=30), **terms, most=10)) == 1


def test_a_request_that_a_clock_far_ahead_noted_is_asked_for_as_soon_as_the_clock_is_right(
    ledger: Ledger,
) -> None:
    pending = accepted(ledger, "a")
    assert len(due(pending, NOW - timedelta(days=300))) == 1
    (request,) = due(pending)
    pending.record(request, Answer(None), LATER + timedelta(days=300))
    assert len(due(pending)) == 1


def test_once_it_was_told_a_request_is_not_asked_for_again(ledger: Ledger) -> None:
    pending = accepted(ledger, "a", "b", "c")
    (request,) = due(pending)
    pending.record(request, Answer("partial_success", {"CLICK_NOT_FOUND": 1}, {"ODD": 2}), LATER)
    assert due(pending) == []
    said = processed(ledger, "acme", since=NOW - timedelta(days=1))["meta"]
    assert (said.accepted, said.pending, said.processed) == (3, 0, 2)
    assert (dict(said.failed), dict(said.warnings)) == ({"CLICK_NOT_FOUND": 1}, {"ODD": 2})


def test_a_request_that_the_platform_no_longer_knows_counts_as_neither(ledger: Ledger) -> None:
    pending = accepted(ledger, "a", "b")
    (request,) = due(pending)
    pending.record(request, Answer(UNKNOWN), LATER)
    said = processed(ledger, "acme", since=NOW - timedelta(days=1))["meta"]
    assert (said.accepted, said.unknown, said.heard_of, said.processed) == (2, 2, 0, 0)


def test_conversions_of_a_request_that_failed_as_a_whole_wait_again(ledger: Ledger) -> None:
    pending = accepted(ledger, "a", "b")
    (request,) = due(pending)
    answer = Answer("failed", {"INTERNAL_ERROR": 2}, state=State.QUEUED, reason="not_counted", message="why")
    assert pending.record(request, answer, LATER) == 2
    assert states(ledger) == {"queued": 2}
    assert Outbox(ledger, "acme", "meta").claim(10, LATER, put_off=True).height == 2


@pytest.mark.parametrize("state", [State.QUEUED, State.HELD])
def test_what_was_accepted_and_not_counted_is_neither_left_out_nor_counted(
    ledger: Ledger, state: State
) -> None:
    pending = accepted(ledger, "a", "b")
    (request,) = due(pending)
    pending.record(request, Answer("failed", {"ODD": 2}, state=state, reason=NOT_COUNTED), LATER)
    said = processed(ledger, "acme", since=NOW - timedelta(days=1))["meta"]
    assert (said.accepted, said.taken_back, said.processed) == (2, 2, 0)


def test_what_was_not_counted_is_queued_by_the_next_run_only_if_the_file_names_another_action(
    ledger: Ledger,
) -> None:
    pending = accepted(ledger, "a", "b")
    (request,) = due(pending)
    pending.record(request, Answer("failed", state=State.HELD, reason=NOT_COUNTED), LATER)
    outbox = Outbox(ledger, "acme", "meta")
    outbox.reopen({"won": "Converted"}, LATER)
    assert states(ledger) == {"held": 2}
    outbox.reopen({"won": "Another"}, LATER)
    assert states(ledger) == {"queued": 2}
    assert outbox.claim(10, LATER, put_off=True)["name"].to_list() == ["Another", "Another"]


def test_what_was_not_counted_stays_held_when_its_record_is_read_again_unless_it_is_to_be_skipped(
    ledger: Ledger,
) -> None:
    pending = accepted(ledger, "a", "b")
    (request,) = due(pending)
    pending.record(request, Answer("failed", state=State.HELD, reason=NOT_COUNTED, message="why"), LATER)
    store(ledger, entries("a"), queue("a", value=99.0))
    store(ledger, entries("b"), queue("b", state="skipped", reason="consent_denied", payload=None))
    assert states(ledger) == {"held": 1, "skipped": 1}
    probe = Probes(ledger, "acme", "meta").claim(LATER, held_before=LATER + MOMENT)
    assert probe.select("event_id", "value").rows() == [("a", 99.0)]


def test_a_few_of_what_was_not_counted_are_tried_and_the_least_tried_first(ledger: Ledger) -> None:
    ids = [f"e{number:02}" for number in range(MOST + 2)]
    pending = accepted(ledger, *ids)
    (request,) = due(pending)
    pending.record(request, Answer("failed", state=State.HELD, reason=NOT_COUNTED), LATER)
    probes, outbox = Probes(ledger, "acme", "meta"), Outbox(ledger, "acme", "meta")
    assert probes.claim(LATER, held_before=LATER).is_empty()
    outbox.release(probes.claim(LATER, held_before=LATER + MOMENT)["event_id"].to_list(), LATER)
    assert states(ledger) == {"held": len(ids)}
    tried = probes.claim(LATER, held_before=LATER + MOMENT)["event_id"].to_list()
    assert len(tried) == MOST
    sent = Settlement(
        tried, State.ACCEPTED, platform_request_id="r2", keep_payload=True, polled=True, kind=Kind.PROBE
    )
    outbox.settle(sent, run_id=2, now=LATER)
    assert probes.pending() == MOST
    (request,) = due(pending, LATER + timedelta(hours=1))
    assert request.kind is Kind.PROBE
    pending.record(request, Answer("failed", state=State.HELD, reason=NOT_COUNTED), LATER)
    assert probes.pending() == 0
    untried = [one for one in ids if one not in tried]
    assert probes.claim(LATER, held_before=LATER + MOMENT)["event_id"].to_list()[:2] == untried
    assert probes.release(LATER) == len(ids)


def test_what_was_not_counted_at_first_is_told_once_when_it_was_sent_again(ledger: Ledger) -> None:
    pending = accepted(ledger, "a", "b")
    (request,) = due(pending)
    pending.record(request, Answer("failed", {"ODD": 2}, state=State.QUEUED, reason=NOT_COUNTED), LATER)
    outbox = Outbox(ledger, "acme", "meta")
    again = outbox.claim(10, LATER, put_off=True)["event_id"].to_list()
    settlement = Settlement(again, State.ACCEPTED, platform_request_id="r2", keep_payload=True, polled=True)
    outbox.settle(settlement, run_id=2, now=LATER)
    said = processed(ledger, "acme", since=NOW - timedelta(days=1))["meta"]
    assert (said.accepted, said.taken_back, said.pending) == (2, 0, 2)


def test_of_two_requests_only_the_failed_one_is_sent_again(ledger: Ledger) -> None:
    accepted(ledger, "a")
    pending = accepted(ledger, "b", platform_request_id="r2")
    first, second = due(pending)
    pending.record(first, Answer("success"), LATER)
    pending.record(second, Answer("failed", state=State.HELD, reason="not_counted"), LATER)
    assert states(ledger) == {"accepted": 1, "held": 1}


def test_a_person_who_refused_meanwhile_is_not_sent_again(ledger: Ledger) -> None:
    pending = accepted(ledger, "a", "b")
    with ledger.writing() as connection:
        forget_payloads(connection, "acme", ["a"])
    (request,) = due(pending)
    assert pending.record(request, Answer("failed", state=State.QUEUED, reason="not_counted"), LATER) == 1
    assert states(ledger) == {"accepted": 1, "queued": 1}


def test_no_more_are_asked_for_than_a_run_has_time_for(ledger: Ledger) -> None:
    for number in range(3):
        pending = accepted(ledger, f"e{number}", platform_request_id=f"r{number}")
    assert [request.platform_request_id for request in due(pending, most=2)] == ["r0", "r1"]

"""Audiences in the ledger, on either database: what is told, what is taken back, and what is left of nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from closedwon.ledger import Ledger
from closedwon.ledger.audiences.candidates import (
    ALIASES,
    CANDIDATES,
    Candidates,
    drop_events,
    keep_candidates,
)
from closedwon.ledger.audiences.confirming import PendingMembers
from closedwon.ledger.audiences.forgetting import erase_members, going, persons_meant
from closedwon.ledger.audiences.lanes import MemberLane
from closedwon.ledger.audiences.membership import Terms, work_out
from closedwon.ledger.audiences.standing import lanes_of
from closedwon.ledger.audiences.states import Membership
from closedwon.ledger.incoming.positions import position
from closedwon.ledger.ledger import microseconds
from closedwon.ledger.outgoing.outbox import Settlement
from closedwon.ledger.outgoing.pending import Answer, PendingRequest
from closedwon.ledger.states import Kind, State
from tests.ledger.rows import NOW, entries, queue, store

LANE = ("meta", "buyers")
TERMS = {LANE: Terms(days=90, valued=True)}


def keep(ledger: Ledger, *said: dict[str, Any], refusing: tuple[str, ...] = ()) -> None:
    """Keep what a batch says."""
    base = {
        "destination": "meta", "audience": "buyers", "joins": True, "entered_at": microseconds(NOW), "value": 10.0,
        "ad_personalization": "granted",
    }  # fmt: skip
    rows = [
        dict.fromkeys(CANDIDATES) | base | {"identifiers": f'{{"em":"{entry["person"]}"}}'} | entry
        for entry in said
    ]
    frame = pl.DataFrame(rows, schema=CANDIDATES)
    persons = pl.Series("person", refusing, dtype=pl.String)
    with ledger.writing() as connection:
        keep_candidates(connection, "acme", Candidates(frame, frame["event_id"], refusing=persons))


def standing(ledger: Ledger, **later: float) -> dict[str, int]:
    """How many members are in each state, worked out anew."""
    work_out(ledger, "acme", TERMS, NOW + timedelta(**later))
    return MemberLane(ledger, "acme", LANE).standing().states


def tell(ledger: Ledger, state: State = State.ACCEPTED, reason: str | None = None) -> list[str]:
    """Have the platform answer for everybody; returns what it was asked to remove."""
    lane = MemberLane(ledger, "acme", LANE)
    leaving, joining = lane.next_leaving("", 100), lane.claim_joining("", 100)
    for kind, members in ((Kind.LEAVE, leaving), (Kind.JOIN, joining)):
        names = members["member"].unique().to_list()
        settlement = Settlement(names, state, reason=reason, message=reason, kind=kind)
        lane.settle(settlement, run_id=1, now=NOW)
    return leaving["identifiers"].to_list()


def test_many_persons_are_worked_out_and_paged_through(ledger: Ledger) -> None:
    keep(ledger, *({"event_id": f"e{n}", "person": f"p{n:05}"} for n in range(6_000)))
    assert standing(ledger) == {"joining": 6_000}
    lane = MemberLane(ledger, "acme", LANE)
    first = lane.claim_joining("", 4_000)
    rest = lane.claim_joining(first["member"][-1], 4_000)
    assert (first.height, rest.height) == (4_000, 2_000)
    assert pl.concat([first, rest])["member"].n_unique() == 6_000


def test_whoever_a_platform_may_have_heard_of_is_taken_out_by_all_that_it_was_told(ledger: Ledger) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada", "identifiers": '{"ph":"1"}'})
    standing(ledger)
    tell(ledger)
    keep(ledger, {"event_id": "e1", "person": "ada", "identifiers": '{"ph":"2"}'})
    assert standing(ledger) == {"joining": 1}
    MemberLane(ledger, "acme", LANE).claim_joining("", 10)
    keep(ledger, refusing=("ada",))
    assert standing(ledger) == {"leaving": 1}
    assert tell(ledger) == ['{"ph":"1"}', '{"ph":"2"}']
    assert standing(ledger) == {}


def test_who_was_never_told_of_is_not_taken_out_and_nothing_is_kept_of_them(ledger: Ledger) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada"})
    standing(ledger)
    with ledger.writing() as connection:
        drop_events(connection, "acme", ["e1"])
    assert standing(ledger) == {}


@pytest.mark.parametrize(
    ("answer", "states", "held"),
    [
        (State.QUEUED, {"joining": 1}, 1),
        (State.HELD, {"joining": 1}, 1),
        (State.REJECTED, {"refused": 1}, 0),
    ],
)
def test_a_platform_that_does_not_take_somebody_is_asked_again_unless_it_refused_for_good(
    ledger: Ledger, answer: State, states: dict[str, int], held: int
) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada"})
    standing(ledger)
    tell(ledger, answer, "terms")
    assert standing(ledger) == states
    found = MemberLane(ledger, "acme", LANE).standing()
    assert (found.held, found.messages) == (held, {"terms": "terms"})


def test_who_was_refused_is_told_of_again_once_known_otherwise(ledger: Ledger) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada"})
    standing(ledger)
    tell(ledger, State.REJECTED, "invalid")
    keep(ledger, {"event_id": "e1", "person": "ada", "identifiers": '{"em":"other"}'})
    assert standing(ledger) == {"joining": 1}


def test_whom_a_platform_refused_for_good_need_not_be_taken_out(ledger: Ledger) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada"})
    standing(ledger)
    tell(ledger, State.REJECTED, "invalid")
    assert standing(ledger, days=91) == {}


def test_whom_a_platform_took_before_it_refused_them_is_to_be_taken_out(ledger: Ledger) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada"})
    standing(ledger)
    tell(ledger)
    keep(ledger, {"event_id": "e1", "person": "ada", "value": 20.0})
    standing(ledger)
    tell(ledger, State.REJECTED, "invalid")
    assert standing(ledger, days=91) == {"leaving": 1}


def test_a_removal_that_fails_is_tried_again(ledger: Ledger) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada"})
    standing(ledger)
    tell(ledger)
    assert standing(ledger, days=91) == {"leaving": 1}
    tell(ledger, State.REJECTED, "unknown")
    assert standing(ledger) == {"leaving": 1}
    assert tell(ledger) == ['{"em":"ada"}']
    assert standing(ledger) == {}


def test_an_audience_with_another_id_has_everybody_join_anew(ledger: Ledger) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada"})
    standing(ledger)
    tell(ledger)
    MemberLane(ledger, "acme", LANE).start_over(NOW)
    assert standing(ledger) == {"joining": 1}


def test_what_was_read_for_an_audience_that_is_declared_no_more_is_read_again(ledger: Ledger) -> None:
    store(ledger, entries("e1"), queue())
    standing(ledger)
    work_out(ledger, "acme", {}, NOW, rules={"crm": "1"})
    assert position(ledger, "acme", "crm").rules == "1"  # type: ignore[union-attr]
    work_out(ledger, "acme", {}, NOW, rules={"crm": "2"})
    assert position(ledger, "acme", "crm").rules == ""  # type: ignore[union-attr]


def test_another_client_is_left_alone(ledger: Ledger) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada"})
    standing(ledger)
    work_out(ledger, "other", {}, NOW)
    with ledger.writing() as connection:
        erase_members(connection, "other", ["ada"], 1)
    assert standing(ledger) == {"joining": 1}
    assert lanes_of(ledger, "other") == []


def test_who_is_forgotten_is_found_by_hash_and_leaves_no_more_than_the_removal_needs(ledger: Ledger) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada", "identifiers": '{"em":"aaaa","ph":"bbbb"}'})
    keep(ledger, {"event_id": "e2", "person": "bob"})
    standing(ledger)
    tell(ledger)
    meant = persons_meant(ledger, "acme", keys=[], hashes=["bbbb"], events=["e9"])
    assert meant == {"ada"}
    with ledger.writing() as connection:
        assert erase_members(connection, "acme", meant, microseconds(NOW)) == 2
    assert going(ledger, "acme", meant) == {"meta": {Membership.LEAVING: 1}}
    assert tell(ledger) == ['{"em":"aaaa","ph":"bbbb"}']
    assert standing(ledger) == {"member": 1}


def accept_later(ledger: Ledger, kind: Kind, *members: str) -> tuple[PendingMembers, PendingRequest]:
    """Have the platform accept what it was told of members, of which it says more later."""
    settlement = Settlement(
        members, State.ACCEPTED, platform_request_id="r", polled=True, kind=kind, audience=LANE[1]
    )
    MemberLane(ledger, "acme", LANE).settle(settlement, run_id=1, now=NOW)
    pending = PendingMembers(ledger, "acme", *LANE)
    return pending, pending.due(NOW, ready_after=timedelta(), again_after=timedelta(), most=9)[-1]


def test_who_left_is_kept_until_the_platform_confirms_it(ledger: Ledger) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada"})
    standing(ledger)
    tell(ledger)
    keep(ledger, refusing=("ada",))
    assert standing(ledger) == {"leaving": 1}
    pending, request = accept_later(ledger, Kind.LEAVE, "ada")
    assert standing(ledger) == {"left": 1}
    assert MemberLane(ledger, "acme", LANE).next_leaving("", 10).is_empty()
    assert pending.record(request, Answer(None), NOW) == 0
    assert standing(ledger) == {"left": 1}
    failed = Answer("failed", state=State.QUEUED, reason="r", message="m", leaves_open=True)
    assert pending.record(request, failed, NOW) == 1
    assert MemberLane(ledger, "acme", LANE).standing().reasons == {"r": 1}
    pending, request = accept_later(ledger, Kind.LEAVE, "ada")
    assert pending.record(request, Answer("success"), NOW) == 0
    assert (standing(ledger), pending.exist()) == ({}, False)


def test_of_whom_the_platform_never_says_more_nothing_is_kept_for_long(ledger: Ledger) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada"})
    standing(ledger)
    tell(ledger)
    keep(ledger, refusing=("ada",))
    standing(ledger)
    accept_later(ledger, Kind.LEAVE, "ada")
    assert standing(ledger, days=59) == {"left": 1}
    assert standing(ledger, days=61) == {}


@pytest.mark.parametrize(
    ("state", "stands"),
    [(None, "member"), (State.HELD, "joining"), (State.QUEUED, "joining"), (State.REJECTED, "refused")],
)
def test_members_whom_the_platform_did_not_take_are_told_of_again(
    ledger: Ledger, state: State | None, stands: str
) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada"}, {"event_id": "e2", "person": "bob"})
    standing(ledger)
    tell(ledger)
    pending, request = accept_later(ledger, Kind.JOIN, "ada")
    again = pending.record(request, Answer("failed", state=state), NOW)
    assert standing(ledger) == ({"member": 2} if stands == "member" else {"member": 1, stands: 1})
    assert again == (stands != "member")


def test_an_answer_says_nothing_of_who_was_told_of_by_another_request_since(ledger: Ledger) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada"})
    standing(ledger)
    pending, request = accept_later(ledger, Kind.JOIN, "ada")
    tell(ledger)
    accept_later(ledger, Kind.JOIN, "ada")
    assert pending.record(request, Answer("failed", state=State.QUEUED), NOW) == 0
    assert standing(ledger) == {"member": 1}


def test_who_was_in_before_a_later_request_was_refused_is_taken_out(ledger: Ledger) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada"})
    standing(ledger)
    tell(ledger)
    keep(ledger, {"event_id": "e1", "person": "ada", "value": 20.0})
    assert standing(ledger) == {"joining": 1}
    MemberLane(ledger, "acme", LANE).claim_joining("", 10)
    pending, request = accept_later(ledger, Kind.JOIN, "ada")
    assert pending.record(request, Answer("failed", state=State.REJECTED, reason="r"), NOW) == 1
    keep(ledger, refusing=("ada",))
    assert standing(ledger) == {"leaving": 1}


@pytest.mark.parametrize(
    "answer",
    [
        Answer("failed", {"DENIED_CONSENT": 1}, state=State.REJECTED, reason="r", leaves_open=True),
        Answer("partial_success", {"NO_CONSENT": 1}, counted_none=False, leaves_open=True),
        Answer("invalid_request_id", leaves_open=True),
    ],
    ids=lambda answer: answer.processing,
)
def test_a_removal_of_which_the_platform_is_not_sure_is_told_again(ledger: Ledger, answer: Answer) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada"})
    standing(ledger)
    tell(ledger)
    keep(ledger, refusing=("ada",))
    standing(ledger)
    pending, request = accept_later(ledger, Kind.LEAVE, "ada")
    assert pending.record(request, answer, NOW) == 1
    assert standing(ledger) == {"leaving": 1}


def test_a_removal_that_never_succeeds_is_given_up_after_a_while(ledger: Ledger) -> None:
    keep(ledger, {"event_id": "e1", "person": "ada"})
    standing(ledger)
    tell(ledger)
    keep(ledger, refusing=("ada",))
    standing(ledger)
    for day in (1, 30, 59):
        assert standing(ledger, days=day) in ({"leaving": 1}, {"left": 1})
        pending, request = accept_later(ledger, Kind.LEAVE, "ada")
        pending.record(request, Answer("failed", state=State.QUEUED, leaves_open=True), NOW)
        accept_later(ledger, Kind.LEAVE, "ada")
    assert standing(ledger, days=61) == {}


def test_who_is_known_by_what_is_taken_out_again_joins_again(ledger: Ledger) -> None:
    alike = '{"em":"x"}'
    keep(ledger, {"event_id": "e1", "person": "phone", "identifiers": alike})
    standing(ledger)
    tell(ledger)
    aliases = pl.DataFrame({"alias": ["phone"], "person": ["mail"]}, schema=ALIASES)
    with ledger.writing() as connection:
        keep_candidates(connection, "acme", Candidates(aliases=aliases))
    assert standing(ledger) == {"leaving": 1, "joining": 1}
    pending, request = accept_later(ledger, Kind.LEAVE, "phone")
    tell(ledger)
    assert standing(ledger) == {"left": 1, "member": 1}
    pending.record(request, Answer("failed", state=State.QUEUED, leaves_open=True), NOW)
    assert standing(ledger) == {"leaving": 1, "joining": 1}

"""What changes once a platform has accepted a conversion: its value is noted, and told of where it was told before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from closedwon.ledger import Ledger
from closedwon.ledger.outgoing.outbox import Outbox, Settlement
from closedwon.ledger.outgoing.processing import Answer, PendingConversions
from closedwon.ledger.outgoing.restating import Restatements, Terms
from closedwon.ledger.schema import requests
from closedwon.ledger.states import State
from closedwon.ledger.views.records import explain
from closedwon.ledger.views.standing import status
from tests.pipeline.taking import NOW, Intaken
from tests.pipeline.test_refunds import purchase, refund, shop

TERMS = Terms(within=timedelta(days=54), after=timedelta(0))


@pytest.fixture
def ledger(sqlite_url: str) -> Iterator[Ledger]:
    opened = Ledger(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def tills(ledger: Ledger) -> Intaken:
    """A shop whose order A1 of 100 was accepted."""
    tills = Intaken(shop(), "tills", ledger)
    tills.take(purchase())
    tills.send_all()
    return tills


def restatements(tills: Intaken, terms: Terms = TERMS) -> Restatements:
    return Restatements(tills.ledger, "acme", "meta", terms)


def settle(tills: Intaken, state: State, **changes: Any) -> None:
    lane = restatements(tills)
    batch = lane.take(10, NOW)
    lane.settle(Settlement(batch["event_id"].to_list(), state, **changes), batch, run_id=1, now=NOW)


def test_an_amount_that_changed_after_sending_is_to_be_told(tills: Intaken) -> None:
    tills.take(purchase(amount=140.0))
    assert tills.told() == {"A1": (140.0, 100.0, True)}
    assert (tills.lane.changed, tills.report.amended) == (1, 1)
    assert restatements(tills).take(10, NOW).select("value", "told_value").rows() == [(140.0, 100.0)]


def test_what_is_read_again_unchanged_is_not_told_again(tills: Intaken) -> None:
    tills.take(purchase())
    assert restatements(tills).due(NOW) == 0


def test_once_told_a_new_value_is_in_order_and_the_ledger_says_from_what_to_what(tills: Intaken) -> None:
    tills.take(purchase(amount=140.0))
    settle(tills, State.ACCEPTED)
    assert tills.told() == {"A1": (140.0, 140.0, False)}
    tills.take(purchase(amount=140.0))
    assert restatements(tills).due(NOW) == 0
    (delivery,) = explain(tills.ledger, "A1")[0]["deliveries"]
    assert [(one["from"], one["to"], one["outcome"]) for one in delivery["restatements"]] == [
        (100.0, 140.0, "accepted")
    ]


def test_an_amount_that_changed_back_is_told_too_since_the_platform_may_have_heard_of_the_other(
    tills: Intaken,
) -> None:
    tills.take(purchase(amount=140.0))
    settle(tills, State.QUEUED, reason="timeout")
    tills.take(purchase(amount=100.0))
    assert tills.told() == {"A1": (100.0, 100.0, True)}
    assert restatements(tills).take(10, NOW)["value"].to_list() == [100.0]
    assert status(tills.ledger, "acme", NOW).lanes["meta"].changed == 0


def test_a_currency_that_changed_is_told_and_what_was_told_stays_in_its_own(tills: Intaken) -> None:
    tills.take(purchase() | {"currency": "USD"})
    assert restatements(tills).due(NOW) == 1
    assert status(tills.ledger, "acme", NOW).lanes["meta"].value == {"EUR": 100.0}
    settle(tills, State.ACCEPTED)
    assert status(tills.ledger, "acme", NOW).lanes["meta"].value == {"USD": 100.0}


def accepted_later(tills: Intaken, processing: str | None, **failed: int) -> None:
    """What the platform says of the request that told of the order."""
    with tills.ledger.writing() as connection:
        connection.execute(
            update(requests).values(processing=processing, failed=json.dumps(failed) if failed else None)
        )


@pytest.mark.parametrize(
    ("processing", "due"),
    [(None, 1), ("success", 1), ("partial_success", 1), ("pending", 0), ("failed", 0), ("unknown", 0)],
)
def test_what_the_platform_did_not_count_is_not_told_anew(
    tills: Intaken, processing: str | None, due: int
) -> None:
    tills.take(purchase(amount=140.0))
    accepted_later(tills, processing)
    assert restatements(tills).due(NOW) == due


def test_a_new_value_that_was_not_counted_is_told_again(tills: Intaken) -> None:
    tills.take(purchase(amount=140.0))
    settle(tills, State.ACCEPTED, platform_request_id="r2", polled=True)
    assert tills.told() == {"A1": (140.0, 140.0, False)}
    later = NOW + timedelta(hours=1)
    pending = PendingConversions(tills.ledger, "acme", "meta")
    (request,) = pending.due(later, ready_after=timedelta(), again_after=timedelta(), most=10)
    pending.record(request, Answer("failed", {"INTERNAL_ERROR": 1}, state=State.QUEUED), later)
    assert tills.told() == {"A1": (140.0, 100.0, True)}
    assert tills.deliveries()["A1", "purchase"][0] == "accepted"


def test_a_new_value_that_was_not_counted_is_past_once_another_was_told(tills: Intaken) -> None:
    for number, amount in enumerate((140.0, 160.0)):
        tills.take(purchase(amount=amount))
        settle(tills, State.ACCEPTED, platform_request_id=f"r{number}", polled=True)
    later = NOW + timedelta(hours=1)
    pending = PendingConversions(tills.ledger, "acme", "meta")
    first, _ = pending.due(later, ready_after=timedelta(), again_after=timedelta(), most=10)
    pending.record(first, Answer("failed", {"EVENT_TOO_OLD": 1}, state=State.REJECTED), later)
    assert tills.told() == {"A1": (160.0, 160.0, False)}


def test_what_was_given_back_before_its_request_failed_is_not_sent_as_nothing(tills: Intaken) -> None:
    tills.take(refund(-100.0))
    with tills.ledger.writing() as connection:
        connection.execute(update(requests).values(processing="pending", platform_request_id="r1"))
    later = NOW + timedelta(hours=1)
    pending = PendingConversions(tills.ledger, "acme", "meta")
    (request,) = pending.due(later, ready_after=timedelta(), again_after=timedelta(), most=10)
    pending.record(request, Answer("failed", state=State.QUEUED, reason="not_counted"), later)
    assert tills.deliveries() == {("A1", "purchase"): ("skipped", "refunded", 0.0)}


def test_a_refused_value_is_not_told_again_until_it_changes_again(tills: Intaken) -> None:
    tills.take(purchase(amount=140.0))
    settle(tills, State.REJECTED, reason="TOO_LATE")
    assert tills.told() == {"A1": (140.0, 100.0, False)}
    assert restatements(tills).due(NOW) == 0
    tills.take(purchase(amount=150.0))
    assert restatements(tills).due(NOW) == 1


def test_a_platform_that_is_away_is_told_later(tills: Intaken) -> None:
    tills.take(purchase(amount=140.0))
    settle(tills, State.QUEUED, reason="timeout")
    assert tills.told() == {"A1": (140.0, 100.0, True)}
    assert restatements(tills).due(NOW) == 1


@pytest.mark.parametrize(
    ("terms", "days", "due"),
    [
        (TERMS, 53, 1),
        (TERMS, 54, 0),
        (replace(TERMS, after=timedelta(hours=24)), 0.9, 0),
        (replace(TERMS, after=timedelta(hours=24)), 1, 1),
    ],
)
def test_a_value_is_told_while_the_platform_takes_it(
    tills: Intaken, terms: Terms, days: float, due: int
) -> None:
    tills.take(purchase(amount=140.0))
    assert restatements(tills, terms).due(NOW + timedelta(days=days)) == due


def test_what_was_never_accepted_is_never_told_anew(ledger: Ledger) -> None:
    tills = Intaken(shop(), "tills", ledger)
    for state in (State.REJECTED, State.QUEUED, State.HELD):
        tills.take(purchase(order=f"A-{state}"))
        outbox = Outbox(ledger, "acme", "meta")
        claimed = outbox.claim(10, NOW)["event_id"].to_list()
        outbox.settle(Settlement(claimed, state, reason="no"), run_id=1, now=NOW)
        tills.take(purchase(order=f"A-{state}", amount=140.0))
    assert restatements(tills).due(NOW) == 0
    assert {told for _, told, _ in tills.told().values()} == {None}


def test_another_purchase_under_the_same_number_is_not_its_new_value(tills: Intaken) -> None:
    tills.take(purchase(amount=900.0) | {"entered_at": NOW - timedelta(minutes=5)})
    assert tills.told() == {"A1": (100.0, 100.0, False)}
    assert tills.report.collisions == 1


def test_a_new_rule_does_not_revalue_what_was_sent_under_the_old_one(ledger: Ledger, tills: Intaken) -> None:
    anew = Intaken(shop("amount * 2"), "tills", ledger)
    for _ in range(2):
        anew.take(purchase())
        assert anew.told() == {"A1": (100.0, 100.0, False)}
    anew.take(purchase(amount=140.0))
    assert anew.told() == {"A1": (280.0, 100.0, True)}


def test_a_refund_that_is_read_under_a_new_rule_is_told(ledger: Ledger, tills: Intaken) -> None:
    anew = Intaken(shop("amount * 2"), "tills", ledger)
    anew.take(purchase(), refund(-30.0))
    assert anew.told() == {"A1": (140.0, 100.0, True)}


@pytest.mark.parametrize(
    "now", [{"ad_user_data": None}, {"ad_user_data": "maybe"}, {"ad_personalization": "no"}]
)
def test_a_consent_that_is_none_any_more_ends_the_telling(ledger: Ledger, now: dict[str, Any]) -> None:
    fields = {"consent": {"fields": {"ad_user_data": "Ads", "ad_personalization": "Personal"}}}
    agreed = {"ad_user_data": "yes", "ad_personalization": "yes"}
    tills = Intaken(shop(**fields), "tills", ledger)
    tills.take(purchase() | agreed)
    tills.send_all()
    tills.take(purchase(amount=140.0) | agreed)
    assert restatements(tills).due(NOW) == 1
    tills.take(purchase(amount=140.0) | agreed | now)
    assert restatements(tills).due(NOW) == 0
    assert tills.payloads() == {"A1": None}


def test_a_person_who_refused_since_is_told_of_no_more(tills: Intaken) -> None:
    tills.take(purchase(amount=140.0) | {"ad_user_data": "no"})
    assert tills.told() == {"A1": (100.0, 100.0, False)}
    assert tills.payloads() == {"A1": None}
    tills.take(purchase(amount=150.0))
    assert restatements(tills).due(NOW) == 0

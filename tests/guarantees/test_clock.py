"""A clock that jumps by a day, for one run or within it: nothing is sent twice, and only what was about to expire can
be given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from closedwon.ledger.ledger import microseconds
from closedwon.pipeline.run import RunOptions
from tests.guarantees.outcome import READ, READ_AND_SEND, SEND, Outcome, outcome
from tests.guarantees.place import Place

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)]

DAY = timedelta(days=1)
GIVEN_UP = {"expired_before_sent", "too_old"}
RUNS = pytest.mark.parametrize("run", [READ_AND_SEND, READ, SEND], ids=["all", "reading", "sending"])


def jumped(place: Place, run: RunOptions, ahead: timedelta) -> tuple[Outcome, Outcome]:
    """How things end with a right clock, and after a run whose clock was ``ahead``."""
    right = outcome(place, (READ_AND_SEND, READ_AND_SEND))
    place.again()
    if run is SEND:
        assert place.do(place.task(runs=[READ])).reports
    assert place.do(place.task(runs=[run], ahead=ahead)).reports
    return right, outcome(place, (READ_AND_SEND, READ_AND_SEND))


@RUNS
def test_a_clock_that_was_back_by_a_day_changes_nothing(place: Place, run: RunOptions) -> None:
    right, found = jumped(place, run, -DAY)
    assert found == right


@pytest.mark.parametrize("run", [READ_AND_SEND, READ], ids=["all", "reading"])
def test_a_clock_that_was_ahead_by_a_day_leaves_out_what_it_read_and_took_for_too_old(
    place: Place, run: RunOptions
) -> None:
    right, found = jumped(place, run, DAY)
    tomorrow = microseconds(datetime.now(UTC) + DAY)
    expiring = {
        (row["destination"], row["event_id"])
        for row in place.rows()["deliveries"]
        if row["expires_at"] <= tomorrow
    }
    differing = {key for key, how in right.deliveries.items() if found.deliveries[key] != how}
    assert differing
    assert differing <= expiring
    assert {found.deliveries[key][1] for key in differing} == {"too_old"}
    assert found.deliveries.keys() == right.deliveries.keys()


def test_what_a_clock_that_was_ahead_gave_up_while_it_waited_is_sent_once_it_is_right(place: Place) -> None:
    right, found = jumped(place, SEND, DAY)
    assert found == right


@pytest.mark.parametrize("ahead", [DAY, -DAY], ids=["forward", "back"])
def test_a_clock_that_jumps_while_a_run_sends_changes_nothing(place: Place, ahead: timedelta) -> None:
    assert place.do(place.task(runs=[READ])).reports
    place.start_here()
    right = outcome(place, (SEND, SEND))
    place.again()
    readings = place.do(place.task(runs=[SEND])).readings
    assert readings > 1
    for right_for in range(1, readings):
        place.again()
        assert place.do(place.task(runs=[SEND], ahead=ahead, right_for=right_for)).reports
        assert outcome(place, (SEND, SEND)) == right, f"jumped after {right_for} readings"

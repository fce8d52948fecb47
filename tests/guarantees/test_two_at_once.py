"""Two runs of one client at once: one goes on, the other stops, and nothing is sent twice; also where a host froze."""

from __future__ import annotations

import os
import signal

import pytest

from tests.guarantees.outcome import READ, SEND, outcome
from tests.guarantees.place import Place
from tests.guarantees.processes import Ended

pytestmark = pytest.mark.slow

ACCEPTED_BY_META = "processed POST /v26.0/"


@pytest.fixture
def undisturbed(place: Place) -> object:
    """How things end where only one host ran; the place is back at where everything is still to be sent."""
    assert place.do(place.task(runs=[READ])).reports
    place.start_here()
    expected = outcome(place, (SEND, SEND))
    place.again()
    return expected


def test_a_second_run_of_a_client_stops_before_it_sends_anything(place: Place, undisturbed: object) -> None:
    seconds: list[Ended] = []

    def start_another(point: str, _process: int) -> None:
        if point.startswith(ACCEPTED_BY_META) and not seconds:
            seconds.append(place.do(place.task(runs=[SEND])))

    assert place.do(place.task(runs=[SEND], watched=True), start_another).reports
    assert seconds[0].failure.startswith(
        "RunInProgressError: client atlas-school: another run is in progress ("
    )
    assert outcome(place, (SEND,)) == undisturbed


def test_a_host_takes_over_at_once_from_one_that_was_killed(place: Place, undisturbed: object) -> None:
    def kill(point: str, process: int) -> None:
        if point.startswith(ACCEPTED_BY_META):
            os.kill(process, signal.SIGKILL)

    assert place.do(place.task(runs=[SEND], watched=True), kill).code == -signal.SIGKILL
    assert outcome(place, (SEND, SEND)) == undisturbed


@pytest.mark.parametrize("ledger_url", ["postgresql"], indirect=True)
def test_a_host_that_froze_writes_no_more_once_another_took_over(place: Place, undisturbed: object) -> None:
    taken_over: list[object] = []

    def freeze(point: str, process: int) -> None:
        if not point.startswith(ACCEPTED_BY_META) or taken_over:
            return
        os.kill(process, signal.SIGSTOP)
        assert place.server is not None
        place.server.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        taken_over.append(outcome(place, (SEND, SEND)))
        os.kill(process, signal.SIGCONT)

    woken = place.do(place.task(runs=[SEND], watched=True), freeze)
    assert woken.failure.startswith("LeaseLostError: client atlas-school: another run took over")
    assert taken_over == [undisturbed]
    assert outcome(place, (SEND,)) == undisturbed

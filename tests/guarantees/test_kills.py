"""A death at every point of a run: the next run finishes it, and each conversion is counted once and with its value.

A run is watched first, and at each of its points (:mod:`tests.guarantees.boundaries`) it is noted what a death would
leave: what the ledger has committed, and what the platforms have counted. The process is then really killed at the
last point of every stretch that leaves the same, which is where most of it is in flight; with
``CLOSEDWON_KILL_EVERYWHERE=1`` it is killed at every single point.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from closedwon.pipeline.run import RunOptions
from closedwon.sandbox.faults import Fault
from tests.guarantees.outcome import READ, READ_AND_SEND, SEND, outcome
from tests.guarantees.place import PURCHASES, Place

pytestmark = pytest.mark.slow

EVERYWHERE = bool(os.environ.get("CLOSEDWON_KILL_EVERYWHERE"))
INGEST, EVENTS = "/v1/events:ingest", "/v26.0/"


@dataclass(frozen=True)
class Story:
    """What was before the run that is killed, and what it does.

    Attributes:
        before: what the client did and was told until then.
        run: what the run does; ``after``, the runs that follow it, of which the last one must find nothing to do.
        faults: what the platforms fail at from the killed run on.
    """

    before: Callable[[Place], None]
    run: RunOptions = SEND
    after: Sequence[RunOptions] = (SEND, SEND)
    faults: Callable[[Place], Sequence[Fault]] = lambda _: ()


def nothing(_place: Place) -> None:
    """The first run of all."""


def read(place: Place) -> None:
    assert place.do(place.task(runs=[READ])).reports


def sent_and_changed(place: Place) -> None:
    """Half of the purchases are worth something else after both platforms were told."""
    assert place.do(place.task()).reports
    place.sell([*PURCHASES[:3], "0.00", "7.77", "8.88"])
    assert place.do(place.task(runs=[READ])).reports


def accepted_but_not_counted(place: Place) -> None:
    """Google accepted every request, and counted nothing of the first."""
    place.sandbox.state.faults.add(Fault("google", "processing_failure", reason="INTERNAL_ERROR"))
    assert place.do(place.task()).reports


def poisoned(place: Place) -> list[Fault]:
    """Each platform refuses whatever comes with one of the purchases."""
    found = [
        next(
            row
            for row in place.rows()["deliveries"]
            if (row["destination"], row["stage"]) == (lane, "purchase")
        )
        for lane in ("meta", "google")
    ]
    return [Fault(row["destination"], "poison", event_ids=(row["event_id"],)) for row in found]


def processed_unheard(_place: Place) -> list[Fault]:
    """Each platform processes a request, and its answer is lost on the way."""
    return [
        Fault("google", "reset_after", path=INGEST, after=1),
        Fault("meta", "reset_after", path=EVENTS, after=1),
    ]


STORIES = {
    "reading": Story(nothing, run=READ, after=(READ_AND_SEND, READ_AND_SEND)),
    "sending": Story(read),
    "restating": Story(sent_and_changed),
    "asking what became of requests": Story(accepted_but_not_counted),
    "isolating a refused row": Story(read, faults=poisoned),
    "losing an answer": Story(read, faults=processed_unheard, after=(SEND, SEND, SEND)),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_run_killed_at_any_point_is_finished_by_the_next_with_each_conversion_counted_once(
    place: Place, story: Story
) -> None:
    story.before(place)
    place.start_here()
    faults = story.faults(place)
    left = watch(place, story, faults)
    expected = outcome(place, story.after)
    assert expected.counted["meta"]
    assert expected.counted["google"]
    for number in range(1, len(left) + 1) if EVERYWHERE else ends_of_stretches(left):
        place.again(*faults)
        assert place.do(place.task(runs=[story.run], dies_at=number)).died
        assert outcome(place, story.after) == expected, f"killed at point {number}"


def watch(place: Place, story: Story, faults: Sequence[Fault]) -> list[str]:
    """What a death would leave at each point of an undisturbed run."""
    left: list[str] = []
    place.again(*faults)
    place.do(place.task(runs=[story.run], watched=True), lambda *_: left.append(state_left(place)))
    return left


def state_left(place: Place) -> str:
    """A digest of all that a death leaves: it is another where the ledger or a platform holds something else."""
    return hashlib.sha256(repr((place.rows(), place.counted())).encode()).hexdigest()


def ends_of_stretches(left: Sequence[str]) -> list[int]:
    """The numbers of the points behind which a death leaves something else."""
    lengths = [len(list(same)) for _, same in itertools.groupby(left)]
    return list(itertools.accumulate(lengths))

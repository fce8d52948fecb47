"""Killing a run at its points: where a death leaves something else, or everywhere.

A run is watched first, and at each of its points (:mod:`tests.guarantees.boundaries`) it is noted what a death would
leave: what the ledger has committed, what the platforms have counted, and the files beside. The process is then really
killed at the last point of every stretch that leaves the same, which is where most of it is in flight; with
``CLOSEDWON_KILL_EVERYWHERE=1`` it is killed at every single point.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from closedwon.pipeline.forgetting.forget import Asked
from closedwon.pipeline.run import RunOptions
from closedwon.sandbox.faults import Fault
from tests.guarantees.outcome import SEND, outcome
from tests.guarantees.place import Place

EVERYWHERE = bool(os.environ.get("CLOSEDWON_KILL_EVERYWHERE"))


@dataclass(frozen=True)
class Story:
    """What was before the run that is killed, and what it does.

    Attributes:
        before: what the client did and was told until then.
        run: what the run does, or whom it forgets.
        after: the runs that follow it, of which the last one must find nothing to do.
        faults: what the platforms fail at from the killed run on.
        left: what a death leaves besides what it always does.
    """

    before: Callable[[Place], None]
    run: RunOptions | Asked = SEND
    after: Sequence[RunOptions | Asked] = (SEND, SEND)
    faults: Callable[[Place], Sequence[Fault]] = lambda _: ()
    left: Callable[[Place], object] = lambda _: None


def tell(place: Place, story: Story) -> None:
    """Kill the run of ``story`` at its points; after each, the runs that follow must end as an undisturbed one's do."""
    for number, expected in killed(place, story):
        assert outcome(place, story.after) == expected, f"killed at point {number}"


def killed(place: Place, story: Story) -> Iterator[tuple[int, object]]:
    """Kill the run at one point after another: each time yields the point's number and what is to follow from it."""
    story.before(place)
    place.start_here()
    faults = story.faults(place)
    left = watch(place, story, faults)
    expected = outcome(place, story.after)
    assert all(expected.counted.values())
    for number in range(1, len(left) + 1) if EVERYWHERE else ends_of_stretches(left):
        place.again(*faults)
        assert place.do(place.task(runs=[story.run], dies_at=number)).died
        yield number, expected


def watch(place: Place, story: Story, faults: Sequence[Fault]) -> list[str]:
    """What a death would leave at each point of an undisturbed run."""
    place.again(*faults)
    left: list[str] = []
    with place.changes() as committed:
        before: object = None

        def look(_point: str, _process: int) -> None:
            nonlocal before
            now = committed(), place.counted(), place.rejects(), story.left(place)
            left.append(left[-1] if now == before else state_left(place, *now[2:]))
            before = now

        place.do(place.task(runs=[story.run], watched=True), look)
    return left


def state_left(place: Place, *beside: object) -> str:
    """A digest of all that a death leaves: it is another where the ledger or a platform holds something else."""
    return hashlib.sha256(repr((place.rows(), place.counted(), beside)).encode()).hexdigest()


def ends_of_stretches(left: Sequence[str]) -> list[int]:
    """The numbers of the points behind which a death leaves something else."""
    lengths = [len(list(same)) for _, same in itertools.groupby(left)]
    return list(itertools.accumulate(lengths))

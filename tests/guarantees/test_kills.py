"""A death at every point of a run: the next run finishes it, and each conversion is counted once and with its value."""

from __future__ import annotations

import pytest

from closedwon.sandbox.faults import Fault
from tests.guarantees.clients import PURCHASES
from tests.guarantees.killing import Story, tell
from tests.guarantees.outcome import READ, READ_AND_SEND, SEND
from tests.guarantees.place import Place
from tests.guarantees.sandboxes import GOOGLE_ADS

pytestmark = pytest.mark.slow

INGEST, EVENTS = "/v1/events:ingest", "/v26.0/"


def nothing(_place: Place) -> None:
    """The first run of all."""


def read(place: Place) -> None:
    assert place.do(place.task(runs=[READ])).reports


def sent_and_changed(place: Place) -> None:
    """Half of the purchases are worth something else after the platforms were told."""
    assert place.do(place.task()).reports
    place.sell([*PURCHASES[:3], "0.00", "7.77", "8.88"])
    assert place.do(place.task(runs=[READ])).reports


def accepted_but_not_counted(place: Place) -> None:
    """Google accepted every request, and counted nothing of the first."""
    place.fail(Fault("google", "processing_failure", reason="INTERNAL_ERROR"))
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


def call_processed_unheard(_place: Place) -> list[Fault]:
    return [Fault(GOOGLE_ADS, "reset_after", after=1)]


STORIES = {
    "reading": Story(nothing, run=READ, after=(READ_AND_SEND, READ_AND_SEND)),
    "sending": Story(read),
    "restating": Story(sent_and_changed),
    "asking what became of requests": Story(accepted_but_not_counted),
    "isolating a refused row": Story(read, faults=poisoned),
    "losing an answer": Story(read, faults=processed_unheard, after=(SEND, SEND, SEND)),
}
ON_GOOGLE_ADS = {
    "sending": Story(read),
    "restating": Story(sent_and_changed),
    "losing an answer": Story(read, faults=call_processed_unheard, after=(SEND, SEND, SEND)),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_run_killed_at_any_point_is_finished_by_the_next_with_each_conversion_counted_once(
    place: Place, story: Story
) -> None:
    tell(place, story)


@pytest.mark.parametrize("story", ON_GOOGLE_ADS.values(), ids=ON_GOOGLE_ADS)
def test_a_run_by_way_of_google_ads_killed_at_any_point_is_finished_by_the_next_and_counted_once(
    shops: Place, story: Story
) -> None:
    tell(shops, story)

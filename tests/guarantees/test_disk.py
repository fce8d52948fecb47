"""A disk that fills: the run ends and says so, nothing is half-written, and the next run finishes."""

from __future__ import annotations

import resource

import pytest

from tests.guarantees.outcome import READ_AND_SEND, outcome
from tests.guarantees.place import Place

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)]


@pytest.mark.parametrize(
    "moment", ["before INSERT INTO stage_entries", "before POST /v26.0/", "processed POST /v26.0/"]
)
def test_a_full_disk_ends_the_run_and_the_next_one_finishes(place: Place, moment: str) -> None:
    expected = outcome(place, (READ_AND_SEND, READ_AND_SEND))
    place.again()

    def fill(point: str, process: int) -> None:
        if point.startswith(moment):
            resource.prlimit(process, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    ended = place.do(place.task(watched=True), fill)
    assert "ledger.db: the disk is full" in ended.failure
    assert "free some space" in ended.failure
    assert outcome(place, (READ_AND_SEND, READ_AND_SEND)) == expected

"""A database that goes away and comes back: within a run's patience the run goes on, beyond it the next one does."""

from __future__ import annotations

import pytest

from tests.guarantees.outcome import READ, SEND, outcome
from tests.guarantees.place import Place

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("ledger_url", ["postgresql"], indirect=True)]

MOMENTS = {
    "before a claim": ("before SELECT count(*)", "after COMMIT"),
    "before a request": ("", "before POST /v26.0/"),
    "between the platform's answer and the commit": ("", "processed POST /v26.0/"),
}
"""The point at which the server goes away: the next of the second kind after one of the first."""


@pytest.mark.parametrize("returns", [True, False], ids=["within patience", "beyond it"])
@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_a_server_that_goes_away_loses_nothing_and_doubles_nothing(
    place: Place, moment: tuple[str, str], returns: bool
) -> None:
    assert place.do(place.task(runs=[READ])).reports
    place.start_here()
    expected = outcome(place, (SEND, SEND))
    place.again()
    server = place.server
    assert server is not None
    awaited, is_down = list(moment), False

    def stop(point: str, _process: int) -> None:
        nonlocal is_down
        if awaited and point.startswith(awaited[0]):
            del awaited[0]
            if not awaited:
                server.stop()
                is_down = True

    def start() -> None:
        nonlocal is_down
        if is_down and returns:
            is_down = False
            server.start()

    ended = place.do(
        place.task(runs=[SEND], watched=True, patience=20 if returns else 0.2), stop, meanwhile=start
    )
    if returns:
        assert ended.reports
    else:
        server.start()
        assert ended.failure.startswith("LedgerUnavailableError: ledger postgresql://")
    assert outcome(place, (SEND, SEND)) == expected

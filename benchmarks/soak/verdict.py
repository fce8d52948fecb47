"""Whether what the platforms counted is what was to arrive, and whether the ledger says the same."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.soak.world import Counted, Lane

_GROWN_OLD = {("expired", "expired_before_sent"), ("skipped", "too_old")}
_TAKEN_BACK = ("accepted", "taken_back")
"""Sent with what another record held, which proved to be several people's later and was taken out again."""

_NOBODYS = ("skipped", "no_identifier")
_SHOWN = 5

Conversions = Mapping[Lane, Sequence[Counted]]
_Outcome = tuple[str, str | None]
"""State and reason."""

Outcomes = Mapping[Lane, Mapping[str, _Outcome]]
"""By lane and event id."""


@dataclass
class Verdict:
    """The comparison, in numbers; :attr:`problems` has what must not be, in words.

    Attributes:
        counted: conversions that the platforms counted.
        lost: that were to arrive and did not; those that the platform no longer took by then are ``too_late``.
        shared: that were sent before it showed that the address or card by which they were matched is shared by
            many; the run without faults, which reads the sources in another rhythm, knew it before and sent nothing.
        twice: that were counted more than once.
        wrong: that were counted under another name or at another value, or were not to arrive at all.
        ledger_differs: deliveries of which the ledger says something else than the platform.
    """

    counted: int = 0
    lost: int = 0
    too_late: int = 0
    shared: int = 0
    twice: int = 0
    wrong: int = 0
    ledger_differs: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Nothing lost, nothing twice, nothing wrong, and the ledger knows it."""
        return not (self.lost or self.twice or self.wrong or self.ledger_differs)

    def note(self, what: str, lane: Lane, event_ids: Sequence[str]) -> None:
        """Keep some of ``event_ids`` as examples, for who looks into it."""
        if event_ids:
            self.examples.append(f"{what}, {lane.client}/{lane.destination}: {', '.join(event_ids[:_SHOWN])}")


def outcomes(ledger: Path) -> Outcomes:
    """What the ledger says of every delivery; of what was accepted, also whether nothing is left it was matched on."""
    found: dict[Lane, dict[str, _Outcome]] = {}
    with closing(sqlite3.connect(ledger)) as database:
        for client, destination, event_id, state, reason in database.execute(
            "SELECT client, destination, event_id, state, CASE WHEN state = 'accepted' AND identifiers IS NULL"
            " THEN 'taken_back' ELSE reason END FROM deliveries"
        ):
            found.setdefault(Lane(client, destination), {})[event_id] = (state, reason)
    return found


def verdict(expected: Conversions, counted: Conversions, calm: Outcomes, ledger: Outcomes) -> Verdict:
    """Compare lane by lane; ``expected`` and ``calm`` are of the run without faults.

    What waited for its time then may have arrived by now or not, and is held against nothing.
    """
    found = Verdict()
    for lane, wanted in expected.items():
        states, calm_states = ledger.get(lane, {}), calm.get(lane, {})
        waited = {event_id for event_id, (state, _) in calm_states.items() if state == "queued"}
        shared = {
            event_id
            for event_id, outcome in states.items()
            if outcome == _TAKEN_BACK and calm_states.get(event_id) == _NOBODYS
        }
        found.shared += len(shared)
        got = [one for one in counted[lane] if one.event_id not in waited | shared]
        _compare(found, lane, wanted, got, states)
        differs = _differences(got, calm_states, states) - waited - shared
        found.ledger_differs += len(differs)
        found.note("the ledger differs", lane, sorted(differs))
    return found


def _compare(
    found: Verdict,
    lane: Lane,
    wanted: Sequence[Counted],
    got: Sequence[Counted],
    states: Mapping[str, _Outcome],
) -> None:
    times = Counter(one.event_id for one in got)
    missing = [one.event_id for one in wanted if one.event_id not in times]
    late = {event_id for event_id in missing if states.get(event_id) in _GROWN_OLD}
    lost = [event_id for event_id in missing if event_id not in late]
    twice = [event_id for event_id, number in times.items() if number > 1]
    wrong = sorted({one.event_id for one in set(got) - set(wanted)})
    found.counted += len(times)
    found.too_late += len(late)
    for name, event_ids in (("lost", lost), ("twice", twice), ("wrong", wrong)):
        setattr(found, name, getattr(found, name) + len(event_ids))
        found.note(name, lane, event_ids)


def _differences(
    got: Sequence[Counted], calm: Mapping[str, _Outcome], states: Mapping[str, _Outcome]
) -> set[str]:
    """Deliveries that the ledger has otherwise than the platform, or than after the run without faults."""
    accepted, should_be = _in_state("accepted", states), _in_state("accepted", calm)
    grown_old = {event_id for event_id, outcome in states.items() if outcome in _GROWN_OLD}
    unknown = {one.event_id for one in got} - accepted
    unsettled = _in_state("queued", states) | _in_state("sending", states) | _in_state("held", states)
    return unknown | unsettled | ((accepted ^ should_be) - grown_old)


def _in_state(wanted: str, states: Mapping[str, _Outcome]) -> set[str]:
    return {event_id for event_id, (state, _) in states.items() if state == wanted}

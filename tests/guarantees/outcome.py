"""The promise, held against the platforms: what the ledger calls accepted was counted, once and for its value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from closedwon.ledger.states import ERASED
from closedwon.pipeline.forgetting.forget import Asked
from closedwon.pipeline.run import RunOptions
from tests.guarantees.place import Place

READ_AND_SEND = RunOptions()
READ = RunOptions(destinations=())
SEND = RunOptions(sources=())


@dataclass(frozen=True)
class Outcome:
    """How things stand in the end: what was counted for how much, and what the ledger says of every delivery."""

    counted: dict[str, dict[str, float | None]]
    deliveries: dict[tuple[str, str], tuple[object, ...]]


def outcome(place: Place, runs: Sequence[RunOptions | Asked]) -> Outcome:
    """Have ``runs`` done, and hold the ledger against the platforms."""
    last = place.do(place.task(runs=runs)).reports[-1]
    assert {(lane["sent"], lane["restated"], lane["queued"]) for lane in last["destinations"]} == {(0, 0, 0)}
    counted, rows = place.counted(), place.rows()
    deliveries = rows["deliveries"]
    assert {row["state"] for row in deliveries} <= {"accepted", "rejected", "expired", "skipped"}
    for lane, events in counted.items():
        accepted = [row for row in deliveries if (row["destination"], row["state"]) == (lane, "accepted")]
        assert {row["event_id"]: row["told_value"] for row in accepted} == events
    known = {row["id"] for row in rows["requests"]}
    forgotten = {row["event_id"] for row in rows["stage_entries"] if row["record_id"] == ERASED}
    assert {
        row["request_id"]
        for row in deliveries
        if row["state"] == "accepted" and row["event_id"] not in forgotten
    } <= known
    return Outcome(
        counted,
        {
            (row["destination"], row["event_id"]): (
                row["state"],
                row["reason"],
                row["value"],
                row["told_value"],
            )
            for row in deliveries
        },
    )

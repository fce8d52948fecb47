"""What a dry run has judged so far: it stores nothing, and what is read twice must not count twice."""

from __future__ import annotations

import polars as pl

from closedwon.ledger.states import State

_JUDGED = {"destination": pl.String, "event": pl.UInt64, "skipped": pl.Boolean}


class Rehearsal:
    """The conversions of one source that a dry run has judged, as a run would remember them.

    Of each event id a number is kept: a source may have millions.
    """

    def __init__(self) -> None:
        self._judged = pl.DataFrame(schema=_JUDGED)

    def known(self, known: pl.DataFrame, event_ids: pl.Series) -> pl.DataFrame:
        """``known``, as :meth:`closedwon.ledger.incoming.intake.Intake.known` has it, and what was judged since."""
        if self._judged.is_empty():
            return known
        ids = pl.DataFrame({"event_id": event_ids.unique()}, schema={"event_id": pl.String})
        judged = ids.with_columns(event=pl.col("event_id").hash()).join(self._judged, on="event")
        new = judged.join(known, on=["destination", "event_id"], how="anti").with_columns(
            settled=False, accepted=False, in_doubt=False
        )
        return pl.concat([known, new.drop("event")], how="diagonal")

    def judged(self, queue: pl.DataFrame, known: pl.DataFrame) -> None:
        """Remember deliveries that a run would have stored, but for those that were ``known`` already."""
        skipped = pl.col("state") == State.SKIPPED
        new = queue.join(known, on=["destination", "event_id"], how="anti")
        self._judged.extend(new.select("destination", event=pl.col("event_id").hash(), skipped=skipped))

"""Records that are gone: what waits of them stays unsent, and a merged person is not told of a second time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import polars as pl

from closedwon.ledger.gone import DELETED, MERGED, PAIRS
from closedwon.ledger.intake import Effects, Intake
from closedwon.pipeline.funnel import identify
from connectors.base import Gone

_HEARD = {"destination": pl.String, "event_id": pl.String}


@dataclass(frozen=True)
class Disappearance:
    """Records of one client's source that are gone, and the stages that any of them may have entered."""

    client: str
    source: str
    stages: Collection[str]
    records: pl.DataFrame

    @classmethod
    def of(cls, gone: Iterable[Gone], *, client: str, source: str, stages: Collection[str]) -> Disappearance:
        """``gone`` as a frame of :data:`closedwon.ledger.gone.PAIRS`."""
        rows = [(one.object_name, one.record_id, one.merged_into) for one in gone]
        return cls(client, source, sorted(stages), pl.DataFrame(rows, schema=PAIRS, orient="row"))

    @property
    def merged(self) -> pl.DataFrame:
        """The records that were merged, with those that took their place."""
        return self.records.drop_nulls("merged_into")

    def withdrawn(self, *, erased: bool) -> pl.DataFrame:
        """Every entry that the records can have made: ``event_id``, ``reason`` and ``erased``."""
        merged = pl.col("merged_into").is_not_null()
        return self._entries(self.records).select(
            "event_id",
            reason=pl.when(merged).then(pl.lit(MERGED)).otherwise(pl.lit(DELETED)),
            erased=~merged & pl.lit(erased),
        )

    def heard(self, entries: pl.DataFrame, intake: Intake) -> pl.DataFrame:
        """What a platform heard of losers before their merge, as their winners' conversions.

        It concerns the merges that are known of the records of ``entries``, and those of this batch: ``destination``
        and ``event_id`` of the winner.
        """
        earlier = intake.merged_into(self.source, entries["record_id"].unique())
        pairs = pl.concat([earlier, self.merged]).unique()
        if pairs.is_empty():
            return pl.DataFrame(schema=_HEARD)
        losers = self._entries(pairs).rename({"event_id": "loser"})
        winners = self._entries(pairs.with_columns(record_id="merged_into"))
        both = losers.with_columns(winner=winners["event_id"])
        known = intake.known(both["loser"].unique()).filter("accepted")
        return (
            known.join(both, left_on="event_id", right_on="loser")
            .select("destination", event_id="winner")
            .unique()
        )

    def effects(self, heard: pl.DataFrame | None = None, *, erased: bool = False) -> Effects:
        """What the ledger has to do about it; ``erased`` forgets people whom a platform has heard of, too."""
        return Effects(merged=self.merged, withdrawn=self.withdrawn(erased=erased), heard=heard)

    def _entries(self, records: pl.DataFrame) -> pl.DataFrame:
        """``records`` times stages, with the ``event_id`` of each."""
        every = records.join(pl.DataFrame({"stage": self.stages}), how="cross")
        return identify(every.with_columns(pl.lit(self.source).alias("source")), self.client)

"""Records that are gone: what waits of them stays unsent, and a merged person is not told of a second time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import polars as pl

from closedwon.ledger.incoming.gone import HEARD, PAIRS
from closedwon.ledger.incoming.intake import Effects, Intake
from closedwon.ledger.reasons import DELETED, MERGED
from closedwon.pipeline.judging.funnel import identify
from connectors.base import Gone

_CONVERSION = ["destination", "winner"]
"""What the conversions of merged records become, at each destination."""


@dataclass(frozen=True)
class Disappearance:
    """Records of one client's source that are gone, the stages that any may have entered, and who was told of them."""

    client: str
    source: str
    stages: Collection[str]
    destinations: Collection[str]
    records: pl.DataFrame

    @classmethod
    def of(
        cls,
        gone: Iterable[Gone],
        *,
        client: str,
        source: str,
        stages: Collection[str],
        destinations: Collection[str],
    ) -> Disappearance:
        """``gone`` as a frame of :data:`closedwon.ledger.incoming.gone.PAIRS`."""
        rows = [(one.object_name, one.record_id, one.merged_into) for one in gone]
        records = pl.DataFrame(rows, schema=PAIRS, orient="row")
        return cls(client, source, sorted(stages), sorted(destinations), records)

    def effects(self, alive: pl.Series, intake: Intake, *, erased: bool = False) -> Effects:
        """What the ledger has to do about it, and what a platform heard of records before they were merged.

        ``alive`` are the ids of records that are read at the same time: those that took the place of others before
        are not told of what these were. ``erased`` forgets people whom a platform has heard of, too.
        """
        pairs = self.records.drop_nulls("merged_into")
        known = intake.merges_around(self.source, alive, pairs)
        merged = _to_the_end(pl.concat([known, pairs]))
        heard, kept = self._heard(merged, intake)
        of_source = pl.lit(self.source).alias("source")
        deleted = self.records.filter(pl.col("merged_into").is_null()).select(
            of_source, "object", "record_id"
        )
        winners = deleted.select("object", merged_into="record_id")
        spoken_for = merged.join(winners, on=["object", "merged_into"], how="semi").select(
            of_source, "object", "record_id"
        )
        return Effects(
            merged=merged.join(known, on=list(PAIRS), how="anti"),
            withdrawn=self._withdrawn(kept, erased=erased),
            heard=heard,
            forgotten=pl.concat([deleted, spoken_for]).unique(maintain_order=True),
        )

    def _withdrawn(self, kept: pl.DataFrame, *, erased: bool) -> pl.DataFrame:
        """Every entry that the records can have made: ``event_id``, ``reason``, ``kept`` and ``erased``.

        Of what was merged, the deliveries that are ``kept`` (:data:`HEARD`) are not withdrawn.
        """
        merged = pl.col("merged_into").is_not_null()
        places = kept.group_by("event_id").agg(kept=pl.col("destination").sort())
        return (
            self._entries(self.records)
            .join(places, on="event_id", how="left")
            .select(
                "event_id",
                reason=pl.when(merged).then(pl.lit(MERGED)).otherwise(pl.lit(DELETED)),
                kept=pl.when(merged).then("kept"),
                erased=~merged & pl.lit(erased),
            )
        )

    def _heard(self, merged: pl.DataFrame, intake: Intake) -> tuple[pl.DataFrame, pl.DataFrame]:
        """What a platform heard of losers before their merge, as conversions of what is left; and which losers go on.

        Of one person's conversions a platform is to count one: what it accepted, else what it may have heard of, which
        it knows again only under the same id; else that of the winner.
        """
        if merged.is_empty():
            return pl.DataFrame(schema=HEARD), pl.DataFrame(schema=HEARD)
        losers = self._entries(merged).select(loser="event_id")
        winners = self._entries(merged.with_columns(record_id="merged_into")).select(winner="event_id")
        both = pl.concat([losers, winners], how="horizontal")
        known = intake.known(pl.concat([both["loser"], both["winner"]]).unique())
        of_losers = known.join(both, left_on="event_id", right_on="loser")
        accepted = of_losers.filter("accepted").select(_CONVERSION)
        of_winners = known.filter(pl.col("accepted") | pl.col("in_doubt")).rename({"event_id": "winner"})
        kept = (
            of_losers.filter("in_doubt")
            .join(pl.concat([accepted, of_winners.select(_CONVERSION)]), on=_CONVERSION, how="anti")
            .sort("event_id")
            .unique(_CONVERSION, keep="first")
        )
        retired = self._retired(both, intake)
        heard = pl.concat([accepted, kept.select(_CONVERSION), retired]).unique()
        return heard.rename({"winner": "event_id"}), kept.select(*HEARD)

    def _retired(self, both: pl.DataFrame, intake: Intake) -> pl.DataFrame:
        """The conversions of winners of whose losers only the id is left: what was to be told of them has been."""
        remembered = intake.remembered(both["loser"].unique()).filter("erased")
        winners = both.filter(pl.col("loser").is_in(remembered["event_id"].implode())).select("winner")
        return winners.join(
            pl.DataFrame({"destination": self.destinations}, schema={"destination": pl.String}), how="cross"
        ).select(_CONVERSION)

    def _entries(self, records: pl.DataFrame) -> pl.DataFrame:
        """``records`` times stages, with the ``event_id`` of each."""
        every = records.join(pl.DataFrame({"stage": self.stages}), how="cross")
        return identify(every.with_columns(pl.lit(self.source).alias("source")), self.client)


def _to_the_end(pairs: pl.DataFrame) -> pl.DataFrame:
    """``pairs``, each with the record that is left in the end: a winner may have been merged again, told in any order.

    Of two pairs of one loser the later counts.
    """
    into = {(name, loser): winner for name, loser, winner in pairs.iter_rows()}
    ends = []
    for (name, loser), winner in into.items():
        passed, last = {loser}, winner
        while (following := into.get((name, last))) is not None and following not in passed:
            passed.add(last)
            last = following
        ends.append((name, loser, last))
    return pl.DataFrame(ends, schema=PAIRS, orient="row")

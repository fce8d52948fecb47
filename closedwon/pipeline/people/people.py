"""The people of a batch: their identifiers for each platform, with what other records of them add to these."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from closedwon.ledger.people.identities import Learned
from closedwon.pipeline.people.kinds import KIND_NAMES
from closedwon.pipeline.people.sightings import readable
from matching import Platform
from matching.identity import Links, carry, gained
from uploads import json_columns as js


@dataclass(frozen=True)
class People:
    """The people of a batch's entries.

    Attributes:
        rows: an entry a row: ``row``, ``event_id``, ``at`` and ``<platform>.<identifier>``.
        sightings: of them that may be known otherwise, numbered by ``sighting``; ``links``: which are of whom.
        new: what the identity map learns.
        relenting: the entries whose records refused when they were read before, and do so no more.
        shared: for each kind of key, how many entries had one that stands for too many people.
        newly_shared: the hashes of those that were found to be so in this batch.
        not_understood: how many of identity.not_customers are neither an e-mail address nor a phone number.
        unusable: how many cells came to no identifier, by column.
        now: when the batch is judged; ``click_days``: how long a click may be carried.
    """

    rows: pl.DataFrame
    sightings: pl.DataFrame
    links: Links
    new: Learned
    relenting: pl.Series
    shared: Mapping[str, int]
    newly_shared: Collection[str]
    not_understood: int
    unusable: Mapping[str, int]
    now: datetime
    click_days: int

    def matchable(self, conversions: pl.DataFrame, platform: Platform) -> pl.DataFrame:
        """``conversions`` with all that ``platform`` can match them on.

        Adds ``id.<name>``, ``more.<name>`` and ``clicked_at`` as :func:`matching.identity.carry` has them, and
        ``carried`` as the ledger has it.
        """
        identifiers = pl.col(f"^{platform}\\..*$").name.replace(f"^{platform}\\.", "id.")
        own = self.rows.select("row", "event_id", "at", identifiers).join(
            conversions.select("event_id"), on="event_id", how="semi", maintain_order="left"
        )
        more = gained(own, self._records(own), platform, now=self.now, click_days=self.click_days)
        origins = more.group_by("row", maintain_order=True).agg(carried=_origin().str.join(","))
        whole = carry(own, more, platform).join(origins, on="row", how="left", maintain_order="left")
        said = whole.with_columns(carried=pl.lit("[") + pl.col("carried") + pl.lit("]"))
        return conversions.join(said.drop("row", "at"), on="event_id", how="left", maintain_order="left")

    def _records(self, own: pl.DataFrame) -> pl.DataFrame:
        """The links of ``own`` with what each sighting holds."""
        records = self.links.records.join(own.select("row"), on="row", how="semi", maintain_order="left")
        looked_at = self.sightings.join(records.select("sighting"), on="sighting", how="semi")
        return records.join(readable(looked_at), on="sighting", maintain_order="left")

    @property
    def notes(self) -> list[str]:
        """What the user should know of identifiers that were left out."""
        strange = f"identity.not_customers: {self.not_understood:,} of its entries are neither an e-mail address nor"
        return [f"{strange} a phone number and do nothing"] * bool(self.not_understood) + [
            f"some {KIND_NAMES[kind]} is listed under identity.not_customers, or stands for more people than"
            " identity.max_people allows: it is left out, since it would match somebody else"
            for kind in self.shared
        ]


def _origin() -> pl.Expr:
    """Where a carried identifier came from, as a JSON object."""
    several = pl.format("{}[{}]", "identifier", "position")
    return js.members(
        identifier=js.plain(pl.when("is_click").then("identifier").otherwise(several)),
        source=js.plain(pl.col("source")),
        object=js.plain(pl.col("object")),
        record_id=js.text(pl.col("record_id")),
        by=js.plain(pl.col("by")),
        known_at=js.plain(pl.col("known_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ")),
    )

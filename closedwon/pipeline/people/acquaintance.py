"""Meets the people of a batch: who they are, which known records are of them, and what the identity map learns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from closedwon.ledger.incoming.intake import Effects, Intake
from closedwon.ledger.people.identities import RECORDS, SIGHTINGS, Learned
from closedwon.pipeline.judging.consent import read_refusals
from closedwon.pipeline.people.people import People
from closedwon.pipeline.people.sightings import (
    VALUES_OF,
    as_time,
    is_refusal,
    sightings_in,
    what_is_new,
    with_identity,
    with_room,
    with_shared_emptied,
)
from config.settings import ClientSettings
from matching import FIELDS, PLATFORMS, Platform, identifiers_of
from matching.identity import KINDS, crowded, key_rows, link, person_keys


class Acquaintance:
    """Meets the people of one client's source, batch by batch."""

    def __init__(self, settings: ClientSettings, source: str, intake: Intake) -> None:
        self._settings = settings
        self._rules = settings.identity
        self._intake = intake
        self._source = source
        self._tills = [name for name, one in settings.sources.items() if one.kind == "pos"]
        ours = _keys_of_client(settings)
        self._ours = key_rows(ours).select("by", "key")
        self._not_understood = ours.filter(pl.all_horizontal(pl.col(KINDS).is_null())).height

    def meet(self, entries: pl.DataFrame, *, seen: pl.Series, effects: Effects, now: datetime) -> People:
        """The people of identified ``entries``.

        ``seen`` are the ``event_id`` that were read before; ``effects`` say which records were deleted or merged.
        """
        ids = self._identifiers(entries)
        met = self._met(entries, ids).with_columns(seen=pl.col("event_id").is_in(seen.implode()))
        found = self._known(met)
        met = met.with_columns(met_before=pl.col("seen") | self._is_in_map(found))
        crowd, before = self._crowded([met, found]), self._crowded([found])
        shared = _by_kind(pl.concat([crowd, self._ours]))
        refusing = _refusing([met.filter("refused"), found.filter(is_refusal())], shared)
        forgotten = self._forgotten(met, found.filter(refusing, ~is_refusal()), effects)
        known = found.join(forgotten, on=list(RECORDS), how="anti", maintain_order="left")
        sightings = self._sightings(met.filter(pl.col("refused") | ~refusing), known, shared, now)
        people, counts = _without(met, shared)
        numbered = sightings.with_row_index("sighting")
        return People(
            rows=people.select("row", "event_id", "at", pl.col("^(meta|google)\\..*$")),
            sightings=numbered,
            links=link(people, _without(numbered, shared)[0].with_columns(as_time("known_at"))),
            new=what_is_new(sightings, known, forgotten)
            if self._rules.stitch
            else Learned(forgotten=forgotten),
            relenting=self._relenting(met, found),
            shared=counts,
            newly_shared=_hashes(met, _by_kind(crowd.join(before, on=["by", "key"], how="anti"))),
            not_understood=self._not_understood,
            unusable=_unusable(ids),
            now=now,
            click_days=self._rules.click_days,
        )

    def _forgotten(self, met: pl.DataFrame, found: pl.DataFrame, effects: Effects) -> pl.DataFrame:
        """The records that say nothing of anybody from now on, with those that were merged into them."""
        silent = met.filter(pl.col("refused") | (pl.col("kept_back") & pl.col("met_before")))
        records = pl.concat([each.select(*RECORDS) for each in (silent, found, effects.forgotten)])
        merged = effects.merged.with_columns(source=pl.lit(self._source))
        just_now = merged.join(
            records, left_on=["source", "object", "merged_into"], right_on=list(RECORDS), how="semi"
        )
        # What is read for the first time has lent nothing yet, but what was merged into it may have.
        lent = [each.select(*RECORDS) for each in (silent.filter("met_before"), found, effects.forgotten)]
        every = [*lent, self._intake.merged_into(records), just_now.select(*RECORDS)]
        return pl.concat(every).unique(maintain_order=True)

    def _relenting(self, met: pl.DataFrame, found: pl.DataFrame) -> pl.Series:
        if not self._rules.stitch:
            return pl.Series("event_id", [], dtype=pl.String)
        agreeing = met.filter(~pl.col("refused") & ~pl.col("kept_back"))
        return agreeing.join(found.filter(is_refusal()), on="identity", how="semi")["event_id"]

    def _is_in_map(self, found: pl.DataFrame) -> pl.Expr:
        """Whether a record has lent something, or may have."""
        if not self._rules.stitch:
            return pl.lit(value=False)
        return pl.col("identity").is_in(found["identity"].implode())

    def _sightings(
        self, met: pl.DataFrame, known: pl.DataFrame, shared: Mapping[str, pl.Series], now: datetime
    ) -> pl.DataFrame:
        """What is known of the people who were met, with what they say now."""
        if not self._rules.stitch:
            return pl.DataFrame(schema=SIGHTINGS)
        told = sightings_in(met, known, self._rules, now)
        earlier = known.join(told, on="identity", how="anti", maintain_order="left")
        every = with_shared_emptied(pl.concat([told, earlier]), shared)
        return with_room(every, people=self._rules.max_people)

    def _known(self, met: pl.DataFrame) -> pl.DataFrame:
        """The sightings that the map has of the records and the people who were met."""
        if not self._rules.stitch:
            return pl.DataFrame(schema=SIGHTINGS)
        wanted = {name: met[name].drop_nulls().unique() for name in ("identity", *KINDS)}
        return self._intake.sightings_of(wanted)

    def _crowded(self, people: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """The keys (``by``, ``key``) that stand for too many ``people``."""
        card = pl.when(pl.col("source").is_in(self._tills)).then("external_id")
        everybody = pl.concat([each.select(*KINDS, "name", card=card) for each in people])
        return crowded(everybody, self._rules.max_people)

    def _identifiers(self, entries: pl.DataFrame) -> dict[Platform, pl.DataFrame]:
        return identifiers_of(
            entries,
            PLATFORMS,
            self._settings.country,
            birth_dates=self._settings.sources[self._source].birth_dates,
        )

    def _met(self, entries: pl.DataFrame, ids: Mapping[Platform, pl.DataFrame]) -> pl.DataFrame:
        """A row for each entry: what it is, when, what consent allows it to lend, keys and identifiers."""
        about = entries.select(
            "event_id",
            "source",
            "object",
            "record_id",
            "stage",
            at="entered_at",
            known_at=pl.coalesce("lead_created_at", "entered_at"),
            changed_at="modified_at",
        ).with_row_index("row")
        met = pl.concat(
            [
                about,
                read_refusals(entries, self._settings),
                person_keys(entries["source"], ids["google"], ids["meta"]),
                *(
                    ids[platform].select(pl.col("^id\\..*$").name.replace("^id\\.", f"{platform}."))
                    for platform in PLATFORMS
                ),
            ],
            how="horizontal",
        )
        return with_identity(met, by_content=self._source in self._tills) if self._rules.stitch else met


def _keys_of_client(settings: ClientSettings) -> pl.DataFrame:
    """The keys of what the client's file says is no customer's, a row for each entry of it; null where it has none."""
    ours = settings.identity.not_customers
    both = pl.DataFrame({"email": ours, "phone": ours}, schema={"email": pl.String, "phone": pl.String})
    ids = identifiers_of(both, PLATFORMS, settings.country)
    nobody = pl.Series("source", [None] * len(ours), dtype=pl.String)
    return person_keys(nobody, ids["google"], ids["meta"])


def _by_kind(keys: pl.DataFrame) -> dict[str, pl.Series]:
    return {str(kind): part["key"].unique() for (kind,), part in keys.group_by("by")}


def _hashes(met: pl.DataFrame, keys: Mapping[str, pl.Series]) -> set[str]:
    """What platforms would be sent of the people who have one of ``keys``, which are listed by kind."""
    return {
        value
        for kind, of_kind in keys.items()
        for row in met.filter(pl.col(kind).is_in(of_kind.implode()))
        .select(VALUES_OF[kind])
        .unique()
        .iter_rows()
        for value in row
        if value is not None
    }


def _unusable(ids: Mapping[Platform, pl.DataFrame]) -> dict[str, int]:
    """How many cells came to no identifier, by column."""
    counts: dict[str, int] = {}
    for rule in FIELDS:
        refused = int(ids[rule.platform][f"refused.{rule.output}"].sum())
        counts[rule.column] = max(refused, counts.get(rule.column, 0))
    return {column: count for column, count in counts.items() if count}


def _refusing(refusals: Sequence[pl.DataFrame], shared: Mapping[str, pl.Series]) -> pl.Expr:
    """Whether a row has the address or the id of somebody who refused; what many share says nothing of anybody."""
    nobody = pl.Series([], dtype=pl.String)
    theirs = {
        kind: pl.concat([each[kind].drop_nulls() for each in refusals]).unique()
        for kind in ("email", "external_id")
    }
    own = {
        kind: keys.filter(~keys.is_in(shared.get(kind, nobody).implode())) for kind, keys in theirs.items()
    }
    return pl.any_horizontal(
        pl.col(kind).is_in(keys.implode()).fill_null(value=False) for kind, keys in own.items()
    )


def _without(people: pl.DataFrame, shared: Mapping[str, pl.Series]) -> tuple[pl.DataFrame, dict[str, int]]:
    """``people`` without the keys in ``shared`` and what they are made of; and how many rows had one, by kind."""
    is_shared = {
        kind: people[kind].is_in(keys.implode()).fill_null(value=False) for kind, keys in shared.items()
    }
    counts = {kind: count for kind, rows in is_shared.items() if (count := int(rows.sum()))}
    emptied = {
        column: pl.when(~is_shared[kind]).then(pl.col(column))
        for kind in counts
        for column in (kind, *VALUES_OF[kind])
        if column in people.columns
    }
    return people.with_columns(**emptied), counts

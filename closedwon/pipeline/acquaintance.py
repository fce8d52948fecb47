"""Meets the people of a batch: who they are, which known records are of them, and what the identity map learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import polars as pl

from closedwon.ledger.identities import RECORDS, SIGHTINGS
from closedwon.ledger.intake import Intake
from closedwon.pipeline.consent import read_consent
from closedwon.pipeline.people import People
from closedwon.pipeline.sightings import (
    VALUES_OF,
    as_time,
    room_for,
    sightings_in,
    with_identity,
    with_shared_emptied,
)
from config.settings import ClientSettings
from matching import Platform, identifiers_of
from matching.identity import KINDS, crowded, key_rows, link, person_keys

_PLATFORMS: tuple[Platform, ...] = ("google", "meta")


class Acquaintance:
    """Meets the people of one client's source, batch by batch."""

    def __init__(self, settings: ClientSettings, source: str, intake: Intake) -> None:
        self._settings = settings
        self._rules = settings.identity
        self._intake = intake
        self._source = source
        self._tills = [name for name, one in settings.sources.items() if one.kind == "pos"]
        self._ours = _keys_of_client(settings)

    def meet(self, entries: pl.DataFrame, *, seen: pl.Series, gone: pl.DataFrame, now: datetime) -> People:
        """The people of identified ``entries``.

        ``seen`` are the ``event_id`` that were read before; ``gone`` are records (``source``, ``object``,
        ``record_id``) that were deleted.
        """
        met = self._met(entries).with_columns(seen=pl.col("event_id").is_in(seen.implode()))
        found = self._known(met)
        shared = self._shared(met, found)
        refusing = _refusing(met, shared)
        forgotten = pl.concat(
            [met.filter("refused").select(*RECORDS), found.filter(refusing).select(*RECORDS), gone]
        )
        forgotten = forgotten.unique(maintain_order=True)
        known = found.join(forgotten, on=list(RECORDS), how="anti", maintain_order="left")
        told = self._told(met.filter(~pl.col("refused"), ~refusing), known, now)
        earlier = known.join(told, on="identity", how="anti", maintain_order="left")
        sightings = with_shared_emptied(pl.concat([told, earlier]), shared)
        learned = room_for(_news(sightings, known), known, people=self._rules.max_people)
        people, counts = _without(met, shared)
        numbered = sightings.with_row_index("sighting")
        return People(
            rows=people.select("row", "event_id", "at", pl.col("^(meta|google)\\..*$")),
            sightings=numbered,
            links=link(people, _without(numbered, shared)[0].with_columns(as_time("known_at"))),
            new=replace(learned, forgotten=forgotten),
            shared=counts,
            now=now,
            click_days=self._rules.click_days,
        )

    def _told(self, met: pl.DataFrame, known: pl.DataFrame, now: datetime) -> pl.DataFrame:
        return (
            sightings_in(met, known, self._rules, now)
            if self._rules.stitch
            else pl.DataFrame(schema=SIGHTINGS)
        )

    def _known(self, met: pl.DataFrame) -> pl.DataFrame:
        """The sightings that the map has of the records and the people who were met."""
        if not self._rules.stitch:
            return pl.DataFrame(schema=SIGHTINGS)
        wanted = {name: met[name].drop_nulls().unique() for name in ("identity", *KINDS)}
        return self._intake.sightings_of(wanted)

    def _shared(self, met: pl.DataFrame, known: pl.DataFrame) -> dict[str, pl.Series]:
        """By kind, the keys that stand for too many people, and those that are no customer's."""
        card = pl.when(pl.col("source").is_in(self._tills)).then("external_id")
        everybody = pl.concat([each.select("identity", *KINDS, "name", card=card) for each in (met, known)])
        keys = pl.concat([crowded(everybody.drop("identity"), self._rules.max_people), self._ours])
        return {str(kind): part["key"].unique() for (kind,), part in keys.group_by("by")}

    def _met(self, entries: pl.DataFrame) -> pl.DataFrame:
        """A row for each entry: what it is, when, whether the person refused, keys and identifiers."""
        ids = identifiers_of(
            entries,
            _PLATFORMS,
            self._settings.country,
            birth_dates=self._settings.sources[self._source].birth_dates,
        )
        consent = entries.select(read_consent(self._settings.consent))
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
                consent.select(refused=pl.any_horizontal(pl.all() == "denied")),
                person_keys(entries["source"], ids["google"], ids["meta"]),
                *(
                    ids[platform].select(pl.col("^id\\..*$").name.replace("^id\\.", f"{platform}."))
                    for platform in _PLATFORMS
                ),
            ],
            how="horizontal",
        )
        return with_identity(met, by_content=self._source in self._tills)


def _keys_of_client(settings: ClientSettings) -> pl.DataFrame:
    """The keys (``by``, ``key``) of what the client's file says is no customer's."""
    ours = settings.identity.not_customers
    both = pl.DataFrame({"email": ours, "phone": ours}, schema={"email": pl.String, "phone": pl.String})
    ids = identifiers_of(both, _PLATFORMS, settings.country)
    nobody = pl.Series("source", [None] * len(ours), dtype=pl.String)
    return key_rows(person_keys(nobody, ids["google"], ids["meta"])).select("by", "key")


def _refusing(met: pl.DataFrame, shared: Mapping[str, pl.Series]) -> pl.Expr:
    """Whether a row has the address or the id of somebody among ``met`` who refused."""
    refused = met.filter("refused")
    theirs = {
        kind: refused[kind].drop_nulls().filter(~refused[kind].drop_nulls().is_in(shared[kind].implode()))
        if kind in shared
        else refused[kind].drop_nulls()
        for kind in ("email", "external_id")
    }
    same = (pl.col(kind).is_in(keys.implode()).fill_null(value=False) for kind, keys in theirs.items())
    return pl.any_horizontal(*same)


def _news(sightings: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Those of ``sightings`` that the map does not hold as they are."""
    return sightings.join(known, on=list(SIGHTINGS), how="anti", nulls_equal=True, maintain_order="left")


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

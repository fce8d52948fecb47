"""Whose a stage entry is, so that somebody with several records is one member of an audience.

A person is known by the e-mail address, as in the identity map. An entry without one is of the person whose address
another record has under its id or phone number, where the map links the two; else its id speaks for it, else its
number.
"""

from __future__ import annotations

import polars as pl

from closedwon.pipeline.people.people import People
from closedwon.pipeline.people.sightings import is_refusal, readable
from matching.identity import link, person_keys

_SURE = ("email", "external_id")
"""The keys under which a refusal holds for all records of a person; a phone number may be a household's."""

_RECORD = ["source", "object", "record_id"]
_KEY_LENGTH = 32


def persons_of(people: People, entries: pl.DataFrame, refused: pl.Series, *, source: str) -> pl.DataFrame:
    """``event_id``, ``person`` (null where nothing tells), ``alias`` and ``refuses`` of ``entries``.

    ``alias`` is the id by which the person was known before the address, where it is nobody else's.

    Args:
        people: of ``entries``, one batch of ``source``.
        refused: a person's own word in each entry.
    """
    keys = _keys(people, entries, source).join(
        entries.select("event_id", refused=refused), on="event_id", how="left", maintain_order="left"
    )
    known = keys.join(_addresses(keys, people.sightings), on="row", how="left", maintain_order="left")
    return known.select(
        "event_id",
        person=pl.coalesce("email", "address", "external_id", "phone"),
        alias=pl.when(_is_own_id(known, people.sightings)).then("external_id"),
        refuses=pl.col("refused").fill_null(value=False) | _has_refused(known, people.sightings, entries),
    )


def _keys(people: People, entries: pl.DataFrame, source: str) -> pl.DataFrame:
    """``row``, ``event_id``, record and keys of each entry, without those that too many people share."""
    rows = people.rows
    of_platform = {
        name: rows.select(pl.col(f"^{name}\\..*$").name.replace(f"^{name}\\.", "id."))
        for name in ("google", "meta")
    }
    sources = pl.Series("source", [source], dtype=pl.String).new_from_index(0, rows.height)
    keys = person_keys(sources, of_platform["google"], of_platform["meta"])
    numbered = pl.concat([rows.select("row", "event_id"), keys], how="horizontal")
    return numbered.join(
        entries.select("event_id", *_RECORD), on="event_id", how="left", maintain_order="left"
    )


def _addresses(keys: pl.DataFrame, sightings: pl.DataFrame) -> pl.DataFrame:
    """``row`` and ``address``: the key of the address that another record has, for rows that have none.

    Whose a membership is does not depend on when which record was made: all are held together.
    """
    without = keys.filter(pl.col("email").is_null()).with_columns(at=pl.lit(0))
    links = link(without, sightings.with_columns(known_at=pl.lit(0)))
    # An address that too many people share is no longer in what is found.
    address = pl.col("google.email").str.head(_KEY_LENGTH)
    looked_at = sightings.join(links.records.select("sighting"), on="sighting", how="semi")
    told = readable(looked_at).select("sighting", address=address).drop_nulls("address")
    return (
        links.records.join(told, on="sighting", maintain_order="left")
        .unique("row", keep="first", maintain_order=True)
        .select("row", "address")
    )


def _is_own_id(keys: pl.DataFrame, sightings: pl.DataFrame) -> pl.Expr:
    """Whether a row's id has no other address than the row's own in any record."""
    both = pl.concat([keys.select("external_id", "email"), sightings.select("external_id", "email")])
    addresses = both.drop_nulls().group_by("external_id").agg(addresses=pl.col("email").n_unique())
    own = addresses.filter(pl.col("addresses") == 1)["external_id"]
    return pl.col("email").is_not_null() & pl.col("external_id").is_in(own.implode()).fill_null(value=False)


def _has_refused(known: pl.DataFrame, sightings: pl.DataFrame, entries: pl.DataFrame) -> pl.Expr:
    """Whether a record of the person refuses: one of this batch, or another that the identity map knows.

    What the map knows of the batch's own records is what they said before.
    """
    others = sightings.filter(is_refusal()).join(entries, on=_RECORD, how="anti")
    refusals = pl.concat([known.filter("refused").select(_SURE), others.select(_SURE)])
    return pl.any_horizontal(
        pl.col(kind).is_in(refusals[kind].drop_nulls().implode()).fill_null(value=False) for kind in _SURE
    )

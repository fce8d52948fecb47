"""Which known records are of the person of a conversion, and what to do where a key leads to several people.

A record under the same e-mail address is the person's. Under the same id or phone number it is somebody else's where
another address and name say so: a number may be a household's, a card the one that lies at the till. What neither
address nor name decides is believed only where the key leads to nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from matching.identity.keys import KINDS, key_rows

_STRENGTH = {kind: strength for strength, kind in enumerate(KINDS)}
_RECORD = ("source", "object", "record_id")

_ADDRESSES_OF_ONE = 2
"""How many addresses one id may have before it is taken for a card that lies at the till."""

_RECORDS_OF_ONE = 12
"""How many records of a person are looked at: more than an event can have values of."""

_OURS, _THEIRS, _UNCLEAR = "ours", "theirs", "unclear"


@dataclass(frozen=True)
class Links:
    """Which known records speak of whom.

    Attributes:
        records: ``row``, ``sighting``, ``by`` (the surest kind of key) and ``strength`` (0 is the surest), each
            sighting once a row, the surest and then the newest first.
        conflicts: how many rows have an id or a phone number that stands for several people.
        unresolved: how many of them nothing is taken from for it.
    """

    records: pl.DataFrame
    conflicts: int
    unresolved: int


def link(people: pl.DataFrame, known: pl.DataFrame) -> Links:
    """Find the sightings of ``people`` among those ``known``.

    Args:
        people: ``row``, the keys and ``name`` of :func:`matching.identity.keys.person_keys`, ``at`` (when the
            conversion happened), ``source``, ``object`` and ``record_id``.
        known: ``sighting`` (a number), the keys and ``name``, ``known_at``, ``source``, ``object`` and ``record_id``.
            ``at`` and ``known_at`` are of one type.

    Returns:
        The links to records that were known when the conversion happened, its own record left out.
    """
    rows = key_rows(people.select("row", *KINDS, "name")).select("row", "by", "key")
    theirs = key_rows(known.select("sighting", "known_at", *KINDS, "name", record=_record()))
    own = people.select("row", "at", own_email="email", own_name="name", own_record=_record())
    found = (
        rows.join(theirs, on=["by", "key"])
        .join(own, on="row")
        .filter(pl.col("known_at") <= pl.col("at"), pl.col("record") != pl.col("own_record"))
        .with_columns(whose=_whose())
    )
    several = _of_several(found)
    doubtful = found.filter(pl.col("whose") == _UNCLEAR).join(several, on=["row", "by"], how="semi")
    taken = found.filter(pl.col("whose") != _THEIRS).join(
        doubtful.select("row", "by", "sighting"), on=["row", "by", "sighting"], how="anti"
    )
    records = (
        taken.with_columns(strength=pl.col("by").replace_strict(_STRENGTH, return_dtype=pl.UInt8))
        .sort("row", "strength", "known_at", "sighting", descending=[False, False, True, False])
        .unique(["row", "sighting"], keep="first", maintain_order=True)
        .select("row", "sighting", "by", "strength")
        .group_by("row", maintain_order=True)
        .head(_RECORDS_OF_ONE)
    )
    left = several.join(doubtful, on="row", how="semi").join(taken, on=["row", "by"], how="anti")
    return Links(records, several["row"].n_unique(), left["row"].n_unique())


def _record() -> pl.Expr:
    """A number for a record, which compares faster than its three names."""
    return pl.struct(_RECORD).hash()


def _whose() -> pl.Expr:
    """Whose a record under the same key is, as far as address and name tell; null counts as not told."""
    by, contact, email = (pl.col(name) for name in ("by", "contact", "own_email"))
    of_number = by == "phone"
    # What an id's row calls its contact may be a number, which contradicts no address.
    other_address = of_number & (contact != email)
    same_name, other_name = pl.col("name") == pl.col("own_name"), pl.col("name") != pl.col("own_name")
    return (
        pl.when((by == "email") | (of_number & (contact == email)) | same_name)
        .then(pl.lit(_OURS))
        .when(of_number & (other_address | other_name))
        .then(pl.lit(_THEIRS))
        .when(~of_number & other_name & (contact != email))
        .then(pl.lit(_THEIRS))
        .otherwise(pl.lit(_UNCLEAR))
    )


def _of_several(found: pl.DataFrame) -> pl.DataFrame:
    """The rows and kinds of key (``row``, ``by``) that lead to several people.

    That is where a record is somebody else's, or where those that nothing decides differ among each other. An id may
    have two addresses under one name: one person has one at home and one at work.
    """
    undecided = pl.col("whose") == _UNCLEAR
    contact, name = pl.col("contact").filter(undecided), pl.col("name").filter(undecided)
    contacts, names = (each.drop_nulls().n_unique() for each in (contact, name))
    # One with a name alone and one with an address alone may be two people.
    apart = (contact.is_null() & name.is_not_null()).any() & (contact.is_not_null() & name.is_null()).any()
    of_number = (contacts > 1) | (names > 1) | apart
    addresses = contact.append(pl.col("own_email")).drop_nulls().n_unique()
    of_id = (addresses > 1) & (names > 1) | (addresses > _ADDRESSES_OF_ONE)
    differ = pl.when(pl.col("by").first() == "phone").then(of_number).otherwise(of_id)
    return (
        found.filter(pl.col("by") != "email")
        .group_by("row", "by")
        .agg(several=(pl.col("whose") == _THEIRS).any() | differ)
        .filter("several")
        .select("row", "by")
    )

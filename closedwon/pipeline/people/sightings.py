"""What the identity map learns from a batch: who was seen, by which keys, and what was known of them.

What a sighting holds is kept where it ties two ways of reaching a person together, or has something that a platform
handed out. Of one that has no more than a name, only the key is kept, which says how many people share it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import polars as pl

from closedwon.ledger.ledger import microseconds
from closedwon.ledger.people.identities import SIGHTINGS, Learned
from config.columns import REFUND_STAGE
from config.identity import IdentitySettings
from matching.hashing import sha256
from matching.identity import HANDED_OUT, KINDS, KNOWN_COLUMNS, key_rows
from uploads import json_columns as js

_MOST_SIGHTINGS = 50
"""How many sightings a key leads to: more are an address that tests are made with, and make every look-up slower."""

_REFUSED = '{"refused":"yes"}'
_DIGEST = 32
_SEPARATOR = "\x1f"

VALUES_OF = {
    "external_id": ("meta.external_id",),
    "email": ("meta.em", "google.email"),
    "phone": ("meta.ph", "google.phone"),
}
"""The identifiers that a kind of key is made of."""


def with_identity(people: pl.DataFrame, *, by_content: bool) -> pl.DataFrame:
    """``people`` with ``identity`` and ``found``.

    A sighting is one record's, which may say something else tomorrow. Receipts do not change, and a good customer has
    hundreds: ``by_content`` those that say the very same are one sighting, under the first of them. Of a record that
    is ``kept_back`` for want of consent, only the keys are kept, which say how many people share them.
    """
    lent = ~pl.col("kept_back") & _worth_keeping()
    told = people.with_columns(found=pl.when("refused").then(pl.lit(_REFUSED)).when(lent).then(_found()))
    of_record = ("source", "object", "record_id")
    names = ("source", "object", *KINDS, "name", "found") if by_content else of_record
    made_of = pl.concat_str([pl.col(name).fill_null("") for name in names], separator=_SEPARATOR)
    return told.with_columns(identity=sha256(made_of).str.head(_DIGEST))


def is_refusal() -> pl.Expr:
    """Whether a sighting says only that the person refused, so that no other record lends what it holds of them."""
    return (pl.col("found") == _REFUSED).fill_null(value=False)


def sightings_in(
    people: pl.DataFrame, known: pl.DataFrame, rules: IdentitySettings, now: datetime
) -> pl.DataFrame:
    """What ``people`` say, a sighting each: a frame of the ledger's ``SIGHTINGS``.

    Args:
        people: as :func:`with_identity` gives them, with ``stage``, ``at``, ``known_at``, ``changed_at`` and ``seen``,
            whether the entry was read before.
        known: the sightings of their identities and keys. A record that says something else than when it was read
            before has said so only since it was last changed.
        rules: of the client; ``now``: what is older than they allow is not kept.
    """
    kept = people.filter(
        pl.col("stage") != REFUND_STAGE,
        pl.col("at") >= pl.lit(now - timedelta(days=rules.keep_days)),
        pl.any_horizontal(pl.col(KINDS).is_not_null()),
        pl.col("refused") | _worth_keeping() | pl.col("name").is_not_null(),
    )
    told = (
        kept.with_columns(pl.col("at", "known_at", "changed_at").dt.epoch("us"))
        .sort("known_at", maintain_order=True)
        .group_by("identity", maintain_order=True)
        .agg(
            pl.col(
                *KINDS, "name", "source", "object", "record_id", "known_at", "changed_at", "found"
            ).first(),
            last_at=pl.col("at").max(),
            seen=pl.col("seen").any(),
        )
    )
    before = known.join(told, on="identity", how="semi").select(
        "identity", since="known_at", latest="last_at", first="record_id"
    )
    since = told.join(before, on="identity", how="left", maintain_order="left").join(
        _changed(told, known), on="identity", how="left", maintain_order="left"
    )
    of_change = pl.max_horizontal("known_at", pl.coalesce("changed_at", pl.lit(microseconds(now))))
    return since.with_columns(
        known_at=pl.when(pl.coalesce("changed", "seen"))
        .then(of_change)
        .otherwise(pl.min_horizontal("known_at", "since")),
        last_at=pl.max_horizontal("last_at", "latest"),
        record_id=pl.when(pl.col("since") <= pl.col("known_at")).then("first").otherwise("record_id"),
    ).select(*SIGHTINGS)


def _changed(told: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """``identity`` and ``changed``: whether a sighting that is known says something else now.

    What is made of a key is told by the key itself: it is left out of what is found while the key is shared.
    """
    again, before = (
        _spelled(each.join(other, on="identity", how="semi"))
        for each, other in ((told, known), (known, told))
    )
    both = again.join(before, on="identity", suffix=".before")
    of_key = {name for names in VALUES_OF.values() for name in names}
    others = [name for name in KNOWN_COLUMNS if name not in of_key]
    differs = [pl.col(name).ne_missing(pl.col(f"{name}.before")) for name in others]
    # One that was missing may have been taken away where there was no room.
    other_key = [pl.col(kind) != pl.col(f"{kind}.before") for kind in KINDS]
    return both.select("identity", changed=pl.any_horizontal(*differs, *other_key).fill_null(value=False))


def _spelled(sightings: pl.DataFrame) -> pl.DataFrame:
    """``sightings`` with :data:`matching.identity.KNOWN_COLUMNS` for ``found``."""
    said = pl.col("found").str.json_decode(pl.Struct(dict.fromkeys(KNOWN_COLUMNS, pl.String)))
    return sightings.with_columns(said).unnest("found")


def readable(sightings: pl.DataFrame) -> pl.DataFrame:
    """``sightings`` with :data:`matching.identity.KNOWN_COLUMNS` for ``found``, and ``known_at`` as a time."""
    return _spelled(sightings).with_columns(as_time("known_at"))


def as_time(name: str) -> pl.Expr:
    """Microseconds as a time."""
    return pl.from_epoch(name, time_unit="us").dt.replace_time_zone("UTC")


def with_shared_emptied(sightings: pl.DataFrame, shared: Mapping[str, pl.Series]) -> pl.DataFrame:
    """``sightings``, of which those that have a key in ``shared`` hold nothing that such a key is made of.

    The key stays: it is what tells the next batch that it is shared.
    """
    has = {kind: pl.col(kind).is_in(keys.implode()).fill_null(value=False) for kind, keys in shared.items()}
    any_shared = pl.any_horizontal(pl.lit(value=False), *has.values())
    touched = sightings.filter(any_shared, ~is_refusal())
    if touched.is_empty():
        return sightings
    emptied = {name: pl.when(~has[kind]).then(pl.col(name)) for kind in has for name in VALUES_OF[kind]}
    mended = _spelled(touched).with_columns(**emptied).with_columns(found=_found()).select(sightings.columns)
    return pl.concat([sightings.join(mended, on="identity", how="anti", maintain_order="left"), mended])


def with_room(sightings: pl.DataFrame, *, people: int) -> pl.DataFrame:
    """``sightings``, of which a key leads to so many at most: the newest of each person; the rest lose the key.

    There is room for more than ``people`` people under a key, so that they can be counted.
    """
    most = max(_MOST_SIGHTINGS, people + 1)
    rows = key_rows(sightings.select("identity", *KINDS, "name", "last_at"))
    crowded = rows.filter(pl.len().over("by", "key") > most)
    if crowded.is_empty():
        return sightings
    one_person = pl.coalesce("contact", "name", pl.lit(""))
    ordered = crowded.sort("last_at", "identity", descending=True).with_columns(
        turn=pl.int_range(pl.len()).over("by", "key", one_person)
    )
    placed = ordered.sort("turn", maintain_order=True).with_columns(
        place=pl.int_range(pl.len()).over("by", "key")
    )
    excess = placed.filter(pl.col("place") >= most)
    kept = {
        kind: pl.when(~pl.col("identity").is_in(excess.filter(by=kind)["identity"].implode())).then(kind)
        for kind in KINDS
    }
    return sightings.with_columns(**kept)


def what_is_new(sightings: pl.DataFrame, known: pl.DataFrame, forgotten: pl.DataFrame) -> Learned:
    """What the map does not hold yet of ``sightings``; those that no key leads to are dropped from it."""
    found = pl.any_horizontal(pl.col(KINDS).is_not_null())
    news = sightings.filter(found).join(
        known, on=list(SIGHTINGS), how="anti", nulls_equal=True, maintain_order="left"
    )
    lost = known.join(sightings.filter(~found), on="identity", how="semi")
    return Learned(news, lost["identity"], forgotten)


def _found() -> pl.Expr:
    """What is carried of people, as JSON; null where there is nothing."""
    return js.object_of({name: js.text(pl.col(name).cast(pl.String)) for name in KNOWN_COLUMNS})


def _worth_keeping() -> pl.Expr:
    ways = pl.sum_horizontal(pl.col(KINDS).is_not_null())
    return (ways > 1) | pl.any_horizontal(pl.col(HANDED_OUT).is_not_null())

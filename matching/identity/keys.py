"""What a person is found by in other records: digests of the id in the source, the e-mail address, the phone number.

A key is 128 bits in hex, of the form that Google matches on: ``a.b@gmail.com`` and ``ab@gmail.com`` are one inbox.
An id is its source's own, so its key is made of both.
"""

from __future__ import annotations

import polars as pl

from matching.hashing import sha256

KINDS = ("external_id", "email", "phone")
"""The kinds of keys, the surest first, and the columns that hold them."""

_HEX_DIGITS = 32
_SEPARATOR = "\x1f"

_CONTACT = {
    "external_id": pl.coalesce("email", "phone"),
    "email": pl.col("phone"),
    "phone": pl.col("email"),
}


def person_keys(sources: pl.Series, google: pl.DataFrame, meta: pl.DataFrame) -> pl.DataFrame:
    """The keys of rows of people.

    Args:
        sources: the source of each row.
        google: its identifiers for Google; ``meta``: for Meta.

    Returns:
        A column for each of :data:`KINDS`, and ``name``, a digest of given and family name; each null where the row has
        none.
    """
    hashed = {name: google[f"id.{name}"] for name in ("email", "phone", "given_name", "family_name")}
    frame = pl.DataFrame({"source": sources, "id": meta["id.external_id"], **hashed})
    return frame.select(
        external_id=sha256(pl.concat_str("source", "id", separator=_SEPARATOR)),
        email=pl.col("email"),
        phone=pl.col("phone"),
        name=sha256(pl.concat_str("given_name", "family_name")),
    ).select(pl.all().str.head(_HEX_DIGITS))


def key_rows(people: pl.DataFrame) -> pl.DataFrame:
    """``people`` once for each of their keys.

    Returns:
        The columns of ``people`` but the keys, and ``by``, the kind; ``key``; ``contact``, another key of the same
        person, else null.
    """
    return pl.concat(
        people.filter(pl.col(kind).is_not_null()).select(
            pl.exclude(*KINDS),
            by=pl.lit(kind),
            key=pl.col(kind),
            contact=_CONTACT[kind],
        )
        for kind in KINDS
    )


def crowded(people: pl.DataFrame, most: int) -> pl.DataFrame:
    """The keys (``by``, ``key``) that more than ``most`` of ``people`` share.

    ``people`` have the keys, ``name`` and ``card``, an id that the source gives to a person and not to a record. They
    are told apart by their other contact, their name or their card, whichever tells more of them.
    """
    told = [pl.col(name).drop_nulls().n_unique().alias(name) for name in ("contact", "name", "card")]
    counted = key_rows(people).group_by("by", "key").agg(told)
    return counted.filter(pl.max_horizontal("contact", "name", "card") > most).select("by", "key")

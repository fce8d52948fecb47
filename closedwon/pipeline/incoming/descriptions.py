"""What the ledger keeps of an entry for learning: whose journey it is of, and the segments that its lead is in."""

from __future__ import annotations

import polars as pl

from closedwon.quality.naming import SEGMENT_COLUMNS, segment_name
from matching.hashing import sha256

_DIGEST = 32
_SEPARATOR = "\x1f"


def described(entries: pl.DataFrame, *, of_till: bool) -> pl.DataFrame:
    """``entries`` with ``person``, and with the names of segments as they are learned by.

    ``person`` is a digest of the CRM's own id of the person or the lead, which a lead and its opportunity, or a contact
    and its deals, share. A card at a till is the person's own, and is left to the identity map, which forgets it in
    time.
    """
    own_id = pl.concat_str("source", "external_id", separator=_SEPARATOR)
    person = pl.lit(None, dtype=pl.String) if of_till else sha256(own_id).str.head(_DIGEST)
    return entries.with_columns(person.alias("person"), *map(segment_name, SEGMENT_COLUMNS))

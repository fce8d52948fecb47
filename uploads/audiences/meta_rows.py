"""A member of a Meta audience as rows of an upload: one that carries every key, one more a further e-mail or phone.

A row has one value a key, in the order of the schema, and an empty text where a key is not known. What a person goes
by is kept as an object by key, so that it can be told again, or taken back, whatever the schema of that day.
https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences#hash
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import polars as pl

from config.limited_data_use import LimitedDataUseSettings
from uploads import json_columns as js
from uploads import meta_limited_data_use as limited_data_use

MOST_ROWS = 10_000
"""Rows that one request may have."""

_SEVERAL = {"EMAIL": "em", "PHONE": "ph"}
_ONE = {
    "GEN": "ge",
    "LN": "ln",
    "FN": "fn",
    "ST": "st",
    "CT": "ct",
    "ZIP": "zp",
    "COUNTRY": "country",
    "EXTERN_ID": "external_id",
}
"""Meta's keys and the identifiers that they are. A birth date goes there in three parts, hashed each by itself, so
that the hash of the whole is of no use; ``EXTERN_ID`` may be hashed, and is."""

_LIMITED = {
    "DATA_PROCESSING_OPTIONS": ("data_processing_options", '["LDU"]', "[]"),
    "DATA_PROCESSING_OPTIONS_COUNTRY": ("data_processing_options_country", None, "0"),
    "DATA_PROCESSING_OPTIONS_STATE": ("data_processing_options_state", None, "0"),
}
"""Columns of Limited Data Use: the member that asks for it, what its column says, and what that of others says."""

_SHAPE = pl.Struct(
    {
        **dict.fromkeys(_SEVERAL, pl.List(pl.String)),
        **dict.fromkeys(_ONE, pl.String),
        "data_processing_options": pl.List(pl.String),
        "data_processing_options_country": pl.Int64,
        "data_processing_options_state": pl.Int64,
    }
)


def identifiers(settings: LimitedDataUseSettings | None) -> pl.Expr:
    """See :meth:`uploads.audiences.base.AudienceUploader.identifiers`.

    Null without an e-mail, a phone, or a full name with a city or postal code: Meta could match nobody. Where a
    client asks for Limited Data Use, the column ``ad_personalization`` is read too.
    """
    several = {
        key: js.array(js.plain(pl.col(f"id.{name}")), js.plain_list(pl.col(f"more.{name}")))
        for key, name in _SEVERAL.items()
    }
    one = {key: js.plain(pl.col(f"id.{name}")) for key, name in _ONE.items()}
    known = js.object_of({**several, **one, **limited_data_use.members(settings)})
    return pl.when(_could_be_matched()).then(known)


def parts(members: pl.DataFrame) -> Iterator[tuple[list[str], pl.DataFrame]]:
    """Members in their order, as many at a time as fit into a request, with their rows (key, then value, a column)."""
    for start in range(0, members.height, MOST_ROWS):
        yield from _fitting(members[start : start + MOST_ROWS])


def schema_of(rows: pl.DataFrame, *, valued: bool) -> list[str]:
    """The keys that the rows have anything for; ``LOOKALIKE_VALUE`` where each comes with a value."""
    filled = [key for key in (*_SEVERAL, *_ONE) if rows[key].null_count() < rows.height]
    limited = list(_LIMITED) if rows["data_processing_options"].null_count() < rows.height else []
    return [*filled, *limited, *(["LOOKALIKE_VALUE"] if valued else [])]


def data_of(rows: pl.DataFrame, schema: list[str]) -> str:
    """The rows as the JSON array that ``data`` is."""
    cells = [_cell(key) for key in schema]
    row = pl.concat_str(pl.lit("["), pl.concat_str(cells, separator=","), pl.lit("]"))
    return f"[{rows.select(row=row)['row'].str.join(',').item()}]"


def _fitting(members: pl.DataFrame) -> Iterator[tuple[list[str], pl.DataFrame]]:
    rows = _rows(members)
    if rows.height <= MOST_ROWS or members.height == 1:
        yield members["member"].to_list(), rows[:MOST_ROWS]
        return
    for start, end in pairwise((0, members.height // 2, members.height)):
        yield from _fitting(members[start:end])


def _rows(members: pl.DataFrame) -> pl.DataFrame:
    """A row a member, and one more for each further e-mail or phone, with the member's other keys."""
    known = members.select(
        pl.col("value") if "value" in members.columns else pl.lit(None).alias("value"),
        known=pl.col("identifiers").str.json_decode(_SHAPE),
    ).unnest("known")
    most = pl.max_horizontal(pl.lit(1), *(pl.col(key).list.len() for key in _SEVERAL))
    nth = known.with_columns(nth=pl.int_ranges(most)).explode("nth")
    return nth.with_columns(pl.col(key).list.get(pl.col("nth"), null_on_oob=True) for key in _SEVERAL)


def _cell(key: str) -> pl.Expr:
    """What a row says under a key, as JSON."""
    if key == "LOOKALIKE_VALUE":
        worth = pl.col("value").cast(pl.Float64).fill_nan(None).fill_null(0).clip(lower_bound=0)
        return js.number(worth)
    if key in _LIMITED:
        column, asked, otherwise = _LIMITED[key]
        said: Any = pl.lit(asked) if asked else pl.col(column).cast(pl.String)
        return pl.when(pl.col(column).is_not_null()).then(said).otherwise(pl.lit(otherwise))
    return js.plain(pl.col(key)).fill_null('""')


def _could_be_matched() -> pl.Expr:
    known = {name: pl.col(f"id.{name}").is_not_null() for name in ("em", "ph", "fn", "ln", "ct", "zp")}
    full_name = known["fn"] & known["ln"] & (known["ct"] | known["zp"])
    return known["em"] | known["ph"] | full_name

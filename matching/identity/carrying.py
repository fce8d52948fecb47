"""What a conversion may carry that another record of the person holds: the table, and its application.

A group is taken whole from one record, and only where the conversion has none of it: half of one address and half of
another are nobody's. Of e-mail addresses and phone numbers a platform takes several, the conversion's own first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from matching.fields import Platform

_CLICK = timedelta(days=90)
"""Google takes a click for 90 days at most, and Meta keeps its cookies as long."""

_TIME_TO_SEND = timedelta(days=7)
"""A delivery may wait: a click that expires within it would spoil what the e-mail address alone would match."""

_SURE = 1
"""The weakest key, by strength, on which an id is carried that a platform refuses where it is wrong."""


@dataclass(frozen=True, slots=True)
class Group:
    """Identifiers of one platform that are carried together.

    Attributes:
        most: how many values of its one name an event may have.
        is_click: handed out for a click: worth nothing once its window has closed, and the last one counts.
        one_of: an event has one of the names, the first that there is.
        sure: carried by an id or an e-mail address alone, not by a phone number.
    """

    platform: Platform
    names: tuple[str, ...]
    most: int = 1
    is_click: bool = False
    one_of: bool = False
    sure: bool = False


CARRIED = (
    Group("meta", ("lead_id",), is_click=True, sure=True),
    Group("meta", ("fbc",), is_click=True),
    Group("meta", ("em",), most=5),
    Group("meta", ("ph",), most=5),
    Group("meta", ("fbp",), is_click=True),
    Group("meta", ("fn", "ln")),
    Group("meta", ("zp", "ct", "st")),
    Group("meta", ("country",)),
    Group("meta", ("db",)),
    Group("meta", ("ge",)),
    Group("meta", ("external_id",)),
    Group("google", ("gclid", "gbraid", "wbraid"), is_click=True, one_of=True),
    Group("google", ("email",), most=5),
    Group("google", ("phone",), most=4),
)
"""In the order of matching strength. Ten identifiers of a person are the most that Google takes in an event, the
address included; Meta names no maximum. Google's address is not carried: it is matched on names beside a plain postal
code, and what is kept of people is hashes and click ids."""

HANDED_OUT = tuple(f"{group.platform}.{name}" for group in CARRIED if group.is_click for name in group.names)
"""The identifiers that platforms hand out, as columns of what is known."""

KNOWN_COLUMNS = tuple(f"{group.platform}.{name}" for group in CARRIED for name in group.names)
"""Every identifier that is carried, as a column of what is known."""

GAINED: dict[str, pl.DataType] = {
    "row": pl.UInt32(),
    "identifier": pl.String(),
    "position": pl.UInt32(),
    "value": pl.String(),
    "by": pl.String(),
    "source": pl.String(),
    "object": pl.String(),
    "record_id": pl.String(),
    "known_at": pl.Datetime("us", "UTC"),
    "is_click": pl.Boolean(),
}
"""Schema of what rows gain: ``position`` counts from 0 among the values of the identifier."""


def gained(
    own: pl.DataFrame,
    records: pl.DataFrame,
    platform: Platform,
    *,
    now: datetime,
    click_days: int,
) -> pl.DataFrame:
    """What each row of ``own`` gains for ``platform``.

    Args:
        own: ``row``, ``at`` (when it happened) and ``id.<name>`` for the platform.
        records: what :func:`matching.identity.linking.link` found, in its order, with ``known_at``, ``source``,
            ``object`` and ``record_id`` of the sighting and the columns of :data:`KNOWN_COLUMNS`.
        now: clicks whose window closes within a week of it, or of the conversion, are not carried.
        click_days: after how many days the window of a click closes, 90 at most.

    Returns:
        A frame of :data:`GAINED`.
    """
    window = min(_CLICK, timedelta(days=click_days))
    timed = records.join(own.select("row", "at"), on="row", maintain_order="left")
    sent_by = pl.max_horizontal("at", pl.lit(now)) + _TIME_TO_SEND
    still_open = (pl.col("at") <= pl.col("known_at") + window) & (sent_by <= pl.col("known_at") + _CLICK)
    clicks = timed.filter(still_open).sort("known_at", descending=True, maintain_order=True)
    parts = [pl.DataFrame(schema=GAINED)]
    for group in CARRIED:
        if group.platform != platform:
            continue
        usable = clicks if group.is_click else timed
        if group.sure:
            usable = usable.filter(pl.col("strength") <= _SURE)
        parts.append(_several(own, usable, group) if group.most > 1 else _whole(own, usable, group))
    return pl.concat(parts)


def _whole(own: pl.DataFrame, records: pl.DataFrame, group: Group) -> pl.DataFrame:
    """The group out of the best record that has any of it, for the rows that have none of it."""
    without = own.filter(pl.all_horizontal(pl.col(f"id.{name}").is_null() for name in group.names))
    columns = [f"{group.platform}.{name}" for name in group.names]
    best = (
        records.filter(pl.any_horizontal(pl.col(columns).is_not_null()))
        .join(without.select("row"), on="row", how="semi", maintain_order="left")
        .unique("row", keep="first", maintain_order=True)
    )
    parts = []
    for place, (name, column) in enumerate(zip(group.names, columns, strict=True)):
        has = pl.col(column).is_not_null()
        if group.one_of and place:
            has &= pl.all_horizontal(pl.col(columns[:place]).is_null())
        parts.append(_as_gained(best.filter(has), name, column, group, position=pl.lit(0)))
    return pl.concat(parts)


def _several(own: pl.DataFrame, records: pl.DataFrame, group: Group) -> pl.DataFrame:
    """Further values of the group's one name, the surest and newest first, behind the row's own."""
    (name,) = group.names
    column = f"{group.platform}.{name}"
    mine = own.select("row", mine=f"id.{name}")
    others = (
        records.drop_nulls(column)
        .unique(["row", column], keep="first", maintain_order=True)
        .join(mine, on="row", maintain_order="left")
        .filter(pl.col("mine").is_null() | (pl.col(column) != pl.col("mine")))
    )
    position = pl.int_range(pl.len()).over("row") + pl.col("mine").is_not_null().cast(pl.Int64)
    placed = others.with_columns(position=position).filter(pl.col("position") < group.most)
    return _as_gained(placed, name, column, group, position=pl.col("position"))


def _as_gained(
    records: pl.DataFrame, name: str, column: str, group: Group, *, position: pl.Expr
) -> pl.DataFrame:
    return records.select(
        pl.col("row").cast(pl.UInt32),
        identifier=pl.lit(name),
        position=position.cast(pl.UInt32),
        value=pl.col(column).cast(pl.String),
        by=pl.col("by"),
        source=pl.col("source"),
        object=pl.col("object"),
        record_id=pl.col("record_id"),
        known_at=pl.col("known_at"),
        is_click=pl.lit(group.is_click),
    )


def carry(own: pl.DataFrame, more: pl.DataFrame, platform: Platform) -> pl.DataFrame:
    """``own`` with what it gains: ``more``, a frame of :data:`GAINED`.

    ``own`` has ``row`` and ``id.<name>``. Adds ``more.<name>`` for each identifier that an event may have several of: a
    list of the further values, null where there are none; and ``clicked_at``, when the record was made of a click that
    was carried, else null.
    """
    result = own
    for group in (group for group in CARRIED if group.platform == platform):
        for name in group.names:
            of_name = more.filter(pl.col("identifier") == name)
            result = _with_first(result, of_name, name)
            if group.most > 1:
                further = of_name.filter(pl.col("position") > 0).group_by("row", maintain_order=True)
                result = _joined(result, further.agg(pl.col("value").alias(f"more.{name}")))
    clicks = more.filter("is_click").group_by("row").agg(clicked_at=pl.col("known_at").min())
    return _joined(result, clicks)


def _with_first(own: pl.DataFrame, of_name: pl.DataFrame, name: str) -> pl.DataFrame:
    column = f"id.{name}"
    first = of_name.filter(pl.col("position") == 0)
    if first.is_empty():
        return own
    given = _joined(own, first.select("row", gained=pl.col("value").cast(own.schema[column])))
    return given.with_columns(pl.coalesce(column, "gained").alias(column)).drop("gained")


def _joined(own: pl.DataFrame, extra: pl.DataFrame) -> pl.DataFrame:
    return own.join(extra, on="row", how="left", maintain_order="left")

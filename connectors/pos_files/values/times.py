"""Reads times as tills write them: ISO with or without zone, ``10/8/26 5:17 PM``, ``15.03.23``, ``31/12/2026 18:05``,
``2026-10-05 14:30:00 Eastern Time (US & Canada)``.

Days, months and years written in numbers mean nothing by themselves: the order of day and month belongs to the whole
file. A year of four digits in front needs no order. A short year behind hyphens (``26-05-01``) may also lead.
"""

from __future__ import annotations

from typing import Literal, get_args

import polars as pl

from connectors.pos_files.values.evidence import Question
from connectors.pos_files.values.masking import shown_time
from connectors.pos_files.values.zone_names import zone_named

DateOrder = Literal["day_first", "month_first", "year_first"]
DATE_ORDERS: tuple[DateOrder, ...] = get_args(DateOrder)

DATE_ORDER_QUESTION = Question(
    "date_order",
    {"day_first": "the day first", "month_first": "the month first", "year_first": "the year first"},
    shown=shown_time,
)

# Where year, month and day stand in a written date.
_PLACES: dict[DateOrder, tuple[str, str, str]] = {
    "day_first": ("third", "second", "first"),
    "month_first": ("third", "first", "second"),
    "year_first": ("first", "second", "third"),
}

_UNORDERED = r"^([0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{1,4})(?:[T\s,]|$)"

# What systems write for no date at all lies outside (0001-01-01, 9999-12-31), and may not exist in every zone.
_YEARS = (1900, 2199)

_PATTERN = (
    r"^(?<first>[0-9]{1,4})(?<part>[-/.])(?<second>[0-9]{1,2})(?<again>[-/.])(?<third>[0-9]{1,4})"
    r"(?:[T\s,]\s*(?<hour>[0-9]{1,2}):(?<minute>[0-9]{2})"
    r"(?::(?<seconds>[0-9]{2})(?:[.,](?<fraction>[0-9]{1,9}))?)?"
    r"\s*(?:(?<half>[AaPp])\.?\s?[Mm]\.?)?"
    r"\s*(?<zone>[Zz]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
    r"(?:\s+(?<place>[A-Za-z][A-Za-z0-9&()./_,' +-]*))?$"
)


def moments(text: pl.Series, order: DateOrder) -> pl.DataFrame:
    """Read times, one row a value of ``text`` (trimmed).

    Returns ``local`` (microseconds without zone, null where the text is no time under ``order``), ``offset``
    (minutes east of UTC, null where none is written), ``place`` (the IANA zone that is named beside it, null where
    none is) and ``timed`` (false for a date alone, read as its midnight).
    """
    fields = text.rename("text").to_frame().select(pl.col("text").str.extract_groups(_PATTERN)).unnest("text")
    leads = pl.col("first").str.len_bytes() == 4
    year, month, day = (
        pl.when(leads).then(pl.col(iso)).otherwise(pl.col(place))
        for iso, place in zip(_PLACES["year_first"], _PLACES[order], strict=True)
    )
    dated = fields.with_columns(
        year=_year(year),
        month=_number(month),
        day=pl.when(day.str.len_bytes() <= 2).then(_number(day)),
        hour=_hour(),
        minute=_number(pl.col("minute")).fill_null(0),
        seconds=_number(pl.col("seconds")).fill_null(0),
        micros=_number(pl.col("fraction").str.pad_end(6, "0").str.slice(0, 6)).fill_null(0),
        offset=_offset(),
        known=_zones(fields["place"]),
        timed=pl.col("hour").is_not_null(),
    )
    # An impossible date is null here, because pl.datetime raises on one.
    possible = (
        (pl.col("part") == pl.col("again"))
        & pl.col("year").is_between(*_YEARS)
        & pl.col("month").is_between(1, 12)
        & pl.col("day").is_between(1, _days_in_month())
        & pl.col("hour").is_between(0, 23)
        & (pl.col("minute") < 60)
        & (pl.col("seconds") < 60)
        & (pl.col("zone").is_null() | pl.col("offset").is_not_null())
        & (pl.col("place").is_null() | pl.col("known").is_not_null())
    )
    parts = ("year", "month", "day", "hour", "minute", "seconds", "micros")
    safe = dated.with_columns(pl.when(possible).then(pl.col(*parts)))
    return safe.select(
        local=pl.datetime(*parts, time_unit="us"), offset="offset", place="known", timed="timed"
    )


def date_readings(dates: pl.Series) -> pl.DataFrame:
    """What each written date means by each order, for :class:`~connectors.pos_files.values.evidence.Evidence`.

    A short year in front counts as possible behind hyphens only: nobody writes ``23.03.15`` or ``23/03/15`` so.
    """
    readings = pl.DataFrame({order: moments(dates, order)["local"] for order in DATE_ORDERS})
    hyphened = dates.str.contains("-", literal=True)
    return readings.with_columns(year_first=pl.when(hyphened).then(pl.col("year_first")))


def written_dates(text: pl.Series) -> pl.Series:
    """The date at the start of each value, null where there is none or its year leads and leaves nothing open."""
    return text.str.extract(_UNORDERED)


def _zones(names: pl.Series) -> pl.Series:
    """The zones that are named, looked up once each: a file names few."""
    distinct = names.drop_nulls().unique()
    if distinct.is_empty():
        return names
    zones = [zone_named(name.strip()) for name in distinct]
    return names.replace_strict(distinct, pl.Series(zones, dtype=pl.String), default=None)


def _number(digits: pl.Expr) -> pl.Expr:
    return digits.cast(pl.Int32, strict=False)


def _year(digits: pl.Expr) -> pl.Expr:
    """Four digits as they stand, two as 1970 to 2069."""
    number = _number(digits)
    short = number + pl.when(number < 70).then(2000).otherwise(1900)
    length = digits.str.len_bytes()
    return pl.when(length == 4).then(number).when(length == 2).then(short)


def _hour() -> pl.Expr:
    """The hour of 24; null for an hour that a clock with AM and PM does not have."""
    hour = _number(pl.col("hour")).fill_null(0)
    half = pl.col("half").str.to_lowercase()
    of_twelve = pl.when(hour.is_between(1, 12)).then(hour % 12 + pl.when(half == "p").then(12).otherwise(0))
    return pl.when(half.is_null()).then(hour).otherwise(of_twelve)


def _offset() -> pl.Expr:
    zone = pl.col("zone")
    digits = zone.str.replace_all(r"[^0-9]", "").str.pad_end(4, "0")
    hours, minutes = _number(digits.str.slice(0, 2)), _number(digits.str.slice(2, 2))
    sign = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    return pl.when((hours <= 14) & (minutes < 60)).then(sign * (hours * 60 + minutes))


def _days_in_month() -> pl.Expr:
    year, month = pl.col("year"), pl.col("month")
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    february = pl.when(leap).then(29).otherwise(28)
    return pl.when(month == 2).then(february).otherwise(30 + (month + month // 8) % 2)

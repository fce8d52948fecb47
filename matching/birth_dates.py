"""Birth dates as people and systems write them, read as days: a date that may mean two days is not guessed at.

Where day and month are figures, their order is the source's own: it declares it (``birth_dates``), else only a date
that can be read in one way is taken. A date that begins with a year of four digits, or spells its month, is certain.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Literal, NamedTuple

import polars as pl

from matching.cells import BirthDateOrder, Cell, Outcome
from matching.digits import rarely_in_ascii
from matching.months import MONTHS
from matching.rarely import only_where

YOUNGEST = 13
"""Meta's Business Tools Terms keep out what is known to be of children under this age."""

OLDEST = 120
"""Nobody alive is older; Meta itself takes years from 1900 on."""

SYSTEM_DATES = (
    *(date(1, 1, 1), date(1753, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1)),
    *(date(1901, 1, 1), date(1904, 1, 1), date(1969, 12, 31), date(1970, 1, 1), date(9999, 12, 31)),
)
"""First and last days of databases', spreadsheets' and operating systems' calendars: written where nobody knew."""

_OLDEST_OF_SHORT_YEARS = 110
"""A year of two digits is read where only one century makes a person of this age at most."""

_PLAIN = r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$"
_MIDNIGHT = r"[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?$"
_SEPARATORS = r"[\s/.,年月日년월일-]+"
_COMPACT = r"^([0-9]{4})([0-9]{2})([0-9]{2})$"
_YEAR_LAST = r"^([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})$"
_COMPACT_YEAR_LAST = r"^([0-9]{2})([0-9]{2})([0-9]{4})$"
_SHORT_YEAR = r"^(?:[0-9]{1,2}-){2}[0-9]{2}$|^[0-9]{2}(?:-[0-9]{1,2}){2}$|\p{L}.*-[0-9]{2}$"
_SHORT_YEAR_LAST = r"^([0-9]{1,2})-([0-9]{1,2})-([0-9]{2})$"
_SHORT_YEAR_FIRST = r"^([0-9]{2})-[0-9]{1,2}-[0-9]{1,2}$"
_SPREADSHEET_DAY = r"^[0-9]{5}$"
_TIMESTAMP = r"^-?[0-9]{9,13}$"

_TO_PLAIN = {"day_first": "$3-$2-$1", "month_first": "$3-$1-$2"}


def birth_date(cell: Cell, today: date | None = None) -> Outcome:
    """YYYYMMDD, of a person from 13 to 120 years old ``today`` (default: the day in UTC).

    Figures are read in the order that the source declares; without one, ``16/02/1997`` is taken and ``03/04/1990``
    is refused. What contradicts the declared order is refused, never turned round.
    """
    today = today or datetime.now(UTC).date()
    read = _read(cell, today)
    youngest, oldest = _years_before(today, YOUNGEST), _years_before(today, OLDEST)
    # The first that holds is told.
    because = {
        f"day and month cannot be told apart: {_advice(cell)}": read.ambiguous,
        f"contradicts the source's birth_dates: {cell.birth_dates}: correct the date or the setting": read.contradicts,
        "a date that systems write where they have none: leave the field empty": read.day.is_in(SYSTEM_DATES),
        f"of a child under {YOUNGEST}, whose data Meta does not take": read.day.is_between(
            youngest, today, closed="right"
        ),
        f"not a plausible birth date: expected an age of {YOUNGEST} to {OLDEST}": ~read.day.is_between(
            oldest, youngest
        ),
    }
    refused = pl.any_horizontal(because.values())
    told = (pl.when(holds).then(pl.lit(reason)) for reason, holds in because.items())
    return Outcome(
        pl.when(~refused).then(read.day.dt.strftime("%Y%m%d")),
        pl.coalesce(*told, _unreadable(cell, read.dashed)),
    )


class _Reading(NamedTuple):
    """A date as parts joined by dashes, the day that it is, and what the order of its parts says against it."""

    dashed: pl.Expr
    day: pl.Expr
    ambiguous: pl.Expr
    contradicts: pl.Expr


def _read(cell: Cell, today: date) -> _Reading:
    order = cell.birth_dates
    iso = cell.text.str.contains(_PLAIN)
    joined = only_where(~iso, cell.text, _dashed)
    dashed = cell.once(pl.when(iso).then(cell.text).otherwise(joined))
    plain = cell.once(_date(dashed))

    def where(mask: pl.Expr, read: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
        return cell.once(only_where(mask, dashed, read, pl.Date()))

    compact = where(plain.is_null(), lambda text: _date(text.str.replace(_COMPACT, "$1-$2-$3")))
    in_words = plain.is_null() & dashed.str.contains(r"\p{L}")
    spelt = where(in_words, lambda text: _date(_with_century(_spelt(text, order), today)))
    # The readings that no order of day and month can change.
    certain = cell.once(pl.coalesce(plain, compact, spelt))
    uncertain = certain.is_null()
    day_first = where(uncertain, lambda text: _turned(text, "day_first"))
    month_first = where(uncertain, lambda text: _turned(text, "month_first"))
    either = pl.coalesce(day_first, month_first)
    no = pl.lit(value=False)
    if order is None:
        ambiguous = (day_first != month_first).fill_null(value=False)
        return _Reading(dashed, cell.once(pl.coalesce(certain, either)), ambiguous, no)
    declared = where(uncertain, lambda text: _in_order(text, order, today))
    day = cell.once(pl.coalesce(certain, declared))
    return _Reading(dashed, day, no, day.is_null() & either.is_not_null())


def _turned(text: pl.Expr, order: Literal["day_first", "month_first"]) -> pl.Expr:
    return _date(text.str.replace(_YEAR_LAST, _TO_PLAIN[order]))


def _advice(cell: Cell) -> str:
    return "write YYYY-MM-DD" if cell.birth_dates else "declare the source's birth_dates, or write YYYY-MM-DD"


def _unreadable(cell: Cell, dashed: pl.Expr) -> pl.Expr:
    return (
        pl.when(dashed.str.contains(_SHORT_YEAR))
        .then(pl.lit(f"a year of two digits, not to be read for certain: {_advice(cell)}"))
        .when(dashed.str.contains(_SPREADSHEET_DAY))
        .then(pl.lit("a spreadsheet's number of a day: format the column as a date YYYY-MM-DD"))
        .when(dashed.str.contains(_TIMESTAMP))
        .then(pl.lit("a computer's time stamp: expected a date YYYY-MM-DD"))
        .otherwise(pl.lit("not a birth date: expected YYYY-MM-DD, without a time of day"))
    )


def _in_order(text: pl.Expr, order: BirthDateOrder, today: date) -> pl.Expr:
    """The reading of figures that only a declared order makes certain."""
    if order == "year_first":
        return _date(_with_century(pl.when(text.str.contains(_SHORT_YEAR_FIRST)).then(text), today))
    forms = [text.str.replace(pattern, _TO_PLAIN[order]) for pattern in (_YEAR_LAST, _COMPACT_YEAR_LAST)]
    short = pl.when(text.str.contains(_SHORT_YEAR_LAST)).then(
        text.str.replace(_SHORT_YEAR_LAST, _TO_PLAIN[order])
    )
    return pl.coalesce(_date(form) for form in (*forms, _with_century(short, today)))


def _spelt(text: pl.Expr, order: BirthDateOrder | None) -> pl.Expr:
    """A date whose month is a word, with the year in front: it stands last, else first."""
    year = "[0-9]{4}" if order is None else "[0-9]{4}|[0-9]{2}"
    last, first = ("[0-9]{4}", year) if order == "year_first" else (year, "[0-9]{4}")
    in_line = text.str.replace(
        rf"^([0-9]{{1,2}})(?:st|nd|rd|th|er|o)?-(?:(?:of|de)-)?(\p{{L}}+)-(?:del?-)?({last})$", "$3-$2-$1"
    ).str.replace(rf"^(\p{{L}}+)-([0-9]{{1,2}})(?:st|nd|rd|th)?-({last})$", "$3-$1-$2")
    parts = in_line.str.extract_groups(rf"^({last}|{first})-(\p{{L}}+)-([0-9]{{1,2}})$").struct
    month = parts.field("2").replace_strict(MONTHS, default=None, return_dtype=pl.String)
    return pl.concat_str(parts.field("1"), month, parts.field("3"), separator="-")


def _with_century(text: pl.Expr, today: date) -> pl.Expr:
    """``text``, which begins with its year, with all four digits of it; null where two centuries are possible."""
    year = text.str.extract(r"^([0-9]{2})-").replace_strict(
        _centuries(today), default=None, return_dtype=pl.String
    )
    return pl.when(text.str.contains(r"^[0-9]{4}-")).then(text).otherwise(year + text.str.slice(2))


def _centuries(today: date) -> dict[str, str]:
    """Two digits to the one year of a living person that ends in them."""
    years: dict[str, list[str]] = {}
    for year in range(today.year - _OLDEST_OF_SHORT_YEARS, today.year + 1):
        years.setdefault(f"{year % 100:02}", []).append(str(year))
    return {digits: possible[0] for digits, possible in years.items() if len(possible) == 1}


def _dashed(text: pl.Expr) -> pl.Expr:
    bare = rarely_in_ascii(text).str.replace(_MIDNIGHT, "").str.to_lowercase()
    return bare.str.replace_all(_SEPARATORS, "-").str.strip_chars_end("-")


def _date(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(_PLAIN)).then(text).str.to_date("%Y-%m-%d", strict=False)


def _years_before(today: date, years: int) -> date:
    # The 29th of February has no namesake in most years.
    return today.replace(year=today.year - years, day=min(today.day, 28) if today.month == 2 else today.day)

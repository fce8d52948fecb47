"""Birth date and gender, which Meta alone takes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl

from matching.cells import Cell, Outcome

_FEMALE = """
f w female woman girl lady she femme feminin féminin féminine weiblich frau mujer femenino femenina donna
femmina femminile feminino mulher vrouw vrouwelijk kvinna kvinde kvinne nainen kobieta žena kadın
γυναίκα женский 女 女性
"""
_MALE = """
m male man boy gentleman he homme masculin männlich mann herr hombre masculino uomo maschio maschile homem
mannelijk mies mężczyzna muž erkek άνδρας мужской 男 男性
"""
_GENDERS = dict.fromkeys(_FEMALE.split(), "f") | dict.fromkeys(_MALE.split(), "m")

_MIDNIGHT = r"[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?$"
_COMPACT = r"^([0-9]{4})([0-9]{2})([0-9]{2})$"
_YEAR_LAST = r"^([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})$"
_ISO = r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$"
_EARLIEST = date(1900, 1, 1)


def gender(cell: Cell) -> Outcome:
    """``f`` or ``m``, from words of several languages."""
    word = cell.text.str.to_lowercase().str.strip_chars(" .")
    return Outcome(
        word.replace_strict(_GENDERS, default=None, return_dtype=pl.String),
        pl.lit("not a gender that Meta takes: expected f or m, female or male"),
    )


def birth_date(cell: Cell, today: date | None = None) -> Outcome:
    """YYYYMMDD, between 1900 and ``today`` (default: the day in UTC).

    ``03/04/1990`` is refused, since day and month cannot be told apart; ``16/02/1997`` is not.
    """
    dashed = cell.text.str.replace(_MIDNIGHT, "").str.replace_all("[/. ]", "-")
    iso = dashed.str.replace(_COMPACT, "$1-$2-$3")
    day_first = _date(iso.str.replace(_YEAR_LAST, "$3-$2-$1"))
    month_first = _date(iso.str.replace(_YEAR_LAST, "$3-$1-$2"))
    ambiguous = (day_first != month_first).fill_null(value=False)
    day = pl.coalesce(day_first, month_first)
    plausible = day.is_between(pl.lit(_EARLIEST), pl.lit(today or datetime.now(UTC).date()))
    return Outcome(
        pl.when(plausible & ~ambiguous).then(day.dt.strftime("%Y%m%d")),
        pl.when(ambiguous)
        .then(pl.lit("day and month cannot be told apart: write the date as YYYY-MM-DD"))
        .when(~plausible)
        .then(pl.lit("not a plausible birth date: expected a day from 1900 to today"))
        .otherwise(pl.lit("not a birth date: expected YYYY-MM-DD, without a time of day")),
    )


def _date(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(_ISO)).then(text).str.to_date("%Y-%m-%d", strict=False)

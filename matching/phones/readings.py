"""What a text may mean that is no valid number as it stands: the ways in which people and programs write one.

The first reading that is a valid number counts. Few texts come here, so that a reading more costs little.
"""

from __future__ import annotations

import polars as pl

from matching.digits import in_ascii
from matching.phones import columns, library

_SCIENTIFIC = r"^(\d)[.,](\d+)[eE]\+?(\d+)$"

_NOTE = r"^([^\d]*(?:\d[^\d\p{L};]*){7,})\p{L}.*$"
"""A number, and words after it: whose it is, an extension, a second number. After fewer digits, words may spell more
of them; after a semicolon come parameters of a tel: URI."""

_EXIT_CODE = r"^[\s(]*\+?[\s(]*00(\s*[1-9(])"
_AMERICAN_EXIT_CODE = r"^[\s(]*\+?[\s(]*011(\D*(?:\d\D*){10,})$"
_TRUNK_ZERO = r"\(\s*0\s*\)"

_SEPARATORS = (r"[,;|&]", r" [/-] ", r"/", r" ")
"""What may stand between two numbers, the surest first."""
_DIGITS_OF_TWO = 14


def mended(text: pl.Expr) -> pl.Expr:
    """``text`` with digits and dashes of every script as ASCII, and without scientific notation that lost no digit."""
    plain = in_ascii(text)
    whole, decimals, exponent = (plain.str.extract(_SCIENTIFIC, group) for group in (1, 2, 3))
    complete = decimals.str.len_chars() == exponent.cast(pl.UInt32, strict=False)
    return pl.when(complete).then(whole + decimals).otherwise(plain)


def numbers(texts: pl.DataFrame) -> pl.Series:
    """The E.164 of each row's ``text`` in its ``country``, null where it is none."""
    readings = _readings()
    rows = texts.with_row_index("row").with_columns(**readings)
    found = pl.Series("e164", [None], pl.String).new_from_index(0, rows.height)
    for reading in readings:
        left = rows.filter(found.is_null() & rows[reading].is_not_null())
        if not left.is_empty():
            found = found.scatter(left["row"], _valid(left[reading], left["country"]))
    several = rows.filter(found.is_null() & (rows["text"].str.count_matches(r"\d") >= _DIGITS_OF_TWO))
    for separator in _SEPARATORS if several.height else ():
        first = _first_of_several(several, separator)
        found = found.scatter(first["row"], first["e164"])
        several = several.filter(~pl.col("row").is_in(first["row"].implode()))
    return found


def _readings() -> dict[str, pl.Expr]:
    """What to read in place of ``text``, in this order; null where a reading is not another one."""
    text = pl.col("text")
    number = pl.coalesce(text.str.extract(_NOTE), text)
    abroad = _replaced(number, _EXIT_CODE, "+$1")
    return {
        "without a note": number,
        "as it stands": pl.when(number != text).then(text),
        "with an exit code": abroad,
        "with a trunk zero": _replaced(pl.coalesce(abroad, number), _TRUNK_ZERO, ""),
        "with an American exit code": _replaced(number, _AMERICAN_EXIT_CODE, "+$1"),
    }


def _replaced(text: pl.Expr, pattern: str, by: str) -> pl.Expr:
    return pl.when(text.str.contains(pattern)).then(text.str.replace(pattern, by))


def _valid(texts: pl.Series, countries: pl.Series) -> pl.Series:
    """The E.164 of each text, taken as it stands, null where it is none."""
    read = columns.read(texts, countries)
    left = read.e164.is_null().arg_true()
    asked = zip(*(column.gather(left).to_list() for column in (texts, countries, read.invalid)), strict=True)
    answers = [library.e164(text, country, known_invalid=invalid) for text, country, invalid in asked]
    return read.e164.scatter(left, pl.Series(answers, dtype=pl.String))


def _first_of_several(rows: pl.DataFrame, separator: str) -> pl.DataFrame:
    """``row`` and ``e164`` of the first number, where there are several and each is valid by itself."""
    text = pl.col("text")
    parts = (
        rows.select("row", "country", text.str.split(separator, literal=False))
        .explode("text")
        .filter(text.str.contains(r"\d"))
    )
    valid = pl.col("e164").is_not_null().all() & (pl.len() > 1)
    return (
        parts.with_columns(_valid(parts["text"], parts["country"]).alias("e164"))
        .group_by("row", maintain_order=True)
        .agg(valid.alias("valid"), pl.col("e164").first())
        .filter("valid")
        .select("row", "e164")
    )

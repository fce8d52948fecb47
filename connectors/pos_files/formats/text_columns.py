"""Makes columns of cells: trims them and joins those that belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from connectors.pos_files.alternatives import column_of
from connectors.pos_files.formats.table import Columns

# An order is known by all its parts: with one of them empty, different orders would share an id.
_ORDER_ID, _ORDER_ID_SIGN = "order_id", "-"

# A spreadsheet keeps 15 digits of a number and shows 3.36123E+10 for a longer one than its column is wide, also in
# the CSV that it saves: different people would share one number. The purchase counts all the same.
_PERSONS_NUMBERS = ("external_id", "phone")
_ROUNDED = r"^[+-]?[0-9]+(?:[.,][0-9]+)?[Ee]\+[0-9]+$"

# Spreadsheets write an apostrophe before what must stay text; a name such as 't Hart begins with one of its own.
# Systems that export for spreadsheets write ="00123" for the same end.
_TEXT_MARKS = {"'": r"^'([-+=@(0-9])", '="': r'^="([^"]*)"$'}


@dataclass(frozen=True)
class TextColumns:
    """Columns of trimmed text, null where empty; ``blanked`` counts a person's rounded numbers, left empty."""

    frame: pl.DataFrame
    blanked: Mapping[str, int]


def text_columns(cells: pl.DataFrame, columns: Columns) -> TextColumns:
    """The wanted columns of ``cells``, which has one column of text a position, named by it."""
    clean = pl.DataFrame([_cleaned(column) for column in cells])
    blanked: dict[str, int] = {}
    for name in filter(lambda name: column_of(name) in _PERSONS_NUMBERS, columns):
        for place in map(str, columns[name]):
            rounded = clean[place].str.contains(_ROUNDED).fill_null(value=False)
            if count := int(rounded.sum()):
                column = column_of(name)
                blanked[column] = blanked.get(column, 0) + count
                clean = clean.with_columns(clean[place].set(rounded, None))
    return TextColumns(
        clean.select(**{name: _joined(name, places) for name, places in columns.items()}), blanked
    )


def _cleaned(cells: pl.Series) -> pl.Series:
    trimmed = cells.str.strip_chars()
    for sign, mark in _TEXT_MARKS.items():
        if trimmed.str.starts_with(sign).any():
            trimmed = trimmed.str.replace(mark, "$1")
    return trimmed.set(trimmed == "", None)


def _joined(name: str, places: tuple[int, ...]) -> pl.Expr:
    cells = [pl.col(str(place)) for place in places]
    if len(cells) == 1:
        return cells[0]
    if name == _ORDER_ID:
        return pl.concat_str(cells, separator=_ORDER_ID_SIGN)
    joined = pl.concat_str(cells, separator=" ", ignore_nulls=True)
    return pl.when(joined != "").then(joined)

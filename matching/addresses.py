"""Where a person lives, as each platform wants it: city, state, postal code, country."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from matching.cells import Cell, Outcome
from matching.digits import rarely_in_ascii
from matching.postal_codes import EXPECTED, PREFIXES, SHAPES, ZIP_COUNTRIES
from matching.us_states import US_STATE_CODES
from matching.writing import squeezed, written

_COUNTRY_REASON = "not a country: expected its ISO 3166-1 code (FR, FRA) or its name"


def meta_city(cell: Cell) -> Outcome:
    """Lower case without punctuation, special characters and spaces."""
    return written(cell, squeezed(cell.lower), "a city")


def meta_state(cell: Cell) -> Outcome:
    """The two-letter code in the United States, elsewhere as written without punctuation and spaces."""
    anywhere = written(cell, squeezed(cell.lower), "a state or region")
    american = cell.country.eq_missing(pl.lit("US"))
    code = anywhere.value.replace_strict(US_STATE_CODES, default=None, return_dtype=pl.String)
    return Outcome(
        pl.when(american).then(code).otherwise(anywhere.value),
        pl.when(american)
        .then(pl.lit("not a state of the United States: expected its name or code, or another country"))
        .otherwise(anywhere.reason),
    )


def meta_postal_code(cell: Cell) -> Outcome:
    """Lower case without spaces and dashes; the first five digits in the United States."""
    code = _read(cell)
    lower = code.tight.str.to_lowercase()
    form = pl.when(_has_zip(cell)).then(lower.str.head(5)).otherwise(lower)
    return Outcome(pl.when(code.well_formed).then(form), _postal_code_reason(cell))


def google_postal_code(cell: Cell) -> Outcome:
    """As written, in upper case and trimmed; in the United States five digits, or five and four."""
    code = _read(cell)
    zip_code = code.tight.str.replace(r"^(.{5})(.{4})$", "$1-$2")
    form = pl.when(_has_zip(cell)).then(zip_code).otherwise(code.printed)
    return Outcome(pl.when(code.well_formed).then(form), _postal_code_reason(cell))


def meta_country(cell: Cell) -> Outcome:
    """ISO 3166-1 alpha-2, lower case."""
    return Outcome(_country(cell).str.to_lowercase(), pl.lit(_COUNTRY_REASON))


def google_region_code(cell: Cell) -> Outcome:
    """ISO 3166-1 alpha-2, upper case."""
    return Outcome(_country(cell), pl.lit(_COUNTRY_REASON))


def _country(cell: Cell) -> pl.Expr:
    # Kosovo's numbers can be read by XK, which ISO 3166-1 leaves to its users: the platforms take ISO's own.
    return pl.when(cell.text.is_not_null() & (cell.country != "XK")).then(cell.country)


class _PostalCode(NamedTuple):
    """A code as it is printed, without spaces and dashes, and whether it looks like one of its country."""

    printed: pl.Expr
    tight: pl.Expr
    well_formed: pl.Expr


def _read(cell: Cell) -> _PostalCode:
    marked = cell.once(_printed(cell.text), "marked")
    prefix = pl.concat_str(cell.country, marked.str.extract(r"^([A-Z]{1,3})[ -]*[0-9]"), separator=" ")
    bare = pl.when(prefix.is_in(PREFIXES)).then(marked.str.replace(r"^[A-Z]+[ -]*", "")).otherwise(marked)
    printed = cell.once(bare, "printed")
    tight = cell.once(printed.str.replace_all("[ -]", ""), "tight")
    return _PostalCode(printed, tight, cell.once(_is_well_formed(cell, tight), "well_formed"))


def _printed(text: pl.Expr) -> pl.Expr:
    """Upper case, single spaces, digits and dashes of ASCII; without a spreadsheet's ``.0`` and Japan's postal mark."""
    return (
        rarely_in_ascii(text)
        .str.to_uppercase()
        .str.replace(r"^([0-9]+)\.0$", "$1")
        .str.replace(r"^〒\s*", "")
        .str.replace_all(r"\s+", " ")
    )


def _is_well_formed(cell: Cell, tight: pl.Expr) -> pl.Expr:
    shape = tight.str.replace_all("[0-9]", "9").str.replace_all("[A-Z]", "A")
    listed = cell.country.is_in(list(EXPECTED)).fill_null(value=False)
    return (
        pl.when(_has_zip(cell))
        .then(tight.str.contains("^(?:[0-9]{5}|[0-9]{9})$"))
        .when(listed)
        .then(pl.concat_str(cell.country, shape, separator=" ").is_in(SHAPES))
        .otherwise(shape.str.contains("^A{0,11}9[9A]*$") & (shape.str.len_bytes().is_between(2, 12)))
    )


def _has_zip(cell: Cell) -> pl.Expr:
    return cell.country.is_in(ZIP_COUNTRIES).fill_null(value=False)


def _postal_code_reason(cell: Cell) -> pl.Expr:
    expected = cell.country.replace_strict(EXPECTED, default=None, return_dtype=pl.String)
    lost = pl.lit("(did a spreadsheet drop a leading zero?)")
    return (
        pl.when(_has_zip(cell))
        .then(pl.format("not a ZIP code: expected five digits {}", lost))
        .when(expected.str.ends_with("digits"))
        .then(pl.format("not a postal code of its country: expected {} {}", expected, lost))
        .when(expected.is_not_null())
        .then(pl.format("not a postal code of its country: expected {}", expected))
        .otherwise(pl.lit("not a postal code: expected 2 to 12 digits, or digits and letters"))
    )

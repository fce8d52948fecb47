"""Where a person lives, as each platform wants it: city, state, postal code, country."""

from __future__ import annotations

import polars as pl

from matching.cells import Cell, Outcome
from matching.us_states import US_STATE_CODES
from matching.writing import squeezed, written

_COUNTRY_REASON = "not a country: expected its ISO 3166-1 code (FR, FRA) or its name"


def meta_city(cell: Cell) -> Outcome:
    """Lower case without punctuation, special characters and spaces."""
    return written(cell, squeezed(cell.text), "a city")


def meta_state(cell: Cell) -> Outcome:
    """The two-letter code in the United States, elsewhere the name without punctuation and spaces."""
    anywhere = written(cell, squeezed(cell.text), "a state or region")
    code = anywhere.value.replace_strict(US_STATE_CODES, default=None, return_dtype=pl.String)
    return Outcome(
        pl.when(_american(cell)).then(code).otherwise(anywhere.value),
        pl.when(_american(cell))
        .then(pl.lit("not a state of the United States: expected its name or code, or another country"))
        .otherwise(anywhere.reason),
    )


def meta_postal_code(cell: Cell) -> Outcome:
    """Lower case without spaces and dashes; the first five digits in the United States."""
    code = _whole(cell.text).str.to_lowercase().str.replace_all(r"[\s\p{Pd}〒]", "")
    return Outcome(
        pl.when(_american(cell))
        .then(code.str.extract(r"^(\d{5})(?:\d{4})?$"))
        .when(code.str.contains(r"^[a-z0-9]{2,12}$"))
        .then(code),
        _postal_code_reason(cell),
    )


def google_postal_code(cell: Cell) -> Outcome:
    """As written, in upper case and trimmed; in the United States five digits, or five and four."""
    code = (
        _whole(cell.text)
        .str.to_uppercase()
        .str.replace(r"^〒\s*", "")
        .str.replace_all(r"\p{Pd}", "-")
        .str.replace_all(r"\s+", " ")
    )
    return Outcome(
        pl.when(_american(cell))
        .then(code.str.replace(r"^(\d{5})[ -]*(\d{4})$", "$1-$2").str.extract(r"^(\d{5}(?:-\d{4})?)$"))
        .when(code.str.contains(r"^[A-Z0-9][A-Z0-9 -]{0,10}[A-Z0-9]$"))
        .then(code),
        _postal_code_reason(cell),
    )


def meta_country(cell: Cell) -> Outcome:
    """ISO 3166-1 alpha-2, lower case."""
    return Outcome(_country(cell).str.to_lowercase(), pl.lit(_COUNTRY_REASON))


def google_region_code(cell: Cell) -> Outcome:
    """ISO 3166-1 alpha-2, upper case."""
    return Outcome(_country(cell), pl.lit(_COUNTRY_REASON))


def _country(cell: Cell) -> pl.Expr:
    return pl.when(cell.text.is_not_null()).then(cell.country)


def _american(cell: Cell) -> pl.Expr:
    return cell.country.eq_missing(pl.lit("US"))


def _whole(text: pl.Expr) -> pl.Expr:
    """Without the ``.0`` that a spreadsheet adds to a number."""
    return text.str.replace(r"^(\d+)\.0$", "$1")


def _postal_code_reason(cell: Cell) -> pl.Expr:
    return (
        pl.when(_american(cell))
        .then(pl.lit("not a ZIP code: expected five digits (did a spreadsheet drop a leading zero?)"))
        .otherwise(pl.lit("not a postal code: expected 2 to 12 letters and digits"))
    )

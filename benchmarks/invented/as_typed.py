"""What became of people's data on its way into a CRM: cells as somebody typed them, or left them empty.

How often each habit occurs is our own guess at an ordinary CRM; change the tables and see what moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from benchmarks.invented.words import any_of, one_of
from closedwon.sandbox.invented.countries import COUNTRIES
from closedwon.sandbox.invented.people import GARBAGE_EMAILS

FILLED: Mapping[str, float] = {
    "email": 0.92,
    "phone": 0.75,
    "first_name": 0.95,
    "last_name": 0.97,
    "date_of_birth": 0.45,
    "gender": 0.55,
    "city": 0.80,
    "state": 0.60,
    "postal_code": 0.80,
    "country": 0.90,
}
"""Share of the rows in which a cell has anything in it."""

GARBAGE_PHONES = ("n/a", "0000000000", "123", "see notes", "-")
_GARBAGE = 0.02
"""Share of the e-mail addresses and of the numbers that are none."""

_Ways = Sequence[tuple[float, pl.Expr]]
"""Weight and cell, over the columns of a person and of their country (:data:`_COUNTRIES`)."""

_COUNTRIES = pl.DataFrame(
    [
        (country.code, country.calling_code, country.exit_code, country.trunk, list(country.names))
        for country in COUNTRIES.values()
    ],
    schema={
        "country": pl.String,
        "calling_code": pl.String,
        "exit_code": pl.String,
        "trunk": pl.String,
        "names": pl.List(pl.String),
    },
    orient="row",
)


def _text(column: str) -> _Ways:
    text = pl.col(column)
    return [
        (0.80, text),
        (0.08, text.str.to_uppercase()),
        (0.06, text.str.to_lowercase()),
        (0.06, pl.format(" {}  ", text)),
    ]


def _email() -> _Ways:
    address = pl.col("email")
    local, domain = address.str.extract("^(.*)@"), address.str.extract("@(.*)$")
    at_gmail = domain == "gmail.com"
    capitals = pl.format("{}@{}", local.str.to_titlecase(), domain)
    without_dots = pl.format("{}@{}", local.str.replace_all(".", "", literal=True), domain)
    return [
        (0.70, address),
        (0.10, address.str.to_uppercase()),
        (0.06, pl.format("  {} ", address)),
        (0.07, pl.when(at_gmail).then(without_dots).otherwise(capitals)),
        (0.07, pl.when(at_gmail).then(pl.format("{}+deals@{}", local, domain)).otherwise(capitals)),
    ]


def phone_styles() -> dict[str, pl.Expr]:
    """The styles in which the sandbox writes numbers, by their names there, over a person's columns."""
    national, code, trunk = pl.col("national"), pl.col("calling_code"), pl.col("trunk")
    first, rest = national.str.extract("^(.*?) "), national.str.extract(" (.*)$")

    def joined(groups: pl.Expr, separator: str) -> pl.Expr:
        return groups.str.replace_all(" ", separator, literal=True)

    return {
        "e164": pl.format("+{}{}", code, joined(national, "")),
        "international": pl.format("+{} {}", code, national),
        "no plus": pl.format("{}{} {}", "exit_code", code, national),
        "optional trunk": pl.when(trunk != "")
        .then(pl.format("+{} ({}){}", code, trunk, national))
        .otherwise(pl.format("+{}-{}", code, joined(national, "-"))),
        "national spaced": pl.format("{}{}", trunk, national),
        "national dotted": pl.format("{}{}", trunk, joined(national, ".")),
        "national dashed": pl.format("{}{}", trunk, joined(national, "-")),
        "national compact": pl.format("{}{}", trunk, joined(national, "")),
        "area in brackets": pl.format("({}{}) {}", trunk, first, joined(rest, "-")),
    }


def _gender() -> _Ways:
    letter = pl.col("gender")
    word = letter.replace_strict({"f": "female", "m": "male"})
    return [(0.25, way) for way in (letter, letter.str.to_uppercase(), word, word.str.to_titlecase())]


def _country() -> _Ways:
    code, names = pl.col("country"), pl.col("names")
    any_name = names.list.get(pl.col("id") % names.list.len())
    return [
        (0.80, code),
        (0.08, code.str.to_lowercase()),
        (0.10, names.list.first()),
        (0.02, any_name),
    ]


_WAYS: Mapping[str, _Ways] = {
    "email": _email(),
    "phone": [(1.0, style) for style in phone_styles().values()],
    "first_name": _text("first_name"),
    "last_name": _text("last_name"),
    "date_of_birth": [
        (weight, pl.col("date_of_birth").dt.strftime(form))
        for weight, form in ((0.80, "%Y-%m-%d"), (0.12, "%d/%m/%Y"), (0.08, "%Y%m%d"))
    ],
    "gender": _gender(),
    "city": _text("city"),
    "state": _text("state"),
    "postal_code": _text("postal_code"),
    "country": _country(),
}
_GARBAGE_CELLS: Mapping[str, Sequence[str]] = {"email": GARBAGE_EMAILS, "phone": GARBAGE_PHONES}


def with_country(people: pl.DataFrame) -> pl.DataFrame:
    """``people``, and how their country dials and is called: what :func:`phone_styles` needs."""
    return people.join(_COUNTRIES, on="country", how="left", maintain_order="left")


def typed(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """The cells of ``people``, a row each: the columns of :data:`FILLED`, null where nothing was typed."""
    known = with_country(people)
    return pl.DataFrame([_cells(rng, known, column, ways).rename(column) for column, ways in _WAYS.items()])


def _cells(rng: np.random.Generator, known: pl.DataFrame, column: str, ways: _Ways) -> pl.Series:
    cells, count = one_of(rng, known, ways), known.height
    if garbage := _GARBAGE_CELLS.get(column):
        replaced = pl.Series(rng.random(count) < _GARBAGE)
        cells = any_of(rng, garbage, count).zip_with(replaced, cells)
    return cells.set(pl.Series(rng.random(count) >= FILLED[column]), None)

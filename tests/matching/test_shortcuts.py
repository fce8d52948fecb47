"""What is skipped or done once for speed gives what the long way gives, cell by cell."""

from __future__ import annotations

import random
import unicodedata
from itertools import product

import polars as pl
import pytest

from config.columns import STAGE_ENTRY_COLUMNS
from matching import FIELDS, identifiers, identifiers_of
from matching.cleaning import clean
from matching.rarely import only_where
from matching.repeats import coded, combined
from tests.matching.asking import sha256

MESS = {
    "email": [
        "Ann@Example.com",
        "ann+x@gmail.com",
        "Ann <a.nn@gmail.com>",
        "n/a",
        "",
        "a@b",
        "é@example.com",
        "A" * 64,
    ],
    "phone": ["06 12 34 56 78", "+33612345678", "12", "n/a", "020 7946 0958", "0" * 10],
    "first_name": ["Ann", "ANN", " Élise ", "(N/A)", "Dr. Jo", "d41d8cd98f00b204e9800998ecf8427e"],
    "last_name": ["O'Neill", "van der Berg Jr.", "E\u0301", "\u200b", "Straße"],
    "city": ["Paris", "paris", "St. Gallen", "-"],
    "state": ["CA", "California", "Bavaria", "n/a"],
    "postal_code": ["75001", "94035-1234", "SW1A 1AA", "1"],
    "country": ["FR", "us", "United Kingdom", "Atlantis", ""],
    "date_of_birth": ["1990-02-03", "16/02/1997", "03/04/1990", "19900203", "3 Apr 1990", "soon"],
    "gender": ["f", "Male", "x"],
    "external_id": ["C-1", "c-1", "D41D8CD98F00B204E9800998ECF8427E"],
    "fbclid": ["IwAR2F4-dbP0l7Mn1", "short"],
    "client_ip": ["8.8.8.8", "::ffff:8.8.8.8", "10.0.0.1"],
}


def messy_rows(height: int) -> pl.DataFrame:
    rng = random.Random(4)
    cells = {name: [rng.choice([None, *texts]) for _ in range(height)] for name, texts in MESS.items()}
    return pl.DataFrame(cells, schema=dict.fromkeys(MESS, pl.String))


@pytest.mark.parametrize("platform", ["meta", "google"])
def test_a_row_comes_out_the_same_alone_and_among_many(platform):
    frame = messy_rows(400)

    together = identifiers(frame, platform, "FR")

    for number in range(0, 400, 23):
        assert identifiers(frame[number], platform, "FR").equals(together[number])


@pytest.mark.parametrize("platform", ["meta", "google"])
def test_cells_that_never_repeat_come_out_as_those_that_do(platform):
    own = [f"ann.{number}@example.com" for number in range(3_000)]
    frame = pl.DataFrame({"email": own, "first_name": own, "country": ["FR", "US", "GB"] * 1_000})

    once = identifiers(frame, platform, "FR")
    twice = identifiers(pl.concat([frame, frame]), platform, "FR")

    assert twice.equals(pl.concat([once, once]))


@pytest.mark.parametrize(
    "frame",
    [
        messy_rows(200),
        messy_rows(200).select("phone", "city"),
        messy_rows(0),
        pl.DataFrame({"amount": [1.0, 2.0]}),
        pl.DataFrame({name: [None, None] for name in STAGE_ENTRY_COLUMNS}),
        pl.DataFrame({name: pl.Series([None, None], dtype=pl.String) for name in MESS}),
    ],
    ids=["all columns", "some columns", "no rows", "no columns", "nulls", "texts of nulls"],
)
def test_both_platforms_at_once_get_what_each_gets_by_itself(frame):
    both = identifiers_of(frame, ("meta", "google"), "FR", birth_dates="day_first")

    assert list(both) == ["meta", "google"]
    for platform, found in both.items():
        assert found.equals(identifiers(frame, platform, "FR", birth_dates="day_first"))
        assert found.height == frame.height


def test_the_declared_order_of_birth_dates_reaches_the_rule():
    frame = pl.DataFrame({"date_of_birth": ["03/04/1990"]})

    orders = [
        identifiers(frame, "meta", "FR", birth_dates=order)["id.db"][0] for order in (None, "day_first")
    ]

    assert orders[0] is None
    assert orders[1] is not None


def test_letters_that_are_left_as_they_are_are_composed_already():
    letters = [chr(code) for code in range(0x41, 0x180) if unicodedata.category(chr(code)).startswith("L")]
    marks = ["\u0301", "\u0308", "\u0327", "\u030c"]
    texts = [first + second for first, second in product(letters, letters + marks)]

    cleaned = clean(pl.Series("text", texts)).to_list()

    assert cleaned == [unicodedata.normalize("NFKC", text).strip() or None for text in texts]


def test_a_plain_address_is_read_as_one_that_is_wrapped():
    rng = random.Random(9)
    letters = "ab1_.-+"
    local = ["".join(rng.choices(letters, k=rng.randint(1, 7))) for _ in range(3_000)]
    domains = [
        "gmail.com",
        "googlemail.com",
        "example.com",
        "x-y.example",
        "-x.example",
        "a_b.example",
        "x.c",
    ]
    plain = [f"{name}@{rng.choice(domains)}" for name in local]
    plain += [f"{'a' * length}@example.com" for length in range(50, 70)]

    for platform in ("meta", "google"):
        as_plain = identifiers(pl.DataFrame({"email": plain}), platform, "FR")
        as_wrapped = identifiers(pl.DataFrame({"email": [f"<{text}>" for text in plain]}), platform, "FR")
        assert as_plain.equals(as_wrapped)
        assert 0 < as_plain.select(pl.col("^refused.em.*$").sum()).item() < len(plain)


def test_different_values_and_their_places_make_the_column_again():
    for column in (
        pl.Series("text", ["b", None, "a", "b", None] * 3),
        pl.Series("text", [None, None], dtype=pl.String),
        pl.Series("text", [], dtype=pl.String),
        pl.Series("text", [str(number) for number in range(50)]),
    ):
        assert coded(column).rows().equals(column)


def test_combinations_of_columns_spread_to_the_rows_they_came_from():
    rows = messy_rows(500).select("city", "state", "country")

    cells = combined({name: coded(rows[name]) for name in rows.columns})

    assert cells.frame.height < 500
    assert cells.frame.is_unique().all()
    assert cells.spread(cells.frame).select(rows.columns).equals(rows)


def test_what_is_worked_out_for_some_rows_is_null_for_the_others():
    frame = pl.DataFrame({"text": ["a", "b", None, "c"], "odd": [True, False, True, None]})
    shouted = only_where(pl.col("odd"), pl.col("text"), lambda text: text.str.to_uppercase())

    assert frame.select(shouted).to_series().to_list() == ["A", None, None, None]
    assert frame.filter(~pl.col("odd")).select(shouted).to_series().to_list() == [None]


def test_every_rule_reads_nothing_but_its_own_cell():
    frame = messy_rows(50)
    among = identifiers_of(frame, ("meta", "google"), "FR")
    for rule in FIELDS:
        if rule.column in frame.columns and rule.column != "country":
            alone = identifiers(frame.select(rule.column, "country"), rule.platform, "FR")
            assert alone[f"id.{rule.output}"].equals(among[rule.platform][f"id.{rule.output}"])


def test_a_city_is_no_address_to_a_platform_that_does_not_take_it():
    both = identifiers_of(pl.DataFrame({"city": ["Paris"]}), ("meta", "google"), "FR")

    assert both["meta"]["id.country"].to_list() == [sha256("fr")]
    assert both["google"]["id.region_code"].to_list() == [None]

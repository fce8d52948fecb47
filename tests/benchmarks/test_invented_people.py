"""The invented people are as many and as different as those of a real CRM, and written as people write."""

from __future__ import annotations

import numpy as np
import phonenumbers
import polars as pl
import pytest

from benchmarks import people_rows
from benchmarks.invented.as_typed import FILLED, GARBAGE_PHONES, phone_styles, with_country
from benchmarks.invented.homes import HOMES
from benchmarks.invented.languages import LANGUAGES
from benchmarks.invented.people import FAMILY_NAMES, GIVEN_NAMES, Crowd
from benchmarks.invented.words import Shape, Sound, Vocabulary, made_up
from benchmarks.people_rows import BATCH_ROWS, META_COLUMNS
from closedwon.sandbox.invented.countries import COUNTRIES
from closedwon.sandbox.invented.people import GARBAGE_EMAILS, PHONE_STYLES

DIFFERENT = {
    "email": (0.90, 0.97),
    "phone": (0.93, 1.00),
    "first_name": (0.33, 0.50),
    "last_name": (0.60, 0.80),
    "date_of_birth": (0.75, 0.95),
    "city": (0.35, 0.55),
    "postal_code": (0.45, 0.70),
}
"""Of the cells of a batch that have anything in them, from how many to how many differ."""


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> list[pl.DataFrame]:
    with people_rows.written(tmp_path_factory.mktemp("people"), 2 * BATCH_ROWS + 1) as written:
        return [part.data for part in people_rows.parts(written)]


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    return Crowd(1)


@pytest.fixture(scope="module")
def people(crowd: Crowd) -> pl.DataFrame:
    return with_country(crowd.come(2_000))


def test_rows_lie_in_parts_of_a_batch(batches: list[pl.DataFrame]) -> None:
    assert [batch.height for batch in batches] == [BATCH_ROWS, BATCH_ROWS, 1]


@pytest.mark.parametrize(("column", "share"), DIFFERENT.items(), ids=list(DIFFERENT))
def test_as_many_cells_of_a_batch_differ_as_the_benchmarks_page_says(
    column: str, share: tuple[float, float], batches: list[pl.DataFrame]
) -> None:
    cells = batches[1][column].drop_nulls()
    least, most = share
    assert least < cells.n_unique() / len(cells) < most


def test_a_batch_is_not_the_one_before_it_again(batches: list[pl.DataFrame]) -> None:
    before, after = (set(batch["email"].drop_nulls()) for batch in batches[:2])
    assert len(after - before) > 0.6 * len(after)


@pytest.mark.parametrize("column", META_COLUMNS)
def test_a_column_is_filled_in_as_many_rows_as_it_should_be(column: str, batches: list[pl.DataFrame]) -> None:
    filled = 1 - batches[0][column].null_count() / BATCH_ROWS
    assert filled == pytest.approx(FILLED[column], abs=0.02)


def test_names_and_towns_have_accents_hyphens_apostrophes_particles_and_capitals(
    batches: list[pl.DataFrame],
) -> None:
    names = pl.concat([batches[0]["last_name"], batches[0]["city"]]).drop_nulls()
    for pattern in ("[À-ÿ]", "[a-z]-[A-Z]", "^O'[A-Z]", "^de la ", "^[A-Z]{4,}$", r"^ .*\S  $"):
        assert 0.001 < names.str.contains(pattern).mean() < 0.4, pattern


def test_what_is_put_right_for_the_peers_is_right_and_nothing_is_made_of_nothing(
    batches: list[pl.DataFrame],
) -> None:
    batch = batches[0]
    right = batch.select(pl.col("^prepared\\..*$").name.map(lambda name: name.removeprefix("prepared.")))
    assert right["phone"].drop_nulls().str.contains(r"^\+\d{10,14}$").all()
    assert right["email"].drop_nulls().str.contains(r"^ *[^@ ]+@[^@ ]+\.[A-Za-z]+ *$").all()
    assert set(right["country"].drop_nulls()) == set(HOMES)
    for column in right.columns:
        assert batch.filter(right[column].is_not_null())[column].null_count() == 0
        garbage = batch.filter(right[column].is_null())[column].drop_nulls()
        assert len(garbage) < 0.03 * BATCH_ROWS
        assert set(garbage) <= {*GARBAGE_EMAILS, *GARBAGE_PHONES}


def test_whoever_comes_again_is_the_same_person(people: pl.DataFrame) -> None:
    assert people.n_unique() == people["id"].n_unique() == pytest.approx(0.65 * people.height, rel=0.1)


def test_people_live_in_each_country_as_often_as_they_should(people: pl.DataFrame) -> None:
    born = people.unique("id")
    for code, homes in HOMES.items():
        assert (born["country"] == code).mean() == pytest.approx(homes.share, abs=0.05)
    assert sum(homes.share for homes in HOMES.values()) == pytest.approx(1)
    assert HOMES.keys() == LANGUAGES.keys() == COUNTRIES.keys()


def test_every_number_is_valid_in_its_country(people: pl.DataFrame) -> None:
    for phone, country in people.unique("id").select("phone", "country").head(500).iter_rows():
        number = phonenumbers.parse(phone)
        assert phonenumbers.is_valid_number(number), phone
        assert phonenumbers.region_code_for_number(number) == country


@pytest.mark.parametrize("style", PHONE_STYLES)
def test_numbers_are_written_as_the_sandbox_writes_them(style: str, people: pl.DataFrame) -> None:
    written = people.select("country", "national", written=phone_styles()[style])
    for country, national, text in written.unique("country").iter_rows():
        assert text == PHONE_STYLES[style](COUNTRIES[country], national.split(" "))


def test_names_are_as_common_as_a_census_has_counted() -> None:
    families, given = FAMILY_NAMES.cumulative(), GIVEN_NAMES.cumulative()
    assert (families[24], families[238]) == pytest.approx((0.087, 0.25), abs=0.04)
    assert (given[0], given[9]) == pytest.approx((0.033, 0.232), abs=0.02)


def test_the_first_word_is_drawn_most_often() -> None:
    vocabulary = Vocabulary(pl.Series(["often", "now and then", "hardly"]), Shape(3, 0, 2))
    drawn = vocabulary.draw(np.random.default_rng(1), 1_000).value_counts(sort=True)
    assert drawn.rows() == [("often", pytest.approx(735, abs=50)), ("now and then", pytest.approx(184, abs=40)),
                            ("hardly", pytest.approx(82, abs=30))]  # fmt: skip


def test_made_up_names_all_differ() -> None:
    french = LANGUAGES["FR"]
    names = made_up(np.random.default_rng(1), french.sound, french.families, french.family_forms, 5_000)
    assert names.n_unique() == len(names) == 5_000


def test_a_language_that_has_not_so_many_names_is_told() -> None:
    with pytest.raises(ValueError, match="more syllables"):
        made_up(np.random.default_rng(1), Sound("b", "a"), "x", {"{}": 1}, 100)

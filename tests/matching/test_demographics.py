"""Birth dates and genders: what is certain goes to Meta, what could mean two things does not."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from matching import identifiers
from tests.matching.asking import normal, reason, sha256


@pytest.mark.parametrize(
    "written",
    [
        "1997-02-16",
        "19970216",
        "1997/02/16",
        "1997.02.16",
        "1997-2-16",
        "16/02/1997",
        "02/16/1997",
        "16.02.1997",
        "16-2-1997",
        "1997-02-16T00:00:00Z",
        "1997-02-16 00:00:00",
        "１９９７－０２－１６",
        date(1997, 2, 16),
    ],
)
def test_a_birth_date_that_can_mean_one_day_only_is_that_day(written):
    assert normal("meta", "date_of_birth", written) == "19970216"


def test_day_and_month_that_are_equal_cannot_be_mixed_up():
    assert normal("meta", "date_of_birth", "05/05/1990") == "19900505"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("03/04/1990", "cannot be told apart"),
        ("03.04.1990", "cannot be told apart"),
        ("1990-02-30", "not a birth date"),
        ("16/02/97", "not a birth date"),
        ("31121990", "not a birth date"),
        ("1990-02-16T23:00:00Z", "without a time of day"),
        ("16 February 1997", "not a birth date"),
        ("1899-12-31", "plausible"),
        ((date.today() + timedelta(days=2)).isoformat(), "plausible"),
        ("0000-00-00", "not a birth date"),
    ],
)
def test_an_uncertain_birth_date_is_refused_with_what_to_do(written, why):
    assert why in reason("meta", "date_of_birth", written)


def test_typed_dates_of_a_frame_are_taken():
    frame = pl.DataFrame({"date_of_birth": [date(1997, 2, 16), None]})
    stamped = pl.DataFrame({"date_of_birth": [datetime(1997, 2, 16), datetime(1997, 2, 16, 23)]})

    assert identifiers(frame, "meta", "FR")["id.db"].to_list() == [sha256("19970216"), None]
    assert identifiers(stamped, "meta", "FR")["id.db"].to_list() == [sha256("19970216"), None]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["F", "female", "Woman", "w", "femme", "FÉMININ", "weiblich", "Mujer", "donna", "女性"], "f"),
        (["M", "m.", "male", "Man", "homme", "männlich", "Hombre", "uomo", "男"], "m"),
    ],
)
def test_words_for_a_gender_are_understood_in_several_languages(words, code):
    assert {normal("meta", "gender", word) for word in words} == {code}


@pytest.mark.parametrize("written", ["divers", "x", "1", "other", "prefer not to say", "n/a"])
def test_what_meta_has_no_letter_for_is_refused(written):
    assert normal("meta", "gender", written) is None

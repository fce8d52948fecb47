"""Birth dates: what can mean one day only goes to Meta, by the order that the source declares."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from matching import identifiers
from matching.birth_dates import birth_date
from matching.cells import cell
from matching.months import MONTHS
from tests.matching.asking import normal, reason, sha256

ORDERS = ("day_first", "month_first", "year_first")
TODAY = date(2026, 11, 22)


def told(written, order=None, today=TODAY):
    """The normal form and the reason that ``written`` gets on that day."""
    one = cell("text", order)
    outcome = birth_date(one, today)
    frame = pl.DataFrame({"text": [written]}, schema={"text": pl.String}).lazy()
    for name, step in one.steps.items():
        frame = frame.with_columns(step.alias(name))
    return frame.select(value=outcome.value, reason=outcome.reason).collect().row(0)


@pytest.mark.parametrize(
    "written",
    [
        "1997-02-16",
        "19970216",
        "1997/02/16",
        "1997.02.16",
        "1997. 02. 16.",
        "1997-2-16",
        "1997年2月16日",
        "1997년 2월 16일",
        "1997-02-16T00:00:00Z",
        "1997-02-16 00:00:00",
        "１９９７－０２－１６",
        "١٩٩٧-٠٢-١٦",
        "۱۹۹۷/۰۲/۱۶",
        "१९९७-०२-१६",
        "1997−02−16",
        "1997–02–16",
        date(1997, 2, 16),
    ],
)
@pytest.mark.parametrize("order", [None, *ORDERS])
def test_a_date_that_begins_with_its_year_is_certain_whatever_is_declared(written, order):
    assert normal("meta", "date_of_birth", written, birth_dates=order) == "19970216"


@pytest.mark.parametrize(
    "written",
    [
        "3 Apr 1990",
        "3rd of April, 1990",
        "03-APR-1990",
        "April 3, 1990",
        "apr. 3rd 1990",
        "3. April 1990",
        "3 avril 1990",
        "3 de abril de 1990",
        "3 aprile 1990",
        "1990-Apr-03",
    ],
)
@pytest.mark.parametrize("order", [None, *ORDERS])
def test_a_month_that_is_a_word_makes_a_date_certain(written, order):
    assert normal("meta", "date_of_birth", written, birth_dates=order) == "19900403"


def test_months_are_known_in_ten_languages():
    expected = {
        "février": "02",
        "mär": "03",
        "mayo": "05",
        "giu": "06",
        "août": "08",
        "sept": "09",
        "dez": "12",
    }
    assert expected.items() <= MONTHS.items()
    assert set(MONTHS.values()) == {f"{month:02}" for month in range(1, 13)}


@pytest.mark.parametrize("written", ["16/02/1997", "02/16/1997", "16.02.1997", "16-2-1997", "2/16/1997"])
def test_without_a_declared_order_a_date_that_can_be_read_in_one_way_is_read(written):
    assert normal("meta", "date_of_birth", written) == "19970216"


def test_day_and_month_that_are_equal_cannot_be_mixed_up():
    assert normal("meta", "date_of_birth", "05/05/1990") == "19900505"


@pytest.mark.parametrize("written", ["03/04/1990", "03.04.1990", "3-4-1990"])
def test_without_a_declared_order_a_date_that_can_mean_two_days_is_refused(written):
    assert "cannot be told apart: declare" in reason("meta", "date_of_birth", written)


@pytest.mark.parametrize(
    ("written", "order", "day"),
    [
        ("03/04/1990", "day_first", "19900403"),
        ("03/04/1990", "month_first", "19900304"),
        ("3.4.1990", "day_first", "19900403"),
        ("٠٣/٠٤/١٩٩٠", "day_first", "19900403"),
        ("03−04−1990", "month_first", "19900304"),
        ("16021997", "day_first", "19970216"),
        ("02161997", "month_first", "19970216"),
        ("16/02/97", "day_first", "19970216"),
        ("02/16/97", "month_first", "19970216"),
        ("97-02-16", "year_first", "19970216"),
        ("16-FEB-97", "day_first", "19970216"),
        ("97-Feb-16", "year_first", "19970216"),
    ],
)
def test_a_declared_order_decides(written, order, day):
    assert normal("meta", "date_of_birth", written, birth_dates=order) == day


@pytest.mark.parametrize(
    ("written", "order"),
    [
        ("02/16/1997", "day_first"),
        ("16/02/1997", "month_first"),
        ("16/02/1997", "year_first"),
        ("03/04/1990", "year_first"),
    ],
)
def test_what_contradicts_the_declared_order_is_refused_and_never_turned_round(written, order):
    assert reason("meta", "date_of_birth", written, birth_dates=order).startswith(
        f"contradicts the source's birth_dates: {order}"
    )


def test_a_year_of_two_digits_counts_where_one_century_alone_is_possible():
    assert told("16/02/15", "day_first")[1] == "of a child under 13, whose data Meta does not take"
    assert told("16/02/10", "day_first")[0] == "20100216"
    assert told("16/02/27", "day_first")[0] == "19270216"
    for digits in (16, 20, 26):
        value, why = told(f"16/02/{digits}", "day_first")
        assert value is None
        assert why.startswith("a year of two digits")


@pytest.mark.parametrize("written", ["16/02/97", "97-02-16", "16-FEB-97"])
def test_a_year_of_two_digits_needs_a_declared_order(written):
    assert "a year of two digits, not to be read for certain: declare" in reason(
        "meta", "date_of_birth", written
    )


@pytest.mark.parametrize(
    ("born", "day"),
    [("2013-11-22", "20131122"), ("2013-11-23", None), ("1906-11-22", "19061122"), ("1906-11-21", None)],
)
def test_ages_from_13_to_120_are_taken(born, day):
    assert told(born)[0] == day


def test_ages_are_right_on_a_leap_day():
    leap_day = date(2024, 2, 29)
    assert told("2011-02-28", today=leap_day)[0] == "20110228"
    assert told("2011-03-01", today=leap_day)[0] is None


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("2013-11-23", "of a child under 13"),
        ("1906-11-21", "not a plausible birth date: expected an age of 13 to 120"),
        ("2027-01-01", "not a plausible birth date"),
        ("1970-01-01", "a date that systems write"),
        ("31/12/1969", "a date that systems write"),
        ("1900-01-01", "a date that systems write"),
        ("1899-12-30", "a date that systems write"),
        ("35477", "a spreadsheet's number of a day"),
        ("856051200000", "a computer's time stamp"),
        ("-62135596800", "a computer's time stamp"),
        ("1990-02-30", "not a birth date"),
        ("1990-02-16T23:00:00Z", "without a time of day"),
        ("3 Foo 1990", "not a birth date"),
        ("31121990", "not a birth date"),
        ("yesterday", "not a birth date"),
        ("۱۳۷۵/۱۱/۲۸", "not a plausible birth date"),
        ("๒๕๔๐-๐๒-๑๖", "not a plausible birth date"),
    ],
)
def test_what_is_no_birth_date_is_refused_with_what_to_do(written, why):
    value, said = told(written)
    assert value is None
    assert said.startswith(why) or why in said


@pytest.mark.parametrize("written", ["0000-00-00", "00/00/0000", "n/a", "unbekannt"])
def test_an_empty_date_is_a_placeholder(written):
    assert "placeholder" in reason("meta", "date_of_birth", written)


def test_typed_dates_of_a_frame_are_taken():
    frame = pl.DataFrame({"date_of_birth": [date(1997, 2, 16), None]})
    stamped = pl.DataFrame({"date_of_birth": [datetime(1997, 2, 16), datetime(1997, 2, 16, 23)]})

    assert identifiers(frame, "meta", "FR")["id.db"].to_list() == [sha256("19970216"), None]
    assert identifiers(stamped, "meta", "FR")["id.db"].to_list() == [sha256("19970216"), None]


def test_a_run_reads_dates_in_the_order_of_its_source():
    frame = pl.DataFrame({"date_of_birth": ["03/04/1990", "1990-04-03", "16/13/1990"]})

    for order, first in (("day_first", "19900403"), ("month_first", "19900304")):
        found = identifiers(frame, "meta", "FR", birth_dates=order)
        assert found["id.db"].to_list() == [sha256(first), sha256("19900403"), None]
        assert found["refused.db"].to_list() == [False, False, True]

"""Times are read as tills write them, placed in the shop's zone, and refused where day and month could be swapped."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.pos_files.values.times import DateOrder, moments
from connectors.pos_files.values.zones import to_utc
from tests.connectors.pos_till import Till

WRITTEN = [
    ("2026-05-01T10:00:00Z", "day_first", "2026-05-01T10:00:00"),
    ("2026-05-01 10:00:00 UTC", "day_first", "2026-05-01T10:00:00"),
    ("2026-05-01 10:00:00 +0200", "day_first", "2026-05-01T08:00:00"),
    ("2026-05-01T10:00:00.123456-05:30", "day_first", "2026-05-01T15:30:00.123456"),
    ("2026-05-01 10:00", "month_first", "2026-05-01T08:00:00"),
    ("2026/05/01", "month_first", "2026-04-30T22:00:00"),
    ("10/8/26 5:17 PM", "month_first", "2026-10-08T15:17:00"),
    ("10/8/2026 12:05am", "month_first", "2026-10-07T22:05:00"),
    ("10/8/26 12:05 p.m.", "day_first", "2026-08-10T10:05:00"),
    ("15.03.23", "day_first", "2023-03-14T23:00:00"),
    ("31/12/2026 18:05", "day_first", "2026-12-31T17:05:00"),
    ("31/12/2026, 18:05:09", "day_first", "2026-12-31T17:05:09"),
    ("26-05-01 10:00", "year_first", "2026-05-01T08:00:00"),
    ("29/02/2024", "day_first", "2024-02-28T23:00:00"),
    ("01/06/99", "day_first", "1999-05-31T22:00:00"),
    ("2026-10-05 14:30:00 Eastern Time (US & Canada)", "day_first", "2026-10-05T18:30:00"),
    ("10/05/2026 2:30:00 PM Pacific Time (US & Canada)", "month_first", "2026-10-05T21:30:00"),
    ("05.10.26 14:30 Europe/London", "day_first", "2026-10-05T13:30:00"),
    ("15.03.2023, 11:53", "day_first", "2023-03-15T10:53:00"),
]


@pytest.mark.parametrize(("text", "order", "utc"), WRITTEN)
def test_a_time_is_read_as_the_till_writes_it(text: str, order: DateOrder, utc: str) -> None:
    times = to_utc(moments(pl.Series([text]), order), "Europe/Paris").times
    assert times.to_list() == [datetime.fromisoformat(utc).replace(tzinfo=UTC)]


@pytest.mark.parametrize(
    "text",
    [
        "31/13/2026",
        "00/01/2026",
        "29/02/2023",
        "30.02.2024",
        "1/2-2026",
        "2026-05",
        "tomorrow",
        "20260501",
        "12:30",
        "2026-05-01 25:00",
        "2026-05-01 10:61",
        "2026-05-01 13:00 PM",
        "2026-05-01 0:30 AM",
        "1/2/026",
        "1/2/20261",
        "2026-05-01 10:00 +9900",
        "2026-05-01 10:00 CEST",
        "2026-05-01 10:00 Middle Earth",
        "2026-05-01 10:00 Z Europe",
        "06.12.34.56.78",
        "0000-00-00 00:00:00",
        "0001-01-01 00:00:00",
        "9999-12-31 23:59:59",
        "2026-05-01 10:00 right/Europe/Paris",
        "123-45-6789",
        "",
    ],
)
def test_what_is_no_time_is_never_read_as_one(text: str) -> None:
    for order in ("day_first", "month_first", "year_first"):
        assert moments(pl.Series([text]), order)["local"].to_list() == [None]


@given(
    moment=st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2069, 12, 31)),
    form=st.sampled_from(
        [
            ("%Y-%m-%d %H:%M:%S", "day_first"),
            ("%d/%m/%Y %H:%M:%S", "day_first"),
            ("%d.%m.%y %H:%M:%S", "day_first"),
            ("%m/%d/%y %I:%M:%S %p", "month_first"),
            ("%y-%m-%d %H:%M:%S", "year_first"),
        ]
    ),
    zone=st.sampled_from(["Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
)
def test_every_time_comes_back_from_every_way_of_writing_it(
    moment: datetime, form: tuple[str, DateOrder], zone: str
) -> None:
    written, order = moment.strftime(form[0]), form[1]
    utc = to_utc(moments(pl.Series([written]), order), zone).times.to_list()
    # Python's rule for fold=0 is the connector's: the first of two, and the offset before a gap.
    expected = moment.replace(microsecond=0, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert utc == [expected]


def test_one_decisive_date_decides_the_whole_file(till: Till) -> None:
    assert till.times("01/02/2026 10:00", "13/02/2026 10:00").column("entered_at")[0].month == 2
    assert till.times("01/02/2026 10:00", "02/13/2026 10:00").column("entered_at")[0].month == 1


def test_ambiguous_dates_are_refused_with_two_of_them_and_the_setting(till: Till) -> None:
    result = till.times("01/02/2026 10:00", "03/04/2026 11:00")
    assert result.rows == []
    assert result.error is not None
    assert result.error.configuration
    assert "columns.entered_at" in str(result.error)
    assert '"01/02/2026"' in str(result.error)
    assert '"03/04/2026"' in str(result.error)
    assert result.error.advice == 'Set date_order to "day_first" or "month_first".'


@pytest.mark.parametrize(("order", "month"), [("day_first", 2), ("month_first", 1)])
def test_the_date_order_setting_decides_an_ambiguous_file(till: Till, order: str, month: int) -> None:
    assert till.times("01/02/2026 10:00", date_order=order).column("entered_at")[0].month == month


def test_a_short_year_behind_hyphens_is_refused_unless_set(till: Till) -> None:
    assert till.times("26-05-01", "27-05-01").error is not None
    assert till.times("26-05-01", date_order="year_first").error is None


def test_dates_of_two_minds_are_refused_with_one_of_each(till: Till) -> None:
    result = till.times("31/01/2026", "01/31/2026")
    assert result.error is not None
    assert '"31/01/2026"' in str(result.error)
    assert '"01/31/2026"' in str(result.error)


def test_a_naive_time_is_in_the_sources_zone_before_the_clients(till: Till) -> None:
    paris = till.times("2026-05-01 10:00").column("entered_at")
    new_york = till.times("2026-05-01 10:00", timezone="America/New_York").column("entered_at")
    assert [time.hour for time in paris + new_york] == [8, 14]


def test_a_skipped_hour_moves_forward_and_is_counted(till: Till) -> None:
    result = till.times("2026-03-29 02:30:00", "2026-03-29 03:30:00")
    assert [time.isoformat() for time in result.column("entered_at")] == ["2026-03-29T01:30:00+00:00"] * 2
    assert any("1 time in an hour that the clock skipped" in note for note in result.notes)


def test_a_repeated_hour_is_its_first_and_is_counted(till: Till) -> None:
    result = till.times("2026-10-25 02:30:00", "2026-10-25 02:30:00 +0100")
    assert [time.hour for time in result.column("entered_at")] == [0, 1]
    assert any("1 time in an hour that the clock showed twice" in note for note in result.notes)


def test_a_date_alone_is_its_midnight_and_is_counted(till: Till) -> None:
    result = till.times("2026-05-01", "2026-05-02 10:00")
    assert result.column("entered_at")[0].isoformat() == "2026-04-30T22:00:00+00:00"
    assert any("1 time without a time of day" in note for note in result.notes)


def test_date_and_time_of_two_columns_are_joined(till: Till) -> None:
    till.write("Ticket,Date,Time,Total\nT1,15.03.23,18:05,5\n")
    assert till.read(columns={"entered_at": "Date + Time"}).column("entered_at")[0].isoformat() == (
        "2023-03-15T17:05:00+00:00"
    )


def test_an_unreadable_second_time_leaves_the_row_and_is_counted(till: Till) -> None:
    till.write("Ticket,Date,Changed,Total\nT1,2026-05-01 10:00,soon,5\n")
    result = till.read(columns={"lead_created_at": "Changed"})
    assert result.column("lead_created_at") == [None]
    assert any("1 time in lead_created_at could not be read" in note for note in result.notes)


def test_the_hours_that_each_named_zone_skips_or_repeats_are_counted_by_its_own_clock(till: Till) -> None:
    result = till.times(
        "2026-03-08 02:30:00 Eastern Time (US & Canada)",  # skipped in New York
        "2026-03-08 02:30:00 Europe/Paris",
        "2026-11-01 01:30:00 Eastern Time (US & Canada)",  # shown twice in New York
        "2026-10-25 02:30:00",  # shown twice in Paris
    )
    assert [time.isoformat() for time in result.column("entered_at")] == [
        "2026-03-08T07:30:00+00:00",
        "2026-03-08T01:30:00+00:00",
        "2026-11-01T05:30:00+00:00",
        "2026-10-25T00:30:00+00:00",
    ]
    assert any("1 time in an hour that the clock skipped" in note for note in result.notes)
    assert any("2 times in an hour that the clock showed twice" in note for note in result.notes)


def test_a_written_offset_wins_over_any_zone(till: Till) -> None:
    assert (
        till.times("2026-05-01 10:00:00 +0200", timezone="America/New_York").column("entered_at")[0].hour == 8
    )


def test_date_time_and_zone_of_three_columns_are_joined(till: Till) -> None:
    till.write("Ticket,Date,Time,Zone,Total\nT1,15.03.23,18:05,Tokyo,5\nT2,16.03.23,18:05,,5\n")
    result = till.read(columns={"entered_at": "Date + Time + Zone"})
    assert [time.isoformat() for time in result.column("entered_at")] == [
        "2023-03-15T09:05:00+00:00",
        "2023-03-16T17:05:00+00:00",
    ]

"""Workbooks and Parquet files are read like delimited text, and their typed cells are never misread."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Cursor
from connectors.pos_files.formats.typed_cells import written
from connectors.pos_files.values.money import DECIMALS, amounts
from tests.connectors.pos_forms import in_form, parquet, receipts, receipts_as_parquet, workbook
from tests.connectors.pos_till import Result, Till

PARIS = {"client_timezone": "Europe/Paris"}
TEN = datetime(2026, 5, 1, 10, 0)


def seen(result: Result) -> list[tuple[object, ...]]:
    return [(row["order_id"], row["entered_at"], row["amount"]) for row in result.rows]


@pytest.mark.parametrize("form", ["may.xlsx", "may.parquet", "may.csv.gz", "may.zip"])
def test_the_same_receipts_are_the_same_entries_in_every_form(till: Till, form: str) -> None:
    rows = receipts(50)
    till.write(in_form("may.csv", rows), "plain/may.csv")
    till.write(in_form(form, rows), f"other/{form}")
    plain, other = till.read(pattern="plain/*"), till.read(pattern="other/*")
    assert other.error is None
    assert seen(other) == seen(plain)
    assert len(other.rows) == 50
    assert till.read(other.cursor, pattern="other/*").batches == []


@pytest.mark.parametrize("form", ["may.xlsx", "may.parquet", "may.csv.gz", "may.zip"])
def test_a_killed_run_goes_on_behind_the_last_stored_batch_in_every_form(till: Till, form: str) -> None:
    till.write(in_form(form, receipts(23)), form)
    whole = till.read(batch_rows=5)
    assert len(whole.rows) == 23
    for number, batch in enumerate(whole.batches, 1):
        before = sum(len(earlier.entries) for earlier in whole.batches[:number])
        assert till.read(batch.cursor, batch_rows=4).rows == whole.rows[before:]


@pytest.mark.parametrize("form", ["may.xlsx", "may.parquet"])
def test_a_changed_workbook_or_parquet_file_begins_anew(till: Till, form: str) -> None:
    till.write(in_form(form, receipts(3)), form)
    first = till.read()
    till.write(in_form(form, receipts(5)), form)
    second = till.read(first.cursor)
    assert second.column("order_id") == [f"T{n}" for n in range(5)]
    assert [batch.restarted for batch in second.batches] == [(form,)]


def test_a_date_cell_is_never_read_with_day_and_month_exchanged(till: Till) -> None:
    rows = [("T1", datetime(2026, 2, 1, 9, 30), 5), ("T2", datetime(2026, 1, 2, 9, 30), 5)]
    till.write(workbook(rows), "may.xlsx")
    times = [entry.isoformat() for entry in till.read(date_order="day_first").column("entered_at")]
    assert times == ["2026-02-01T08:30:00+00:00", "2026-01-02T08:30:00+00:00"]


def test_dates_that_a_workbook_holds_as_text_still_need_an_order(till: Till) -> None:
    till.write(workbook([("T1", "01/02/2026 09:30", 5)]), "may.xlsx")
    assert "can be read with the day first or the month first" in str(till.read().error)


def test_a_date_and_a_time_of_day_in_cells_of_their_own_are_joined(till: Till) -> None:
    rows = [
        ("T1", date(2026, 5, 1), time(10, 30), 5),
        ("T2", date(2026, 5, 1), timedelta(hours=9, minutes=5), 5),
    ]
    till.write(workbook(rows, ("Ticket", "Day", "Hour", "Total")), "may.xlsx")
    result = till.read(columns={"entered_at": "Day + Hour"}, client_timezone="UTC")
    assert [entry.strftime("%d %H:%M") for entry in result.column("entered_at")] == ["01 10:30", "01 09:05"]


@pytest.mark.parametrize("decimal", [None, *DECIMALS])
def test_a_number_of_three_decimals_is_never_taken_for_thousands(till: Till, decimal: str | None) -> None:
    till.write(workbook([("T1", TEN, 1.125), ("T2", TEN, 1240), ("T3", TEN, -45.5)]), "may.xlsx")
    result = till.read(**({"decimal": decimal} if decimal else {}))
    assert result.column("amount") == [1.125, 1240.0, -45.5]


def test_numbers_and_text_of_one_column_are_read_together_once_the_decimal_mark_is_set(till: Till) -> None:
    till.write(workbook([("T1", TEN, 1.125), ("T2", TEN, "1.240,50 €")]), "may.xlsx")
    assert "decimal" in str(till.read().error)
    assert till.read(decimal=",").column("amount") == [1.125, 1240.5]


def test_an_order_id_that_a_workbook_has_rounded_is_set_aside(till: Till) -> None:
    rows = [(1234567890123456789, TEN, 5), ("1234567890123456789", TEN, 6), (1001, TEN, 7)]
    till.write(workbook(rows), "may.xlsx")
    result = till.read()
    assert result.column("order_id") == ["1234567890123456789", "1001"]
    assert [reject.line for reject in result.rejects] == [2]
    assert "rounded" in result.rejects[0].reason


@pytest.mark.parametrize(("column", "header"), [("phone", "Phone"), ("external_id", "Card")])
def test_a_rounded_number_never_makes_two_people_one(till: Till, column: str, header: str) -> None:
    till.write(
        f"Ticket;Date;Total;{header}\nT1;2026-05-01;5;3.36124E+10\nT2;2026-05-01;5;3.36124E+10\nT3;2026-05-01;5;33612\n"
    )
    result = till.read(columns={column: header})
    assert result.column(column) == [None, None, "33612"]
    assert any(f"2 numbers in {column} left empty" in note for note in result.notes)


def test_titles_and_blank_rows_above_the_headers_are_passed_over(till: Till) -> None:
    above = [("Receipts of May",), (), ("Shop", "North")]
    till.write(workbook([("T1", TEN, 5), ("", "", ""), ("T2", TEN, "free")], above=above), "may.xlsx")
    result = till.read()
    assert result.column("order_id") == ["T1"]
    assert [(reject.line, reject.reason) for reject in result.rejects] == [(7, 'unreadable amount "xxxx"')]


def test_the_first_sheet_is_read_or_the_one_that_is_named(till: Till) -> None:
    april = [("Ticket", "Date", "Total"), ("A1", TEN, 1)]
    till.write(workbook([("T1", TEN, 5)], april=april), "may.xlsx")
    first = till.read()
    assert first.column("order_id") == ["A1"]
    assert 'sheet "april"' in first.notes[0]
    assert till.read(sheet="receipts").column("order_id") == ["T1"]
    missing = till.read(sheet="June")
    assert 'sheet: no sheet "June"; sheets there: "april", "Receipts"' in str(missing.error)


def test_a_workbook_that_misses_a_header_names_the_closest(till: Till) -> None:
    till.write(workbook([("T1", TEN, 5)], ("Ticket No", "Date", "Total")), "may.xlsx")
    assert 'columns.order_id: no header "Ticket"; closest: "Ticket No"' in str(till.read().error)


def test_an_empty_sheet_is_an_empty_file(till: Till) -> None:
    till.write(workbook([], ()), "may.xlsx")
    assert till.read().notes == ["may.xlsx: empty"]
    till.write(workbook([]), "may.xlsx")
    assert till.read().notes[-1] == "may.xlsx: headers only, no rows"


def test_a_workbook_with_a_password_says_so(till: Till) -> None:
    directory = "EncryptedPackage".encode("utf-16-le")
    till.write(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + directory, "may.xlsx")
    result = till.read()
    assert "may.xlsx: is protected with a password" in str(result.error)


def test_a_damaged_workbook_does_not_stop_the_others(till: Till) -> None:
    till.write(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), "a.xls")
    till.leave(60, "a.xls")
    till.write(in_form("b.csv", receipts(2)), "b.csv")
    result = till.read()
    assert len(result.rows) == 2
    assert "a.xls: is a workbook that cannot be read" in str(result.error)


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_read(till: Till) -> None:
    till.write(workbook([(f"{n:01000}", TEN, 5) for n in range(1_200)]), "may.xlsx")
    result = till.read(max_unpacked_mb=1)
    assert "may.xlsx: unpacks to more than 1 MB" in str(result.error)
    assert "max_unpacked_mb" in (result.error.advice if result.error else "")


@pytest.mark.parametrize(
    ("cell", "column", "row", "mb"),
    [("A1048576", "C", "1,048,576", 8), ("XFD3", "XFD", "3", 1), ("XFD1048576", "XFD", "1,048,576", 2_048)],
)
def test_a_cell_far_from_the_table_does_not_take_all_memory(
    till: Till, cell: str, column: str, row: str, mb: int
) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Ticket", "Date", "Total"])
        sheet.write_string(cell, " ")
    till.write(file.getvalue(), "may.xlsx")
    till.write("Ticket,Date,Total\nT1,2026-05-01 10:00,5\n", "june.csv")
    result = till.read(max_unpacked_mb=mb)
    assert f"may.xlsx: its cells reach to column {column} and row {row}:" in str(result.error)
    assert result.column("order_id") == ["T1"]


def test_parquet_types_say_what_text_would_leave_open(till: Till) -> None:
    columns = {
        "Ticket": pa.array([1234567890123456789, 2], pa.int64()),
        "Date": pa.array(
            [datetime(2026, 5, 1, 10, tzinfo=ZoneInfo("America/New_York"))] * 2, pa.timestamp("ns", "UTC")
        ),
        "Total": pa.array([Decimal("1.125"), Decimal("1240.000")], pa.decimal128(12, 3)),
        "Store": pa.array(["North", "North"]).dictionary_encode(),
        "Consent": pa.array([True, None]),
    }
    till.write(parquet(columns), "may.parquet")
    result = till.read(columns={"store": "Store", "ad_user_data": "Consent"}, **PARIS)
    assert result.column("order_id") == ["1234567890123456789", "2"]
    assert result.column("entered_at")[0] == datetime(2026, 5, 1, 14, tzinfo=UTC)
    assert result.column("amount") == [1.125, 1240.0]
    assert result.column("store") == ["North", "North"]
    assert result.column("ad_user_data") == ["true", None]


def test_a_parquet_time_without_a_zone_is_the_tills(till: Till) -> None:
    till.write(receipts_as_parquet([("T1", TEN, 5.0)]), "may.parquet")
    assert till.read(**PARIS).column("entered_at") == [datetime(2026, 5, 1, 8, tzinfo=UTC)]


def test_a_parquet_time_at_midnight_is_a_date_that_a_column_of_times_completes(till: Till) -> None:
    columns = {"Ticket": ["T1"], "Day": [datetime(2026, 5, 1)], "Hour": ["10:15"], "Total": [5.0]}
    till.write(parquet(columns), "may.parquet")
    result = till.read(columns={"entered_at": "Day + Hour"}, **PARIS)
    assert result.column("entered_at") == [datetime(2026, 5, 1, 8, 15, tzinfo=UTC)]


def test_a_parquet_number_wider_than_any_other_is_read(till: Till) -> None:
    totals = pa.array([Decimal("1240.125")], pa.decimal256(60, 3))
    till.write(parquet({"Ticket": ["T1"], "Date": [TEN], "Total": totals}), "may.parquet")
    assert till.read().column("amount") == [1240.125]


def test_a_large_number_that_parquet_holds_as_a_float_is_no_order_id(till: Till) -> None:
    columns = {"Ticket": [1.2345678901234568e18, 7.0], "Date": [TEN, TEN], "Total": [5.0, 6.0]}
    till.write(parquet(columns), "may.parquet")
    result = till.read()
    assert result.column("order_id") == ["7"]
    assert "rounded" in result.rejects[0].reason


def test_a_parquet_file_is_resumed_within_and_across_its_row_groups(till: Till) -> None:
    till.write(receipts_as_parquet(receipts(20), row_group_size=6), "may.parquet")
    cursor: Cursor | None = None
    found: list[object] = []
    for _ in range(10):
        first = Result([next(till.connector(batch_rows=2).read(cursor))])
        found += first.column("order_id")
        cursor = first.cursor
    assert found == [f"T{n}" for n in range(20)]


def test_a_mapped_column_of_lists_is_refused_by_name(till: Till) -> None:
    till.write(parquet({"Ticket": ["T1"], "Date": [TEN], "Total": [[1, 2]]}), "may.parquet")
    assert 'the column "Total" holds list' in str(till.read().error)


@given(st.lists(st.floats(-1e11, 1e11) | st.integers(-(10**11), 10**11).map(float), max_size=20))
def test_a_written_number_is_read_back_as_it_was(numbers: list[float]) -> None:
    cells = pl.Series(numbers, dtype=pl.Float64)
    for mark in DECIMALS:
        read = amounts(written(cells, mark), mark)["amount"].to_list()
        assert read == pytest.approx(numbers, abs=1e-9)
        other = amounts(written(cells, mark), "," if mark == "." else ".")["amount"].to_list()
        assert all(b is None or b == pytest.approx(a) for a, b in zip(numbers, other, strict=True))

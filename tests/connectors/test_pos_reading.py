"""Rows become purchases and refunds; what cannot be read is set aside by line and the rest goes on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from connectors.entries import STAGE_ENTRY_SCHEMA
from connectors.pos_files.values.masking import masked, shown_amount, shown_time
from tests.connectors.pos_till import Till

HEAD = "Ticket,Date,Total,Email,Phone,Type\n"
UNREADABLE = Path("/proc/self/mem")
PERSON = {"email": "Email", "phone": "Phone"}


def test_a_row_becomes_a_purchase_known_by_its_order_id(till: Till) -> None:
    till.write(HEAD + "T1,2026-05-01 10:00,12.50,quinn@example.com,0612345678,Sale\n")
    row = till.read(columns=PERSON).rows[0]
    assert row["source"] == "till"
    assert row["object"] == "order"
    assert row["record_id"] == row["order_id"] == "T1"
    assert row["stage"] == "purchase"
    assert (row["amount"], row["currency"]) == (12.5, "EUR")
    assert row["email"] == "quinn@example.com"


def test_entries_have_the_contracts_columns_and_types(till: Till) -> None:
    till.write(HEAD + "T1,2026-05-01 10:00,12.50,quinn@example.com,0612345678,Sale\n")
    entries = next(till.connector({"extra.kind": "Type"}).read(None)).entries
    assert {name: entries.dtypes[name] for name in STAGE_ENTRY_SCHEMA} == STAGE_ENTRY_SCHEMA
    assert entries["extra.kind"].tolist() == ["Sale"]


def test_only_mapped_columns_are_read(till: Till) -> None:
    till.write(HEAD + "T1,2026-05-01 10:00,12.50,quinn@example.com,0612345678,Sale\n")
    assert till.read().rows[0]["email"] is None


def test_text_stays_text(till: Till) -> None:
    till.write(
        "Ticket,Date,Total,Phone,Postal,Name\n1234567890123456789,2026-05-01,5,'+31612345678, 01000 ,'t Hart\n"
    )
    row = till.read(columns={"phone": "Phone", "postal_code": "Postal", "last_name": "Name"}).rows[0]
    assert row["order_id"] == "1234567890123456789"
    assert (row["phone"], row["postal_code"], row["last_name"]) == ("+31612345678", "01000", "'t Hart")


def test_text_that_is_written_as_a_spreadsheets_formula_is_text(till: Till) -> None:
    till.write('Ticket,Date,Total,Phone\n="00123",2026-05-01 10:00,"=""5.20""",="+31612345678"\n')
    row = till.read(columns={"phone": "Phone"}).rows[0]
    assert (row["order_id"], row["amount"], row["phone"]) == ("00123", 5.2, "+31612345678")


def test_an_order_id_of_two_columns_has_both(till: Till) -> None:
    till.write("Store,Ticket,Date,Total\nNorth,17,2026-05-01,5\nSouth,17,2026-05-01,6\n")
    result = till.read(columns={"order_id": "Store + Ticket"})
    assert result.column("order_id") == result.column("record_id") == ["North-17", "South-17"]


def test_an_order_id_with_one_part_missing_is_none(till: Till) -> None:
    till.write("Store,Ticket,Date,Total\nNorth,,2026-05-01,5\n,17,2026-05-01,6\nNorth,18,2026-05-01,7\n")
    result = till.read(columns={"order_id": "Store + Ticket"})
    assert result.column("order_id") == ["North-18"]
    assert [(reject.line, reject.reason) for reject in result.rejects] == [
        (2, "no order id"),
        (3, "no order id"),
    ]


def test_of_headers_that_hold_the_same_the_first_that_is_filled_counts(till: Till) -> None:
    till.write("Ticket,Date,Total,Mobile,Phone\nT1,2026-05-01,5,1,2\nT2,2026-05-01,5,,2\nT3,2026-05-01,5,,\n")
    assert till.read(columns={"phone": "Mobile | Phone"}).column("phone") == ["1", "2", None]
    assert till.read(columns={"phone": "Cell | Phone"}).column("phone") == ["2", "2", None]


def test_of_headers_that_hold_the_same_one_must_be_there(till: Till) -> None:
    till.write("Ticket,Date,Total\nT1,2026-05-01,5\n")
    result = till.read(columns={"phone": "Mobile | Phone"})
    assert 'columns.phone: no header "Mobile" or "Phone"' in str(result.error)


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("Quinn Example", "Quinn", "Example"),
        ("Quinn van den Example", "Quinn", "van den Example"),
        ('"Example, Quinn"', "Quinn", "Example"),
        ("Quinn", "Quinn", None),
        ("", None, None),
    ],
)
def test_a_whole_name_is_parted(till: Till, written: str, first: str | None, last: str | None) -> None:
    till.write(f"Ticket,Date,Total,Name\nT1,2026-05-01,5,{written}\n")
    row = till.read(columns={"full_name": "Name"}).rows[0]
    assert (row["first_name"], row["last_name"]) == (first, last)


def test_names_that_are_parted_already_win_over_the_whole_one(till: Till) -> None:
    till.write(
        "Ticket,Date,Total,Name,Last\nT1,2026-05-01,5,Robin Sample,Example\nT2,2026-05-01,5,Robin Sample,\n"
    )
    result = till.read(columns={"full_name": "Name", "last_name": "Last"})
    assert result.column("last_name") == ["Example", "Sample"]
    assert result.column("first_name") == [None, "Robin"]


def test_words_that_look_like_nothing_are_kept(till: Till) -> None:
    till.write("Ticket,Date,Total,Name\nNA,2026-05-01,5,Null\nT2,2026-05-01,5,\n")
    result = till.read(columns={"last_name": "Name"})
    assert result.column("order_id") == ["NA", "T2"]
    assert result.column("last_name") == ["Null", None]


def test_the_same_export_under_another_name_yields_the_same_entries(till: Till) -> None:
    content = HEAD + "T1,2026-05-01 10:00,12.50,,,Sale\nT2,2026-05-01 11:00,-3,,,Refund\n"
    till.write(content, "may.csv")
    first = till.read(pattern="may.csv")
    till.write(content, "may (1).csv")
    assert till.read(pattern="may (1).csv").rows == first.rows


def test_a_negative_amount_is_a_refund_and_never_a_purchase(till: Till) -> None:
    till.write(
        HEAD + "T1,2026-05-01 10:00,12.50,,,\nT1,2026-05-02 10:00,-5.00,,,\nT1,2026-05-03 10:00,-5.00,,,\n"
    )
    result = till.read()
    assert result.column("stage") == ["purchase", "refund", "refund"]
    assert result.column("amount") == [12.5, -5.0, -5.0]
    assert result.column("order_id") == ["T1"] * 3
    assert result.column("record_id") == [
        "T1",
        "T1:refund:2026-05-02T08:00:00Z:-5.000",
        "T1:refund:2026-05-03T08:00:00Z:-5.000",
    ]


def test_a_marked_row_is_a_refund_whatever_its_sign(till: Till) -> None:
    till.write(HEAD + "T1,2026-05-01,5,,, REFUND \nT2,2026-05-01,-5,,,Refund\nT3,2026-05-01,5,,,Sale\n")
    result = till.read(refunds={"column": "Type", "values": ["refund"]})
    assert result.column("stage") == ["refund", "refund", "purchase"]
    assert result.column("amount") == [-5.0, -5.0, 5.0]
    assert result.column("stage_raw") == ["REFUND", "Refund", "Sale"]


def test_currency_comes_from_the_column_then_the_source_then_the_client(till: Till) -> None:
    till.write("Ticket,Date,Total,Cur\nT1,2026-05-01,5,usd\nT2,2026-05-01,5,\nT3,2026-05-01,5,€\n")
    assert till.read(columns={"currency": "Cur"}, currency="CHF").column("currency") == ["USD", "CHF", "EUR"]
    assert till.read().column("currency") == ["EUR"] * 3


def test_an_undeclared_currency_is_what_an_unmistakable_mark_says(till: Till) -> None:
    result = till.amounts("12.50 EUR", "£5.20", "$5.20", "5.20", client_currency=None)
    assert result.column("currency") == ["EUR", None, None, None]


def test_a_mark_that_contradicts_the_declared_currency_sets_the_row_aside(till: Till) -> None:
    result = till.amounts("€12.50", "$5.00", "7.00 USD", "8.00 Bob")
    assert result.column("amount") == [12.5]
    assert [reject.reason for reject in result.rejects] == [
        "the amount carries another currency's mark than EUR",
        "the amount carries another currency's mark than EUR",
        'unreadable amount "9.99 xxx"',
    ]


def test_bad_rows_are_set_aside_with_their_physical_line_and_the_rest_goes_on(till: Till) -> None:
    till.write(
        HEAD
        + 'T1,2026-05-01 10:00,5,"two\nlines",,\n'  # lines 2 and 3
        + ",2026-05-01 10:00,5,,,\n"
        + "T3,,5,,,\n"
        + "T4,2026-05-01 10:00,,,,\n"
        + "T5,2026-13-01 10:00,5,,,\n"
        + "T6,2026-05-01 10:00,5..0,,,\n"
        + "T7,2026-05-01 10:00,5\n"
        + "T8,2026-05-01 10:00,5,,,,,\n"
        + "\n,,,,,\n"
        + "T9,2026-05-01 10:00,9,,,\n"
        + '"T10,2026-05-01 10:00,5,,,\n'
    )
    till.leave(60)
    result = till.read()
    assert result.error is None
    assert result.column("order_id") == ["T1", "T9"]
    assert [(reject.line, reject.reason) for reject in result.rejects] == [
        (4, "no order id"),
        (5, "no date"),
        (6, "no amount"),
        (7, 'unreadable date "2026-13-01 10:00"'),
        (8, 'unreadable amount "5..0"'),
        (9, "3 cells where the header has 6"),
        (10, "8 cells where the header has 6"),
        (14, "a quote opens here and is never closed"),
    ]
    assert {reject.file for reject in result.rejects} == {"orders.csv"}
    assert sum(batch.rows_read for batch in result.batches) == 10


@pytest.mark.parametrize("rows", [1, 2, 3, 7])
def test_lines_are_true_whatever_the_batch(till: Till, rows: int) -> None:
    till.write(
        HEAD
        + 'T1,2026-05-01,5,"a\nb\nc",,\nbad\nT2,2026-05-01,5,,,\n\nbad\nT3,2026-05-01,5,"d\ne",,\nbad\n' * 3
    )
    result = till.read(batch_rows=rows)
    assert [reject.line for reject in result.rejects] == [5, 8, 11, 15, 18, 21, 25, 28, 31]
    assert len(result.rows) == 9


def test_no_personal_data_is_in_a_reject(till: Till) -> None:
    till.write(
        HEAD
        + "T1,quinn@example.com,5,,,\n"
        + "T2,2026-05-01,0612345678x,,,\n"
        + "T3,2026-05-01,555-0123,,,\n"
        + "T4,Quinn Example,5,quinn@example.com,+33 6 12 34 56 78,Sale,more\n"
        + "T5,2026-05-01,5,Zoë,,\n".encode().decode()
        + ",2026-05-01,5,Zoë Quinn,,\n"
    )
    written = " ".join(f"{reject.reason} {reject.masked}" for reject in till.read(columns=PERSON).rejects)
    for secret in ("quinn", "Quinn", "example", "0612345678", "555", "0123", "12 34", "Zoë", "Zo"):
        assert secret not in written
    assert "x***@x***" in written


def test_masking_keeps_the_form_and_nothing_else() -> None:
    assert masked("Zoë Q.;+33 6 12;a@example.com;") == "xxx x.;+99 9 99;x***@x***;"
    assert len(masked("a1" * 10_000)) < 400
    assert shown_amount("12.5.3") == "12.5.3"
    assert shown_amount("0612345678") == "9999999999"
    assert shown_time("31/13/2026") == "31/13/2026"
    assert shown_time("123-45-6789") == "999-99-9999"


def test_a_file_that_fails_does_not_stop_the_others(till: Till) -> None:
    till.write(HEAD + "T1,2026-05-01,5,,,\n", "a.csv")
    till.write("Wrong,Headers\n1,2\n", "b.csv")
    till.write(b"PK\x03\x04", "c.csv")
    till.leave(60, "c.csv")
    till.write(HEAD + "T4,2026-05-01,5,,,\n", "d.csv")
    result = till.read()
    assert result.column("order_id") == ["T1", "T4"]
    assert result.error is not None
    assert "b.csv: columns.order_id" in str(result.error)
    assert "c.csv: is a damaged or incomplete workbook" in str(result.error)


def test_empty_files_and_files_of_headers_alone_are_said(till: Till) -> None:
    till.write("", "a.csv")
    till.write("\ufeff\r\n", "b.csv")
    till.write(HEAD, "c.csv")
    result = till.read()
    assert result.error is None
    assert result.rows == []
    for note in ("a.csv: empty", "b.csv: empty", "c.csv: headers only, no rows"):
        assert note in result.notes


def test_what_programs_of_dos_write_behind_the_last_row_is_no_row(till: Till) -> None:
    till.write("Ticket,Date,Total\r\nT1,2026-05-01 10:00,5\r\n\x1a")
    till.leave(60)
    result = till.read()
    assert result.column("order_id") == ["T1"]
    assert result.rejects == []


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_headers_between_rows_are_passed_over_where_exports_were_put_one_behind_the_other(
    till: Till, mark: str
) -> None:
    day = mark + "Ticket, Date ,Total\n"
    till.write(day + "T1,2026-05-01 10:00,5\n" + day + "T2,2026-05-02 10:00,5\n")
    result = till.read()
    assert result.column("order_id") == ["T1", "T2"]
    assert result.rejects == []


def test_no_file_is_an_error_that_shows_where_was_looked(till: Till) -> None:
    result = till.read(pattern="*.tsv")
    assert result.error is not None
    assert f"{till.folder}/*.tsv: no file matches" in str(result.error)
    assert "does not exist" in str(till.read(pattern="nowhere/*.csv").error)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(till: Till) -> None:
    till.write(HEAD + "T1,2026-05-01,5,,,\n").chmod(0)
    assert "orders.csv: Permission denied" in str(till.read().error)


@pytest.mark.skipif(not UNREADABLE.exists(), reason="needs a file that the system refuses to read")
def test_a_file_that_the_system_cannot_read_is_named_and_the_others_go_on(till: Till) -> None:
    (till.folder / "a.csv").symlink_to(UNREADABLE)
    till.write(HEAD + "T1,2026-05-01,5,,,\n", "b.csv")
    result = till.read()
    assert result.column("order_id") == ["T1"]
    assert str(result.error) == "a.csv: Input/output error"

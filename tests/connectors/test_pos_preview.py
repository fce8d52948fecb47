"""A check shows what was found of each file, what its columns mean and whom its rows name, and nobody's data."""

from __future__ import annotations

import pytest

from connectors.base import Check, Table
from connectors.pos_files.values.masking import masked_email, masked_name, masked_phone
from tests.connectors.pos_till import Till

PERSON = {"email": "Mail", "phone": "Phone", "first_name": "First", "last_name": "Last", "street": "Street"}
HEAD = "Ticket;Date;Total;Mail;Phone;First;Last;Street;Type\n"
ROWS = [
    "T1;31/05/2026 10:00;12,50;quinn@example.com;0612345678;Quinn;Example;12 rue Test;Sale\n",
    "T2;31/05/2026 11:00;8,00;robin@sample.example;;Robin;;;Sale\n",
    "T3;31/05/2026 12:00;9,00;;+33 6 12 34 56 79;;;;Sale\n",
    "T4;31/05/2026 13:00;9,00;;;;;;Sale\n",
    "T4;01/06/2026 13:00;-9,00;;;;;;Refund\n",
    "T5;31/06/2026 13:00;9,00;;;;;;Sale\n",
]


def checked(till: Till, **options: object) -> Check:
    _, check = till.connector(PERSON, **options).check()  # type: ignore[arg-type]
    return check


def table(check: Check, title: str) -> Table:
    (found,) = [one for one in check.details if one.title.endswith(title)]
    return found


def test_what_was_sniffed_is_told(till: Till) -> None:
    till.write(HEAD + "".join(ROWS))
    assert table(checked(till), "how it is written").rows == (
        ("file", "utf-8, delimiter semicolon"),
        ("amounts", "decimal comma"),
        ("dates", "day before month"),
        ("time zone, where a time has none", "Europe/Paris"),
        ("currency, where an amount has none", "EUR"),
        ("a row is", "an order"),
    )


def test_what_needed_no_decision_is_not_told_as_one(till: Till) -> None:
    till.write("Ticket,Date,Total\nT1,2026-05-01 10:00,5\n")
    _, check = till.connector().check()
    found = dict(table(check, "how it is written").rows)
    assert (found["amounts"], found["dates"]) == ("read in one way only", "read in one way only")


def test_columns_are_shown_with_the_headers_that_feed_them_and_those_that_are_missing(till: Till) -> None:
    till.write(
        "Name,Financial Status,Paid at,Total,Phone,Billing Phone\n#1,paid,2026-05-01 10:00:00 +0200,5.00,,\n"
    )
    _, check = till.connector(preset="shopify").check()
    rows = dict(table(check, "columns").rows)
    assert rows["order_id"] == "Name"
    assert rows["phone"] == "Phone | Billing Phone"
    assert rows["email"] == "not there: Email"


def test_joined_headers_are_shown_joined(till: Till) -> None:
    till.write("Ticket,Day,Hour,Total\nT1,2026-05-01,10:00,5\n")
    _, check = till.connector({"entered_at": "Day + Hour"}).check()
    assert ("entered_at", "Day + Hour") in table(check, "columns").rows


@pytest.mark.parametrize("batch_rows", [1, 100])
def test_all_rows_are_counted_by_whom_they_name(till: Till, batch_rows: int) -> None:
    till.write(HEAD + "".join(ROWS))
    assert table(checked(till, batch_rows=batch_rows), "whom the rows name").rows == (
        ("rows read", "6", ""),
        ("rows that cannot be read", "1", "17%"),
        ("left out as no purchase", "0", ""),
        ("refunds", "1", ""),
        ("purchases", "4", ""),
        ("with e-mail", "2", "50%"),
        ("with phone", "2", "50%"),
        ("with both", "1", "25%"),
        ("with neither", "1", "25%"),
        ("with first and last name", "1", "25%"),
    )


def test_the_first_five_rows_are_masked(till: Till) -> None:
    till.write(HEAD + "".join(ROWS) + ROWS[0] * 5)
    shown = table(checked(till, batch_rows=2), "first rows, masked")
    assert len(shown.rows) == 5
    first = dict(zip(shown.headers, shown.rows[0], strict=True))
    assert first == {
        "order_id": "T1",
        "entered_at": "2026-05-31 08:00:00 UTC",
        "stage": "purchase",
        "amount": "12.50",
        "currency": "EUR",
        "email": "q…@e….com",
        "phone": "••••••••78",
        "first_name": "Q…",
        "last_name": "E…",
        "street": "99 xxx xxxx",
    }


def test_nobodys_data_is_in_any_cell(till: Till) -> None:
    till.write(HEAD + "".join(ROWS) + "quinn@example.com;31/05/2026 10:00;1,00;;;;;;\n")
    text = repr(checked(till))
    for secret in ("quinn", "Quinn", "obin", "061234", "6 12 34", "rue Test", "xample.com", "ample.example"):
        assert secret not in text


def test_an_address_in_place_of_an_order_id_is_masked(till: Till) -> None:
    till.write("Ticket,Date,Total\nquinn@example.com,2026-05-01 10:00,5\n")
    _, check = till.connector().check()
    assert "quinn" not in repr(check)


def test_joined_customers_count_for_whom_the_rows_name(till: Till) -> None:
    till.write("Ticket,Date,Total,Card\nT1,2026-05-01 10:00,5,17\nT2,2026-05-01 10:00,5,18\n")
    till.write("Number,Mail\n17,quinn@example.com\n", "customers/c.csv")
    customers = {
        "path": str(till.folder / "customers/*.csv"),
        "order_key": "Card",
        "key": "Number",
        "columns": {"email": "Mail"},
    }
    _, check = till.connector(pattern="*.csv", customers=customers).check()
    assert ("with e-mail", "1", "50%") in table(check, "whom the rows name").rows
    assert ("email", "customers: Mail") in table(check, "columns").rows


def test_a_file_of_headers_alone_is_in_order_and_empty(till: Till) -> None:
    till.write(HEAD)
    assert "headers only, no rows" in checked(till).message


def test_masks_show_the_form_and_no_more() -> None:
    assert masked_email("quinn@mail.example.com") == "q…@m….com"
    assert masked_email("not an address") == "xxx xx xxxxxxx"
    assert masked_email("a@b") == "x***@x***"
    assert masked_phone("+33 6 12 34 56 78") == "+•• • •• •• •• 78"
    assert masked_name("Quinn") == "Q…"
    assert masked_name("") == "…"


def test_why_rows_cannot_be_read_is_told_without_what_stands_in_them(till: Till) -> None:
    till.write(HEAD + "".join(ROWS))
    check = checked(till)
    assert check.ok
    assert "rows that cannot be read: 1: unreadable date (1)" in check.message


def test_a_file_of_which_no_row_can_be_read_is_not_in_order(till: Till) -> None:
    till.write("Ticket,Date,Total\nT1,2026-05-01 10:00,$5.00\nT2,2026-05-01 11:00,$6.00\n")
    _, check = till.connector().check()
    assert not check.ok
    assert "the amount carries another currency's mark than EUR (2)" in check.message

"""A row a line item: an order is one purchase, whichever batches its lines are read in and wherever they stand."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import pytest

from connectors.pos_files.orders import line_items, scattered
from tests.connectors.pos_forms import in_form
from tests.connectors.pos_till import Till

HEAD = "Ticket,Date,Total,Qty,Email\n"
ITEMS = {"items": "Qty", "email": "Email"}


def lines(order: str, *amounts: str, date: str = "2026-05-01 10:00") -> str:
    return "".join(f"{order},{date},{amount},2,\n" for amount in amounts)


def amounts(rows: list[dict[str, Any]]) -> dict[str, float]:
    return {row["order_id"]: row["amount"] for row in rows}


def test_lines_of_an_order_are_added_up(till: Till) -> None:
    till.write(HEAD + lines("T1", "5.10", "2.20", "-0.30") + lines("T2", "9.00"))
    result = till.read(columns=ITEMS, rows="line_items")
    assert result.column("order_id") == ["T1", "T2"]
    assert result.column("amount") == [7.0, 9.0]
    assert result.column("items") == ["6", "2"]
    assert result.batches[0].rows_read == 4


def test_lines_are_counted_where_no_column_says_how_many_units_they_have(till: Till) -> None:
    till.write(HEAD + lines("T1", "5.10", "2.20"))
    assert till.read(rows="line_items").column("items") == ["2"]


def test_units_need_not_be_whole(till: Till) -> None:
    till.write(HEAD + "T1,2026-05-01,5.10,0.5,\nT1,2026-05-01,5.10,0.75,\n")
    assert till.read(columns=ITEMS, rows="line_items").column("items") == ["1.25"]


@pytest.mark.parametrize("repeated", ["", "12.50"])
def test_the_amount_of_an_order_counts_once(till: Till, repeated: str) -> None:
    till.write(HEAD + lines("T1", "12.50", repeated, repeated))
    assert till.read(rows="line_items", amount_of="order").column("amount") == [12.5]


def test_totals_that_differ_between_the_lines_of_an_order_are_said(till: Till) -> None:
    till.write(HEAD + lines("T1", "12.50", "13.50") + lines("T2", "5.00", "5.00"))
    result = till.read(rows="line_items", amount_of="order")
    assert result.column("amount") == [12.5, 5.0]
    assert (
        "orders.csv: 1 order with another amount on a later line, of which the first was taken"
        in result.notes
    )


def test_what_stands_on_any_line_is_the_orders(till: Till) -> None:
    till.write(HEAD + "T1,2026-05-01 10:00,5.10,1,\nT1,,2.20,1,quinn@example.com\n")
    (row,) = till.read(columns=ITEMS, rows="line_items").rows
    assert (row["email"], row["entered_at"].hour) == ("quinn@example.com", 8)


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 5, 100])
def test_orders_are_whole_whatever_the_batch(till: Till, batch_rows: int) -> None:
    orders = {f"T{n}": n % 4 + 1 for n in range(30)}
    till.write(HEAD + "".join(lines(order, *["1.50"] * count) for order, count in orders.items()))
    result = till.read(rows="line_items", batch_rows=batch_rows)
    assert amounts(result.rows) == {order: 1.5 * count for order, count in orders.items()}
    assert len(result.rows) == len(orders)
    assert sum(batch.rows_read for batch in result.batches) == sum(orders.values())


def test_reading_goes_on_from_any_batch_without_splitting_an_order(till: Till) -> None:
    orders = {f"T{n}": n % 4 + 1 for n in range(12)}
    till.write(HEAD + "".join(lines(order, *["1.50"] * count) for order, count in orders.items()))
    till.leave(60)
    options = {"rows": "line_items", "batch_rows": 4}
    whole = till.read(**options)
    for number, batch in enumerate(whole.batches, 1):
        before = [row for taken in whole.batches[:number] for row in taken.entries.to_dict("records")]
        rest = till.read(batch.cursor, **options).rows
        assert amounts(before) | amounts(rest) == amounts(whole.rows)
        assert all(amounts(whole.rows)[row["order_id"]] == row["amount"] for row in rest)


@pytest.mark.parametrize("batch_rows", [2, 7, 100])
def test_lines_that_stand_apart_are_put_together(till: Till, batch_rows: int) -> None:
    rows = [f"T{n % 10},2026-05-01 10:00,1.00,1,\n" for n in range(40)] + ["Z1,2026-05-01 10:00,7.00,1,\n"]
    random.Random(4).shuffle(rows)
    till.write(HEAD + "".join(rows))
    result = till.read(rows="line_items", batch_rows=batch_rows)
    assert amounts(result.rows) == {**{f"T{n}": 4.0 for n in range(10)}, "Z1": 7.0}
    assert len(result.rows) == 11


@pytest.mark.parametrize("form", ["may.xlsx", "may.parquet", "may.csv.gz"])
def test_orders_are_whole_in_every_form_of_file(till: Till, form: str) -> None:
    till.write(in_form(form, [(f"T{n // 3}", datetime(2026, 5, 1, 10), 1.5) for n in range(20)]), form)
    result = till.read(rows="line_items", batch_rows=4)
    assert amounts(result.rows) == {**{f"T{n}": 4.5 for n in range(6)}, "T6": 3.0}
    assert len(result.rows) == 7


def test_a_file_with_lines_apart_is_read_from_its_start_after_a_stop(till: Till) -> None:
    till.write(HEAD + lines("T1", "1.00") + lines("T2", "2.00") + lines("T1", "3.00") + lines("T3", "4.00"))
    till.leave(60)
    batch = next(till.connector(rows="line_items", batch_rows=1).read(None))
    assert amounts(till.read(batch.cursor, rows="line_items").rows) == {"T1": 4.0, "T2": 2.0, "T3": 4.0}


def test_too_many_lines_apart_are_refused_with_what_to_do(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scattered, "MOST_SCATTERED_LINES", 5)
    till.write(HEAD + (lines("T1", "1.00") + lines("T2", "2.00")) * 3)
    result = till.read(rows="line_items")
    assert result.rows == []
    assert "orders.csv: the lines of 2 orders stand apart from each other, 6 lines in all" in str(
        result.error
    )
    assert "Sort the export by order id" in result.error.advice


def test_an_order_id_that_does_not_number_orders_is_refused(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_items, "_MOST_LINES", 20)
    till.write(HEAD + lines("Main Street", *["1.00"] * 40))
    result = till.read(rows="line_items", batch_rows=10)
    assert result.rows == []
    assert "lines have the same order id" in str(result.error)


@pytest.mark.parametrize("batch_rows", [1, 100])
def test_an_order_with_a_line_that_cannot_be_read_is_set_aside_whole(till: Till, batch_rows: int) -> None:
    till.write(HEAD + lines("T1", "5.00", "5..0", "5.00") + lines("T2", "6.00"))
    result = till.read(rows="line_items", batch_rows=batch_rows)
    assert amounts(result.rows) == {"T2": 6.0}
    assert [(one.line, one.reason) for one in result.rejects] == [(3, 'unreadable amount "5..0"')]
    assert result.rejects[0].masked.startswith("x9,9999-99-99 99:99,9..9")


def test_a_line_without_an_order_is_set_aside_and_the_others_go_on(till: Till) -> None:
    till.write(HEAD + lines("T1", "5.00") + lines("", "6.00") + lines("T1", "7.00"))
    result = till.read(rows="line_items")
    assert amounts(result.rows) == {"T1": 12.0}
    assert [(one.line, one.reason) for one in result.rejects] == [(3, "no order id")]


def test_an_order_without_any_amount_or_date_is_set_aside(till: Till) -> None:
    till.write(HEAD + lines("T1", "", "") + lines("T2", "5.00", date="") + lines("T3", "6.00"))
    result = till.read(rows="line_items")
    assert [(one.line, one.reason) for one in result.rejects] == [(2, "no amount"), (4, "no date")]


def test_marked_lines_of_an_order_are_its_refund(till: Till) -> None:
    till.write(
        "Ticket,Date,Total,Type\n"
        "T1,2026-05-01,5.00,Sale\nT1,2026-05-01,7.00,Sale\nT1,2026-05-03,5.00,Return\nT1,2026-05-03,1.00,Return\n"
    )
    result = till.read(rows="line_items", refunds={"column": "Type", "values": ["return"]})
    assert [(row["stage"], row["amount"], row["order_id"]) for row in result.rows] == [
        ("purchase", 12.0, "T1"),
        ("refund", -6.0, "T1"),
    ]


def test_the_last_order_waits_while_its_next_line_is_being_written(till: Till) -> None:
    till.write(HEAD + lines("T1", "5.00") + lines("T2", "6.00") + "T2,2026-05-01 10:0")
    first = till.read(rows="line_items")
    assert amounts(first.rows) == {"T1": 5.0}
    till.write(HEAD + lines("T1", "5.00") + lines("T2", "6.00", "7.00"))
    assert amounts(till.read(first.cursor, rows="line_items").rows)["T2"] == 13.0


def test_an_order_that_gains_lines_in_a_grown_file_is_whole_again(till: Till) -> None:
    till.write(HEAD + lines("T1", "5.00") + lines("T2", "6.00"))
    first = till.read(rows="line_items")
    till.write(HEAD + lines("T1", "5.00") + lines("T2", "6.00", "7.00") + lines("T3", "8.00"))
    second = till.read(first.cursor, rows="line_items")
    assert amounts(second.rows) | {"T1": 5.0} == {"T1": 5.0, "T2": 13.0, "T3": 8.0}


def test_the_same_export_under_another_name_yields_the_same_orders(till: Till) -> None:
    content = HEAD + lines("T1", "5.00", "2.00") + lines("T2", "6.00")
    till.write(content, "may.csv")
    till.write(content, "may (1).csv")
    first = till.read(pattern="may.csv", rows="line_items").rows
    assert till.read(pattern="may (1).csv", rows="line_items").rows == first

"""Refunds are told apart from purchases and point at the order that gave them back, however a till writes them."""

from __future__ import annotations

import pytest

from tests.connectors.pos_till import Till

HEAD = "Ticket,Date,Total,Type,Original,Refunded\n"


@pytest.mark.parametrize("amount", ["5.00", "-5.00"])
def test_a_refund_points_at_the_order_that_the_till_names(till: Till, amount: str) -> None:
    till.write(HEAD + f"T1,2026-05-01 10:00,12.50,Sale,,\nT9,2026-05-02 10:00,{amount},Refund,T1,\n")
    rules = {"column": "Type", "values": ["Refund"], "order_column": "Original"}
    bought, refunded = till.read(refunds=rules).rows
    assert (bought["order_id"], bought["record_id"]) == ("T1", "T1")
    assert (refunded["order_id"], refunded["amount"]) == ("T1", -5.0)
    assert refunded["record_id"] == "T9:refund:2026-05-02T08:00:00Z:-5.000"


def test_an_original_order_alone_serves_negative_amounts(till: Till) -> None:
    till.write(HEAD + "T1,2026-05-01,12.50,,,\nT9,2026-05-02,-5.00,,T1,\n")
    assert till.read(refunds={"order_column": "Original"}).column("order_id") == ["T1", "T1"]


def test_a_refund_without_an_original_order_keeps_its_own(till: Till) -> None:
    till.write(HEAD + "T9,2026-05-02,-5.00,,,\n")
    assert till.read(refunds={"order_column": "Original"}).column("order_id") == ["T9"]


def test_a_purchase_never_takes_the_order_id_of_another(till: Till) -> None:
    till.write(HEAD + "T9,2026-05-02,5.00,Exchange,T1,\n")
    (row,) = till.read(refunds={"order_column": "Original"}).rows
    assert (row["stage"], row["order_id"]) == ("purchase", "T9")


@pytest.mark.parametrize("written", ["4.50", "-4.50"])
def test_what_was_refunded_so_far_is_one_refund_of_the_order(till: Till, written: str) -> None:
    till.write(
        HEAD + f"T1,2026-05-01 10:00,12.50,,,{written}\nT2,2026-05-01 10:00,5.00,,,\nT3,2026-05-01,1,,,0.00\n"
    )
    result = till.read(columns={"items": "Type"}, refunds={"amount_column": "Refunded"})
    assert [(row["record_id"], row["stage"], row["amount"]) for row in result.rows] == [
        ("T1", "purchase", 12.5),
        ("T2", "purchase", 5.0),
        ("T3", "purchase", 1.0),
        ("T1:refunded", "refund", -4.5),
    ]
    assert result.rows[3]["order_id"] == "T1"
    assert result.rows[3]["entered_at"] == result.rows[0]["entered_at"]


def test_a_larger_figure_in_a_later_export_is_the_same_refund(till: Till) -> None:
    till.write(HEAD + "T1,2026-05-01,12.50,,,4.50\n", "may.csv")
    till.write(HEAD + "T1,2026-05-01,12.50,,,12.50\n", "june.csv")
    rules = {"amount_column": "Refunded"}
    may, june = (till.read(pattern=name, refunds=rules).rows[1] for name in ("may.csv", "june.csv"))
    assert may["record_id"] == june["record_id"]
    assert (may["amount"], june["amount"]) == (-4.5, -12.5)


def test_a_refunded_amount_that_cannot_be_read_sets_the_order_aside(till: Till) -> None:
    till.write(HEAD + "T1,2026-05-01,12.50,,,4..5\n")
    result = till.read(refunds={"amount_column": "Refunded"})
    assert result.rows == []
    assert result.rejects[0].reason == 'unreadable refunded amount "4..5"'


def test_refunded_amounts_help_to_decide_the_decimal_mark(till: Till) -> None:
    till.write("Ticket;Date;Total;Refunded\nT1;2026-05-01;1.234;0,50\n")
    assert till.read(refunds={"amount_column": "Refunded"}).column("amount") == [1234.0, -0.5]


def test_a_header_of_the_refund_rule_that_is_missing_is_named(till: Till) -> None:
    till.write("Ticket,Date,Total,Refund amount\nT1,2026-05-01,1,\n")
    result = till.read(refunds={"amount_column": "Refunded amount"})
    assert 'refunds.amount_column: no header "Refunded amount"; closest: "Refund amount"' in str(result.error)


def test_rows_of_another_status_are_no_purchases_and_counted_by_it(till: Till) -> None:
    till.write(
        "Ticket,Date,Total,State\nT1,2026-05-01,1,Paid\nT2,,,open\nT3,2026-05-01,1,OPEN\nT4,2026-05-01,1,\n"
        "T5,2026-05-01,1, paid \n"
    )
    result = till.read(purchases={"column": "State", "values": ["paid"]})
    assert result.column("order_id") == ["T1", "T5"]
    assert result.column("stage_raw") == ["Paid", "paid"]
    assert result.rejects == []
    assert "orders.csv: 3 rows left out as no purchase: 1 OPEN, 1 open, 1 without a status" in result.notes


def test_a_marked_refund_counts_whatever_its_status(till: Till) -> None:
    till.write("Ticket,Date,Total,State,Type\nT1,2026-05-01,1,closed,Refund\n")
    result = till.read(
        purchases={"column": "State", "values": ["paid"]}, refunds={"column": "Type", "values": ["Refund"]}
    )
    assert result.column("stage") == ["refund"]


def test_statuses_that_may_be_somebodys_data_are_counted_without_being_shown(till: Till) -> None:
    till.write("Ticket,Date,Total,State\nT1,2026-05-01,1,quinn@example.com\nT2,2026-05-01,1,open\n")
    result = till.read(purchases={"column": "State", "values": ["paid"]})
    assert "orders.csv: 2 rows left out as no purchase: 1 open, 1 of other statuses" in result.notes

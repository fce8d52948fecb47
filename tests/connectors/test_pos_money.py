"""Amounts are read as tills write them, and refused where they can mean two things."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.pos_files.values.money import DECIMALS, Decimal, amounts
from tests.connectors.pos_till import Till

WRITTEN = [
    ("1240", ".", 1240.0),
    ("1240.5", ".", 1240.5),
    ("1,240.00", ".", 1240.0),
    ("1.240,00", ",", 1240.0),
    ("1 240,00", ",", 1240.0),
    ("1\u00a0240,00", ",", 1240.0),
    ("1\u202f240,00", ",", 1240.0),
    ("1'240.00", ".", 1240.0),
    ("1’240.00", ".", 1240.0),
    ("1,23,456.70", ".", 123456.7),
    ("$1,240.00", ".", 1240.0),
    ("-$45.00", ".", -45.0),
    ("$-45.00", ".", -45.0),
    ("($45.00)", ".", -45.0),
    ("(45.00)", ".", -45.0),
    ("$(1,045.00)", ".", -1045.0),
    ("$ (45.00)", ".", -45.0),
    ("45.00-", ".", -45.0),
    ("−45,00 €", ",", -45.0),
    ("12,50 €", ",", 12.5),
    ("12,50 EUR", ",", 12.5),
    ("Fr. 12.50", ".", 12.5),
    (".50", ".", 0.5),
    ("+5", ".", 5.0),
    ("0", ".", 0.0),
]


@pytest.mark.parametrize(("text", "decimal", "amount"), WRITTEN)
def test_an_amount_is_read_as_the_till_writes_it(text: str, decimal: Decimal, amount: float) -> None:
    assert amounts(pl.Series([text]), decimal)["amount"].to_list() == [amount]


@pytest.mark.parametrize(
    "text",
    [
        "n/a",
        "12.5.3",
        "1,2,3",
        "--5",
        "-(5)",
        "(5",
        "5)",
        "12.-",
        "1e5",
        "NaN",
        "inf",
        "EUR 5 EUR",
        "($(5))",
        "$(5",
        "$5)",
        "5 € €",
        "12 %",
        "-",
        "",
        "1234567890123456",
        "12 34",
        "0x10",
        "١٢",
    ],
)
@pytest.mark.parametrize("decimal", DECIMALS)
def test_what_is_no_amount_is_never_a_number(text: str, decimal: Decimal) -> None:
    assert amounts(pl.Series([text]), decimal)["amount"].to_list() == [None]


@given(
    cents=st.integers(min_value=-(10**11), max_value=10**11),
    decimal=st.sampled_from(DECIMALS),
    grouping=st.sampled_from(["", " ", "\u00a0", "\u202f", "'", "other"]),
    mark=st.sampled_from(["{}", "€{}", "$ {}", "{} EUR", "CHF {}", "{} zł"]),
    negative=st.sampled_from(["-{}", "({})", "{}-", "−{}"]),
)
def test_every_amount_comes_back_from_every_way_of_writing_it(
    cents: int, decimal: Decimal, grouping: str, mark: str, negative: str
) -> None:
    group = {".": ",", ",": "."}[decimal] if grouping == "other" else grouping
    whole = f"{abs(cents) // 100:,}".replace(",", group)
    text = mark.format(f"{whole}{decimal}{abs(cents) % 100:02d}")
    written = negative.format(text) if cents < 0 else text
    assert amounts(pl.Series([written]), decimal)["amount"].to_list() == [cents / 100]


def test_one_decisive_value_decides_the_whole_file(till: Till) -> None:
    assert till.amounts("1,234", "2,500", "12,5").column("amount") == [1.234, 2.5, 12.5]
    assert till.amounts("1,234", "2,500", "12.5").column("amount") == [1234.0, 2500.0, 12.5]


def test_a_decisive_value_counts_wherever_in_the_file_it_stands(till: Till) -> None:
    rows = "".join(f"T{n}\t2026-05-01\t1,234\n" for n in range(60_000))
    till.write(f"Ticket\tDate\tTotal\n{rows}LAST\t2026-05-01\t1.234,00\n")
    batches = till.connector(batch_rows=25_000).read(None)
    assert {amount for batch in batches for amount in batch.entries["amount"].unique()} == {1.234, 1234.0}


def test_an_ambiguous_file_is_refused_with_two_of_its_values_and_the_setting(till: Till) -> None:
    result = till.amounts("1,234", "500", "2,500")
    assert result.rows == []
    assert result.error is not None
    assert result.error.configuration
    assert "orders.csv: columns.amount" in str(result.error)
    assert '"1,234"' in str(result.error)
    assert '"2,500"' in str(result.error)
    assert "decimal" in result.error.advice


def test_whole_numbers_need_no_decision(till: Till) -> None:
    assert till.amounts("5", "1 200", "-7").column("amount") == [5.0, 1200.0, -7.0]


@pytest.mark.parametrize(("decimal", "amount"), [(".", 1234.0), (",", 1.234)])
def test_the_decimal_setting_decides_an_ambiguous_file(till: Till, decimal: str, amount: float) -> None:
    result = till.amounts("1,234", "2.500" if decimal == "," else "2,500", decimal=decimal)
    assert result.column("amount")[0] == amount


def test_a_file_of_two_minds_is_refused_with_a_value_of_each(till: Till) -> None:
    result = till.amounts("12,50", "12.50", "13.70")
    assert result.error is not None
    assert '"12.50" only fits a decimal point' in str(result.error)
    assert '"12,50" only a decimal comma' in str(result.error)


def test_a_stray_value_of_the_other_kind_is_set_aside_and_never_misread(till: Till) -> None:
    result = till.amounts("12,50", *["1.234.567,00", "8,20"] * 100, "7.25")
    assert result.error is None
    assert [(reject.line, reject.reason) for reject in result.rejects] == [(203, 'unreadable amount "7.25"')]


def test_a_message_never_shows_what_may_be_a_phone_number(till: Till) -> None:
    result = till.amounts("612.345.678", "612,345,678")
    assert result.error is not None
    assert "612" not in str(result.error)
    assert "999.999.999" in str(result.error)

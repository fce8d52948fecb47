"""What a conversion is worth depends on its own row, never on the batch; a bad cell costs one value, not the run."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from closedwon.pipeline.judging.values import ROW_FUNCTIONS, Value, ValueExpressionError, compile_values
from config.columns import STAGE_ENTRY_COLUMNS
from tests.pipeline.client import NOW, SCHEMA, entries, settings

PEOPLE = entries(
    {"amount": 12.345, "last_name": "Martin", "campaign": "Spring", "extra.score": "7"},
    {"amount": None, "last_name": "Zola", "campaign": None, "extra.score": None},
    {"amount": 3.0, "last_name": " Ng ", "campaign": "autumn", "extra.score": "many"},
    {"amount": 0.5, "last_name": "7", "campaign": "Spring", "entered_at": NOW - timedelta(days=200)},
    {"amount": 250.0, "last_name": "", "campaign": "50%_x", "extra.score": "1e3"},
)

# One expression or more for each function of the table, and the constructs that are no functions.
SAMPLES = {
    "ABS": ["ABS(amount - 10)"],
    "CBRT": ["CBRT(amount)"],
    "CEIL": ["CEIL(amount)"],
    "CEILING": ["CEILING(amount)"],
    "DIV": ["DIV(amount, 3)"],
    "EXP": ["EXP(amount / 100)"],
    "FLOOR": ["FLOOR(amount)"],
    "GREATEST": ["GREATEST(amount, 5)", "GREATEST(amount, CAST(extra.score AS DOUBLE))"],
    "LEAST": ["LEAST(amount, 5)"],
    "LN": ["LN(amount)"],
    "LOG": ["LOG(amount, 10)"],
    "LOG10": ["LOG10(amount)"],
    "LOG2": ["LOG2(amount)"],
    "MOD": ["MOD(amount, 3)"],
    "POW": ["POW(amount, 2)"],
    "POWER": ["POWER(amount, 2)"],
    "ROUND": ["ROUND(amount)", "ROUND(amount * 0.35, 2)"],
    "SIGN": ["SIGN(amount - 5)"],
    "SQRT": ["SQRT(amount)"],
    "CAST": ["CAST(extra.score AS DOUBLE)", "CAST(last_name AS DECIMAL(10, 2))", "cast (amount AS INT)"],
    "TRY_CAST": ["TRY_CAST(extra.score AS DOUBLE)"],
    "COALESCE": ["COALESCE(amount, 9000)"],
    "IF": ["IF(campaign = 'Spring', 1, 2)"],
    "IFNULL": ["IFNULL(amount, 3)"],
    "NULLIF": ["NULLIF(amount, 3)"],
    "CHAR_LENGTH": ["CHAR_LENGTH(last_name)"],
    "CONCAT": ["LENGTH(CONCAT(last_name, campaign))"],
    "CONCAT_WS": ["LENGTH(CONCAT_WS('-', last_name, campaign))"],
    "ENDS_WITH": ["IF(ENDS_WITH(last_name, 'n'), 1, 2)"],
    "INITCAP": ["IF(INITCAP(campaign) = 'Autumn', 1, 2)"],
    "LEFT": ["LENGTH(LEFT(last_name, 3))"],
    "LENGTH": ["LENGTH(last_name)"],
    "LOWER": ["CASE WHEN LOWER(campaign) = 'spring' THEN 120 ELSE 80 END"],
    "LTRIM": ["LENGTH(LTRIM(last_name))"],
    "POSITION": ["POSITION('t' IN last_name)"],
    "REGEXP_LIKE": ["IF(REGEXP_LIKE(last_name, '^[MZ]'), 1, 2)"],
    "REPLACE": ["CAST(REPLACE(extra.score, 'e', '') AS DOUBLE)"],
    "RIGHT": ["LENGTH(RIGHT(last_name, 2))"],
    "RTRIM": ["LENGTH(RTRIM(last_name))"],
    "STARTS_WITH": ["IF(STARTS_WITH(last_name, 'M'), 1, 2)"],
    "STRPOS": ["STRPOS(last_name, 't')"],
    "SUBSTR": ["LENGTH(SUBSTR(last_name, 2, 3))"],
    "SUBSTRING": ["LENGTH(SUBSTRING(last_name, 2))"],
    "TRIM": ["LENGTH(TRIM(last_name))"],
    "UPPER": ["IF(UPPER(campaign) = 'SPRING', 1, 2)"],
    "DATE_PART": ["DATE_PART('month', entered_at)"],
    "EXTRACT": ["EXTRACT(year FROM entered_at)", "EXTRACT(day FROM (entered_at - INTERVAL '1 day'))"],
    "STRFTIME": ["CAST(STRFTIME(entered_at, '%d') AS INT)"],
    "": [
        "amount",
        "-amount + 2 * 3 - 1 / 4",
        "amount % 2",
        "amount // 2",
        "NULL",
        "(amount)",
        "CASE WHEN (amount > 3) AND (amount < 100) OR NOT (campaign = 'x') THEN (1) ELSE (2) END",
        "CASE campaign WHEN 'Spring' THEN 120 ELSE 80 END",
        "CASE WHEN campaign LIKE 'S%' THEN 1 WHEN campaign ILIKE ('a%') THEN 2 END",
        "CASE WHEN campaign IN ('Spring', 'autumn') AND amount BETWEEN (1) AND (20) THEN 1 ELSE 0 END",
        "CASE WHEN campaign IS NOT NULL AND campaign <> '' THEN 1 ELSE 0 END",
        "CASE WHEN last_name RLIKE '[0-9]' THEN 1 ELSE 0 END",
        "CASE WHEN entered_at < DATE '2026-06-01' THEN 1 ELSE 2 END",
        "CASE WHEN campaign = 'SUM(amount) OVER () -- $ ::' THEN 1 ELSE 2 END",
        "CASE WHEN campaign = 'it''s COUNT(' THEN 1 ELSE 2 END",
    ],
}

BEYOND_THE_ROW = [
    "SUM(amount)",
    "sum (amount)",
    '"SUM"(amount)',
    "AVG(amount)",
    "MIN(amount)",
    "MAX(amount)",
    "MEDIAN(amount)",
    "STDDEV(amount)",
    "COUNT(*)",
    "COUNT(DISTINCT email)",
    "FIRST(amount)",
    "LAST(amount)",
    "QUANTILE_CONT(amount, 0.5)",
    "amount / MAX(amount)",
    "COALESCE(amount, AVG(amount))",
    "CASE WHEN campaign = 'Spring' THEN SUM(amount) ELSE 80 END",
    "ROW_NUMBER() OVER ()",
    "RANK() OVER (ORDER BY amount)",
    "LAG(amount) OVER (ORDER BY entered_at)",
    "SUM(amount) OVER (PARTITION BY email)",
    "amount IN (SELECT 1)",
    "amount > ANY(SELECT 1)",
    "EXTRACT(day FROM DATE(last_name))",
    "EXTRACT(year FROM CURRENT_DATE)",
    "EXTRACT(year FROM NOW())",
]


def value(written: str | float) -> Value:
    return compile_values(settings({"won": {"value": written, "meta": "Won"}}), SCHEMA)["won"]


def worth(written: str, frame: pl.DataFrame = PEOPLE) -> list[float | None]:
    return value(written).of(frame).to_list()


def refusal(written: str) -> str:
    with pytest.raises(ValueExpressionError) as raised:
        value(written)
    assert raised.value.stage == "won"
    return str(raised.value)


def test_every_function_that_may_be_called_is_tried_here() -> None:
    assert SAMPLES.keys() == ROW_FUNCTIONS | {""}
    assert all(name in written.upper() for name, samples in SAMPLES.items() for written in samples)


@pytest.mark.parametrize("written", [one for samples in SAMPLES.values() for one in samples])
def test_a_row_has_the_same_value_in_any_batch(written: str) -> None:
    alone = [worth(written, PEOPLE[n])[0] for n in range(PEOPLE.height)]
    assert worth(written) == alone
    assert worth(written, PEOPLE.reverse()) == alone[::-1]


@pytest.mark.parametrize("written", BEYOND_THE_ROW)
def test_what_depends_on_other_rows_or_on_the_day_is_refused(written: str) -> None:
    pl.sql_expr(written)
    assert "expected what one row tells by itself" in refusal(written)


@pytest.mark.parametrize(
    "written", ["$$'$$ || SUM(amount) || $$'$$", "amount -- all of it", "amount /* so */"]
)
def test_nothing_hides_in_a_comment_or_a_dollar_quote(written: str) -> None:
    assert "without comments or $" in refusal(written)


@pytest.mark.parametrize("written", ['"^am.*$"', '"*"', '"^am.*$" * 2'])
def test_a_column_is_named_in_full(written: str) -> None:
    assert "columns by their names" in refusal(written)


def test_the_expressions_of_the_readme_give_what_they_say() -> None:
    assert worth("amount * 0.5") == [6.1725, None, 1.5, 0.25, 125.0]
    assert worth("COALESCE(amount, 9000)") == [12.345, 9000.0, 3.0, 0.5, 250.0]
    assert worth("CASE WHEN campaign = 'Spring' THEN 120 ELSE 80 END") == [120.0, 80.0, 80.0, 120.0, 80.0]


def test_every_stage_entry_column_may_stand_in_an_expression() -> None:
    for column in STAGE_ENTRY_COLUMNS:
        assert worth(f"CASE WHEN {column} IS NULL THEN 1 ELSE 1 END") == [1.0] * PEOPLE.height


def test_a_number_holds_for_every_row_and_for_none() -> None:
    assert value(80).of(PEOPLE).to_list() == [80.0] * PEOPLE.height
    assert value(80).of(PEOPLE.clear()).to_list() == []


def test_a_cell_that_is_no_number_has_no_value_and_the_others_keep_theirs() -> None:
    assert worth("CAST(extra.score AS DOUBLE)") == [7.0, None, None, None, 1000.0]
    assert worth("CAST(last_name AS DOUBLE) * 2") == [None, None, None, 14.0, None]


def test_a_row_that_cannot_be_computed_takes_no_value_from_its_neighbours() -> None:
    divided = "amount // CAST(extra.score AS INT)"
    frame = entries(*({"amount": float(n), "extra.score": "0" if n in {3, 8} else "1"} for n in range(10)))
    with pytest.raises(pl.exceptions.InvalidOperationError):
        frame.select(value(divided).expression)
    assert worth(divided, frame) == [None if n in {3, 8} else float(n) for n in range(10)]


def test_where_no_row_can_be_computed_none_has_a_value() -> None:
    frame = entries({"amount": 1.0}, {"amount": 2.0}, {"amount": 3.0})
    assert worth("amount // 0", frame) == [None, None, None]


def test_a_custom_field_may_be_written_with_or_without_quotes() -> None:
    quoted = worth('CAST("extra.score" AS DOUBLE)')
    assert worth("CAST(extra.score AS DOUBLE)") == worth("CAST(`extra.score` AS DOUBLE)") == quoted


def test_a_text_that_looks_like_a_custom_field_stays_a_text() -> None:
    frame = entries({"campaign": "extra.score", "extra.score": "5"}, {"campaign": "5", "extra.score": "5"})
    assert worth("CASE WHEN campaign = 'extra.score' THEN 1 ELSE 2 END", frame) == [1.0, 2.0]
    assert worth("LENGTH('CAST(')", frame) == [5.0, 5.0]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("amuont * 2", "got 'amuont'; did you mean amount?"),
        ("CAST(extra.scroe AS DOUBLE)", "got 'extra.scroe'; did you mean extra.score?"),
        ("CAST(extra.net_price AS DOUBLE)", "got 'extra.net_price'; did you mean \"extra.net-price\"?"),
        ("COALESC(amount, 1)", "got COALESC; did you mean COALESCE?"),
        ("amount +", "expected a number, a column, or an SQL expression"),
        ("amount, amount", "expected a number, a column, or an SQL expression"),
        ("*", "expected a number, a column, or an SQL expression"),
        ("read_csv('prices.csv')", "what one row tells by itself"),
        ("amount > 3", "expected a number (text needs CAST(column AS DOUBLE)"),
        ("last_name", "expected a number (text needs CAST(column AS DOUBLE)"),
        ("extra.score * 2", "expected a number (text needs CAST(column AS DOUBLE)"),
        ("EXTRACT(day FROM CAST(campaign AS DATE))", "casting from string to date is not supported"),
        ("amount::DOUBLE", "expected CAST(… AS DOUBLE), got '::'"),
    ],
)
def test_a_mistake_is_told_before_any_row_is_read(written: str, told: str) -> None:
    assert told in refusal(written)


@pytest.mark.parametrize(
    ("written", "of_row"),
    [
        ("amount", True),
        ("COALESCE(amount, 9000)", True),
        ("CAST(extra.score AS DOUBLE) * 2", True),
        (80, False),
        ("NULL", False),
        ("40 + 40", False),
        ("CASE WHEN campaign = 'Spring' THEN 120 ELSE 80 END", False),
    ],
)
def test_only_figures_of_the_row_are_of_the_row(written: str | float, of_row: bool) -> None:
    assert value(written).is_of_row is of_row

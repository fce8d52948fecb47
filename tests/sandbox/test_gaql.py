"""The query language is as strict as documented: what does not exist is refused, by Google's code."""

from __future__ import annotations

from typing import Any

import pytest
from google.ads.googleads.v26.services.types.google_ads_service import GoogleAdsRow

from closedwon.sandbox.gaql.errors import QueryError
from closedwon.sandbox.gaql.execute import Catalog
from closedwon.sandbox.gaql.parser import parse

Row = GoogleAdsRow.pb(GoogleAdsRow()).__class__
CATALOG = Catalog(Row, {"customer": frozenset(), "conversion_action": frozenset({"customer"})})


def rows() -> list[Any]:
    return [
        Row(
            customer={"id": 1, "resource_name": "customers/1"},
            conversion_action={
                "resource_name": f"customers/1/conversionActions/{number}",
                "id": number,
                "name": name,
                "type_": "UPLOAD_CLICKS",
                "status": status,
                "value_settings": {"always_use_default_value": number == 3},
            },
        )
        for number, name, status in ((1, "b", "ENABLED"), (2, "a", "REMOVED"), (3, "c", "ENABLED"))
    ]


def ids(query: str) -> list[int]:
    selected = CATALOG.select(parse(f"SELECT conversion_action.id FROM conversion_action {query}"), rows())
    return [row.conversion_action.id for row in selected]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [1, 2, 3]),
        ("WHERE conversion_action.status = 'ENABLED'", [1, 3]),
        ("WHERE conversion_action.status != REMOVED AND conversion_action.id > 1", [3]),
        ("WHERE conversion_action.type IN ('UPLOAD_CLICKS', 'WEBPAGE')", [1, 2, 3]),
        ('WHERE conversion_action.name NOT IN ("a", "b")', [3]),
        ("WHERE conversion_action.id BETWEEN 2 AND 3", [2, 3]),
        ("WHERE conversion_action.value_settings.always_use_default_value = TRUE", [3]),
        ("WHERE conversion_action.primary_for_goal IS NULL", [1, 2, 3]),
        ("WHERE conversion_action.name IS NOT NULL LIMIT 2", [1, 2]),
        ("ORDER BY conversion_action.id DESC", [3, 2, 1]),
    ],
)
def test_a_query_finds_what_it_asks_for(query: str, found: list[int]) -> None:
    assert ids(query) == found


def test_an_answer_has_what_was_selected_and_the_resource_name() -> None:
    query = parse("SELECT customer.id, conversion_action.type FROM conversion_action LIMIT 1")
    (row,) = CATALOG.select(query, rows())
    assert row.conversion_action.resource_name == "customers/1/conversionActions/1"
    assert row.customer.id == 1
    assert (row.conversion_action.type_, row.conversion_action.name) == (7, "")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "EXPECTED_SELECT"),
        ("SELECT", "UNEXPECTED_END_OF_QUERY"),
        ("SELECT conversion_action.id", "EXPECTED_FROM"),
        ("SELECT conversion_action.id FROM nothing", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("SELECT conversion_action.invented FROM conversion_action", "UNRECOGNIZED_FIELD"),
        ("SELECT conversion_action.type_ FROM conversion_action", "UNRECOGNIZED_FIELD"),
        ("SELECT conversion_action.value_settings FROM conversion_action", "UNRECOGNIZED_FIELD"),
        (
            "SELECT customer.conversion_tracking_setting.enhanced_conversions_for_leads_enabled FROM customer",
            "UNRECOGNIZED_FIELD",
        ),
        ("SELECT conversion_action.id FROM customer", "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE"),
        ("SELECT customer.id FROM customer WHERE customer.invented = 1", "UNRECOGNIZED_FIELD"),
        ("SELECT customer.id FROM customer WHERE customer.id", "BAD_OPERATOR"),
        ("SELECT customer.id FROM customer WHERE customer.id LIKE '1'", "BAD_OPERATOR"),
        ("SELECT customer.id FROM customer WHERE customer.id = 'x'", "BAD_NUMBER"),
        ("SELECT customer.id FROM customer WHERE customer.id = inf", "BAD_NUMBER"),
        ("SELECT customer.id FROM customer WHERE customer.id < '1_000'", "BAD_NUMBER"),
        ("SELECT customer.id FROM customer WHERE customer.id = '1", "STRING_NOT_TERMINATED"),
        ("SELECT customer.id FROM customer WHERE customer.id IN ()", "PROHIBITED_EMPTY_LIST_IN_CONDITION"),
        ("SELECT customer.id FROM customer WHERE customer.id = 1 OR customer.id = 2", "EXPECTED_AND"),
        ("SELECT customer.id FROM customer LIMIT x", "BAD_LIMIT_VALUE"),
        ("SELECT customer.id FROM customer LIMIT 0", "LIMIT_VALUE_TOO_LOW"),
        ("SELECT customer.id FROM customer; DROP", "BAD_SYMBOL"),
        ("SELECT customer.id FROM customer customer", "UNEXPECTED_INPUT"),
        (
            "SELECT customer.id FROM conversion_action ORDER BY conversion_action.name",
            "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE",
        ),
        (
            "SELECT conversion_action.id FROM conversion_action WHERE conversion_action.status = 'ON'",
            "BAD_ENUM_CONSTANT",
        ),
    ],
)
def test_what_does_not_exist_is_refused_by_its_code(query: str, code: str) -> None:
    with pytest.raises(QueryError) as refused:
        CATALOG.select(parse(query), rows())
    assert refused.value.code == code

"""A SOQL condition in a client's file: what is understood, and how a mistake is answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.soql import parse_condition
from tests.config.conftest import Folder


@pytest.mark.parametrize(
    ("written", "understood", "fields"),
    [
        ("LeadSource='Web'", "LeadSource = 'Web'", ("LeadSource",)),
        ("a = 1 and\n  b != null", "a = 1 AND b != null", ("a", "b")),
        (
            "(a = 1 OR b < -2.5) AND NOT c LIKE 'x%'",
            "(a = 1 OR b < -2.5) AND (NOT c LIKE 'x%')",
            ("a", "b", "c"),
        ),
        ("not (a = true)", "NOT (a = true)", ("a",)),
        ("Account.Type NOT IN ('a','b')", "Account.Type NOT IN ('a', 'b')", ("Account.Type",)),
        ("Tags__c includes ('a;b', 'c')", "Tags__c INCLUDES ('a;b', 'c')", ("Tags__c",)),
        ("CreatedDate >= LAST_N_DAYS:30", "CreatedDate >= LAST_N_DAYS:30", ("CreatedDate",)),
        ("CreatedDate = this_fiscal_year", "CreatedDate = this_fiscal_year", ("CreatedDate",)),
        ("d > 2026-01-31 AND d < 2026-02-01T08:00:00+01:00", None, ("d",)),
        (r"Name = 'O\'Neil; ORDER BY \u0041 -- (' ", r"Name = 'O\'Neil; ORDER BY \u0041 -- ('", ("Name",)),
    ],
)
def test_a_condition_is_understood_and_written_anew(
    written: str, understood: str | None, fields: tuple[str, ...]
) -> None:
    condition = parse_condition(written)
    assert condition.text == (understood or written)
    assert condition.fields == fields
    assert parse_condition(condition.text) == condition


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "the name of a field in the place of its end"),
        ("LeadSource", "a comparison behind LeadSource"),
        ("LeadSource = Web", "text in single quotes, a number, a date"),
        ('LeadSource = "Web"', "text in single quotes"),
        ("LeadSource = 'Web", "a closing quote"),
        ("Name = 'a' b", "which b cannot follow"),
        ("a == 1", "in the place of ="),
        ("a = 1 AND b = 2 OR c = 3", "parentheses where AND and OR mix"),
        ("(a = 1", "a closing parenthesis before its end"),
        ("a = 1)", "which ) cannot follow"),
        ("a IN 'x'", "values in parentheses"),
        ("a IN ('x' 'y')", "values between commas"),
        ("a IN (SELECT Id FROM Lead)", "in the place of SELECT"),
        ("a NOT LIKE 'x'", "NOT before a or IN behind it"),
        ("a = 1 GROUP BY b", "which GROUP cannot follow"),
        ("a = 1 FOR UPDATE", "which FOR cannot follow"),
        ("a = 1 WITH SECURITY_ENFORCED", "which WITH cannot follow"),
        ("a = 1 /* b */", "without '/' outside quotes"),
        ("a = 1 -- b", "without '-' outside quotes"),
        ("a = :b", "without ':' outside quotes"),
        ("a > 2026-01-01T00:00:00", "2026-01-31T08:00:00Z"),
        ("CALENDAR_YEAR(d) = 2026", "a comparison behind CALENDAR_YEAR"),
        ("(" * 30 + "a = 1" + ")" * 30, "at most 20 deep"),
    ],
)
def test_anything_else_is_refused_with_what_was_expected(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"^one SOQL condition such as") as caught:
        parse_condition(written)
    assert words in str(caught.value)


@given(st.text(alphabet="ab'\\()=,ANDORIN LIMT;-*/\"0:.\n", max_size=40))
def test_whatever_is_written_is_understood_in_full_or_refused(written: str) -> None:
    try:
        condition = parse_condition(written)
    except ValueError:
        return
    assert parse_condition(condition.text) == condition
    assert _outside_quotes(condition.text).count("(") == _outside_quotes(condition.text).count(")")


def test_a_mistake_is_answered_at_load_with_its_line(acme: Folder) -> None:
    acme.edit(
        (
            "    fields: {gclid: GCLID__c}",
            "    fields: {gclid: GCLID__c}\n    where:\n      Lead: LeadSource = Web"
            "\n    record_types: {Lead: [B2C Lead]}",
        )
    )
    problems = {one.key: one for one in acme.problems()}
    assert problems["sources.crm.where.Lead"].line == acme.line_of("LeadSource = Web")
    assert "text in single quotes" in str(problems["sources.crm.where.Lead"])
    assert "DeveloperName" in str(problems["sources.crm.record_types.Lead[0]"])


def _outside_quotes(text: str) -> str:
    outside, quoted, escaped = "", False, False
    for character in text:
        if quoted:
            quoted = escaped or character != "'"
            escaped = not escaped and character == "\\"
        elif character == "'":
            quoted = True
        else:
            outside += character
    return outside

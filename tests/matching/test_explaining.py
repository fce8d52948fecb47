"""Explaining a row: an answer for every field, by the rules of a run, without repeating a value in a reason."""

from __future__ import annotations

import polars as pl
import pytest

from config.columns import STAGE_ENTRY_COLUMNS
from matching import FIELDS, explain_row, explain_rows, identifiers, mask
from tests.matching.asking import reason, sha256


def test_every_field_of_a_row_gets_an_answer():
    row = dict.fromkeys(STAGE_ENTRY_COLUMNS, "something") | {"extra.region": "x", "emial": "x", "n": None}

    for platform in ("meta", "google"):
        assert set(explain_row(row, platform)) == set(row)


def test_the_country_of_the_row_is_a_field_itself():
    answers = explain_row({"phone": "020 7946 0958", "country": "GB"}, "google", "FR")

    assert answers == {
        "phone": {"normalized": "+442079460958", "sha256": sha256("+442079460958")},
        "country": {"normalized": "GB", "plain": "GB"},
    }


def test_the_default_country_serves_rows_without_one():
    rows = [{"phone": "020 7946 0958"}, {"phone": "020 7946 0958", "country": "FR"}]

    first, second = explain_rows(rows, "google", "gb")

    assert first["phone"]["normalized"] == "+442079460958"
    assert "rejected" in second["phone"]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("gender", "google does not take gender"),
        ("fbc", "google does not take fbc"),
        ("amount", "google does not take amount"),
        ("extra.region", "google does not take extra.region"),
        ("emial", "not a field: did you mean email?"),
        ("zip", "not a field: did you mean postal_code?"),
        ("em", "not a field: did you mean email?"),
        ("given_name", "not a field: did you mean first_name?"),
        ("qqq", "not a field: fields are named as the stage-entry columns are"),
    ],
)
def test_a_field_that_is_not_taken_says_so(field, said):
    assert reason("google", field, "x") == said


@pytest.mark.parametrize("field", ["email", "phone", "country", "gclid", "external_id"])
@pytest.mark.parametrize("value", [None, "", "  \t", "\u200b", '""'])
def test_an_empty_field_is_empty(field, value):
    platform = "meta" if field == "external_id" else "google"

    assert reason(platform, field, value) == "empty"


def test_half_a_character_is_damage_and_no_crash():
    assert "wrong encoding" in reason("meta", "first_name", "Ann \ud83d")


@pytest.mark.parametrize("value", [True, ["ann@example.com"], {"a": 1}])
def test_a_value_that_is_neither_text_nor_number_is_refused(value):
    assert reason("meta", "email", value) == "expected text or a number"


def test_numbers_are_read_as_text():
    row = {"postal_code": 94035, "phone": 16502530000.0, "external_id": 42, "country": "US"}

    answers = explain_row(row, "meta")

    assert [answers[name]["normalized"] for name in row] == ["94035", "16502530000", "42", "us"]


def test_no_reason_repeats_the_value():
    secret = "Zx9!secret-Value~77"
    for platform in ("meta", "google"):
        row = dict.fromkeys(STAGE_ENTRY_COLUMNS, secret)
        reasons = [
            answer["rejected"] for answer in explain_row(row, platform).values() if "rejected" in answer
        ]
        assert len(reasons) > 5
        assert not any("secret" in said.lower() or "zx9" in said.lower() for said in reasons)


def test_explanations_and_runs_agree():
    rows = [
        {
            "email": "Ann@Example.com",
            "phone": "06 12 34 56 78",
            "first_name": "Ann",
            "city": "Paris",
            "country": "FR",
        },
        {"email": "nobody", "phone": "12", "first_name": "N/A", "city": None, "country": None},
    ]
    for platform in ("meta", "google"):
        found = identifiers(pl.DataFrame(rows), platform, "FR")
        for number, answers in enumerate(explain_rows(rows, platform, "FR")):
            for rule in FIELDS:
                if rule.platform == platform and rule.column in answers:
                    sent = answers[rule.column].get("sha256", answers[rule.column].get("plain"))
                    assert found[f"id.{rule.output}"][number] == sent


def test_no_rows_give_no_answers():
    assert explain_rows([], "meta") == []


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("bob@example.org", "b***@e***.org"),
        ("+33612345678", "+33***"),
        ("33612345678", "3***"),
        ("Cj0KCQiA-oqdBhDfARIsAO0TrGFvf3Q", "Cj0K…f3Q"),
        ("Élise", "É***"),
        (1234567890123456, "1***"),
        ("", "***"),
    ],
)
def test_a_masked_value_is_recognisable_and_no_more(value, shown):
    assert mask(value) == shown

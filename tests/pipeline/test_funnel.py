"""A stage entry becomes a conversion: an id of its own for ever, its stage's name, and money in the right currency."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from closedwon.pipeline.judging.funnel import Funnel, identify
from tests.pipeline.client import NOW, entries, settings, told

RULES = {
    "qualified": {"value": 80, "meta": "Qualified Lead"},
    "won": {"value": "amount", "meta": "Won", "google": "111"},
}
CLIENT = settings(RULES)

SLUGS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,4}", fullmatch=True)
KEYS = st.fixed_dictionaries(
    {
        "source": SLUGS,
        "object": st.sampled_from(["Lead", "Opportunity", "Order"]),
        # What a till calls an order is any text at all, separators and blanks among them.
        "record_id": st.text(st.sampled_from("ab1\x1f\x00 é|"), max_size=6),
        "stage": st.from_regex(r"[a-z][a-z0-9_]{0,4}", fullmatch=True),
    }
)


def ids(frame: pl.DataFrame, client: str = "acme") -> list[str]:
    return identify(frame, client)["event_id"].to_list()


def test_an_id_is_the_same_in_every_version() -> None:
    # Were it to change, every conversion of every client would be sent once more.
    text = "acme\x1fcrm\x1fLead\x1f00Q0\x1fwon\x1f0"
    assert ids(entries({})) == [hashlib.sha256(text.encode()).hexdigest()[:32]]


@given(st.lists(KEYS, min_size=1, max_size=12, unique_by=lambda key: tuple(key.values())), SLUGS, SLUGS)
def test_no_two_conversions_share_an_id(keys: list[dict[str, Any]], client: str, other: str) -> None:
    found = [one for name in {client, other} for one in ids(entries(*keys), name)]
    assert len(set(found)) == len(keys) * len({client, other})


@pytest.mark.parametrize(
    "later",
    [
        {"entered_at": NOW + timedelta(days=30)},
        {"amount": 99.0, "currency": "USD"},
        {"email": "anna@example.com", "stage_raw": "Closed Won", "extra.score": "3"},
    ],
)
def test_an_id_does_not_change_with_what_is_known_of_the_entry(later: dict[str, Any]) -> None:
    assert ids(entries(later)) == ids(entries({}))


def test_an_id_does_not_depend_on_the_batch() -> None:
    frame = entries({}, {}, {"stage": "qualified"})
    assert ids(frame.reverse()) == ids(frame)[::-1]
    assert [ids(frame[n])[0] for n in range(frame.height)] == ids(frame)


def test_each_stage_has_the_name_and_the_value_of_its_rule() -> None:
    frame = told(CLIENT, entries({"stage": "won", "amount": 12.5}, {"stage": "qualified", "amount": 7.0}))
    rows = {row["stage"]: (row["name"], row["value"], row["needs_value"]) for row in frame.to_dicts()}
    assert rows == {"won": ("Won", 12.5, True), "qualified": ("Qualified Lead", 80.0, True)}


def test_a_stage_without_a_value_asks_for_none() -> None:
    frame = told(settings({"won": {"meta": "Won"}}), entries({}))
    assert frame.select("value", "needs_value").rows() == [(None, False)]


def test_a_destination_hears_only_of_the_stages_that_name_it() -> None:
    frame = entries({"stage": "won"}, {"stage": "qualified"}, {"stage": "unheard_of"})
    assert told(CLIENT, frame, "google")["stage"].to_list() == ["won"]
    assert told(CLIENT, frame, "meta")["stage"].sort().to_list() == ["qualified", "won"]


def test_a_destination_that_no_conversion_names_hears_of_nothing_in_the_same_columns() -> None:
    client = settings({"won": {"value": "amount", "meta": "Won"}})
    assert Funnel(client).names("google") == {}
    silent = told(client, entries({}), "google")
    assert silent.is_empty()
    assert silent.schema == told(client, entries({}), "meta").schema


def test_an_expression_sees_only_the_rows_of_its_own_stage() -> None:
    rules = {
        "qualified": {"value": 80, "meta": "Qualified Lead"},
        "won": {"value": "amount // CAST(extra.score AS INT)", "meta": "Won"},
    }
    frame = told(
        settings(rules),
        entries(
            {"stage": "qualified", "extra.score": "0", "last_name": "Martin"},
            {"stage": "won", "extra.score": "2"},
            {"stage": "won", "extra.score": "0"},
        ),
    )
    assert frame.sort("record_id")["value"].to_list() == [80.0, 5.0, None]


def test_a_custom_field_of_one_source_is_empty_in_the_entries_of_another() -> None:
    columns = {"order_id": "No", "entered_at": "At", "amount": "Sum"}
    plain = {"type": "pos_files", "path": "*.csv", "columns": columns}
    scored = {**plain, "columns": {**columns, "extra.score": "Score"}}
    client = settings(
        {"purchase": {"value": "COALESCE(CAST(extra.score AS DOUBLE), 1)", "meta": "Purchase"}},
        sources={"north": scored, "south": scored, "east": plain},
        funnel=[],
    )
    frame = told(client, entries({"stage": "purchase"}).drop("extra.score"))
    assert frame["value"].to_list() == [1.0]


@pytest.mark.parametrize("value", [80, "80", "CASE WHEN campaign = 'Spring' THEN 120 ELSE 80 END"])
@pytest.mark.parametrize(
    ("rule", "client", "row", "expected"),
    [
        ("USD", "EUR", "JPY", "USD"),
        (None, "EUR", "JPY", "EUR"),
        (None, None, "JPY", "JPY"),
        (None, None, None, None),
    ],
)
def test_a_figure_of_the_clients_file_is_in_the_files_currency(
    value: str | float, rule: str | None, client: str | None, row: str | None, expected: str | None
) -> None:
    assert currency(value, rule, client, row) == expected


@pytest.mark.parametrize(
    "value", ["amount", "amount * 0.35", "COALESCE(amount, 9000)", "CAST(extra.score AS DOUBLE)"]
)
@pytest.mark.parametrize(
    ("rule", "client", "row", "expected"),
    [
        ("USD", "EUR", "JPY", "USD"),
        (None, "EUR", "JPY", "JPY"),
        (None, "EUR", " jpy ", "JPY"),
        (None, "EUR", "  ", "EUR"),
        (None, "EUR", None, "EUR"),
        (None, None, None, None),
    ],
)
def test_a_figure_of_the_row_is_in_the_rows_currency(
    value: str, rule: str | None, client: str | None, row: str | None, expected: str | None
) -> None:
    assert currency(value, rule, client, row) == expected


def currency(value: str | float, rule: str | None, client: str | None, row: str | None) -> Any:
    conversion = {"value": value, "meta": "Won", "currency": rule}
    return told(settings({"won": conversion}, currency=client), entries({"currency": row}))["currency"].item()


@pytest.mark.parametrize(
    ("kind", "rule", "expected"),
    [("pos", None, "IN_STORE"), ("crm", None, "OTHER"), ("crm", "PHONE", "PHONE")],
)
def test_google_hears_where_it_happened(kind: str, rule: str | None, expected: str) -> None:
    client = settings({"won": {"google": "111", "google_event_source": rule}})
    frame = Funnel(client).conversions(
        identify(entries({}), "acme"), "google", kind=kind, system="Salesforce"
    )
    assert frame.select("event_source", "kind", "system").rows() == [(expected, kind, "Salesforce")]


def test_the_time_of_a_conversion_is_its_stages() -> None:
    assert told(CLIENT, entries({"modified_at": NOW + timedelta(days=9)}))["event_time"].to_list() == [NOW]

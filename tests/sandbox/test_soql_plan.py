"""Indexes only save work: whatever a query asks for, it finds what looking at every record finds."""

from __future__ import annotations

import random
import timeit
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closedwon.sandbox.salesforce.ids import record_id
from closedwon.sandbox.salesforce.store import Store
from closedwon.sandbox.soql import execute, parse
from closedwon.sandbox.world import SalesforceOrg

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MANY = 1_500
"""More than are rather looked at one by one than met in order."""

Record = dict[str, Any]


@cache
def moment(number: int) -> str:
    return (datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def make_leads(count: int) -> list[Record]:
    """Leads with many ties in their stamps; some have no conversion date, some no contact, some are deleted."""
    rng = random.Random(7)
    return [
        {
            "Id": record_id("00Q", number),
            "SystemModstamp": moment(rng.randrange(40)),
            "ConvertedDate": None if rng.random() < 0.3 else f"2026-11-{rng.randrange(1, 21):02d}",
            "ConvertedContactId": None if rng.random() < 0.5 else record_id("003", rng.randrange(30)),
            "Status": rng.choice(["New", "Working"]),
            "IsDeleted": rng.random() < 0.1,
        }
        for number in range(count)
    ]


LEADS = make_leads(MANY)


def store_of(leads: list[Record]) -> Store:
    return Store(SalesforceOrg("acme.my", "", "", "", "", {"Lead": {lead["Id"]: lead for lead in leads}}))


STORE = store_of(LEADS)


def found(soql: str, store: Store = STORE) -> list[str]:
    return [row["Id"] for row in execute(parse(soql), store, now=NOW, base="").rows]


def literals(field: str) -> st.SearchStrategy[str]:
    if field == "SystemModstamp":
        return st.one_of(st.integers(-1, 41).map(moment), st.sampled_from(["LAST_N_DAYS:22", "THIS_MONTH"]))
    if field == "ConvertedDate":
        return st.one_of(
            st.integers(1, 21).map(lambda day: f"2026-11-{day:02d}"),
            st.sampled_from(["LAST_WEEK", "null"]),
        )
    if field == "Status":
        return st.sampled_from(["'New'", "'working'", "null"])
    prefix = "003" if field == "ConvertedContactId" else "00Q"
    return st.integers(0, 31).map(lambda number: f"'{record_id(prefix, number)}'")


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    field = draw(
        st.sampled_from(["SystemModstamp", "ConvertedDate", "ConvertedContactId", "Id", "Status", "Lead.Id"])
    )
    values = literals(field.removeprefix("Lead."))
    if draw(st.booleans()):
        members = draw(st.lists(values, min_size=1, max_size=4))
        return f"{field} {draw(st.sampled_from(['IN', 'NOT IN']))} ({', '.join(members)})"
    value = draw(values)
    operators = ["=", "!="] if value == "null" else ["=", "!=", "<", "<=", ">", ">="]
    return f"{field} {draw(st.sampled_from(operators))} {value}"


def joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.tuples(st.sampled_from([" AND ", " OR "]), st.lists(parts, min_size=2, max_size=3))
    return st.one_of(
        several.map(lambda given: f"({given[0].join(given[1])})"), parts.map(lambda part: f"(NOT {part})")
    )


CONDITIONS = st.recursive(comparisons(), joined, max_leaves=5)
ORDERS = st.sampled_from(
    [
        "SystemModstamp, Id",
        "SystemModstamp DESC, Id",
        "ConvertedDate, Id DESC",
        "ConvertedDate DESC NULLS LAST, Id",
        "ConvertedContactId NULLS LAST, Id",
        "Status, Id",
    ]
)


@settings(max_examples=80, deadline=None)
@given(condition=CONDITIONS, order=ORDERS, limit=st.integers(1, 60))
def test_a_limited_query_finds_the_beginning_of_what_the_unlimited_one_finds(
    condition: str, order: str, limit: int
) -> None:
    soql = f"SELECT Id FROM Lead WHERE {condition} ORDER BY {order}"
    assert found(f"{soql} LIMIT {limit}") == found(soql)[:limit]


@settings(max_examples=80, deadline=None)
@given(condition=CONDITIONS)
def test_a_condition_finds_what_its_double_negation_finds(condition: str) -> None:
    # No index says where the records of a negation are: all are looked at.
    slow = found(f"SELECT Id FROM Lead WHERE (NOT (NOT ({condition})))")
    assert sorted(found(f"SELECT Id FROM Lead WHERE ({condition})")) == sorted(slow)


@pytest.mark.parametrize("order", ["ConvertedDate", "ConvertedDate NULLS LAST", "ConvertedDate DESC"])
def test_a_bound_on_a_field_leaves_out_records_without_a_value(order: str) -> None:
    # The bound covers every value that there is.
    soql = f"SELECT Id FROM Lead WHERE ConvertedDate >= 2020-01-01 ORDER BY {order} LIMIT 1450"
    with_value = {
        record["Id"] for record in LEADS if record["ConvertedDate"] is not None and not record["IsDeleted"]
    }
    assert set(found(soql)) == with_value


def test_keyset_pages_hold_every_record_once() -> None:
    seen: list[str] = []
    where = ""
    while True:
        page = found(f"SELECT Id FROM Lead{where} ORDER BY SystemModstamp, Id LIMIT 200")
        seen += page
        if len(page) < 200:
            break
        last = next(record for record in LEADS if record["Id"] == page[-1])
        stamp = last["SystemModstamp"]
        where = f" WHERE SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{page[-1]}')"
    assert sorted(seen) == sorted(record["Id"] for record in LEADS if not record["IsDeleted"])


def test_records_that_changed_between_two_queries_are_looked_up_anew() -> None:
    leads = make_leads(10)
    store = store_of(leads)
    assert len(found("SELECT Id FROM Lead WHERE SystemModstamp >= 2026-11-22T00:00:00Z", store)) == 0
    store.write([("Lead", {**leads[0], "IsDeleted": False, "SystemModstamp": "2026-11-22T08:00:00Z"})], NOW)
    store.settle(NOW)
    assert found("SELECT Id FROM Lead WHERE SystemModstamp >= 2026-11-22T00:00:00Z", store) == [
        leads[0]["Id"]
    ]


def test_a_page_out_of_100000_records_is_found_without_a_wait() -> None:
    stamps = [moment(number) for number in range(40)]
    records = ({"Id": record_id("00Q", n), "SystemModstamp": stamps[n * 7 % 40]} for n in range(100_000))
    store = store_of(list(records))
    since = f"SystemModstamp >= {moment(20)}"
    soql = (
        f"SELECT Id FROM Lead WHERE {since} AND (SystemModstamp > {moment(20)} OR Id > '{record_id('00Q', 5)}') "
        f"AND SystemModstamp < {moment(41)} ORDER BY SystemModstamp, Id LIMIT 2000"
    )
    found(soql, store)
    best = min(timeit.repeat(lambda: found(soql, store), number=1, repeat=5))
    assert best < 0.15, f"{best * 1000:.0f} ms"
